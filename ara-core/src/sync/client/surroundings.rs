//! Where a database lies, and what it takes from outside: the time and randomness.

use std::path::Path;

use crate::database::Database;
use crate::error::Result;

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Database {
    /// Returns the absolute path of the file, or `None` if the database is in memory.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.readers.as_ref().map(|readers| readers.path())
    }

    /// Returns the time in milliseconds since 1970, by the clock of the [options](crate::Options::clock).
    #[must_use]
    pub fn now_millis(&self) -> i64 {
        self.now().millis()
    }

    /// Fills bytes with randomness, of which keys can be made: of the operating system, or, in a test, derived from
    /// the [seed](crate::Options::seed) of the options. With a seed, a database that is opened again begins anew, and
    /// so does one of the same seed. What the database itself draws is not affected.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`](crate::Error::Io) if the system provides no randomness.
    pub fn sync_entropy(&self, bytes: &mut [u8]) -> Result<()> {
        self.0.sync_entropy.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::written::WALL;

    fn drawn<const N: usize>(db: &Database) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        db.sync_entropy(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn a_seed_gives_the_same_bytes_each_time_and_leaves_the_ids_of_rows_alone() -> Result<()> {
        let seeded = |seed| Database::options().seed(seed).memory();
        let (one, same, other) = (seeded(3)?, seeded(3)?, seeded(4)?);
        let first: [u8; 32] = drawn(&one)?;
        assert_eq!(first, drawn(&same)?);
        assert_ne!(first, drawn(&one)?);
        assert_ne!(first, drawn(&other)?);
        assert_ne!(drawn::<13>(&one)?[8..], [0; 5]);
        // Nor does it tell the id of the node.
        assert_ne!(first[..16], one.node()?.into_bytes());
        assert_eq!(one.node()?, same.node()?);
        Ok(())
    }

    #[test]
    fn without_a_seed_the_system_gives_the_bytes() -> Result<()> {
        let db = Database::memory()?;
        assert_ne!(drawn::<32>(&db)?, drawn::<32>(&db)?);
        Ok(())
    }

    #[test]
    fn the_clock_and_the_path_are_those_of_the_database()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let db = Database::for_test()?;
        assert_eq!((db.now_millis(), db.path()), (WALL, None));
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.db");
        let db = Database::open(&path)?;
        assert_eq!(db.path().map(Path::file_name), Some(path.file_name()));
        assert!(db.path().is_some_and(Path::is_absolute));
        Ok(())
    }
}
