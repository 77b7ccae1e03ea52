//! Changes that tell that a row was forgotten, as no database would write them. Whoever holds the keys can have
//! any row forgotten; but it is the same everywhere, and nothing else is lost.

use ara::prelude::*;
use ara::{Changes, Error, Stored, Uuid};

use crate::wire::hostile::{ILL, Todo, change, ill, merged_into, names, own, run};
use crate::wire::{START, exported};
use support::wire::{Batch, CAP, Cell, Change};
use support::{File, Outcome, There, agree, send, verified};

/// The column that tells whether a row is deleted, and the title, in [`ill`].
const IS_DELETED: usize = 1;
const TITLE: usize = 0;

const SECRET: &str = "sesamopeniti";

fn id() -> Id<Todo> {
    Id::from_uuid(Uuid::from_bytes([ILL; 16]))
}

fn secret() -> Cell {
    Cell::text(TITLE, SECRET)
}

/// It was forgotten by a change.
fn act() -> Cell {
    Cell::forgotten(IS_DELETED, &[])
}

/// The values of a change were removed.
fn remains() -> Cell {
    Cell::forgotten(IS_DELETED, &[1])
}

/// The row is alive.
fn created(stamp: i64) -> Change {
    change(stamp, vec![Cell::integer(IS_DELETED, 0), secret()])
}

fn has_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|at| at == SECRET.as_bytes())
}

#[track_caller]
fn is_gone(db: &Database) -> Outcome {
    let todo = db.query::<Todo>().with_deleted().filter(Todo::id.eq(id())).one()?;
    assert_eq!((todo.title, todo.latest), (None, None));
    assert!(matches!(db.restore(id()), Err(Error::Forgotten { .. })));
    assert!(exported(db)?.iter().all(|bytes| !has_secret(bytes)));
    verified(db)
}

/// Merges the changes into devices that know the row, that do not, and that have no such table; in one batch, one
/// by one, and after a rebuild. Each comes to the same tombstone.
fn is_forgotten_by(changes: &[Change]) -> Outcome {
    let batch = ill(changes.to_vec());
    let whole = Database::memory()?;
    assert_eq!(merged_into(&whole, batch.clone())?.refused, []);
    is_gone(&whole)?;
    let (one, without) = (Database::memory()?, Database::memory()?);
    one.create(Todo::draft().title("Mine"))?;
    for count in 1..=changes.len() {
        let mut part = batch.clone();
        part.runs[0].changes.truncate(count);
        for db in [&one, &without] {
            assert_eq!(db.merge(&part.clone().seal().changes()?)?.refused, []);
            verified(db)?;
        }
    }
    let fresh = Database::memory()?;
    send(&without, &fresh)?;
    for db in [&one, &without, &fresh] {
        is_gone(db)?;
        let (todo, of_whole) = (tombstone(db)?, tombstone(&whole)?);
        assert_eq!(todo, of_whole);
        db.rebuild()?;
        is_gone(db)?;
        assert_eq!(tombstone(db)?, of_whole);
    }
    send(&one, &without)?;
    send(&without, &one)?;
    agree(&one, &without)
}

/// When the row was made and changed, as far as it tells.
fn tombstone(db: &Database) -> ara::Result<(Timestamp, Timestamp)> {
    let todo = db.query::<Todo>().with_deleted().filter(Todo::id.eq(id())).one()?;
    Ok((todo.created_at, todo.updated_at))
}

#[test]
fn a_row_that_is_not_deleted_can_be_forgotten() -> Outcome {
    is_forgotten_by(&[created(START), change(START + 1, vec![act()])])?;
    is_forgotten_by(&[change(START + 9, vec![act()]), created(START)])?;
    is_forgotten_by(&[created(START + (9 << 16)), change(START, vec![act()])])
}

/// The last stamp there is, or the same one several times.
#[test]
fn it_may_have_any_stamp() -> Outcome {
    for stamp in [1, START, CAP] {
        is_forgotten_by(&[created(CAP), change(stamp, vec![act()])])?;
        is_forgotten_by(&[created(stamp), change(CAP, vec![act()]), change(CAP, vec![act()])])?;
        is_forgotten_by(&[change(stamp, vec![act()]), created(stamp), created(stamp)])?;
    }
    Ok(())
}

