//! What the verbs of accounts share: the office of the site, and who acts.

use std::path::Path;

use jiff::civil::Date;

use super::Context;
use crate::account::administer::{By, Letter};
use crate::account::person::Standing;
use crate::account::{Clock, Office, Person, Plan, Refused};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Fault, Result, Stage};
use crate::release::{self, OpenEdition};

/// The plan of the site's accounts.
pub fn plan(site: &Path) -> Result<Plan> {
    let config = SiteConfig::load(site)?;
    Plan::of(site, &config)?.ok_or_else(|| {
        Fault::new(Stage::Config, Exit::Usage, "there is no [account] section: this site has no accounts")
            .file("congbo.toml")
            .remedy("add [account], then run 'congbo account init'")
            .into()
    })
}

pub fn open(context: &Context) -> Result<Office> {
    Ok(Office::open(&plan(&context.site)?, Clock::system())?)
}

/// The person of that name, who acts.
pub fn person(office: &Office, name: &str) -> Result<Person> {
    let found = office.read(|db| Person::by_name(db, name))?;
    let refused = |problem: &str| Fault::new(Stage::Account, Exit::Usage, format!("{problem} '{name}'"));
    let found = found.ok_or_else(|| refused("there is no account"))?;
    match found.standing(office.clock.today(), &office.config) {
        Standing::Locked(_) | Standing::Closed => Err(refused("locked or closed: account").into()),
        Standing::Open | Standing::MustChoosePassword => Ok(found),
    }
}

/// Who administers: an account by its name, or nobody yet.
pub fn by(person: Option<&Person>) -> By<'_> {
    person.map_or(By::Founding, By::Person)
}

/// An edition of the site, opened by the sizes of its files.
pub fn edition(dist: &Path, name: &str) -> crate::account::Result<OpenEdition> {
    release::open_by_size(dist, name).map_err(|failure| Refused::Unavailable(failure.to_string()))
}

/// The written request behind an act on an account (S3 Đ10.2).
#[derive(clap::Args)]
pub struct LetterArgs {
    /// Number of the unit's written request
    #[arg(long, value_name = "NUMBER")]
    letter: String,
    /// Its date
    #[arg(long, value_name = "YYYY-MM-DD")]
    letter_date: Date,
    /// The unit that wrote it
    #[arg(long, value_name = "UNIT")]
    letter_unit: String,
}

impl LetterArgs {
    pub fn letter(self) -> Letter {
        Letter { number: self.letter, date: self.letter_date, unit: self.letter_unit }
    }
}
