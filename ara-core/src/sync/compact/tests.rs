//! Tests of compaction.

use proptest::prelude::*;

use crate::database::Database;
use crate::database::written::{Given, Writes, step};
use crate::error::Result;
use crate::exchange::vector::VersionVector;
use crate::log::journal::Journal;
use crate::log::pieces::count_changes;
use crate::log::place::Point;
use crate::sync::compact::Run;

/// The version vector, as a device sends it.
fn vector(db: &Database) -> Result<VersionVector> {
    db.with_reader(|reading| {
        let nodes = Journal::load(reading.connection)?.nodes(reading.connection)?;
        let ends = nodes.into_iter().map(|(id, node)| (id, node.end));
        Ok(VersionVector(ends.filter(|(_, end)| *end != Point::default()).collect()))
    })
}

fn changes(db: &Database) -> Result<u64> {
    db.with_reader(|reading| count_changes(reading.connection))
}

#[test]
fn what_was_overwritten_goes() -> Result<()> {
    let db = Database::for_test()?;
    for draft in 0..10 {
        let title = Given::text("title", &format!("Draft {draft}"));
        db.write_row("todo", 1, &[title, Given::addition("count", 1, draft + 1)])?;
    }
    db.write_row("todo", 2, &[Given::text("title", "Buy milk")])?;
    let rows = db.dump("todo")?;
    let done = db.compact(&[vector(&db)?])?;
    // The additions stay.
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (11, 0, 9));
    assert!(db.verify()?.holds());
    assert_eq!(db.compact(&[vector(&db)?])?, super::Compaction::default());
    for draft in 0..10 {
        db.write_row("todo", 2, &[Given::text("title", &format!("Draft {draft}"))])?;
    }
    let done = db.compact(&[vector(&db)?])?;
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (21, 9, 10));
    assert!(db.verify()?.holds());
    db.rebuild()?;
    assert_eq!(db.dump("todo")?[0], rows[0]);
    Ok(())
}

#[test]
fn large_logs_are_compacted_in_steps() -> Result<()> {
    let db = Database::for_test()?;
    let long = "long ".repeat(20);
    for round in 0..300 {
        for row in 0..20 {
            let title = Given::text("title", &format!("{long} {round}"));
            db.write_row("todo", row, &[title, Given::text("other", "same")])?;
        }
    }
    let (rows, end) = (db.dump("todo")?, vector(&db)?);
    let done = db.compact(std::slice::from_ref(&end))?;
    assert_eq!(done.changes, 6000);
    // The earliest and the latest change of each row stay, and one at the end of the first step.
    assert!((41..50).contains(&changes(&db)?), "{}", changes(&db)?);
    assert!(db.verify()?.holds());
    assert_eq!(vector(&db)?.0, end.0);
    db.write_row("todo", 1, &[Given::text("title", "goes on")])?;
    assert!(db.verify()?.holds());
    db.write_row("todo", 1, &[Given::text("title", &format!("{long} 299"))])?;
    db.rebuild()?;
    assert_eq!(db.dump("todo")?.len(), rows.len());
    Ok(())
}

/// Begins a compaction of everything, and takes the first step, if there are several.
fn first_step(db: &Database) -> Result<Run> {
    let known = [vector(db)?];
    let run = db.with_reader(|reading| Run::begin(reading.connection, &known))?;
    let mut run = run.expect("there is something to do");
    assert!(db.fresh_transaction(|fresh| run.step(fresh))?);
    Ok(run)
}

/// Writes the title of a row often.
fn many(db: &Database) -> Result<()> {
    for round in 0..600 {
        for row in 0..10 {
            db.write_row("todo", row, &[Given::text("title", &format!("round {round}"))])?;
        }
    }
    Ok(())
}

#[test]
fn a_row_that_is_written_between_steps_loses_nothing_more() -> Result<()> {
    let db = Database::for_test()?;
    many(&db)?;
    let mut run = first_step(&db)?;
    db.write_row("todo", 3, &[Given::text("title", "between")])?;
    let rows = db.dump("todo")?;
    let before = changes(&db)?;
    while db.fresh_transaction(|fresh| run.step(fresh))? {}
    // The changes of one of ten rows stay: of some 900, about 800 go.
    let dropped = before - changes(&db)?;
    assert!((700..900).contains(&dropped), "{dropped}");
    assert!(db.verify()?.holds());
    db.rebuild()?;
    assert_eq!(db.dump("todo")?, rows);
    Ok(())
}

