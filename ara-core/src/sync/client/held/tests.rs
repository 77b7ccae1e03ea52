use super::*;
use crate::database::Database;
use crate::database::written::{Given, row};
use crate::error::{Error, Result};
use crate::exchange::vector::VersionVector;
use crate::merge::report::Reason;

/// Returns a cell that records the version of a schema.
fn version(version: i64) -> Given {
    Given::value("version", Some(&Stored::Integer(version)))
}

fn title() -> Given {
    Given::text("title", "Buy milk")
}

/// Returns a database that has used the schemas of the versions 1, 2 and 3, with two rows of each, and the numbers
/// of the changes that come before a version: as many as transactions, as each has one change.
fn used() -> Result<Database> {
    let db = Database::options().seed(2).memory()?;
    for schema in 1..4 {
        db.write_row(HISTORY.name, schema, &[version(schema.into())])?;
        db.write_row("todo", 10 * schema, &[title()])?;
        db.write_row("todo", 10 * schema + 1, &[title()])?;
    }
    Ok(db)
}

fn all(db: &Database) -> Result<Changes> {
    db.changes_since(&VersionVector::default())?.next().ok_or(Error::Corrupt)?
}

#[test]
fn what_comes_before_a_newer_schema_is_taken_whole() -> Result<()> {
    let db = used()?;
    for (known, taken) in [(0, 0), (1, 3), (2, 6), (3, 9)] {
        let HeldBySchema { before, is_any_held } = all(&db)?.before_schema_above(known);
        assert_eq!((before.len(), is_any_held), (taken, known < 3), "version {known}");
        assert_eq!(before.runs_of_nodes().len(), usize::from(taken > 0));
        let phone = Database::for_test()?;
        let report = phone.merge(&before)?;
        assert_eq!((report.changes, &*report.refused), (taken as u64, &[][..]));
        // The point that it leads to is one of the node's log, from which the rest follows.
        let [node] = db.sync_nodes()?.try_into().map_err(|_| Error::Corrupt)?;
        let reached = phone.version_vector()?.point_of(node.node);
        assert!(db.knows_point(node.node, reached)?);
        for rest in db.changes_since(&phone.version_vector()?)? {
            let rest = rest?;
            assert_eq!(rest.runs_of_nodes().next().map(|run| run.from), Some(reached));
            assert_eq!(phone.merge(&rest)?.changes, 9 - taken as u64);
        }
        assert_eq!(phone.version_vector()?, db.version_vector()?);
    }
    Ok(())
}

#[test]
fn a_transaction_is_held_as_a_whole() -> Result<()> {
    let mut changes = all(&used()?)?;
    // Then the row that records version 2 is the second change of its transaction.
    let sent = changes.changes.get_mut(2).ok_or(Error::Corrupt)?;
    sent.end = None;
    let before = changes.before_schema_above(1).before;
    assert_eq!(before.len(), 2);
    Ok(())
}

#[test]
fn each_node_is_cut_by_its_own_log() -> Result<()> {
    let (newer, older) = (used()?, Database::options().seed(3).memory()?);
    older.write_row("todo", 1, &[title()])?;
    newer.merge(&all(&older)?)?;
    let both = all(&newer)?;
    assert_eq!(both.runs_of_nodes().len(), 2);
    for (known, taken) in [(0, 1), (1, 4), (3, 10)] {
        let HeldBySchema { before, .. } = both.clone().before_schema_above(known);
        let phone = Database::for_test()?;
        let report = phone.merge(&before)?;
        assert_eq!((report.changes, &*report.refused), (taken, &[][..]), "version {known}");
        let own = *older.sync_nodes()?.first().ok_or(Error::Corrupt)?;
        assert_eq!(phone.version_vector()?.point_of(own.node), own.end);
    }
    Ok(())
}

#[test]
fn a_version_that_only_a_newer_ara_reads_is_held() -> Result<()> {
    let db = Database::options().seed(2).memory()?;
    db.write_row("todo", 1, &[title()])?;
    db.write_row(HISTORY.name, 1, &[Given::text("version", "two")])?;
    // Columns of this name in other tables, and other columns of the history, do not count.
    db.write_row("todo", 2, &[version(9)])?;
    let HeldBySchema { before, is_any_held } = all(&db)?.before_schema_above(5);
    assert_eq!((before.len(), is_any_held), (1, true));
    let db = Database::options().seed(2).memory()?;
    db.write_row("todo", 2, &[version(9)])?;
    db.write_row(HISTORY.name, 1, &[Given::text("schema", "App")])?;
    assert!(!all(&db)?.before_schema_above(5).is_any_held);
    Ok(())
}

#[test]
fn what_was_damaged_on_the_way_is_not_confirmed_by_the_cut() -> Result<()> {
    let mut changes = all(&used()?)?;
    let second = changes.changes.get(1).ok_or(Error::Corrupt)?.row.clone();
    let bytes = changes.bytes.get_mut(second).ok_or(Error::Corrupt)?;
    bytes.copy_from_slice(&row(99));
    let mut unmarked = changes.clone();
    unmarked.changes.iter_mut().for_each(|sent| sent.mark = None);
    // The first change is confirmed by its mark.
    for (changes, taken) in [(changes, 1), (unmarked, 0)] {
        let before = changes.before_schema_above(1).before;
        assert_eq!(before.len(), 3);
        let report = Database::for_test()?.merge(&before)?;
        let reason = report.refused.first().map(|refused| refused.reason);
        assert_eq!((report.changes, reason), (taken, Some(Reason::Digest)));
    }
    Ok(())
}
