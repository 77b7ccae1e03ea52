//! At most one session for a file.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ara_core::{Database, Error, Result};

use crate::keys::KeyStore;
use crate::keys::file::FileKeyStore;
use crate::keys::memory::MemoryKeyStore;

/// The files that are synced by this process.
static SYNCED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// What is attached to a database in memory.
#[derive(Debug, Default)]
pub(super) struct InMemory {
    keys: Arc<MemoryKeyStore>,
    is_synced: Mutex<bool>,
}

/// Holds a file, or a database in memory, for one session.
#[derive(Debug)]
pub(super) enum Claim {
    File(PathBuf),
    Memory(Arc<InMemory>),
}

fn synced() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    SYNCED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_memory(database: &Database) -> Arc<InMemory> {
    database.sync_attached(InMemory::default)
}

impl Claim {
    /// Claims the file of a database.
    ///
    /// # Errors
    ///
    /// Returns [`Error::SyncedAlready`] if another session has it.
    pub(super) fn of(database: &Database) -> Result<Self> {
        let Some(path) = database.path() else {
            let memory = in_memory(database);
            let was_synced = std::mem::replace(&mut *lock(&memory.is_synced), true);
            if was_synced {
                return Err(Error::SyncedAlready);
            }
            return Ok(Self::Memory(memory));
        };
        // Another path may lead to the same file.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if synced().insert(path.clone()) { Ok(Self::File(path)) } else { Err(Error::SyncedAlready) }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        match self {
            Self::File(path) => {
                synced().remove(path);
            }
            Self::Memory(memory) => *lock(&memory.is_synced) = false,
        }
    }
}

fn lock(flag: &Mutex<bool>) -> MutexGuard<'_, bool> {
    flag.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns where the keys for a database are kept unless the app says otherwise.
pub(super) fn usual_keys(database: &Database) -> Arc<dyn KeyStore> {
    match database.path() {
        Some(path) => Arc::new(FileKeyStore::beside(path)),
        None => Arc::<MemoryKeyStore>::clone(&in_memory(database).keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_session_at_a_time() -> std::result::Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let [one, other] = ["one.db", "other.db"].map(|name| folder.path().join(name));
        let [db, again, other] = [&one, &one, &other].map(Database::open);
        let claim = Claim::of(&db?)?;
        let again = again?;
        assert!(matches!(Claim::of(&again), Err(Error::SyncedAlready)));
        let _other = Claim::of(&other?)?;
        drop(claim);
        let _again = Claim::of(&again)?;
        Ok(())
    }

    #[test]
    fn so_has_a_database_in_memory_and_keeps_its_keys() -> Result<()> {
        let [db, other] = [Database::memory()?, Database::memory()?];
        let claim = Claim::of(&db)?;
        assert!(matches!(Claim::of(&db.clone()), Err(Error::SyncedAlready)));
        let _other = Claim::of(&other)?;
        usual_keys(&db).save(b"secret")?;
        drop(claim);
        let _again = Claim::of(&db)?;
        assert!(usual_keys(&db).load()?.is_some());
        assert!(usual_keys(&other).load()?.is_none());
        Ok(())
    }
}
