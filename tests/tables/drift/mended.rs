//! What was lost comes back from the change log, to the bit.

use ara::prelude::*;
use rusqlite::types::Value;

use crate::drift::app::{App, Todo, Window};
use crate::drift::{filled, older};
use support::{File, Outcome, There, rows, verified};

/// Every row and every clock of the table, in an order of the columns that dropping does not change.
fn all(file: &File) -> Outcome<Vec<Vec<Value>>> {
    let sql = "SELECT id, ara_clock, created_at, updated_at, is_deleted, title, stars, score, \
               typeof(score), bytes, done FROM todo ORDER BY id";
    Ok(rows(&file.sqlite()?, sql)?)
}

/// -0.0 is printed as it is, so that it is told from 0.0.
fn same(one: &[Vec<Value>], other: &[Vec<Value>]) -> bool {
    format!("{one:?}") == format!("{other:?}")
}

#[test]
fn values_of_all_kinds_come_back() -> Outcome {
    for sql in [
        "DROP TABLE todo",
        "ALTER TABLE todo DROP COLUMN score",
        "ALTER TABLE todo DROP COLUMN bytes; ALTER TABLE todo DROP COLUMN score",
        "DROP INDEX \"ara_index todo(stars,title)\"; ALTER TABLE todo DROP COLUMN title",
        "DROP INDEX \"ara_index todo(stars,title)\"; ALTER TABLE todo DROP COLUMN stars",
        "DROP INDEX \"ara_index todo(done)\"; ALTER TABLE todo DROP COLUMN done",
    ] {
        for in_transaction in [false, true] {
            let file = File::new()?;
            let db = filled(&file)?;
            let before = all(&file)?;
            let logged = file.logged()?;
            file.sqlite()?.execute_batch(sql)?;
            assert!(!db.verify()?.holds());
            if in_transaction {
                db.transaction(|tx| tx.ensure::<App>())?;
            } else {
                db.ensure::<App>()?;
            }
            assert!(same(&before, &all(&file)?), "{sql}");
            verified(&db)?;
            verified(&file.open()?)?;
            // The log had it all, and says nothing of it.
            assert_eq!(file.logged()?, logged, "{sql}");
            let row = db.query::<Todo>().filter(Todo::title.eq("todo 7")).one()?;
            assert!(db.update(Todo::patch(row.id).score(-0.0).bytes(vec![1]).done(true).stars(9))?);
            verified(&db)?;
        }
    }
    Ok(())
}

/// Rows that were written while the column was gone keep what they have.
#[test]
fn rows_written_meanwhile_are_kept() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    file.sqlite()?.execute_batch("ALTER TABLE todo DROP COLUMN score")?;
    let old = file.open()?;
    let id = old.create(older::Todo::draft().title("meanwhile"))?;
    let row = old.query::<older::Todo>().filter(older::Todo::title.eq("todo 3")).one()?;
    old.update(older::Todo::patch(row.id).title("todo 3 again"))?;
    db.ensure::<App>()?;
    let row = db.get(Id::<Todo>::from_uuid(row.id.uuid()))?.there()?;
    assert_eq!((row.title.as_deref(), row.score), (Some("todo 3 again"), Some(1.0)));
    assert_eq!(db.get(Id::<Todo>::from_uuid(id.uuid()))?.there()?.score, None);
    verified(&db)
}

/// The first use of a table mends it too, as it must: the log has its rows.
#[test]
fn a_table_that_is_gone_comes_back_when_it_is_used() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    let before = all(&file)?;
    drop(db);
    file.sqlite()?.execute_batch("DROP TABLE todo")?;
    let db = file.open()?;
    assert_eq!(db.query::<Todo>().with_deleted().count()?, before.len() as u64);
    assert!(same(&before, &all(&file)?));
    verified(&db)
}

#[test]
fn what_is_local_comes_back_empty() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    file.sqlite()?.execute_batch("ALTER TABLE ara_local_window DROP COLUMN width")?;
    db.ensure::<App>()?;
    assert_eq!(db.query::<Window>().one()?.width, None);
    file.sqlite()?.execute_batch("DROP TABLE ara_local_window")?;
    db.ensure::<App>()?;
    assert_eq!(db.query::<Window>().count()?, 0);
    db.create(Window::draft().width(5))?;
    verified(&db)
}

/// A large table, so that more than a page of everything is read and written.
#[test]
fn thousands_of_rows_come_back() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    db.create_all((0..5000).map(|n| Todo::draft().title(format!("many {n}")).stars(n)))?;
    let before = all(&file)?;
    file.sqlite()?.execute_batch("DROP TABLE todo")?;
    db.ensure::<App>()?;
    assert!(same(&before, &all(&file)?));
    verified(&db)
}

/// The history is a table as any other.
#[test]
fn the_history_comes_back() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    let before = db.query::<ara::SchemaHistory>().narrow_all().one()?;
    file.sqlite()?.execute_batch("DROP TABLE ara_schema_history")?;
    db.ensure::<App>()?;
    let after = db.query::<ara::SchemaHistory>().narrow_all().one()?;
    assert_eq!(after, before);
    verified(&db)
}

/// What cannot be made for another program's sake is no reason to refuse the app its own tables.
#[test]
fn what_is_in_the_way_of_others_is_left() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    file.sqlite()?
        .execute_batch("DROP TABLE ara_local_window; CREATE VIEW ara_local_window AS SELECT 1")?;
    db.ensure::<older::App>()?;
    assert!(db.ensure::<App>().is_err());
    assert_eq!(db.schema_drift()?.len(), 2);
    verified(&db)
}
