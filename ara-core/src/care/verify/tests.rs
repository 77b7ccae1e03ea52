//! Tests of verifying and rebuilding.

use proptest::prelude::*;

use crate::care::verification::What;
use crate::catalog::edit_columns::ensure_edit_column;
use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::database::written::{Given, OTHERS, Received, Step, WALL, Writes, step};
use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::pieces;
use crate::log::place::ChangeNumber;
use crate::log::row_clock::RowClock;

/// What is found.
fn found(db: &Database) -> Result<Vec<What>> {
    Ok(db.verify()?.differences.into_iter().map(|difference| difference.what).collect())
}

/// The pieces of the log.
fn all_pieces(db: &Database) -> Result<Vec<(i64, ChangeNumber, Vec<u8>)>> {
    db.with_reader(|reading| {
        let positions = pieces::with_filter(reading.connection, |_| true)?;
        let bytes = |pos| {
            let (first, data) = pieces::bytes_at(reading.connection, pos)?.expect("is there");
            Ok((pos, first, data))
        };
        positions.into_iter().map(bytes).collect()
    })
}

fn put_piece(db: &Database, (pos, first, data): (i64, ChangeNumber, &[u8])) -> Result<()> {
    db.with_reader(|reading| pieces::rewrite(reading.connection, pos, (first, data)))
}

fn received(number: i64, row: u8, cells: Vec<Given>) -> Received {
    let (stamp, table) = (Stamp::new(WALL + number, 0), "todo".to_owned());
    Received { number, stamp, table, row, cells, is_end: true }
}

#[test]
fn any_flipped_bit_of_the_log_is_found_and_put_back() -> Result<()> {
    let db = Database::for_test()?;
    db.write_row("todo", 1, &[Given::text("title", "Buy milk")])?;
    db.write_row("todo", 1, &[Given::text("title", "Buy bread"), Given::addition("count", 2, 2)])?;
    db.receive(OTHERS[0], &[received(1, 2, vec![Given::text("title", "Make tea")])])?;
    let (rows, log) = (db.dump("todo")?, all_pieces(&db)?);
    for (pos, first, data) in &log {
        for bit in 0..data.len() * 8 {
            let mut damaged = data.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            put_piece(&db, (*pos, *first, &damaged))?;
            assert_eq!(found(&db)?.first(), Some(&What::UnreadableChange));
            if bit % 7 == 0 {
                db.rebuild()?;
                assert_eq!(all_pieces(&db)?, log);
            }
            put_piece(&db, (*pos, *first, data))?;
        }
        for bit in 0..64 {
            put_piece(&db, (*pos, ChangeNumber::new(first.get() ^ 1 << bit), data))?;
            assert_eq!(found(&db)?.first(), Some(&What::UnreadableChange));
            db.rebuild()?;
            assert_eq!(all_pieces(&db)?, log);
        }
    }
    assert!(db.verify()?.holds());
    assert_eq!(db.dump("todo")?, rows);
    Ok(())
}

#[test]
fn changes_of_one_node_with_one_stamp_are_verified() -> Result<()> {
    for texts in [["one", "other"], ["other", "one"], ["same", "same"]] {
        let db = Database::for_test()?;
        db.receive(OTHERS[0], &[received(1, 1, vec![Given::text("title", texts[0])])])?;
        db.tamper("UPDATE ara_node SET forked = 1 WHERE last > 0")?;
        let more = vec![Given::text("title", texts[1]), Given::addition("count", 1, 1)];
        db.receive(OTHERS[0], &[received(1, 1, more)])?;
        db.receive(OTHERS[0], &[received(2, 2, vec![Given::text("title", "clear")])])?;
        assert_eq!(found(&db)?, []);
        for (sql, what) in [
            ("UPDATE todo SET title = 'neither' WHERE count = 1", What::Value),
            ("UPDATE todo SET count = 2 WHERE count = 1", What::Value),
            ("UPDATE todo SET count = 1 WHERE title = 'clear'", What::Value),
            ("UPDATE ara_counter SET low = 2", What::Total),
            (
                "UPDATE todo SET ara_clock = (SELECT ara_clock FROM todo WHERE title = 'clear')",
                What::Clock,
            ),
            ("DELETE FROM todo WHERE title <> 'clear'", What::MissingRow),
        ] {
            db.tamper(sql)?;
            assert!(found(&db)?.contains(&what), "{sql}: {:?}", found(&db)?);
            db.rebuild()?;
            assert_eq!(found(&db)?, [], "{sql}");
        }
    }
    Ok(())
}