#[test]
fn what_was_interrupted_is_whole_and_goes_on() -> Result<()> {
    let db = Database::for_test()?;
    many(&db)?;
    drop(first_step(&db)?);
    assert!(db.verify()?.holds());
    let left = changes(&db)?;
    assert!((800..1100).contains(&left), "{left}");
    db.compact(&[vector(&db)?])?;
    assert!((20..30).contains(&changes(&db)?));
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn a_log_that_turns_out_to_be_forked_is_left_alone() -> Result<()> {
    let db = Database::for_test()?;
    many(&db)?;
    let mut run = first_step(&db)?;
    let left = changes(&db)?;
    db.tamper("UPDATE ara_node SET forked = 1")?;
    assert!(!db.fresh_transaction(|fresh| run.step(fresh))?);
    assert_eq!(changes(&db)?, left);
    Ok(())
}

#[test]
fn what_is_not_known_to_all_covers_nothing() -> Result<()> {
    let db = Database::for_test()?;
    for title in ["one", "two", "three"] {
        db.write_row("todo", 1, &[Given::text("title", title)])?;
    }
    let known = vector(&db)?;
    for title in ["four", "five"] {
        db.write_row("todo", 1, &[Given::text("title", title)])?;
    }
    // The third write covers two, and is covered by what the other device does not know.
    let done = db.compact(&[vector(&db)?, known])?;
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (3, 1, 2));
    let done = db.compact(&[vector(&db)?])?;
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (4, 2, 2));
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn what_was_written_through_covers_no_edit() -> Result<()> {
    let db = Database::for_test()?;
    let title = |title: &str| [Given::text("title", title)];
    let through = |title: &str| [Given::text("title", title).written_through()];
    db.write_row("todo", 1, &title("one"))?;
    db.write_row("todo", 1, &through("two"))?;
    db.write_row("todo", 1, &title("three"))?;
    let known = vector(&db)?;
    db.write_row("todo", 1, &through("four"))?;
    db.write_row("todo", 1, &through("five"))?;
    let rows = db.dump("todo")?;
    let has = |row: &str, text: &str| row.contains(&format!("{:?}", text.as_bytes()));
    assert!(has(&rows[0], "five") && has(&rows[0], "three"));
    // The other device does not know what was written through last, and would lose nothing by it.
    let done = db.compact(&[vector(&db)?, known])?;
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (3, 1, 2));
    let done = db.compact(&[vector(&db)?])?;
    assert_eq!((done.changes, done.dropped_changes, done.dropped_values), (4, 1, 1));
    for _ in 0..2 {
        assert!(db.verify()?.holds());
        assert_eq!(db.dump("todo")?, rows);
        db.rebuild()?;
    }
    // An edit covers all.
    db.write_row("todo", 1, &title("six"))?;
    let done = db.compact(&[vector(&db)?])?;
    assert_eq!(done.dropped_values, 2);
    assert!(db.verify()?.holds() && !has(&db.dump("todo")?[0], "three"));
    Ok(())
}

proptest! {
    #[test]
    fn rows_and_digests_stay_as_they_are(
        early in prop::collection::vec(step(), 1..30),
        late in prop::collection::vec(step(), 0..30),
        both: bool,
    ) {
        let mut writes = Writes::all(&early)?;
        let known = vector(&writes.db)?;
        writes.take(&late)?;
        let db = &writes.db;
        let (rows, end) = (db.dump("todo")?, vector(db)?);
        let mut devices = vec![end.clone()];
        if both {
            devices.push(known.clone());
        }
        let before = changes(db)?;
        let done = db.compact(&devices)?;
        prop_assert_eq!(before - changes(db)?, done.dropped_changes);
        let verified = db.verify()?;
        prop_assert!(verified.holds(), "{:?}", verified);
        prop_assert_eq!(&vector(db)?.0, &end.0);
        prop_assert_eq!(db.compact(&devices)?, super::Compaction::default());
        db.rebuild()?;
        prop_assert_eq!(db.dump("todo")?, rows);
        prop_assert!(db.verify()?.holds());
        // What is known later can be dropped later.
        db.compact(&[end])?;
        prop_assert!(db.verify()?.holds());
    }
}
