//! The write-ahead log gets short again after something has made it long.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use support::{Outcome, disk, verified};

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    bytes: Vec<u8>,
}

const MEGABYTE: u64 = 1 << 20;

fn log(path: &Path) -> std::io::Result<u64> {
    Ok(fs::metadata(path.with_extension("db-wal"))?.len())
}

fn write(db: &Database, rows: usize, bytes: usize) -> ara::Result<()> {
    (0..rows).try_for_each(|_| db.create(Note::draft().bytes(vec![7; bytes])).map(drop))
}

/// 30 MB in one transaction. Nothing is written after it.
#[test]
fn after_a_large_transaction() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = disk::open(&path)?;
    db.create_all((0..30).map(|_| Note::draft().bytes(vec![7; 1 << 20])))?;
    assert!(log(&path)? < MEGABYTE, "{} bytes", log(&path)?);
    verified(&db)
}

/// Somebody reads the file as it was long ago, through this database or another one.
#[test]
fn after_a_slow_reader() -> Outcome {
    for is_outside in [false, true] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.db");
        let db = disk::open(&path)?;
        write(&db, 1, 10)?;
        let mut longest = 0;
        let mut beside = || {
            write(&db, 300, 100_000)?;
            longest = log(&path).unwrap_or_default();
            Ok(())
        };
        if is_outside {
            let sqlite = disk::sqlite(&path)?;
            let snapshot = sqlite.unchecked_transaction()?;
            snapshot.query_row("SELECT count(*) FROM note", [], |_| Ok(()))?;
            beside()?;
        } else {
            db.query::<Note>().for_each(|_| beside())?;
        }
        assert!(longest > 30 * MEGABYTE, "{longest} bytes");
        write(&db, 100, 10)?;
        assert!(log(&path)? < 2 * MEGABYTE, "{} bytes", log(&path)?);
        verified(&db)?;
    }
    Ok(())
}

/// SQLite has begun the long log anew by itself, as another program had moved it into the file.
#[test]
fn after_another_program_has_moved_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = disk::open(&path)?;
    write(&db, 1, 10)?;
    db.query::<Note>().for_each(|_| write(&db, 300, 100_000))?;
    disk::sqlite(&path)?.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    write(&db, 1, 10)?;
    assert!(log(&path)? <= 16 * MEGABYTE, "{} bytes", log(&path)?);
    verified(&db)
}

#[test]
fn while_only_little_is_written_at_a_time() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = disk::open(&path)?;
    for _ in 0..20 {
        write(&db, 100, 1000)?;
        assert!(log(&path)? < 5 * MEGABYTE, "{} bytes", log(&path)?);
    }
    verified(&db)
}
