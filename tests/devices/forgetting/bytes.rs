//! No byte of the values is left in the file, in its `-wal`, in free pages or in the index of a search.

use std::time::{Duration, Instant};

use super::*;

/// How often a text is in the file and in its write-ahead log.
fn copies(file: &File, text: &str) -> Outcome<usize> {
    let (file, wal) = file.bytes()?;
    let is_it = |at: &&[u8]| at[0] == text.as_bytes()[0] && *at == text.as_bytes();
    let count = |bytes: &[u8]| bytes.windows(text.len()).filter(is_it).count();
    Ok(count(&file) + count(&wal))
}

/// Many rows with secrets of all lengths among others, that were edited, indexed and searched.
fn filled(db: &Database) -> Outcome<Vec<Id<Note>>> {
    let mut secrets = Vec::new();
    for at in 0..300_usize {
        let long = format!("{SECRET}{at} ").repeat(1 + at % 7 * 40);
        let id = db.create(Note::draft().title(format!("{SECRET}{at}")).text(long).views(1))?;
        db.create(Note::draft().title(format!("other {at}")).text("more ".repeat(at)).views(1))?;
        db.update(Note::patch(id).text(SECRET).views(Counter::add(1)))?;
        db.update(Note::patch(id).text(SECRET.repeat(at % 50)).tags(vec![SECRET.to_owned()]))?;
        secrets.push(id);
    }
    assert!(db.query::<Note>().search("other").count()? > 0);
    Ok(secrets)
}

#[test]
fn no_copy_is_left_anywhere() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let secrets = filled(&db)?;
    assert!(copies(&file, SECRET)? > 300);
    db.transaction(|tx| secrets.iter().try_for_each(|id| tx.delete(*id).map(drop)))?;
    assert!(copies(&file, SECRET)? > 300);
    for id in &secrets[..3] {
        assert!(db.forget(*id)?);
    }
    assert!(copies(&file, SECRET)? > 300);
    assert_eq!(db.forget_deleted(Timestamp::from_millis(i64::MAX))?, 297);
    assert_eq!(copies(&file, SECRET)?, 0);
    assert_eq!(db.query::<Note>().count()?, 300);
    verified(&db)?;
    drop(db);
    assert_eq!(copies(&file, SECRET)?, 0);
    Ok(())
}

#[test]
fn nor_on_the_device_that_hears_of_it() -> Outcome {
    let (file, other_file) = (File::new()?, File::new()?);
    let (db, other) = (file.open()?, other_file.open()?);
    let secrets = filled(&db)?;
    send(&db, &other)?;
    other.query::<Note>().count()?;
    db.transaction(|tx| secrets.iter().try_for_each(|id| tx.delete(*id).map(drop)))?;
    db.forget_deleted(Timestamp::from_millis(i64::MAX))?;
    assert!(copies(&other_file, SECRET)? > 300);
    send(&db, &other)?;
    assert_eq!(copies(&other_file, SECRET)?, 0);
    agree(&db, &other)?;
    // What is sent has none either.
    let fresh_file = File::new()?;
    let fresh = fresh_file.open()?;
    for changes in other.changes_since(&fresh.version_vector()?)? {
        let changes = changes?;
        let bytes = changes.to_bytes();
        assert!(!bytes.windows(SECRET.len()).any(|at| at == SECRET.as_bytes()));
        fresh.merge(&changes)?;
    }
    assert_eq!(copies(&fresh_file, SECRET)?, 0);
    agree(&fresh, &other)
}

/// Who reads an earlier state keeps it, and nobody waits for him. The next one who writes finishes: this handle,
/// one that was open all the time, or one that is opened later.
#[test]
fn a_reader_of_an_earlier_state_only_delays_it() -> Outcome {
    for who in ["this one", "another one", "a new one"] {
        let file = File::new()?;
        let db = file.open()?;
        let id = deleted(&db)?;
        let other = file.open()?;
        let note = || Note::draft().title("other").views(0);
        other.create(note())?;
        let reader = file.sqlite()?;
        reader.execute_batch("BEGIN; SELECT count(*) FROM note")?;
        let begun = Instant::now();
        db.forget(id)?;
        db.create(note())?;
        other.create(note())?;
        // A writer waits for another one up to 5 seconds.
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        assert!(copies(&file, SECRET)? > 0);
        reader.execute_batch("COMMIT")?;
        drop(reader);
        match who {
            "this one" => drop(db.create(note())?),
            "another one" => drop(other.create(note())?),
            _ => {
                drop((db, other));
                file.open()?.create(note())?;
            }
        }
        assert_eq!(copies(&file, SECRET)?, 0, "{who}");
        verified(&file.open()?)?;
    }
    Ok(())
}

/// A small file is written anew once, and not after each of the transactions.
#[test]
fn a_small_file_is_vacuumed_once_for_many_rows() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all((0..8500).map(|_| Note::draft().title(SECRET).views(0)))?;
    db.transaction(|tx| ids.iter().try_for_each(|id| tx.delete(*id).map(drop)))?;
    // `VACUUM` adds one to it.
    let vacuums = || file.number("PRAGMA schema_version");
    let before = vacuums()?;
    assert_eq!(db.forget_deleted(Timestamp::MAX)?, 8500);
    assert_eq!(vacuums()?, before + 1);
    assert_eq!(copies(&file, SECRET)?, 0);
    verified(&db)
}

/// A large file is vacuumed when it is asked for, and somebody reads an earlier state then.
#[test]
fn a_large_file_is_purged_by_a_vacuum() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = deleted(&db)?;
    // A table of another program, which the file has room for, too.
    file.tamper("CREATE TABLE large (bytes); INSERT INTO large VALUES (zeroblob(65 << 20))")?;
    db.forget(id)?;
    file.tamper("DELETE FROM large")?;
    let reader = file.sqlite()?;
    reader.execute_batch("BEGIN; SELECT count(*) FROM note")?;
    db.vacuum()?;
    assert_eq!(file.number("SELECT value FROM ara_meta WHERE key = 'purge'")?, 2);
    reader.execute_batch("COMMIT")?;
    db.create(Note::draft().title("other").views(0))?;
    assert_eq!(copies(&file, SECRET)?, 0);
    verified(&db)
}