/// What is left of a change, without the one that forgot the row, and without the hash that it had.
#[test]
fn what_is_left_of_a_change_forgets_the_others() -> Outcome {
    let (early, late) = (START - (5 << 16), START + (5 << 16));
    for stamp in [early, START, late] {
        let left = change(stamp, vec![remains()]);
        is_forgotten_by(&[created(START), left.clone()])?;
        is_forgotten_by(&[left.clone(), created(START)])?;
        is_forgotten_by(&[created(START), left.clone(), created(START + 1), left.clone()])?;
        let act = change(START + 3, vec![act()]);
        is_forgotten_by(&[created(START), left.clone(), act.clone()])?;
        is_forgotten_by(&[left.clone(), act, created(START)])?;
        let left = Change { original: Some(7), ..left };
        is_forgotten_by(&[created(START), left])?;
    }
    Ok(())
}

/// Values beside such a cell, before it and after it, are removed with the others.
#[test]
fn nothing_beside_it_stays() -> Outcome {
    let newer = Cell::unknown(TITLE, 10, SECRET.as_bytes());
    let (alive, dead) = (Cell::integer(IS_DELETED, 0), Cell::integer(IS_DELETED, 1));
    for told in [act(), remains(), Cell::forgotten(IS_DELETED, b"newer")] {
        for beside in [secret(), newer.clone(), alive.clone(), dead.clone(), act(), remains()] {
            let both = [vec![told.clone(), beside.clone()], vec![beside, told.clone()]];
            for cells in both {
                is_forgotten_by(&[created(START), change(START + 1, cells.clone())])?;
                is_forgotten_by(&[change(START + 1, cells), created(START)])?;
            }
        }
        let mut more = change(START, vec![told.clone()]);
        more.more = [&[0x82, 0x01, SECRET.len() as u8], SECRET.as_bytes()].concat();
        is_forgotten_by(&[more, created(START)])?;
        let marked = told.marked(5, b"newer").marked(2, &[]);
        is_forgotten_by(&[created(START), change(START + 1, vec![marked])])?;
    }
    Ok(())
}

/// On another column the kind is one that nobody knows.
#[test]
fn on_another_column_it_has_no_effect() -> Outcome {
    for bytes in [&[][..], &[1], b"newer"] {
        let db = Database::memory()?;
        let cells = vec![Cell::forgotten(TITLE, bytes)];
        let report = merged_into(&db, ill(vec![created(START), change(START + 1, cells)]))?;
        assert_eq!((report.set_aside, report.refused.len()), (1, 0));
        assert_eq!(db.get(id())?.there()?.title.as_deref(), Some(SECRET));
        assert!(db.update(Todo::patch(id()).title("more"))?);
        db.delete(id())?;
        assert!(db.forget(id())?);
        is_gone(&db)?;
    }
    Ok(())
}

/// A row that has the last stamp cannot be deleted. It can be forgotten, on every device that has it.
#[test]
fn a_row_at_the_end_of_time_can_be_forgotten() -> Outcome {
    let (one, other) = (Database::memory()?, Database::memory()?);
    for db in [&one, &other] {
        db.create(Todo::draft().title("Mine"))?;
        db.merge(&ill(vec![created(CAP)]).changes()?)?;
        assert!(matches!(db.delete(id()), Err(Error::EndOfTime { .. })));
        assert!(db.forget(id())?);
        assert!(!db.forget(id())?);
        is_gone(db)?;
    }
    let fresh = Database::memory()?;
    for _ in 0..2 {
        send(&one, &other)?;
        send(&other, &one)?;
        send(&other, &fresh)?;
    }
    for db in [&one, &other, &fresh] {
        is_gone(db)?;
        agree(db, &one)?;
        assert_eq!(tombstone(db)?, tombstone(&one)?);
    }
    Ok(())
}

