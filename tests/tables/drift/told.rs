//! Every kind of drift is told, in one line that says what to do.

use ara::prelude::*;
use ara::{Drift, Error};

use crate::drift::app::{App, Todo};
use crate::drift::{filled, older};
use support::{File, Outcome};

fn told(sql: &str) -> Outcome<(Vec<Drift>, File, Database)> {
    let file = File::new()?;
    let db = filled(&file)?;
    assert_eq!(db.schema_drift()?, []);
    file.sqlite()?.execute_batch(sql)?;
    let found = db.schema_drift()?;
    for drift in &found {
        assert!(!drift.to_string().contains('\n'));
    }
    Ok((found, file, db))
}

fn lines(found: &[Drift]) -> Vec<String> {
    found.iter().map(|drift| drift.to_string()).collect()
}

#[test]
fn what_is_missing_is_told_and_mended() -> Outcome {
    for (sql, expected) in [
        (
            "DROP TABLE todo",
            &[
                "table `todo` is not there: `ensure` makes it again",
                "the index of table `todo` on done is not there: `ensure` makes it again",
                "the index of table `todo` on stars, title is not there: `ensure` makes it again",
            ][..],
        ),
        (
            "DROP TABLE ara_local_window",
            &["table `ara_local_window` is not there: `ensure` makes it again"],
        ),
        (
            "ALTER TABLE todo DROP COLUMN score",
            &["column `todo.score` is not there: `ensure` makes it again"],
        ),
        (
            "DROP INDEX \"ara_index todo(done)\"",
            &["the index of table `todo` on done is not there: `ensure` makes it again"],
        ),
        (
            "DROP TABLE ara_schema_history",
            &["table `ara_schema_history` is not there: `ensure` makes it again"],
        ),
    ] {
        let (found, file, db) = told(sql)?;
        assert_eq!(lines(&found), expected, "{sql}");
        assert!(found.iter().all(Drift::is_mended_by_ensure));
        db.ensure::<App>()?;
        assert_eq!(db.schema_drift()?, [], "{sql}");
        assert!(db.verify()?.holds(), "{sql}");
        assert_eq!(file.open()?.schema_drift()?, []);
    }
    Ok(())
}

#[test]
fn what_is_not_ara_s_is_told_and_left_alone() -> Outcome {
    for (sql, expected) in [
        ("ALTER TABLE todo ADD COLUMN extra", "column `todo.extra` is not ara's"),
        (
            "ALTER TABLE todo ADD COLUMN extra TEXT NOT NULL DEFAULT 'x'",
            "column `todo.extra` is not",
        ),
        ("ALTER TABLE todo ADD COLUMN extra AS (stars + 1)", "column `todo.extra` is not ara's"),
        ("ALTER TABLE ara_local_window ADD COLUMN extra", "column `ara_local_window.extra` is not"),
        ("CREATE TABLE other (x)", "table `other` is not ara's"),
        ("CREATE TABLE ara_other (x)", "table `ara_other` is not ara's"),
        ("CREATE VIEW seen AS SELECT title FROM todo", "view `seen` is not ara's"),
        ("CREATE INDEX mine ON todo (title)", "index `mine` on table `todo` is not ara's"),
        ("CREATE UNIQUE INDEX mine ON ara_log (first, pos)", "index `mine` on table `ara_log`"),
        (
            "CREATE TRIGGER spy AFTER INSERT ON todo BEGIN SELECT 1; END",
            "trigger `spy` on table `todo` is not ara's",
        ),
        ("CREATE VIRTUAL TABLE found USING fts5(text)", "table `found` is not ara's"),
    ] {
        let (found, file, db) = told(sql)?;
        assert!(!found.is_empty(), "{sql}");
        assert!(lines(&found).iter().any(|line| line.starts_with(expected)), "{sql}: {found:?}");
        assert!(!found.iter().any(Drift::is_mended_by_ensure));
        let before = file.dump()?;
        db.ensure::<App>()?;
        assert_eq!(db.schema_drift()?, found, "{sql}");
        assert_eq!(file.dump()?, before, "{sql}");
        db.create(Todo::draft().title("goes on"))?;
        assert!(db.verify()?.holds(), "{sql}");
    }
    Ok(())
}