#[test]
fn edits_beside_what_was_written_through_are_verified() -> Result<()> {
    let db = Database::for_test()?;
    db.write_row("todo", 1, &[Given::text("other", "one"), Given::text("title", "edit")])?;
    db.write_row("todo", 1, &[Given::text("title", "through").written_through()])?;
    db.write_row("todo", 1, &[Given::text("other", "two").written_through()])?;
    db.write_row("todo", 1, &[Given::text("third", "three")])?;
    let rows = db.dump("todo")?;
    let registry = db.with_reader(|reading| Ok(Registry::load(reading.connection)?))?;
    let table = registry.tables.values().find(|table| table.name == "todo").expect("is there");
    let of =
        |wanted: &str| *table.columns.iter().find(|(_, name)| *name == wanted).expect("is there").0;
    let (title, third) = (of("title"), of("third"));
    let edits = table.edits[&title].ordinal;
    let with_clock = |change: &dyn Fn(&mut RowClock)| {
        db.with_reader(|reading| {
            let sql = "SELECT ara_clock, created_at, updated_at FROM todo";
            let mut clock = reading.connection.query_row(sql, [], |row| {
                let dates = (row.get(1)?, row.get(2)?);
                Ok(RowClock::read(row.get_ref(0)?, dates).expect("a clock"))
            })?;
            change(&mut clock);
            let mut packed = Vec::new();
            clock.pack(&mut packed);
            reading.connection.execute("UPDATE todo SET ara_clock = ?1", [packed])?;
            Ok(())
        })
    };
    let list_elsewhere = |clock: &mut RowClock| {
        clock.take_out(edits);
        clock.list_beside(edits, third);
    };
    let unmark = |clock: &mut RowClock| {
        let writer = clock.last_write(of("other"));
        clock.take_out(title);
        clock.list_beside(title, of("other"));
        assert_ne!(clock.last_write(title), None);
        assert_eq!(clock.last_write(title), writer);
    };
    let harms: [&dyn Fn(&mut RowClock); 4] =
        [&|clock| clock.mark(third), &|clock| clock.take_out(edits), &list_elsewhere, &unmark];
    for harm in harms {
        assert_eq!(found(&db)?, []);
        with_clock(harm)?;
        assert!(found(&db)?.contains(&What::Clock), "{:?}", found(&db)?);
        db.rebuild()?;
        assert_eq!(db.dump("todo")?, rows);
    }
    for sql in ["UPDATE todo SET ara_edit_title = 'x'", "UPDATE todo SET ara_edit_title = NULL"] {
        db.tamper(sql)?;
        assert_eq!(found(&db)?, [What::Value]);
        db.rebuild()?;
        assert_eq!(db.dump("todo")?, rows);
    }
    // An edit again, so that nothing lies beside it.
    db.write_row("todo", 1, &[Given::text("title", "edit again")])?;
    db.tamper("UPDATE todo SET ara_edit_title = 'x'")?;
    assert_eq!(found(&db)?, [What::Value]);
    db.tamper("ALTER TABLE todo DROP COLUMN ara_edit_title")?;
    assert_eq!(found(&db)?, [What::MissingColumn]);
    assert!(db.rebuild()?.growth.is_empty());
    assert_eq!(found(&db)?, []);
    // No row needs what another program took out of the registry, or it is missed.
    db.write_row("todo", 1, &[Given::text("title", "through again").written_through()])?;
    db.tamper("DELETE FROM ara_column WHERE name = 'ara_edit_title'")?;
    assert!(found(&db)?.contains(&What::Clock));
    db.rebuild()?;
    assert_eq!(found(&db)?, []);
    let registry = db.with_reader(|reading| Ok(Registry::load(reading.connection)?))?;
    let table = registry.tables.values().find(|table| table.name == "todo").expect("is there");
    let ensured = db.with_reader(|reading| {
        ensure_edit_column(reading.connection, (table.ordinal, "todo"), (title, "title"))
    })?;
    assert_eq!(table.edits.get(&title), Some(&ensured));
    Ok(())
}

