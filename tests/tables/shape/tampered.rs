//! Tables that ara made, and that somebody changed since.

use ara::prelude::*;
use ara::{Error, What};

use crate::shape::{Note, Other, TestResult, file_with, later};
use support::disk;

/// Notes, and what another program does to the file while it is open.
fn tampered(sql: &str, then: impl FnOnce(&Database, Id<Note>) -> TestResult) -> TestResult {
    for reopen in [false, true] {
        let folder = tempfile::tempdir()?;
        let path = file_with(folder.path(), "")?;
        let mut db = disk::open(&path)?;
        let id = db.create(Note::draft().text("one").stars(1))?;
        db.create(Note::draft().text("two").stars(2))?;
        disk::sqlite(&path)?.execute_batch(sql)?;
        if reopen {
            db = disk::open(&path)?;
            return then(&db, id);
        }
        // Nothing that is done to it may panic, or hang.
        let _ = db.get(id);
        let _ = db.update(Note::patch(id).stars(3));
        let _ = db.query::<Note>().narrow(Note::text).all();
        let _ = db.create(Note::draft().text("three"));
        let _ = db.delete(id);
        let _ = db.restore(id);
        let _ = db.verify();
        let _ = db.ensure::<later::Note>();
    }
    Ok(())
}

#[test]
fn a_dropped_table_is_told() -> TestResult {
    tampered("DROP TABLE other", |db, _| {
        let id = Id::<Other>::from_key("a");
        for error in [
            db.get(id).map(drop).expect_err("is gone"),
            db.query::<Other>().count().map(drop).expect_err("is gone"),
        ] {
            assert!(matches!(&error, Error::Shape { table, .. } if table == "other"), "{error:?}");
            assert!(error.to_string().contains("`ensure` or `rebuild`"), "{error}");
        }
        let found = db.verify()?;
        assert_eq!(found.differences[0].what, What::MissingTable);
        // Who writes it has it mended.
        db.create(Other::draft().text("three"))?;
        assert_eq!(db.get(id)?, None);
        assert!(db.verify()?.holds());
        Ok(())
    })
}

#[test]
fn a_dropped_column_is_told() -> TestResult {
    let sql = "DROP INDEX \"ara_index note(stars)\"; ALTER TABLE note DROP COLUMN stars;
               CREATE INDEX \"ara_index note(stars)\" ON note (text)";
    tampered(sql, |db, id| {
        for error in [
            db.get(id).map(drop).expect_err("is gone"),
            db.query::<Note>().all().map(drop).expect_err("is gone"),
        ] {
            assert!(matches!(&error, Error::Shape { table, .. } if table == "note"), "{error:?}");
            assert!(error.to_string().contains("`stars`"), "{error}");
            assert!(error.to_string().contains("`ensure` or `rebuild`"), "{error}");
        }
        let found = db.verify()?;
        assert_eq!(found.differences[0].what, What::MissingColumn);
        // Who writes it has it mended.
        db.update(Note::patch(id).stars(1))?;
        assert_eq!(db.get(id)?.and_then(|row| row.stars), Some(1));
        assert!(db.verify()?.holds());
        Ok(())
    })
}

#[test]
fn changed_rows_are_told_and_can_be_read() -> TestResult {
    tampered("UPDATE note SET text = 7, stars = 'many'", |db, id| {
        let row = db.get(id)?.expect("is there");
        assert_eq!((row.text, row.stars), (None, None));
        assert_eq!(db.query::<Note>().narrow(Note::text).count()?, 0);
        let found = db.verify()?;
        assert_eq!(found.differences.iter().filter(|at| at.what == What::Value).count(), 4);
        Ok(())
    })
}

#[test]
fn changed_clocks_are_told() -> TestResult {
    for clock in ["x''", "x'00'", "x'ffffffffffffffffffffffffffff'", "zeroblob(3000)"] {
        tampered(&format!("UPDATE note SET ara_clock = {clock}"), |db, id| {
            assert_eq!(db.get(id)?.and_then(|row| row.stars), Some(1));
            assert!(!db.verify()?.holds());
            // Written or refused: but what is refused is told as what it is.
            match db.update(Note::patch(id).stars(5)) {
                Ok(_) | Err(Error::Corrupt) => Ok(()),
                Err(error) => panic!("{clock}: {error:?}"),
            }
        })?;
    }
    Ok(())
}

#[test]
fn changed_bookkeeping_is_told() -> TestResult {
    for sql in [
        "DELETE FROM ara_node",
        "UPDATE ara_node SET id = x'01'",
        "UPDATE ara_node SET id = zeroblob(16)",
        "UPDATE ara_node SET last = 9223372036854775807, digest = 1",
        "UPDATE ara_node SET last = -1",
        "DELETE FROM ara_meta",
        "UPDATE ara_meta SET value = 'x'",
        "UPDATE ara_meta SET value = 77",
        "UPDATE ara_meta SET value = NULL",
        "DROP TABLE ara_meta",
        "DROP TABLE ara_node",
        "DROP TABLE ara_log",
        "DROP TABLE ara_column",
        "DROP TABLE ara_table",
        "ALTER TABLE ara_log DROP COLUMN data",
        "DELETE FROM ara_log",
        "DELETE FROM ara_column",
        "UPDATE ara_column SET ordinal = -ordinal",
        "UPDATE ara_column SET ordinal = ordinal + 4294967290",
        "UPDATE ara_column SET ordinal = ordinal + 9000000000",
        "UPDATE ara_column SET name = 'x' || name",
        "DELETE FROM ara_table",
        "UPDATE ara_table SET name = 'x' || name",
        "UPDATE ara_table SET ordinal = -ordinal",
        "UPDATE ara_log SET data = x''",
        "UPDATE ara_log SET data = x'01'",
        "UPDATE ara_log SET data = x'ff'",
        "UPDATE ara_log SET data = zeroblob(100)",
        "UPDATE ara_log SET first = first + 1",
        "UPDATE ara_log SET first = -first",
        "UPDATE ara_log SET first = 9223372036854775807",
        "UPDATE ara_log SET pos = -pos",
        "UPDATE ara_log SET pos = pos + (5 << 40)",
        "UPDATE ara_log SET pos = 9223372036854775807 - pos",
        "UPDATE ara_log SET data = (SELECT data FROM ara_log ORDER BY pos LIMIT 1)",
    ] {
        let folder = tempfile::tempdir()?;
        let path = file_with(folder.path(), "")?;
        let db = disk::open(&path)?;
        let id = db.create(Note::draft().text("one").stars(1))?;
        db.update(Note::patch(id).stars(2))?;
        disk::sqlite(&path)?.execute_batch(sql)?;
        for db in [Ok(db), disk::open(&path)] {
            let told = |error: &Error| {
                matches!(error, Error::Corrupt | Error::Shape { .. } | Error::Sqlite { .. })
            };
            let verified = db.and_then(|db| {
                let verified = db.verify()?.holds();
                for tried in [
                    db.get(id).map(drop),
                    db.query::<Note>().all().map(drop),
                    db.create(Note::draft().text("three")).map(drop),
                    db.update(Note::patch(id).stars(3)).map(drop),
                    db.ensure::<later::Note>(),
                    db.verify().map(drop),
                ] {
                    if let Err(error) = tried {
                        assert!(told(&error), "{sql}: {error:?}");
                    }
                }
                Ok(verified)
            });
            match verified {
                Ok(holds) => assert!(!holds || sql.contains("ara_meta"), "{sql}: not told"),
                Err(error) => assert!(told(&error), "{sql}: {error:?}"),
            }
        }
    }
    Ok(())
}
