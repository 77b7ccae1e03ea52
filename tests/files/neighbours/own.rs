//! ara's own tables.

use ara::prelude::*;

use super::{App, Scene, Todo, Works, fault, read_all};
use support::{Outcome, There, send, verified};

/// The tables whose content the rest of the file tells.
const DERIVED: [&str; 8] = [
    "ara_meta",
    "ara_counter",
    "ara_text",
    "ara_text_update",
    "ara_text_fault",
    "ara_forgotten",
    "ara_index",
    "ara_failure",
];

/// The tables that nothing else tells the content of.
const TRUTH: [&str; 4] = ["ara_log", "ara_node", "ara_table", "ara_column"];

/// What is done to one of them.
const HARMS: [&str; 6] = [
    "DROP TABLE {}",
    "ALTER TABLE {} RENAME TO gone; DROP TABLE gone",
    "DROP TABLE {}; CREATE TABLE {} (x)",
    "DROP TABLE {}; CREATE VIEW {} AS SELECT 1 AS x",
    "DROP TABLE {}; CREATE VIRTUAL TABLE {} USING fts5(x)",
    "ALTER TABLE {} RENAME TO gone; CREATE TABLE {} AS SELECT * FROM gone; DROP TABLE gone",
];

#[test]
fn what_is_derived_is_made_anew() -> Outcome {
    let mut faults = Vec::new();
    for table in DERIVED {
        for harm in HARMS {
            let sql = harm.replace("{}", table);
            for (is_open, is_rebuilt) in [(true, true), (false, false)] {
                let fault = fault(|| derived(&sql, is_open, is_rebuilt));
                faults.extend(fault.map(|fault| format!("{sql} {is_open} {is_rebuilt}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    Ok(())
}

fn derived(sql: &str, is_open: bool, is_rebuilt: bool) -> Outcome {
    let scene = Scene::new(sql, is_open)?;
    let Scene { db, .. } = &scene;
    read_all(db)?;
    match is_rebuilt {
        true => db.rebuild().works().map(drop)?,
        false => db.ensure::<App>().works()?,
    }
    verified(db)?;
    scene.others_go_on()?;
    scene.table_goes_on()?;
    scene.is_whole()
}

/// Rows that are gone are nothing that SQLite would tell.
#[test]
fn what_was_deleted_of_them_is_filled_again() -> Outcome {
    let mut faults = Vec::new();
    for sql in [
        "DELETE FROM ara_meta",
        "DELETE FROM ara_counter",
        "DELETE FROM ara_forgotten",
        "DELETE FROM ara_index",
        "UPDATE ara_meta SET value = 'x'",
        "UPDATE ara_meta SET value = NULL",
        "UPDATE ara_counter SET high = 5, low = 7, total = 1",
        "UPDATE ara_index SET columns = 'x'",
    ] {
        for is_open in [true, false] {
            let fault = fault(|| {
                let scene = Scene::new(sql, is_open)?;
                scene.others_go_on()?;
                scene.table_goes_on()?;
                scene.db.ensure::<App>().works()?;
                scene.db.rebuild().works()?;
                verified(&scene.db)?;
                scene.is_whole()
            });
            faults.extend(fault.map(|fault| format!("{sql} {is_open}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    Ok(())
}

/// What ara keeps as an app keeps its tables.
#[test]
fn what_is_synced_comes_back() -> Outcome {
    let mut faults = Vec::new();
    for table in ["ara_schema_history", "ara_undone"] {
        for (harm, users) in [
            ("DROP TABLE {}", None),
            ("DROP TABLE {}; CREATE TABLE {} (x)", Some("DROP TABLE {}")),
            ("DROP TABLE {}; CREATE VIEW {} AS SELECT 1 AS id", Some("DROP VIEW {}")),
            ("ALTER TABLE {} DROP COLUMN is_deleted", Some("DROP TABLE {}")),
            (
                "CREATE TRIGGER no BEFORE INSERT ON {} BEGIN SELECT RAISE(ABORT, 'no'); END",
                Some("DROP TRIGGER no"),
            ),
        ] {
            let sql = harm.replace("{}", table);
            for is_open in [true, false] {
                let fault = fault(|| {
                    let scene = Scene::new(&sql, is_open)?;
                    scene.others_go_on_but_for_undo(users.is_none() || table != "ara_undone")?;
                    scene.table_goes_on()?;
                    scene.db.ensure::<App>().works()?;
                    scene.db.rebuild().works()?;
                    if let Some(users) = users {
                        scene.file.sqlite()?.execute_batch(&users.replace("{}", table))?;
                        scene.db.ensure::<App>().works()?;
                    }
                    assert!(!scene.db.schema().works()?.versions.is_empty());
                    scene.is_whole()
                });
                faults.extend(fault.map(|fault| format!("{sql} {is_open}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    Ok(())
}

/// Without the log, or what its ordinals stand for, nothing can be written. Nothing is destroyed, either: once the
/// table is back, all is as it was.
#[test]
fn what_nothing_else_tells_is_awaited() -> Outcome {
    let mut faults = Vec::new();
    for table in TRUTH {
        for harm in [
            "",
            "CREATE TABLE {} (x)",
            "CREATE VIEW {} AS SELECT 1 AS x",
            "CREATE TABLE {} AS SELECT * FROM saved LIMIT 0",
        ] {
            if table == "ara_log" && harm.contains("LIMIT 0") {
                // It is valid, as that of a file into which nothing was written.
                continue;
            }
            for is_open in [true, false] {
                let fault = fault(|| truth(table, &harm.replace("{}", table), is_open));
                faults.extend(fault.map(|fault| format!("{table} {harm} {is_open}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    Ok(())
}

fn truth(table: &str, harm: &str, is_open: bool) -> Outcome {
    let scene = Scene::new(&format!("ALTER TABLE {table} RENAME TO saved; {harm}"), is_open)?;
    let Scene { db, file, peer, .. } = &scene;
    let before = file.dump()?;
    let told = [
        db.create(Todo::draft().title("written")).map(drop),
        db.ensure::<App>(),
        db.rebuild().map(drop),
        db.compact(&[peer.version_vector()?]).map(drop),
        send(peer, db).map(drop),
        db.verify().map(drop),
        db.vacuum().map(drop),
        db.transactions().next().transpose().map(drop),
        db.last_transaction().map(drop),
    ];
    for error in told.into_iter().filter_map(Result::err) {
        assert!(
            matches!(
                error,
                ara::Error::Corrupt | ara::Error::Shape { .. } | ara::Error::Sqlite { .. }
            ),
            "{error:?}"
        );
    }
    // What is there can be read, unless it is not known any more what is there.
    if matches!(table, "ara_log" | "ara_node") {
        read_all(db).works()?;
        db.query::<Todo>().first().works()?.there()?;
    }
    // The compaction may have packed the log anew.
    let is_kept =
        |line: &&String| !line.starts_with("ara_log: ") && !line.starts_with("ara_node: ");
    let kept = |lines: Vec<String>| lines.iter().filter(is_kept).cloned().collect::<Vec<_>>();
    assert_eq!(kept(file.dump()?), kept(before));
    let kind = if harm.starts_with("CREATE VIEW") { "VIEW" } else { "TABLE" };
    file.sqlite()?.execute_batch(&format!(
        "DROP {kind} IF EXISTS {table}; ALTER TABLE saved RENAME TO {table}"
    ))?;
    verified(db)?;
    scene.others_go_on()?;
    scene.table_goes_on()?;
    scene.is_whole()
}
