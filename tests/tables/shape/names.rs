//! SQL in values and in names.

use ara::prelude::*;

use crate::shape::{Note, Other, TestResult, file_with};
use support::disk;

const TEXTS: [&str; 9] = [
    "'; DROP TABLE note; --",
    "\"; DROP TABLE note; --",
    "Robert'); DROP TABLE note;--",
    "' OR '1'='1",
    "?1 :text @text $text",
    "%_\\",
    "'\"`[]",
    "/* text",
    "x' || (SELECT id FROM note) || '",
];

#[test]
fn sql_in_values_is_text() -> TestResult {
    let db = Database::memory()?;
    for text in TEXTS {
        let id = db.create(Note::draft().text(text))?;
        assert_eq!(db.get(id)?.and_then(|row| row.text).as_deref(), Some(text));
        let found = db.query::<Note>().filter(Note::text.eq(text)).one()?;
        assert_eq!(found.id, id);
        assert_eq!(db.query::<Note>().filter(Note::text.is_in([text])).count()?, 1);
        assert_eq!(db.query::<Note>().filter(Note::text.starts_with(text)).count()?, 1);
        assert!(db.update(Note::patch(id).text(format!("{text}{text}")))?);
    }
    assert_eq!(db.query::<Note>().count()?, TEXTS.len() as u64);
    assert!(db.verify()?.holds());
    Ok(())
}

/// Columns and tables of any name, as another program can put them into the file.
#[test]
fn sql_in_names_is_a_name() -> TestResult {
    for name in TEXTS {
        let folder = tempfile::tempdir()?;
        let path = file_with(folder.path(), "")?;
        let db = disk::open(&path)?;
        db.create(Note::draft().text("one").stars(1))?;
        let quoted = name.replace('"', "\"\"");
        let literal = name.replace('\'', "''");
        disk::sqlite(&path)?.execute_batch(&format!(
            "ALTER TABLE note ADD COLUMN \"{quoted}\";
             CREATE TABLE \"{quoted}\" (\"{quoted}\");
             INSERT INTO ara_column (tbl, ordinal, name) VALUES (2, 99, '{literal}');
             INSERT INTO ara_table (ordinal, name) VALUES (99, '{literal}');
             CREATE TRIGGER \"trigger {quoted}\" AFTER INSERT ON other BEGIN SELECT 1; END;"
        ))?;
        let db = disk::open(&path)?;
        db.create(Note::draft().text("two"))?;
        db.create(Other::draft().text("two"))?;
        assert_eq!(db.query::<Note>().filter(Note::stars.eq(1)).count()?, 1);
        // That table has none of the columns that ara's have.
        let found = db.verify()?;
        assert_eq!(found.differences.len(), 1, "{name}: {found:?}");
        assert_eq!(found.differences[0].table.as_deref(), Some(name));
    }
    Ok(())
}
