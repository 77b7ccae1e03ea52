//! Vacuuming a file, and what room it gives back.

use std::path::Path;

use ara::prelude::*;
use ara::{Progress, Timestamp};
use support::cases::scaled;
use support::disk;

type TestResult = Result<(), Box<dyn std::error::Error>>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: String,
    #[table(index)]
    number: i64,
}

fn size(path: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(path)?.len())
}

/// Compacts all there is, as every device knows it, and vacuums the file. Returns its size.
fn shrink(db: &Database, path: &Path) -> Result<u64, Box<dyn std::error::Error>> {
    db.compact(&[db.version_vector()?])?;
    let (before, told) = (size(path)?, db.vacuum()?);
    let after = size(path)?;
    assert!(told > 0 || before <= after, "{told} bytes are free, of {before}");
    assert!(db.verify()?.holds());
    Ok(after)
}

/// `PROPTEST_CASES=200000` gives the figures of the guide.
#[test]
fn rows_that_are_gone_leave_a_small_file() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    let count = u64::from(scaled(2_000));
    let text = "A note of about two hundred bytes. ".repeat(6);
    for first in (0..count).step_by(1000) {
        let numbers = first..count.min(first + 1000);
        db.create_all(numbers.map(|number| Note::draft().text(&text).number(number as i64)))?;
    }
    let created = shrink(&db, &path)?;
    for id in db.query::<Note>().select(Note::id).all()? {
        db.delete(id)?;
    }
    let deleted = shrink(&db, &path)?;
    assert_eq!(db.forget_deleted(Timestamp::MAX)?, count);
    let forgotten = shrink(&db, &path)?;
    println!("{count} rows: {created} bytes, deleted {deleted}, forgotten {forgotten}");
    assert!(deleted < created + created / 4 + 100_000);
    assert!(forgotten < 200_000 + count * 250, "{forgotten}");
    // What is free is used again, and what is not used is given back.
    let reused = size(&path)?;
    db.vacuum()?;
    assert_eq!(size(&path)?, reused);
    Ok(())
}

#[test]
fn what_is_overwritten_is_given_back_and_progress_is_told() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    for db in [disk::open(&path)?, Database::memory()?] {
        let note = |number| Note::draft().text("long ".repeat(400)).number(number);
        let ids = db.create_all((0..2000).map(note))?;
        for id in &ids {
            db.update(Note::patch(*id).text("short"))?;
        }
        db.compact(&[db.version_vector()?])?;
        let mut told: Vec<Progress> = Vec::new();
        let freed = db.vacuum_with(|progress| told.push(progress))?;
        assert!(freed > 4_000_000, "{freed}");
        assert!(told.len() > 3 && told.is_sorted_by_key(|progress| progress.done), "{told:?}");
        assert!(told.last().is_some_and(|last| last.done == last.total), "{told:?}");
        assert_eq!(db.vacuum()?, 0);
        assert_eq!(db.query::<Note>().filter(Note::text.eq("short")).count()?, 2000);
        assert!(db.verify()?.holds());
    }
    Ok(())
}

#[test]
fn where_it_is_refused() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    db.create(Note::draft().text("Milk").number(1))?;
    let inside = db.transaction(|_| db.vacuum());
    assert!(matches!(inside, Err(ara::Error::InsideTransaction)), "{inside:?}");
    let reading = disk::options().read_only().open(&path)?;
    assert!(matches!(reading.vacuum(), Err(ara::Error::OpenedReadOnly)));
    // Another program writes for longer than this one is told to wait.
    let other = disk::sqlite(&path)?;
    other.execute_batch("BEGIN IMMEDIATE")?;
    let impatient = disk::options().busy_timeout(std::time::Duration::ZERO).open(&path)?;
    for refused in [impatient.vacuum(), impatient.vacuum_with(|_| {})] {
        assert!(matches!(refused, Err(ara::Error::Busy)), "{refused:?}");
    }
    other.execute_batch("COMMIT")?;
    impatient.vacuum()?;
    // Whoever reads an earlier state goes on reading it, and the file becomes smaller afterwards.
    other.execute_batch("BEGIN; SELECT * FROM note")?;
    impatient.vacuum()?;
    assert_eq!(other.query_row("SELECT count(*) FROM note", [], |row| row.get::<_, i64>(0))?, 1);
    Ok(())
}
