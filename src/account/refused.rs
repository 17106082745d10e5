//! Why something was not done: one word for each reason, said to people in `words/`.

use std::fmt;
use std::sync::LazyLock;

use crate::error::{Exit, Failure, Fault, Stage};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The table of rights has no such right (403).
    Forbidden,
    /// Nothing of that name for who asks (404): that it exists is not told.
    Absent,
    /// Something that was given cannot be taken; the word stands in `words/*.toml` under `[refused]`.
    Invalid(&'static str),
    /// Too many attempts (429).
    Limited,
    /// Too many at one time (503).
    Busy,
    /// Database or log cannot be used (503); the cause is for the operator.
    Unavailable(String),
}

pub type Result<T, E = Refused> = std::result::Result<T, E>;

/// The words of a language as text, for pages that want them too.
pub const WORDS_VI: &str = include_str!("words/vi.toml");
pub const WORDS_EN: &str = include_str!("words/en.toml");

static ENGLISH: LazyLock<toml::Table> = LazyLock::new(|| WORDS_EN.parse().expect("the compiled-in words are TOML"));

impl Refused {
    pub fn word(&self) -> &'static str {
        match self {
            Refused::Forbidden => "forbidden",
            Refused::Absent => "absent",
            Refused::Invalid(word) => word,
            Refused::Limited => "limited",
            Refused::Busy => "busy",
            Refused::Unavailable(_) => "unavailable",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = ENGLISH.get("refused").and_then(|words| words.get(self.word())).and_then(|word| word.as_str());
        write!(f, "{}", said.unwrap_or(self.word()))?;
        match self {
            Refused::Unavailable(cause) => write!(f, " ({cause})"),
            _ => Ok(()),
        }
    }
}

impl From<rusqlite::Error> for Refused {
    fn from(cause: rusqlite::Error) -> Self {
        Refused::Unavailable(cause.to_string())
    }
}

impl From<std::io::Error> for Refused {
    fn from(cause: std::io::Error) -> Self {
        Refused::Unavailable(cause.to_string())
    }
}

/// For the command line: exit 7 where nothing could be written, 3 where it was not allowed or not right.
impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let exit = match refused {
            Refused::Unavailable(_) | Refused::Busy => Exit::Storage,
            _ => Exit::Input,
        };
        Fault::new(Stage::Account, exit, refused.to_string()).into()
    }
}
