//! `rebuild` puts right what `verify` finds.

use std::time::Duration;

use ara::SchemaHistory;
use ara::prelude::*;

use support::{File, Outcome, There, send, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: String,
    stars: Option<i64>,
    score: Option<f64>,
}

#[derive(Table)]
#[table(local)]
struct Setting {
    id: Id<Setting>,
    name: String,
}

ara::schema! { App: Todo, Setting }
ara::schema! { Less: Todo }

/// A file with some rows, and what it holds.
fn filled(file: &File) -> Outcome<Vec<TodoRow>> {
    let db = file.open()?;
    let ids =
        db.create_all((0..4_i64).map(|n| Todo::draft().title(format!("todo {n}")).stars(n)))?;
    db.update(Todo::patch(ids[0]).title("Buy milk").score(-0.0))?;
    db.update(Todo::patch(ids[1]).stars(None))?;
    db.delete(ids[2])?;
    db.create(Setting::draft().name("dark"))?;
    rows(&db)
}

fn rows(db: &Database) -> Outcome<Vec<TodoRow>> {
    Ok(db.query::<Todo>().with_deleted().order_by(Todo::id).all()?)
}

#[test]
fn whatever_another_program_did_to_a_table_is_mended() -> Outcome {
    for sql in [
        "UPDATE todo SET title = 'Secret'",
        "UPDATE todo SET title = NULL, stars = '9', score = 0.0",
        "UPDATE todo SET is_deleted = NOT is_deleted",
        "UPDATE todo SET created_at = 0, updated_at = NULL",
        "UPDATE todo SET ara_clock = x''",
        "UPDATE todo SET ara_clock = x'00ff'",
        "DELETE FROM todo WHERE stars = 3",
        "DELETE FROM todo",
        "INSERT INTO todo (id, ara_clock, title) VALUES (zeroblob(16), x'', 'Secret')",
        "UPDATE todo SET id = zeroblob(16) WHERE stars = 3",
        "ALTER TABLE todo DROP COLUMN stars; DELETE FROM todo",
        "UPDATE ara_node SET digest = 5, last = 3",
    ] {
        let file = File::new()?;
        let before = filled(&file)?;
        file.tamper(sql)?;
        let db = file.open()?;
        assert!(!db.verify()?.holds(), "{sql}");
        let report = db.rebuild()?;
        assert_eq!((report.changes, report.rows), (7, 4), "{sql}");
        verified(&db)?;
        assert_eq!(rows(&db)?, before, "{sql}");
        assert_eq!(db.query::<Setting>().count()?, 1);
        assert_eq!(db.query::<Todo>().search("todo").count()?, 2, "{sql}");
        assert_eq!(db.query::<Todo>().search("secret").count()?, 0, "{sql}");
        assert!(db.schema_drift()?.is_empty(), "{sql}");
        // The rows go on to be written as before.
        db.update(Todo::patch(before[0].id).stars(7))?;
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn a_table_that_was_dropped_is_made_again() -> Outcome {
    let file = File::new()?;
    let before = filled(&file)?;
    file.sqlite()?.execute_batch("DROP TABLE todo")?;
    let db = file.open()?;
    let report = db.rebuild()?;
    assert_eq!(report.growth.tables, ["todo"]);
    verified(&db)?;
    assert_eq!(rows(&db)?, before);
    Ok(())
}

/// It is not the app that ara's own tables are of.
#[test]
fn of_aras_own_tables_nothing_is_told() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<App>()?;
    db.create(Todo::draft().title("todo"))?;
    if let Some(made) = db.last_transaction()? {
        db.undo(made)?;
    }
    drop(db);
    let drop_ours = "DROP TABLE ara_undone; DROP TABLE ara_schema_history";
    file.sqlite()?.execute_batch(drop_ours)?;
    let db = file.open()?;
    assert!(db.rebuild()?.growth.is_empty());
    verified(&db)?;
    drop(db);
    file.sqlite()?.execute_batch(drop_ours)?;
    let db = file.open()?;
    db.ensure::<Less>()?;
    let added = db.query::<SchemaHistory>().select(SchemaHistory::added).all()?;
    let nothing = added.iter().flatten().filter(|added| added.is_empty());
    assert_eq!((added.len(), nothing.count()), (2, 1), "{added:?}");
    verified(&db)
}

#[test]
fn another_programs_table_is_left() -> Outcome {
    let file = File::new()?;
    filled(&file)?;
    file.sqlite()?.execute_batch(
        "DROP TABLE todo; CREATE TABLE todo (x); INSERT INTO todo VALUES ('theirs')",
    )?;
    let db = file.open()?;
    db.rebuild()?;
    assert_eq!(file.number("SELECT count(*) FROM todo WHERE x = 'theirs'")?, 1);
    Ok(())
}

#[test]
fn what_holds_stays_as_it_is() -> Outcome {
    let file = File::new()?;
    let before = filled(&file)?;
    let db = file.open()?;
    let vector = db.version_vector()?;
    let log = file.dump()?;
    let report = db.rebuild()?;
    assert!(report.growth.is_empty());
    assert_eq!((rows(&db)?, db.version_vector()?), (before, vector));
    let is_noted = |line: &&String| !line.contains("rebuilds");
    let search = |line: &&String| !line.starts_with("ara_search_2 ");
    let kept = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(is_noted).filter(search).cloned().collect()
    };
    assert_eq!(kept(&file.dump()?), kept(&log));
    Ok(())
}

