//! Tests of verifying and rebuilding.

use proptest::prelude::*;

use crate::care::verification::What;
use crate::database::Database;
use crate::database::written::{Given, OTHERS, Received, Step, WALL, Writes, step};
use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::pieces;
use crate::log::place::ChangeNumber;

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
