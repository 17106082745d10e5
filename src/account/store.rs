//! The database of accounts and requests: one SQLite file, written through before anything is answered.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::refused::{Refused, Result};

/// How long somebody else may write before this gives up.
const BUSY: Duration = Duration::from_secs(2);

/// Steps from an empty file to today's shape; a file's `user_version` says how many it has taken.
const MIGRATIONS: &[&str] = &[include_str!("store.1.sql"), include_str!("store.2.sql")];

pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens a database that is there, and brings it to today's shape.
    pub fn open(path: &Path) -> Result<Self> {
        Store::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Makes a new one (mode as the process's umask allows; the folder is nobody else's).
    pub fn create(path: &Path) -> Result<Self> {
        Store::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self> {
        let mut connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        migrate(&mut connection)?;
        Ok(Store { connection })
    }

    pub fn read(&self) -> &Connection {
        &self.connection
    }

    /// Everything that `work` writes, or nothing of it.
    pub fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let taken: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let taken = usize::try_from(taken).unwrap_or(usize::MAX);
    if taken > MIGRATIONS.len() {
        return Err(Refused::Unavailable("the database was made by a newer congbo".into()));
    }
    for (i, step) in MIGRATIONS.iter().enumerate().skip(taken) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", i as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
