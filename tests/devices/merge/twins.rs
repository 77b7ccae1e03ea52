//! Many changes in the same places of a node: all count, and take no more work than others.

use ara::prelude::*;

use crate::merge::{Todo, same, sync};
use support::{Outcome, There, Wall, at, send};

/// Another table of which there are twins.
#[derive(Debug, Clone, PartialEq, Table)]
struct Note {
    id: Id<Note>,
    text: String,
    views: Counter,
}

const TWINS: usize = 4_000;

fn todo(n: usize) -> Id<Todo> {
    Id::from_key(format!("todo {n}"))
}

fn note(n: usize) -> Id<Note> {
    Id::from_key(format!("note {n}"))
}

/// Two devices that are one node, as their seed and their clock are the same: what the one and the other write
/// lies in the same places. They write the same rows, rows of two tables, or rows that the other lacks.
fn twins() -> Outcome<[Database; 2]> {
    let devices = [at(Wall::START, 1)?, at(Wall::START, 1)?];
    for (db, (name, apart)) in devices.iter().zip([("one", 0), ("other", TWINS)]) {
        let rows: Vec<_> = (0..TWINS).collect();
        for some in rows.chunks(100) {
            db.transaction(|tx| {
                for &n in some {
                    match n % 4 {
                        0 => drop(tx.create(Todo::draft().id(todo(n)).title(name))?),
                        1 => drop(tx.create(Todo::draft().id(todo(n + apart)).title(name))?),
                        2 => drop(tx.create(Note::draft().id(note(n)).text(name).views(5))?),
                        _ if apart == 0 => drop(tx.create(Todo::draft().id(todo(n)).title(name))?),
                        _ => drop(tx.create(Note::draft().id(note(n)).text(name).views(7))?),
                    }
                }
                Ok(())
            })?;
        }
    }
    Ok(devices)
}

fn notes(db: &Database) -> ara::Result<Vec<Note>> {
    db.query::<Note>().with_deleted().narrow_all().order_by(Note::id).all()
}

#[test]
fn of_many_twins_all_take_the_same() -> Outcome {
    let [one, other] = twins()?;
    let third = at(Wall::START + 1, 2)?;
    third.create(Todo::draft().id(todo(0)).title("third"))?;
    third.create_all((0..TWINS).map(|n| Note::draft().id(note(n)).text("third").views(1)))?;
    third.delete(note(2))?;
    send(&one, &third)?;
    send(&other, &third)?;
    // Those that came in the other order.
    let fourth = at(Wall::START + 2, 3)?;
    send(&other, &fourth)?;
    send(&one, &fourth)?;
    sync(&third, &fourth)?;
    assert_eq!(notes(&third)?, notes(&fourth)?);
    // All of them at once, into a file that knows none of their names.
    let fresh = Database::memory()?;
    send(&third, &fresh)?;
    same(&third, &fresh)?;
    assert_eq!(notes(&third)?, notes(&fresh)?);
    // Of each two twins both count.
    for n in (0..TWINS).step_by(4) {
        for id in [todo(n + 1), todo(n + 1 + TWINS), todo(n + 3)] {
            assert!(third.get(id)?.is_some());
        }
        let views = |n| -> Outcome<i64> {
            let note = third.query::<Note>().with_deleted().find(note(n))?;
            Ok(note.there()?.views.there()?.get())
        };
        assert_eq!((views(n + 2)?, views(n + 3)?), (1 + 5 + 5, 1 + 7));
    }
    assert_eq!(third.query::<Todo>().filter(Todo::title.eq("third")).count()?, 1);
    Ok(())
}
