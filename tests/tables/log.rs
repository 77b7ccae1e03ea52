//! The change log and the clocks as they lie in the file, read by a second implementation.

mod clock;
mod damaged;
mod golden;
mod lost;
mod moved;
mod nodes;

use ara::prelude::*;
use rusqlite::types::Value;

use support::{File, Outcome, There, Wall, log, rows, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<100>,
    done: Option<bool>,
    stars: Option<i64>,
    score: Option<f64>,
    data: Option<Vec<u8>>,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn the_tables_are_those_of_the_format() -> Outcome {
    let file = File::new()?;
    file.open()?.create(Todo::draft().title("Milk"))?;
    let sqlite = file.sqlite()?;
    let sql = |name| file.value(&format!("SELECT sql FROM sqlite_schema WHERE name = '{name}'"));
    assert_eq!(
        sql("todo")?,
        text(
            "CREATE TABLE \"todo\" (\"ara_row\" INTEGER PRIMARY KEY, \"id\" BLOB NOT NULL UNIQUE, \
             \"ara_clock\" BLOB NOT NULL, \"created_at\", \"updated_at\", \"is_deleted\", \"title\", \
             \"done\", \"stars\", \"score\", \"data\")"
        )
    );
    let columns = rows(&sqlite, "SELECT name, type, pk FROM pragma_table_info('ara_log')")?;
    let column = |name, ty, key| vec![text(name), text(ty), Value::Integer(key)];
    assert_eq!(
        columns,
        [
            column("pos", "INTEGER", 1),
            column("first", "INTEGER", 0),
            column("tail", "INTEGER", 0),
            column("filter", "BLOB", 0),
            column("data", "BLOB", 0),
        ]
    );
    let options = "SELECT wr, strict FROM pragma_table_list WHERE name = 'ara_log'";
    assert_eq!(rows(&sqlite, options)?, [[Value::Integer(0), Value::Integer(1)]]);
    assert_eq!(file.number("PRAGMA application_id")?, 0x6172_6100);
    assert_eq!(file.number("PRAGMA user_version")?, 2);
    assert_eq!(file.value("PRAGMA journal_mode")?, text("wal"));
    assert_eq!(file.number("SELECT page_size + 0 FROM pragma_page_size")?, 4096);
    Ok(())
}

#[test]
fn a_mutation_is_a_change_of_what_it_wrote() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk").stars(-300).score(0.5).data([7, 0]))?;
    db.update(Todo::patch(id).title("Bread").stars(None).done(true))?;
    db.delete(id)?;
    db.restore(id)?;
    db.upsert(Todo::draft().id(id).title("Rye").done(true))?;

    let log = log::read(&file.sqlite()?)?;
    assert!(log.iter().all(|change| change.table == "todo" && change.row == id.uuid().as_bytes()));
    let written: Vec<_> = log.iter().map(log::Logged::values).collect();
    let cells = |cells: &[(&str, Value)]| -> Vec<_> {
        cells.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    };
    let expected = [
        cells(&[
            ("is_deleted", Value::Integer(0)),
            ("title", text("Milk")),
            ("stars", Value::Integer(-300)),
            ("score", Value::Real(0.5)),
            ("data", Value::Blob(vec![7, 0])),
        ]),
        cells(&[("title", text("Bread")), ("done", Value::Integer(1)), ("stars", Value::Null)]),
        cells(&[("is_deleted", Value::Integer(1))]),
        cells(&[("is_deleted", Value::Integer(0))]),
        cells(&[("title", text("Rye"))]),
    ];
    assert_eq!(written, expected);
    Ok(())
}

#[test]
fn what_a_create_leaves_empty_is_not_logged() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = Id::from_key("milk");
    let title = NonEmptyString::new("Milk")?;
    db.create(Todo { id, title, done: None, stars: None, score: None, data: None })?;
    db.create(Todo::draft().title("Bread").done(None).stars(2))?;
    db.upsert(Todo::draft().id(Id::from_key("rye")).title("Rye").score(None))?;
    let log = log::read(&file.sqlite()?)?;
    let columns: Vec<_> = log.iter().map(|change| change.columns()).collect();
    let title = vec!["is_deleted", "title"];
    assert_eq!(columns, [title.clone(), vec!["is_deleted", "title", "stars"], title]);
    let clocks = log::clocks(&file.sqlite()?, "todo", id.uuid().as_bytes())?;
    assert!(clocks.keys().eq(["is_deleted", "title"]));
    verified(&db)
}

#[test]
fn only_the_last_change_of_a_transaction_ends_it() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all((0..3).map(|_| Todo::draft().title("Milk")))?;
    db.delete(ids[0])?;
    db.transaction(|tx| {
        tx.update(Todo::patch(ids[1]).stars(1))?;
        tx.update(Todo::patch(ids[1]).stars(2))?;
        // What changes nothing, or fails, does not take the mark.
        tx.update(Todo::patch(ids[1]).stars(2))?;
        assert!(tx.create(Todo::draft().id(ids[1]).title("Bread")).is_err());
        Ok(())
    })?;
    let failed: ara::Result<()> = db.transaction(|tx| {
        tx.update(Todo::patch(ids[1]).stars(3))?;
        tx.create(Todo::draft().id(ids[1]).title("Bread")).map(|_| ())
    });
    assert!(failed.is_err());
    let ends: Vec<_> = log::read(&file.sqlite()?)?.iter().map(|change| change.ends).collect();
    assert_eq!(ends, [false, false, true, true, false, true]);
    verified(&db)
}