#[test]
fn each_row_that_the_log_does_not_know_is_told() -> Result<()> {
    let db = Database::for_test()?;
    for row in 1..5 {
        db.write_row("todo", row, &[Given::text("title", "Buy milk")])?;
    }
    let copy = |id: &str| {
        format!(
            "INSERT INTO todo (id, ara_clock, created_at, updated_at, title) \
             SELECT {id}, ara_clock, created_at, updated_at, title FROM todo LIMIT 1"
        )
    };
    db.tamper(&copy("zeroblob(16)"))?;
    assert_eq!(found(&db)?, [What::UnknownRow]);
    db.tamper(&copy("x'00'"))?;
    assert_eq!(found(&db)?, [What::UnknownRow; 2]);
    db.tamper("UPDATE todo SET ara_clock = x'' WHERE id = zeroblob(16)")?;
    assert!(found(&db)?.contains(&What::UnknownRow));
    db.rebuild()?;
    assert_eq!(found(&db)?, []);
    Ok(())
}

proptest! {
    #[test]
    fn what_was_written_holds_and_is_rebuilt(steps in prop::collection::vec(step(), 1..40)) {
        holds(&steps)?;
    }

    #[test]
    fn a_changed_row_is_found(
        steps in prop::collection::vec(step(), 1..20),
        sql in prop::sample::select(vec![
            "UPDATE todo SET title = 'tampered' WHERE id = ?1",
            "UPDATE todo SET count = 77 WHERE id = ?1",
            "UPDATE todo SET ara_edit_title = 'tampered' WHERE id = ?1",
            "UPDATE todo SET ara_edit_title = NULL WHERE id = ?1",
            "UPDATE todo SET ara_edit_count = 77 WHERE id = ?1",
            "UPDATE todo SET title = ara_edit_title, ara_edit_title = title WHERE id = ?1",
            "UPDATE todo SET created_at = created_at + 1 WHERE id = ?1",
            "UPDATE todo SET updated_at = updated_at + 1 WHERE id = ?1",
            "UPDATE todo SET id = zeroblob(16) WHERE id = ?1",
            "DELETE FROM todo WHERE id = ?1",
        ]),
        clock: Vec<u8>,
    ) {
        let writes = Writes::all(&steps)?;
        let db = &writes.db;
        let rows = db.dump("todo")?;
        db.with_reader(|reading| {
            let id: Vec<u8> =
                reading.connection.query_row("SELECT id FROM todo WHERE id > zeroblob(16)", [], |row| row.get(0))?;
            reading.connection.execute(sql, [&id])?;
            Ok(())
        }).ok();
        if db.dump("todo")? != rows {
            prop_assert!(!db.verify()?.holds());
            db.rebuild()?;
            prop_assert_eq!(&db.dump("todo")?, &rows);
        }
        db.with_reader(|reading| {
            Ok(reading.connection.execute("UPDATE todo SET ara_clock = ?1", [&clock])?)
        })?;
        if db.dump("todo")? != rows {
            prop_assert!(!db.verify()?.holds());
        }
    }

    #[test]
    fn what_is_left_of_a_damaged_log_is_whole(
        steps in prop::collection::vec(step(), 1..40),
        at: prop::sample::Index,
        bytes: [u8; 3],
    ) {
        let writes = Writes::all(&steps)?;
        let db = &writes.db;
        let log = all_pieces(db)?;
        let (pos, first, data) = at.get(&log);
        let mut damaged = data.clone();
        let middle = damaged.len() / 2;
        damaged[middle..].iter_mut().zip(bytes).for_each(|(byte, flips)| *byte ^= flips);
        put_piece(db, (*pos, *first, &damaged))?;
        prop_assert_eq!(db.verify()?.holds(), damaged == *data);
        db.rebuild()?;
        prop_assert_eq!(found(db)?, []);
        db.write_row("todo", 1, &[Given::text("title", "goes on")])?;
        prop_assert_eq!(found(db)?, []);
    }
}

fn holds(steps: &[Step]) -> Result<()> {
    let writes = Writes::all(steps)?;
    let db = &writes.db;
    assert_eq!(found(db)?, []);
    let rows = db.dump("todo")?;
    let (verified, rebuilt) = (db.verify()?, db.rebuild()?);
    assert_eq!((verified.changes, verified.rows), (rebuilt.changes, rebuilt.rows));
    assert_eq!(db.dump("todo")?, rows);
    assert_eq!(found(db)?, []);
    Ok(())
}
