//! The tables in which a file that is synced keeps how far that has come. Their rows are written by `ara-sync`.

use rusqlite::Connection;

use crate::catalog::sync_tables::{are_there, make};
use crate::database::Database;
use crate::error::Result;

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Database {
    /// Reads the tables of sync, in one snapshot of the file. Returns `None` if the file has none, as it was never
    /// synced. The closure must not use the database.
    ///
    /// # Errors
    ///
    /// Returns the error of the closure, and [common errors](Self#common-errors).
    pub fn sync_read<R>(&self, read: impl FnOnce(&Connection) -> Result<R>) -> Result<Option<R>> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            are_there(&snapshot)?.then(|| read(&snapshot)).transpose()
        })
    }

    /// Writes the tables of sync in one transaction, which creates them if the file has none. It is rolled back if
    /// the closure returns an error. The closure must not use the database, and writes no other table.
    ///
    /// # Errors
    ///
    /// Returns the error of the closure, and [common errors](Self#common-errors).
    pub fn sync_write<R>(&self, write: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        self.fresh_transaction(|fresh| {
            make(fresh.connection())?;
            write(fresh.connection())
        })
    }

    /// Flushes all commits to the disk, so that they survive a power failure.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn sync_flush(&self) -> Result<()> {
        self.make_durable()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    fn put(connection: &Connection, key: &str) -> Result<()> {
        connection.execute("INSERT INTO ara_sync VALUES (?1, 7)", [key])?;
        Ok(())
    }

    fn keys(db: &Database) -> Result<Option<Vec<String>>> {
        db.sync_read(|connection| {
            let mut keys = connection.prepare("SELECT key FROM ara_sync ORDER BY key")?;
            Ok(keys.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    #[test]
    fn the_tables_are_there_once_they_are_written() -> Result<()> {
        let db = Database::for_test()?;
        assert_eq!(keys(&db)?, None);
        let refused = db.sync_write(|connection| {
            put(connection, "space")?;
            Err::<(), _>(Error::Broken)
        });
        assert!(matches!(refused, Err(Error::Broken)));
        assert_eq!(keys(&db)?, None);
        db.sync_write(|connection| put(connection, "space"))?;
        db.sync_write(|connection| put(connection, "cursor"))?;
        assert_eq!(keys(&db)?, Some(vec!["cursor".to_owned(), "space".to_owned()]));
        assert_eq!(db.schema_drift()?, []);
        assert!(db.version_vector()?.is_empty());
        Ok(())
    }

    #[test]
    fn a_backup_and_a_rebuild_leave_them_as_they_are()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let [path, backup] = ["app.db", "backup.db"].map(|name| folder.path().join(name));
        let db = Database::open(&path)?;
        db.write_row("todo", 1, &[])?;
        db.sync_write(|connection| put(connection, "space"))?;
        db.rebuild()?;
        assert!(db.verify()?.holds());
        db.backup(&backup)?;
        db.sync_write(|connection| put(connection, "later"))?;
        db.sync_flush()?;
        drop(db);
        assert_eq!(keys(&Database::open(&path)?)?.map(|keys| keys.len()), Some(2));
        Database::restore_backup(&backup, &path)?;
        let restored = Database::open(&path)?;
        assert_eq!(keys(&restored)?, Some(vec!["space".to_owned()]));
        Ok(())
    }

    #[test]
    fn what_another_program_dropped_is_made_again() -> Result<()> {
        let db = Database::for_test()?;
        db.sync_write(|connection| put(connection, "space"))?;
        db.tamper("DROP TABLE ara_segment")?;
        assert_eq!(keys(&db)?, None);
        db.sync_write(|_| Ok(()))?;
        assert_eq!(keys(&db)?, Some(vec!["space".to_owned()]));
        Ok(())
    }

    #[test]
    fn what_is_opened_read_only_is_not_written()
    -> std::result::Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.db");
        Database::open(&path)?.sync_write(|connection| put(connection, "space"))?;
        let db = Database::options().read_only().open(&path)?;
        assert!(matches!(db.sync_write(|_| Ok(())), Err(Error::OpenedReadOnly)));
        assert_eq!(keys(&db)?, Some(vec!["space".to_owned()]));
        Ok(())
    }
}
