//! Searches as earlier versions of ara made them: FTS5 alone split the texts.

use ara::prelude::*;

use crate::search::schema::unsearched;
use crate::search::{File, Todo, found};
use support::{Outcome, disk, verified};

const EARLIER: &str = "ara_search todo(notes,title)";
const COUNT: &str =
    "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ara\\_search %' ESCAPE '\\'";
const REGISTERED: &str = "SELECT group_concat(name) FROM ara_index";

/// Makes the search of a file that of an earlier version, beside or instead of that of this version.
fn make_earlier(file: &File, is_beside: bool) -> Outcome {
    let sqlite = file.sqlite()?;
    if !is_beside {
        let name = "ara_search_2 todo(notes,title)";
        for trigger in ["insert", "update", "delete"] {
            sqlite.execute_batch(&format!("DROP TRIGGER \"{name} {trigger}\""))?;
        }
        for table in ["", " stale", " left"] {
            sqlite.execute_batch(&format!("DROP TABLE \"{name}{table}\""))?;
        }
        sqlite.execute_batch("DELETE FROM ara_index WHERE name GLOB 'ara_search*'")?;
    }
    let mut sql = format!(
        "CREATE VIRTUAL TABLE \"{EARLIER}\" USING fts5(c0, c1, content='', contentless_delete=1, \
         tokenize='unicode61 remove_diacritics 2'); \
         CREATE TABLE \"{EARLIER} stale\" (\"ara_row\" INTEGER PRIMARY KEY); \
         INSERT INTO \"{EARLIER}\" (rowid, c0, c1) SELECT ara_row, notes, title FROM todo; \
         INSERT INTO ara_index VALUES ('{EARLIER}', 'todo', 'notes,title');"
    );
    for (name, event, row) in [
        ("insert", "INSERT", "NEW"),
        ("update", "UPDATE OF \"ara_row\", \"is_deleted\", \"notes\", \"title\"", "NEW"),
        ("delete", "DELETE", "OLD"),
    ] {
        sql.push_str(&format!(
            "CREATE TRIGGER \"{EARLIER} {name}\" AFTER {event} ON \"todo\" BEGIN INSERT INTO \
             \"{EARLIER} stale\" (\"ara_row\") VALUES ({row}.\"ara_row\") ON CONFLICT DO NOTHING; END;"
        ));
    }
    Ok(sqlite.execute_batch(&sql)?)
}

fn filled(file: &File, is_beside: bool) -> Outcome {
    let db = file.open()?;
    db.ensure::<Todo>()?;
    db.create_all(["今日は牛乳を買う", "Buy milk"].map(|title| Todo::draft().title(title)))?;
    drop(db);
    make_earlier(file, is_beside)
}

#[test]
fn the_first_use_makes_another() -> Outcome {
    for write_first in [false, true] {
        let file = File::new()?;
        filled(&file, false)?;
        assert_eq!(file.number(COUNT)?, 9);
        let db = file.open()?;
        if write_first {
            db.create(Todo::draft().title("豆乳"))?;
        }
        assert_eq!(found(&db, "牛乳")?, ["今日は牛乳を買う"]);
        assert_eq!(found(&db, "豆乳")?.len(), usize::from(write_first));
        assert_eq!(found(&db, "milk")?, ["Buy milk"]);
        assert_eq!(file.number(COUNT)?, 0);
        let registered: String = file.sqlite()?.query_row(REGISTERED, [], |row| row.get(0))?;
        assert_eq!(registered, "ara_search_2 todo(notes,title)");
        assert!(db.schema_drift()?.is_empty());
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn who_only_reads_finds_as_well() -> Outcome {
    let file = File::new()?;
    filled(&file, false)?;
    let before = file.bytes()?;
    let db = disk::options().read_only().open(file.path())?;
    for _ in 0..2 {
        assert_eq!(found(&db, "牛乳")?, ["今日は牛乳を買う"]);
        assert_eq!(found(&db, "milk")?, ["Buy milk"]);
    }
    assert!(db.schema_drift()?.is_empty());
    assert_eq!(file.bytes()?, before);
    Ok(())
}

/// An earlier version goes on with its own search, which a newer one drops when it ensures its schema.
#[test]
fn both_can_be_there() -> Outcome {
    let file = File::new()?;
    filled(&file, true)?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("豆乳"))?;
    // The earlier version does not index what it wrote by the functions of this one.
    file.sqlite()?.execute_batch("UPDATE todo SET title = '牛乳屋' WHERE title = 'Buy milk'")?;
    assert_eq!(file.number(&format!("SELECT count(*) FROM \"{EARLIER} stale\""))?, 2);
    assert_eq!(found(&db, "牛乳")?, ["今日は牛乳を買う", "牛乳屋"]);
    assert_eq!(file.number(COUNT)?, 9);
    assert!(db.schema_drift()?.is_empty());
    db.ensure::<Todo>()?;
    assert_eq!(file.number(COUNT)?, 0);
    assert_eq!(db.query::<Todo>().search("豆乳").one()?.id, id);
    Ok(())
}

#[test]
fn it_goes_with_the_declaration_and_with_what_is_forgotten() -> Outcome {
    let file = File::new()?;
    filled(&file, false)?;
    let db = file.open()?;
    db.ensure::<unsearched::Todo>()?;
    assert_eq!(file.number(COUNT)?, 0);
    assert_eq!(file.number("SELECT count(*) FROM ara_index")?, 0);

    let file = File::new()?;
    filled(&file, false)?;
    let db = file.open()?;
    let id =
        db.query::<unsearched::Todo>().filter(unsearched::Todo::title.eq("Buy milk")).one()?.id;
    db.delete(id)?;
    assert!(db.forget(id)?);
    assert_eq!(file.number(COUNT)?, 0);
    Ok(())
}

#[test]
fn it_is_known_again_without_the_notes_of_what_there_is() -> Outcome {
    let file = File::new()?;
    filled(&file, false)?;
    file.sqlite()?.execute_batch("DROP TABLE ara_index")?;
    let db = file.open()?;
    assert_eq!(found(&db, "牛乳")?, ["今日は牛乳を買う"]);
    assert_eq!(file.number(COUNT)?, 0);
    assert!(db.schema_drift()?.is_empty());
    Ok(())
}
