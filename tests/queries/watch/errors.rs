//! What cannot be watched, and queries that fail.

use ara::Error;
use ara::prelude::*;

use crate::watch::{Todo, Told, unwatched};
use support::{File, Outcome};

#[test]
fn a_query_of_a_transaction_is_refused() -> Outcome {
    let db = Database::memory()?;
    db.transaction(|tx| {
        let refused = tx.query::<Todo>().watch();
        assert!(matches!(refused, Err(Error::WatchedTransaction)), "{refused:?}");
        Ok(())
    })?;
    Ok(())
}

#[test]
fn nobody_waits_for_a_commit_of_its_own() -> Outcome {
    let file = File::new()?;
    for db in [Database::memory()?, unwatched().open(file.path())?] {
        let mut todos = db.query::<Todo>().watch()?;
        db.transaction(|tx| {
            tx.create(Todo::draft().title("Buy milk"))?;
            assert!(matches!(todos.recv(), Err(Error::InsideTransaction)));
            assert!(matches!(todos.try_recv(), Err(Error::InsideTransaction)));
            Ok(())
        })?;
        assert_eq!(todos.told()?.len(), 1);
    }
    Ok(())
}

#[test]
fn a_value_that_breaks_a_rule_is_told_at_once() -> Outcome {
    let db = Database::memory()?;
    let refused = db.query::<Todo>().filter(Todo::title.eq(" ")).watch();
    assert!(matches!(refused, Err(Error::Rule { column: "title", .. })), "{refused:?}");
    Ok(())
}

/// Another program takes a column away, and puts it back.
#[test]
fn a_query_that_fails_is_told_and_watched_on() -> Outcome {
    let file = File::new()?;
    let db = unwatched().open(file.path())?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let mut stars = db.query::<Todo>().select(Todo::stars).watch()?;
    assert_eq!(stars.told()?, [Some(1)]);
    let sqlite = file.sqlite()?;
    sqlite.execute_batch("ALTER TABLE todo RENAME COLUMN stars TO rating")?;
    db.look_for_commits();
    let failed = stars.try_recv();
    assert!(matches!(failed, Err(Error::Shape { .. })), "{failed:?}");
    stars.is_quiet(2)?;
    sqlite.execute_batch("ALTER TABLE todo RENAME COLUMN rating TO stars")?;
    db.look_for_commits();
    // It is what was there before the error, and news after it.
    assert_eq!(stars.told()?, [Some(1)]);
    db.update(Todo::patch(milk).stars(2))?;
    assert_eq!(stars.told()?, [Some(2)]);
    Ok(())
}
