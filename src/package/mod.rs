//! The package: a part of a signed edition as one file, for those who have no network.
//!
//! [`pack`] chooses what of the edition goes in ([`area`]), makes its pages work from a disk ([`from_disk`], with
//! the tiles in [`shards`]; where asked, once more for [`qgis`]), and writes a ZIP ([`container`]) whose every byte
//! follows from a signed list ([`listing`]). [`opened`] reads one whole before anything of it is used, trusting the keys of a [`keyring`];
//! [`install`] unpacks it for a person, [`delta`] carries from one package to the next by differences ([`patch`], of
//! tiles in [`tile_lines`]).

pub mod area;
pub mod container;
pub mod copy;
pub mod delta;
pub mod durable;
pub mod from_disk;
pub mod install;
pub mod keyring;
pub mod listing;
pub mod opened;
pub mod pack;
pub mod patch;
pub mod payload;
pub mod qgis;
#[cfg(unix)]
pub mod serving;
pub mod shards;
pub mod shelf;
pub mod tile_lines;

pub use area::Area;
pub use install::{InstallReport, State, install};
pub use keyring::Keyring;
pub use opened::{Opened, is_package, open};
pub use pack::{Order, PackReport, pack};
#[cfg(unix)]
pub use serving::as_edition;