/// What is declared otherwise would change or refuse values: no app can use it.
#[test]
fn what_is_declared_otherwise_is_told() -> Outcome {
    let keys = "\"ara_row\" INTEGER PRIMARY KEY, \"id\" BLOB NOT NULL UNIQUE";
    let rebuilt = |keys: &str, columns: &str, options: &str| {
        format!(
            "DROP TABLE todo; CREATE TABLE \"todo\" ({keys}, \"ara_clock\" BLOB NOT NULL, \
             \"created_at\", \"updated_at\", \"is_deleted\", {columns}){options}; \
             CREATE INDEX \"ara_index todo(done)\" ON \"todo\" (\"done\", \"id\"); \
             CREATE INDEX \"ara_index todo(stars,title)\" ON \"todo\" (\"stars\", \"title\", \"id\")"
        )
    };
    let plain = "\"title\", \"stars\", \"score\", \"bytes\", \"done\"";
    let column = "column `todo.stars` is declared otherwise than ara declares it: drop it, and";
    let table = "table `todo` is declared otherwise than ara declares it: drop it, and";
    let row_id = "column `todo.ara_row` is declared otherwise than ara declares it: drop it, and";
    for (keys, columns, options, expected, is_refused) in [
        (keys, plain, "", None, false),
        (keys, &plain.replace("\"stars\"", "\"stars\" INTEGER"), "", Some(column), true),
        (keys, &plain.replace("\"stars\"", "\"stars\" NOT NULL"), "", Some(column), true),
        (keys, &plain.replace("\"stars\"", "\"stars\" DEFAULT 7"), "", Some(column), true),
        (keys, &plain.replace("\"stars\"", "\"stars\" AS (1)"), "", Some(column), true),
        (keys, &plain.replace("\"stars\"", "\"stars\" COLLATE NOCASE"), "", Some(table), false),
        (keys, &plain.replace("\"stars\"", "\"stars\" CHECK (stars > 0)"), "", Some(table), false),
        (keys, plain, " WITHOUT ROWID", Some(row_id), true),
        (&keys.replace(" UNIQUE", ""), plain, "", Some(table), true),
        (&keys.replace(" KEY", " KEY DESC"), plain, "", Some(table), true),
    ] {
        let (found, _file, db) = told(&rebuilt(keys, columns, options))?;
        let lines = lines(&found);
        assert_eq!(lines.len(), usize::from(expected.is_some()), "{columns}{options}: {lines:?}");
        assert!(lines.iter().all(|line| expected.is_some_and(|text| line.starts_with(text))));
        assert!(!found.iter().any(Drift::is_mended_by_ensure));
        assert_eq!(db.ensure::<App>().is_err(), is_refused, "{keys}, {columns}");
    }
    Ok(())
}

#[test]
fn an_index_of_ara_s_name_that_is_another_is_told() -> Outcome {
    for sql in [
        "CREATE INDEX \"ara_index todo(done)\" ON \"todo\" (\"title\")",
        "CREATE UNIQUE INDEX \"ara_index todo(done)\" ON \"todo\" (\"done\", \"id\")",
        "CREATE INDEX \"ara_index todo(done)\" ON \"todo\" (\"done\") WHERE stars > 1",
        "CREATE INDEX \"ara_index todo(done)\" ON \"ara_local_window\" (\"width\")",
    ] {
        let (found, _file, _db) = told(&format!("DROP INDEX \"ara_index todo(done)\"; {sql}"))?;
        let expected = "index `ara_index todo(done)` of table `todo` is another one: drop it, and \
                        `ensure` makes it again";
        assert_eq!(lines(&found), [expected], "{sql}");
    }
    Ok(())
}

