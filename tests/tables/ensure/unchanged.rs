//! A schema that is there already.

use ara::prelude::*;

use crate::ensure::{v1, v3};
use support::child;
use support::{File, Outcome, disk, verified};

#[test]
fn nothing_is_written() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::App>()?;
    let before = (file.dump()?, file.bytes()?);
    let watch = file.sqlite()?;
    let version = || watch.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
    let seen = version()?;
    for db in [&db, &file.open()?] {
        db.ensure::<v3::App>()?;
        db.transaction(|tx| tx.ensure::<v3::App>())?;
    }
    assert_eq!(version()?, seen);
    assert!(before == (file.dump()?, file.bytes()?));
    verified(&db)
}

/// It does not wait for who writes, and so has not written.
#[test]
fn a_writer_is_not_waited_for() -> Outcome {
    let file = File::new()?;
    file.open()?.ensure::<v3::App>()?;
    let busy = file.sqlite()?;
    busy.execute_batch("BEGIN IMMEDIATE")?;
    file.open()?.ensure::<v3::App>()?;
    Ok(())
}

/// What another program did to the schema of the file is noticed, whatever it was.
#[test]
fn what_others_did_is_noticed() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::App>()?;
    for sql in [
        "DROP INDEX \"ara_index book(stars,author)\"",
        "DROP INDEX \"ara_index book(stars,author)\"; ALTER TABLE book DROP COLUMN stars",
        "DROP TABLE shelf",
        "DROP TABLE ara_local_window",
    ] {
        let before = file.dump()?;
        file.sqlite()?.execute_batch(sql)?;
        assert_ne!(before, file.dump()?);
        db.ensure::<v3::App>()?;
        assert_eq!(db.schema_drift()?, [], "{sql}");
        db.create(v3::Book::draft().title("Momo").stars(4))?;
        db.create(v3::Shelf::draft().name("blue"))?;
        db.create(v3::Window::draft().width(100))?;
        verified(&db)?;
    }
    Ok(())
}

/// The child, which ensures what its parent has ensured.
#[test]
fn child() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    db.ensure::<v3::App>()?;
    child::tell("ensured");
    db.ensure::<v1::App>()?;
    Ok(())
}

#[test]
fn another_process_has_nothing_to_do_either() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::App>()?;
    let writing = file.sqlite()?;
    writing.execute_batch("BEGIN IMMEDIATE")?;
    let mut child = child::command("ensure::unchanged::child", &file.path())?.spawn()?;
    let mut told = child::told(&mut child);
    assert_eq!(told.next().as_deref(), Some("ensured"));
    writing.execute_batch("COMMIT")?;
    told.for_each(drop);
    assert!(child.wait()?.success());
    // And what the other one did then is noticed here.
    assert_eq!(crate::ensure::index_names(&file)?, ["ara_local_window(width)", "book(title)"]);
    db.ensure::<v3::App>()?;
    assert_eq!(
        crate::ensure::index_names(&file)?,
        ["ara_local_window(width)", "book(stars,author)"]
    );
    verified(&db)
}

/// What a file is vacuumed to is a new schema to SQLite, and the same to ara.
#[test]
fn a_file_that_was_vacuumed_is_the_same() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::App>()?;
    file.sqlite()?.execute_batch("VACUUM")?;
    let before = file.dump()?;
    db.ensure::<v3::App>()?;
    assert_eq!(file.dump()?, before);
    // That was found out once: whoever ensures it next has nothing to write, and so waits for no one.
    for vacuum in [false, true] {
        if vacuum {
            db.vacuum()?;
            db.ensure::<v3::App>()?;
        }
        let busy = file.sqlite()?;
        busy.execute_batch("BEGIN IMMEDIATE")?;
        file.open()?.ensure::<v3::App>()?;
        db.ensure::<v3::App>()?;
    }
    Ok(())
}

/// The statements of a fresh file are those that `ddl` tells.
#[test]
fn the_statements_are_told_beforehand() -> Outcome {
    let tables = [v3::Shelf::TABLE, v3::Book::TABLE, v3::Window::TABLE];
    let file = File::new()?;
    file.open()?.ensure::<v3::App>()?;
    let made: Vec<String> = file
        .sqlite()?
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    assert_eq!(made, ara::ddl(&tables));
    // They are a file's whole schema.
    let by_hand = rusqlite::Connection::open_in_memory()?;
    ara::ddl(&tables).iter().try_for_each(|sql| by_hand.execute_batch(sql))?;
    Ok(())
}

/// The child, which ensures what others ensure at the same time.
#[test]
fn one_of_many() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    child::tell("ready");
    std::io::stdin().read_line(&mut String::new())?;
    db.ensure::<v3::App>()?;
    db.create(v3::Book::draft().title("Momo").stars(5))?;
    Ok(())
}

#[test]
fn processes_may_ensure_at_once() -> Outcome {
    for _ in 0..3 {
        let file = File::new()?;
        let mut children = Vec::new();
        for _ in 0..4 {
            let mut child =
                child::command("ensure::unchanged::one_of_many", &file.path())?.spawn()?;
            let mut told = child::told(&mut child);
            assert_eq!(told.next().as_deref(), Some("ready"));
            children.push((child, told));
        }
        // To close their input is to let them go on.
        children.iter_mut().for_each(|(child, _)| drop(child.stdin.take()));
        for (mut child, told) in children {
            told.for_each(drop);
            assert!(child.wait()?.success());
        }
        let db = file.open()?;
        assert_eq!(db.query::<ara::SchemaHistory>().count()?, 1);
        assert_eq!(db.query::<v3::Book>().count()?, 4);
        assert_eq!(db.schema_drift()?, []);
        verified(&db)?;
    }
    Ok(())
}