#[test]
fn the_digest_is_the_xor_of_all_changes() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    for round in 0..4_i64 {
        db.transaction(|tx| {
            let draft = || Todo::draft().title("Milk \u{1F95B}").stars(round * 1_000 - 2_000);
            let ids = tx.create_all([(); 3].map(|()| draft()))?;
            tx.update(Todo::patch(ids[0]).score(-1.5e300).done(false).data(vec![1; 50]))?;
            tx.update(Todo::patch(ids[0]).score(None))?;
            tx.delete(ids[1])
        })?;
        if round == 1 {
            file.open()?.create(Todo::draft().title("From elsewhere"))?;
        }
    }
    // It is in the head of each piece, which is compared as they are read.
    let log = log::read(&file.sqlite()?)?;
    assert_eq!(log.iter().filter(|change| change.ends).count(), 5);
    let digest = log.iter().fold(0, |digest, change| digest ^ change.hash);
    assert_eq!(log.last().there()?.digest, digest);
    // A vector ends with that of its last node.
    assert!(db.version_vector()?.to_bytes().ends_with(&digest.to_le_bytes()));
    verified(&db)
}

#[test]
fn the_clock_of_a_new_row_is_short() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let full = Todo::draft().title("Milk").done(true).stars(3).score(0.5).data([1]);
    let id = db.create(full)?;
    let length = |id: Id<Todo>| -> Outcome<i64> {
        let sql = "SELECT length(ara_clock) FROM todo WHERE id = ?1";
        Ok(file.sqlite()?.query_row(sql, [id.uuid().as_bytes()], |row| row.get(0))?)
    };
    assert!(length(id)? <= 12);
    db.update(Todo::patch(id).stars(4))?;
    let after_one = length(id)?;
    assert!(after_one <= 24);
    // The same column again takes no more room.
    for stars in 5..50 {
        db.update(Todo::patch(id).stars(stars))?;
    }
    assert_eq!(length(id)?, after_one);
    // When all columns are written, the clock is short again.
    db.update(Todo::patch(id).title("A").done(false).stars(1).score(1.0).data([2]))?;
    db.delete(id)?;
    assert!(length(id)? <= 24);
    Ok(())
}

#[test]
fn the_clock_of_a_row_is_that_of_each_columns_last_change() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Todo::draft().title("Milk").stars(1))?;
    let clocks = || log::clocks(&file.sqlite()?, "todo", id.uuid().as_bytes());
    let names = |clocks: &std::collections::BTreeMap<String, _>| -> Vec<String> {
        clocks.keys().cloned().collect()
    };
    // A create writes what it sets, and `is_deleted`.
    assert_eq!(names(&clocks()?), ["is_deleted", "stars", "title"]);
    wall.advance(7);
    db.update(Todo::patch(id).stars(2).done(true))?;
    wall.advance(7);
    db.update(Todo::patch(id).stars(2).done(None))?;
    db.delete(id)?;

    let sqlite = file.sqlite()?;
    let log = log::read(&sqlite)?;
    let clocks = clocks()?;
    assert_eq!(names(&clocks), ["done", "is_deleted", "stars", "title"]);
    for (column, (stamp, node)) in clocks {
        let last = log.iter().rfind(|change| change.cell(&column).is_some()).there()?;
        assert_eq!((stamp, node), (last.stamp, last.node.unsigned_abs()), "{column}");
    }
    Ok(())
}

/// Small transactions are pieces of their own until there are many, and large ones are chunks.
#[test]
fn the_log_lies_in_pieces() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let mut logged = 0;
    let mut shapes = Vec::new();
    for (count, writes) in [(1, 200), (2000, 1), (1, 300), (7, 70), (1, 3)] {
        for _ in 0..writes {
            db.create_all((0..count).map(|stars| Todo::draft().title("Milk").stars(stars)))?;
            logged += count;
        }
        let sqlite = file.sqlite()?;
        let log = log::read(&sqlite)?;
        assert_eq!(log.len() as i64, logged);
        assert!(log.iter().map(|change| change.number).eq(1..=logged));
        let pieces = log::piece::pieces(&sqlite)?;
        // Chunks have filters.
        let (chunks, small): (Vec<_>, Vec<_>) =
            pieces.iter().partition(|piece| piece.filter.is_some());
        assert!(chunks.iter().all(|chunk| chunk.tail.is_none() && chunk.data().len() < 40 << 10));
        assert!(small.len() < 256 && small.iter().all(|piece| piece.tail.is_some()));
        shapes.push(small.len());
    }
    assert_eq!(shapes[..2], [200, 0]);
    // All come back, and take no more room than they must.
    let bytes =
        file.number("SELECT sum(length(data) + coalesce(length(filter), 0)) FROM ara_log")?;
    assert!(bytes < 65 * logged, "{bytes} bytes for {logged} changes");
    verified(&db)
}

/// A transaction that is larger than a chunk lies in several, and ends in the last.
#[test]
fn a_transaction_goes_on_in_the_next_piece() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let milk = db.create(Todo::draft().title("Milk"))?;
    // Its clock stands an hour before that of the row, so the transaction is dated.
    wall.advance(-3_600_000);
    db.transaction(|tx| {
        for stars in 0..5_000 {
            tx.update(Todo::patch(milk).title(format!("{stars:060}")))?;
        }
        Ok(())
    })?;
    let sqlite = file.sqlite()?;
    let pieces = log::piece::pieces(&sqlite)?;
    let open: Vec<_> = pieces.iter().map(|piece| piece.head.open).collect();
    assert!(open.len() > 2, "{open:?}");
    let (last, before) = open.split_last().there()?;
    assert_eq!((open[0], *last), (None, None));
    assert!(before[1..].iter().all(|open| *open == Some(wall.millis())), "{open:?}");
    let log = log::read(&sqlite)?;
    assert!(log[1..].iter().all(|change| change.date == wall.millis()));
    assert!(log.is_sorted_by(|one, next| one.stamp < next.stamp));
    verified(&db)
}