/// Of a table that is in the log alone, as its name is one that no table may have, or that another one has.
#[test]
fn a_row_in_the_log_alone_can_be_forgotten() -> Outcome {
    let long = "x".repeat(65);
    for table in ["Todo", "TODO", "sqlite_x", "a b", &long] {
        for order in [[0, 1], [1, 0]] {
            let both = [created(START), change(START + 1, vec![act()])];
            let mut batch = ill(order.map(|at: usize| both[at].clone()).into());
            batch.tables = names([table]);
            let file = File::new()?;
            let db = file.open()?;
            db.create(Todo::draft().title("Mine"))?;
            assert_eq!(merged_into(&db, batch.seal())?.refused, []);
            assert!(exported(&db)?.iter().all(|bytes| !has_secret(bytes)));
            let (bytes, wal) = file.bytes()?;
            assert!(!has_secret(&bytes) && !has_secret(&wal), "{table}");
            db.rebuild()?;
            verified(&db)?;
        }
    }
    Ok(())
}

/// Tables that only ara writes are no exception, but nothing that an app does fails because of it.
#[test]
fn a_row_of_aras_own_tables_may_be_forgotten() -> Outcome {
    let (db, _) = own()?;
    db.ensure::<App>()?;
    let rows = db.sql::<(Uuid,)>("SELECT id FROM ara_schema_history").all()?;
    let forged =
        |(row,): &(Uuid,)| Change { row: row.as_bytes().to_vec(), ..change(START, vec![act()]) };
    let forged: Vec<Change> = rows.iter().map(forged).collect();
    assert!(!forged.is_empty());
    let mut batch = ill(forged);
    batch.tables = names(["ara_schema_history"]);
    db.merge(&batch.seal().changes()?)?;
    verified(&db)?;
    db.ensure::<App>()?;
    db.query::<ara::SchemaHistory>().count()?;
    let id = db.create(Todo::draft().title("Still mine"))?;
    let created = db.last_transaction()?.there()?;
    assert_eq!(db.undo(created)?.written, 1);
    assert_eq!(db.get(id)?, None);
    verified(&db)
}

ara::schema! { App: Todo }

/// A batch that was stripped on its way claims the hash that the change had. The change itself is known then, and
/// it stays as it is where it is known.
#[test]
fn a_stripped_change_is_the_one_that_it_was() -> Outcome {
    let whole = ill(vec![created(START)]);
    let Batch { tables, columns, runs } = whole.clone();
    let hash = support::wire::hash(&runs[0].node, &runs[0].changes[0], &tables, &columns);
    let left = Change { original: Some(hash), ..change(START, vec![remains()]) };
    let left = Batch { runs: vec![run(ILL, vec![left])], ..whole.clone() }.numbered().seal();
    let (one, other) = (Database::memory()?, Database::memory()?);
    one.merge(&whole.changes()?)?;
    other.merge(&left.changes()?)?;
    assert_eq!(one.version_vector()?, other.version_vector()?);
    assert_eq!(one.merge(&left.changes()?)?.changes, 0);
    assert_eq!(other.merge(&whole.changes()?)?.changes, 0);
    is_gone(&other)?;
    assert_eq!(one.get(id())?.there()?.title.as_deref(), Some(SECRET));
    // Once it is forgotten there, too, both are the same.
    one.delete(id())?;
    one.forget(id())?;
    let sent: Vec<Changes> =
        one.changes_since(&other.version_vector()?)?.collect::<ara::Result<_>>()?;
    for changes in sent {
        other.merge(&changes)?;
    }
    is_gone(&one)?;
    is_gone(&other)?;
    assert_eq!(tombstone(&one)?, tombstone(&other)?);
    agree(&one, &other)
}

/// The history tells who changed the row, and when.
#[test]
fn the_history_tells_no_values() -> Outcome {
    let db = Database::memory()?;
    let odd = change(START + 1, vec![secret(), act(), Cell::integer(2, 7)]);
    let mut batch = ill(vec![created(START), odd]);
    batch.columns.push("latest".to_owned());
    merged_into(&db, batch.seal())?;
    let history = db.history(id())?;
    assert_eq!(history.len(), 2);
    for change in history {
        for column in change.columns {
            assert_eq!((&*column.column, column.to), ("is_deleted", Some(Stored::Integer(1))));
        }
    }
    Ok(())
}
