//! Enumerations whose values have names in files, addresses and databases.

/// An enumeration whose values have names in files and addresses.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $value:ident = $id:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $id)] $value),+ }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$value),+];

            pub fn id(self) -> &'static str {
                match self { $($name::$value => $id),+ }
            }

            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.id() == id)
            }
        }
    };
}
pub(crate) use named;