#[test]
fn a_system_column_that_is_gone_is_told() -> Outcome {
    let (found, _file, db) = told("ALTER TABLE todo DROP COLUMN updated_at")?;
    assert_eq!(
        lines(&found),
        ["column `todo.updated_at` is not there: drop the table, and `ensure` makes it again"]
    );
    assert!(db.ensure::<App>().is_err());
    // As told.
    let (_, file, db) = told("ALTER TABLE todo DROP COLUMN updated_at; DROP TABLE todo")?;
    db.ensure::<App>()?;
    assert_eq!(file.open()?.schema_drift()?, []);
    assert!(db.verify()?.holds());
    Ok(())
}

/// Several at once, and a version of the app that does not know what is missing.
#[test]
fn an_older_version_mends_what_it_does_not_know() -> Outcome {
    let (found, _file, db) = told(
        "DROP INDEX \"ara_index todo(done)\"; ALTER TABLE todo DROP COLUMN done; \
         DROP TABLE ara_local_window; CREATE TABLE other (x)",
    )?;
    assert_eq!(found.len(), 4);
    db.ensure::<older::App>()?;
    assert_eq!(lines(&db.schema_drift()?).len(), 1);
    assert!(db.verify()?.holds());
    assert_eq!(db.query::<Todo>().filter(Todo::done.eq(false)).count()?, 1);
    Ok(())
}

#[test]
fn a_fresh_file_has_none() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    assert_eq!(db.schema_drift()?, []);
    db.create(Todo::draft())?;
    assert_eq!(db.schema_drift()?, []);
    db.ensure::<older::App>()?;
    assert_eq!(db.schema_drift()?, []);
    // Statistics are SQLite's own.
    file.sqlite()?.execute_batch("ANALYZE")?;
    assert_eq!(db.schema_drift()?, []);
    Ok(())
}

/// What ara keeps for itself is gone or spoilt: that is told too, as what it is.
#[test]
fn damaged_bookkeeping_is_told() -> Outcome {
    for sql in [
        "DROP TABLE ara_index",
        "DROP TABLE ara_failure",
        "DROP TABLE ara_index; DROP TABLE ara_failure",
        "DROP TABLE ara_meta",
        "DROP TABLE ara_table",
        "DROP TABLE ara_column",
        "DROP TABLE ara_node",
        "DROP TABLE ara_log",
        "DELETE FROM ara_table",
        "DELETE FROM ara_index",
        "UPDATE ara_index SET tbl = 'x', columns = ''",
        "UPDATE ara_index SET name = 'x\"' || name, columns = '\"'",
        "UPDATE ara_table SET name = 'x\"' || name",
        "UPDATE ara_table SET name = 'x' || name",
        "UPDATE ara_column SET name = 'x\"' || name",
        "UPDATE ara_column SET name = upper(name)",
        "UPDATE ara_column SET ordinal = ordinal + 4294967290",
        "UPDATE ara_column SET ordinal = ordinal + 9000000000",
        "DELETE FROM ara_column; DROP TABLE todo",
        "UPDATE ara_log SET data = x'ff'; DROP TABLE todo",
        "UPDATE ara_log SET data = x''; DROP TABLE todo",
        "UPDATE ara_log SET first = first + 1; DROP TABLE todo",
        "UPDATE ara_log SET pos = pos + (77 << 40); DROP TABLE todo",
        "DELETE FROM ara_log; DROP TABLE todo",
        "INSERT INTO ara_failure VALUES (1, 'x', -1, '', '')",
        "UPDATE ara_meta SET value = x'00' WHERE key GLOB 'ensured *'",
    ] {
        let file = File::new()?;
        let db = filled(&file)?;
        file.sqlite()?.execute_batch(sql)?;
        let told = [
            db.schema_drift().map(drop),
            db.schema().map(drop),
            db.row_counts().map(drop),
            db.schema_failures().map(drop),
            db.ensure::<App>(),
            db.transaction(|tx| tx.ensure::<older::App>()),
            db.verify().map(drop),
            file.open().and_then(|db| db.ensure::<App>()),
            db.schema_drift().map(drop),
        ];
        for error in told.into_iter().filter_map(Result::err) {
            let is_told = matches!(&error, Error::Corrupt | Error::Shape { .. });
            assert!(is_told, "{sql}: {error:?}");
        }
    }
    Ok(())
}
