//! Who may ask for more than everybody may see: accounts under the regulations' own rules.
//!
//! [`role`] is the one table of rights, denied unless it says otherwise. [`administer`] makes and changes
//! accounts, on a written request; [`person`] says whether one may be used today; [`sign_in`] lets people in, with
//! [`password`], [`hashing`], [`second_factor`] and [`session`]. [`office`] holds what they share: a SQLite file
//! ([`store`]) of its own, so that the public site stands when this part is down, and the audit log.

pub mod administer;
pub mod citizen;
pub mod clock;
pub mod hashing;
pub mod office;
pub mod password;
pub mod person;
pub mod refused;
pub mod role;
pub mod second_factor;
pub mod secret;
pub mod session;
pub mod sign_in;
pub mod store;

pub use clock::Clock;
pub use office::{Office, Plan};
pub use person::Person;
pub use refused::{Refused, Result};
