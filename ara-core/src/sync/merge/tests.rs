use super::*;
use crate::database::written::Given;
use crate::exchange::vector::VersionVector;

/// Returns the changes of another device, which has written one row.
fn arriving() -> Result<Changes> {
    let other = Database::options().seed(2).memory()?;
    other.write_row("todo", 1, &[Given::text("title", "Buy milk")])?;
    let mut batches = other.changes_since(&VersionVector::default())?;
    batches.next().ok_or(Error::Corrupt)?
}

fn note_cursor(connection: &Connection) -> Result<()> {
    connection.execute("INSERT INTO ara_sync VALUES ('cursor', 5)", [])?;
    Ok(())
}

fn cursor(db: &Database) -> Result<Option<i64>> {
    db.sync_read(|connection| {
        Ok(connection.query_row("SELECT value FROM ara_sync", [], |row| row.get(0))?)
    })
}

#[test]
fn the_cursor_moves_with_the_merge() -> Result<()> {
    let db = Database::for_test()?;
    let changes = arriving()?;
    let (report, rows) = db.merge_and(&changes, |connection, report| {
        assert_eq!(report.changes, 1);
        note_cursor(connection)?;
        let rows = connection.query_row("SELECT count(*) FROM todo", [], |row| row.get(0))?;
        Ok::<i64, Error>(rows)
    })?;
    assert_eq!((report.changes, rows), (1, 1));
    assert_eq!(cursor(&db)?, Some(5));
    assert_eq!(db.merge(&changes)?.known, 1);
    Ok(())
}

#[test]
fn what_the_closure_refuses_is_not_merged() -> Result<()> {
    let db = Database::for_test()?;
    let refused = db.merge_and(&arriving()?, |connection, _| {
        note_cursor(connection)?;
        Err::<(), _>(Error::Busy)
    });
    assert!(matches!(refused, Err(Error::Busy)));
    assert!(db.version_vector()?.is_empty());
    assert_eq!(cursor(&db)?, None);
    assert_eq!(db.merge(&arriving()?)?.changes, 1);
    Ok(())
}

#[test]
fn an_attempt_that_fails_does_not_run_the_closure() -> Result<()> {
    let db = Database::for_test()?;
    db.write_row("todo", 2, &[Given::text("title", "Make tea")])?;
    db.tamper(
        "CREATE TRIGGER no BEFORE INSERT ON todo BEGIN SELECT RAISE(ABORT, 'no'); END; \
         CREATE TRIGGER neither BEFORE UPDATE ON todo BEGIN SELECT RAISE(ABORT, 'no'); END",
    )?;
    let mut runs = 0;
    let (report, ()) = db.merge_and(&arriving()?, |connection, report| {
        runs += 1;
        assert_eq!(report.set_aside, 1);
        note_cursor(connection)
    })?;
    assert_eq!((report.set_aside, runs), (1, 1));
    assert_eq!(cursor(&db)?, Some(5));
    Ok(())
}