/// The log itself has lost changes: the node is one whose log differs from that of its peers.
#[test]
fn what_the_log_lost_comes_back_from_a_peer() -> Outcome {
    let file = File::new()?;
    let before = filled(&file)?;
    let phone = Database::memory()?;
    send(&file.open()?, &phone)?;
    file.tamper("DELETE FROM ara_log WHERE pos IN (SELECT pos FROM ara_log ORDER BY pos LIMIT 2)")?;
    let db = file.open()?;
    assert!(!db.verify()?.holds());
    db.rebuild()?;
    verified(&db)?;
    assert_ne!(rows(&db)?, before);
    let meanwhile = db.create(Todo::draft().title("Meanwhile"))?;
    send(&phone, &db)?;
    send(&db, &phone)?;
    for db in [&db, &phone] {
        verified(db)?;
        let mut rows = rows(db)?;
        rows.retain(|row| row.id != meanwhile);
        assert_eq!(rows, before);
    }
    assert_eq!(db.version_vector()?, phone.version_vector()?);
    Ok(())
}

#[test]
fn who_watches_is_told_in_other_processes_too() -> Outcome {
    let file = File::new()?;
    filled(&file)?;
    file.tamper("UPDATE todo SET stars = 9 WHERE title = 'Buy milk'")?;
    let (db, other) = (file.open()?, file.open()?);
    let stars = |db: &Database| {
        db.query::<Todo>().filter(Todo::title.eq("Buy milk")).select(Todo::stars).watch()
    };
    let (mut here, mut there) = (stars(&db)?, stars(&other)?);
    assert_eq!((here.recv()?, there.recv()?), (vec![Some(9)], vec![Some(9)]));
    db.rebuild()?;
    for watch in [&mut here, &mut there] {
        let told = watch.recv_timeout(Duration::from_secs(20))?.there()?;
        assert_eq!(told, [Some(0)]);
    }
    Ok(())
}

#[test]
fn progress_ends_at_the_whole() -> Outcome {
    let db = Database::memory()?;
    db.create_all((0..3000_i64).map(|n| Todo::draft().title("Think").stars(n)))?;
    let mut told = Vec::new();
    let report = db.rebuild_with(|progress| told.push((progress.done, progress.total)))?;
    assert_eq!((report.changes, report.rows), (3000, 3000));
    assert_eq!((told.first(), told.last()), (Some(&(0, 6000)), Some(&(6000, 6000))));
    assert!(told.len() > 4 && told.is_sorted());
    Ok(())
}
