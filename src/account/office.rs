//! All that acts on accounts and requests share: the database, the log, the keys, the clock, the rules.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use super::clock::Clock;
use super::hashing::Hasher;
use super::person::Person;
use super::refused::{Refused, Result};
use super::role::{Action, State, Whose, allows};
use super::secret::Key;
use super::store::Store;
use crate::audit::head::Heads;
use crate::audit::seal::Seal;
use crate::audit::{Act, Log};
use crate::config::account::AccountConfig;
use crate::config::days_off::{self, DaysOff};
use crate::config::site::SiteConfig;
use crate::error::{Exit, Failure, Fault, Stage};

/// Names of the files in the account folder.
pub const DATABASE: &str = "accounts.sqlite";
pub const LOG: &str = "audit.jsonl";
pub const KEY: &str = "office.key";
pub const SEAL: &str = "seal.key";
const SPOOL: &str = "spool";

pub struct Office {
    store: Mutex<Store>,
    pub log: Log,
    pub key: Key,
    pub seal: Seal,
    pub hasher: Hasher,
    pub clock: Clock,
    pub config: AccountConfig,
    pub days_off: DaysOff,
    /// Where extracts lie that are made whole before they go out.
    pub spool: PathBuf,
}

/// What an office is opened with.
#[derive(Clone, Debug)]
pub struct Plan {
    pub folder: PathBuf,
    pub heads: PathBuf,
    pub config: AccountConfig,
    pub days_off: DaysOff,
}

impl Plan {
    /// From `congbo.toml`; `None` where the site has no accounts.
    pub fn of(site: &Path, config: &SiteConfig) -> Result<Option<Plan>, Failure> {
        let Some(account) = &config.account else { return Ok(None) };
        let usage =
            |problem| Fault::new(Stage::Config, Exit::Usage, format!("[account] {problem}")).file("congbo.toml");
        Failure::unless_empty(account.faults().into_iter().map(usage).collect())?;
        let folder = site.join(&account.folder);
        let heads = account.heads.as_ref().map_or_else(|| folder.join("heads"), |heads| site.join(heads));
        let days_off = days_off::load(site, &config.deadlines)?;
        Ok(Some(Plan { folder, heads, config: account.clone(), days_off }))
    }
}

/// Makes folder, keys, log and database; nothing that is there is overwritten.
pub fn create(plan: &Plan) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&plan.folder)?;
    Key::create(&plan.folder.join(KEY))?;
    Seal::create(&plan.folder.join(SEAL))?;
    Log::create(&plan.folder.join(LOG))?;
    Store::create(&plan.folder.join(DATABASE)).map(drop)
}

impl Office {
    pub fn open(plan: &Plan, clock: Clock) -> Result<Office> {
        let at = |name: &str| plan.folder.join(name);
        let named = |name: &'static str| move |e: std::io::Error| Refused::Unavailable(format!("{name}: {e}"));
        let heads = Heads::new(plan.heads.clone(), Seal::open(&at(SEAL)).map_err(named(SEAL))?);
        Ok(Office {
            store: Mutex::new(Store::open(&at(DATABASE))?),
            log: Log::at(at(LOG), Some(heads)),
            key: Key::open(&at(KEY)).map_err(named(KEY))?,
            seal: Seal::open(&at(SEAL)).map_err(named(SEAL))?,
            hasher: Hasher::new(&plan.config.hashing)?,
            clock,
            config: plan.config.clone(),
            days_off: plan.days_off.clone(),
            spool: at(SPOOL),
        })
    }

    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(self.store().read())
    }

    /// Writes what `work` does, and after it, before it counts, the act it returns into the log.
    pub fn write<T>(&self, work: impl FnOnce(&Connection) -> Result<(T, Act)>) -> Result<T> {
        self.store().write(|transaction| {
            let (done, act) = work(transaction)?;
            self.note(&act)?;
            Ok(done)
        })
    }

    /// The same for what is no act of its own.
    pub fn write_quietly<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.store().write(|transaction| work(transaction))
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// On the disk when this returns.
    pub fn note(&self, act: &Act) -> Result<()> {
        self.log.append(act, self.clock.now()).map(drop).map_err(|e| Refused::Unavailable(format!("{LOG}: {e}")))
    }

    /// Refuses, and notes it, what the table of rights does not have.
    pub fn require(
        &self,
        who: &Person,
        action: Action,
        whose: Whose,
        state: Option<State>,
        request: &str,
    ) -> Result<()> {
        if allows(who.role, action, whose, state) {
            return Ok(());
        }
        self.note(&Act { request: request.to_owned(), ..who.act("denied", action.id()) })?;
        Err(Refused::Forbidden)
    }
}
