//! A statement that has written half of what it should breaks the transaction, even if its error is ignored.

use ara::prelude::*;
use ara::{Counter, Error};

use super::{App, Note, Scene, Setting, Todo, Works, fault};
use support::{Outcome, There, verified};

/// What a trigger of another program does when it is fired.
const RAISES: [&str; 4] =
    ["RAISE(ABORT, 'no')", "RAISE(FAIL, 'no')", "RAISE(ROLLBACK, 'no')", "RAISE(IGNORE)"];

/// A write within a transaction.
type Write = fn(&ara::Transaction<'_>, Id<Todo>) -> ara::Result<()>;

/// A write of each kind.
const WRITES: [(&str, Write); 8] = [
    ("create", |tx, _| tx.create(Todo::draft().title("no")).map(drop)),
    ("many", |tx, _| {
        tx.create_all((0..40).map(|_| Todo::draft().title("no".repeat(1000)))).map(drop)
    }),
    ("upsert", |tx, id| tx.upsert(Todo::draft().id(id).title("no")).map(drop)),
    ("update", |tx, id| tx.update(Todo::patch(id).title("no")).map(drop)),
    ("add", |tx, id| tx.update(Todo::patch(id).seen(Counter::add(1))).map(drop)),
    ("delete", |tx, id| tx.delete(id).map(drop)),
    ("forget", |tx, id| {
        tx.delete(id)?;
        tx.forget(id).map(drop)
    }),
    ("ensure", |tx, _| tx.ensure::<App>()),
];

#[test]
fn nothing_is_committed_by_halves() -> Outcome {
    let mut faults = Vec::new();
    for table in ["todo", "ara_log", "ara_counter", "ara_forgotten"] {
        for event in [
            "BEFORE INSERT",
            "AFTER INSERT",
            "BEFORE UPDATE",
            "AFTER UPDATE",
            "BEFORE DELETE",
            "AFTER DELETE",
        ] {
            for raise in RAISES {
                let sql = format!("CREATE TRIGGER no {event} ON {table} BEGIN SELECT {raise}; END");
                let fault = fault(|| halves(&sql));
                faults.extend(fault.map(|fault| format!("{table} {event} {raise}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    Ok(())
}

fn halves(sql: &str) -> Outcome {
    let scene = Scene::new("SELECT 1", true)?;
    let Scene { db, file, .. } = &scene;
    let ids: Vec<_> = db.query::<Todo>().filter(Todo::stars.gt(3)).select(Todo::id).all()?;
    file.sqlite()?.execute_batch(sql)?;
    for (kind, write) in WRITES {
        let id = *ids.first().there()?;
        let done = db.transaction(|tx| {
            // Whatever becomes of it, the closure goes on, and writes something else.
            let _ = write(tx, id);
            let _ = tx.create(Setting::draft().name("light"));
            let _ = tx.create(Note::draft().text("beside it"));
            Ok(())
        });
        if let Err(error) = done {
            let is_told =
                matches!(error, Error::Broken | Error::Sqlite { .. } | Error::Shape { .. });
            assert!(is_told, "{kind}: {error:?}");
        }
        verified(db).map_err(|error| format!("{kind}: {error}"))?;
    }
    file.sqlite()?.execute_batch("DROP TRIGGER no")?;
    verified(db)?;
    let other = Database::memory()?;
    support::send(db, &other)?;
    let todos = |db: &Database| db.query::<Todo>().with_deleted().order_by(Todo::id).all();
    assert_eq!(todos(db)?, todos(&other)?);
    support::send(&scene.peer, db).works()?;
    db.ensure::<App>().works()?;
    scene.is_whole()
}
