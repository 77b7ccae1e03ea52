//! Columns that come, and values that stay.

use ara::prelude::*;
use rusqlite::types::Value;

use crate::growth::{v1, v2, v3};
use support::{File, Outcome, There, log, verified};

fn columns(file: &File) -> Outcome<Vec<String>> {
    Ok(file
        .sqlite()?
        .prepare("SELECT name FROM pragma_table_info('book') WHERE cid > 5")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

fn use_v1(db: &Database, key: &str) -> ara::Result<()> {
    db.upsert(v1::Book::draft().id(Id::from_key(key)).title(key))?;
    Ok(())
}

fn use_v2(db: &Database, key: &str) -> ara::Result<()> {
    db.upsert(v2::Book::draft().id(Id::from_key(key)).title(key).author("Frank").stars(5))?;
    Ok(())
}

fn use_v3(db: &Database, key: &str) -> ara::Result<()> {
    db.upsert(v3::Work::draft().id(Id::from_key(key)).name(key).shelf("blue").stars(4))?;
    Ok(())
}

#[test]
fn versions_come_in_any_order() -> Outcome {
    type Use = fn(&Database, &str) -> ara::Result<()>;
    let uses: [(Use, &str); 3] = [(use_v1, "One"), (use_v2, "Two"), (use_v3, "Three")];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for reopens in [true, false] {
            let file = File::new()?;
            let mut db = file.open()?;
            for (run, key) in order.map(|at| uses[at]) {
                run(&db, key)?;
                if reopens {
                    drop(db);
                    db = file.open()?;
                }
            }
            let mut found = columns(&file)?;
            found.sort();
            assert_eq!(found, ["author", "shelf", "stars", "title"], "{order:?}");
            assert_eq!(db.query::<v1::Book>().narrow_all().count()?, 3);
            assert_eq!(db.query::<v2::Book>().narrow(v2::Book::stars).count()?, 2);
            let two = db.get(Id::<v3::Work>::from_key("Two"))?.there()?;
            assert_eq!(two.name.as_deref(), Some("Two"));
            assert_eq!((two.author.as_deref(), two.stars), (Some("Frank"), Some(5)));
            assert_eq!(two.shelf, None);
            verified(&db)?;
        }
    }
    Ok(())
}

#[test]
fn an_older_version_writes_and_loses_nothing_of_a_newer_one() -> Outcome {
    let file = File::new()?;
    use_v2(&file.open()?, "Dune")?;
    let newer = Id::<v2::Book>::from_key("Dune");
    let older = Id::<v1::Book>::from_key("Dune");
    assert_eq!(older.uuid(), newer.uuid());
    let check = |title: &str| -> Outcome {
        let row = file.open()?.get(newer)?.there()?;
        assert_eq!(row.title.as_deref(), Some(title));
        assert_eq!((row.author.as_deref(), row.stars), (Some("Frank"), Some(5)));
        Ok(())
    };
    let db = file.open()?;
    db.update(v1::Book::patch(older).title("Dune, again"))?;
    check("Dune, again")?;
    db.upsert(v1::Book { id: older, title: NonEmptyString::new("Dune II")? })?;
    check("Dune II")?;
    assert!(db.delete(older)?);
    assert!(db.get(newer)?.is_none());
    assert!(db.restore(older)?);
    check("Dune II")?;
    // Through the struct it reads, too.
    let whole = db.query::<v1::Book>().narrow_all().one()?;
    db.upsert(whole)?;
    check("Dune II")?;
    assert_eq!(columns(&file)?, ["stars", "author", "title"]);
    verified(&db)
}

#[test]
fn a_column_required_later_is_absent_in_old_rows() -> Outcome {
    let db = Database::memory()?;
    use_v1(&db, "Momo")?;
    use_v2(&db, "Dune")?;
    use_v3(&db, "Emma")?;
    let query = || db.query::<v3::Work>().order_by(v3::Work::name.asc());
    let names = |rows: Vec<v3::WorkRow>| -> Vec<_> {
        rows.into_iter().filter_map(|row| row.name).map(String::from).collect()
    };
    assert_eq!(names(query().all()?), ["Dune", "Emma", "Momo"]);
    assert_eq!(names(query().filter(v3::Work::shelf.is_null()).all()?), ["Dune", "Momo"]);

    let on_shelf = query().narrow(v3::Work::shelf);
    assert_eq!(on_shelf.clone().one()?.shelf, "blue");
    assert_eq!(on_shelf.clone().limit(5).all()?.len(), 1);
    assert_eq!(on_shelf.count()?, 1);
    let whole: Vec<v3::Work> = query().narrow_all().all()?;
    assert_eq!(whole.len(), 1);
    assert_eq!((&*whole[0].name, &*whole[0].shelf, whole[0].stars), ("Emma", "blue", Some(4)));
    assert_eq!(query().narrow_all().count()?, 1);

    // Filled in, the old rows are found.
    for row in query().filter(v3::Work::shelf.is_null()).all()? {
        assert!(db.update(row.patch().shelf("attic"))?);
    }
    assert_eq!(query().narrow_all().count()?, 3);
    verified(&db)
}

#[test]
fn a_renamed_field_reads_its_old_column() -> Outcome {
    let db = Database::memory()?;
    use_v1(&db, "Momo")?;
    let id = Id::<v3::Work>::from_key("Momo");
    db.update(v3::Work::patch(id).name("Momo II"))?;
    assert_eq!(db.query::<v1::Book>().narrow_all().one()?.title, "Momo II");
    assert_eq!(db.query::<v3::Work>().filter(v3::Work::name.eq("Momo II")).one()?.id, id);
    let error = db.update(v3::Work::patch(id).name("")).err().there()?;
    assert_eq!(error.to_string(), "column `book.title` must not be blank");
    Ok(())
}

/// Rule 8.
#[test]
fn a_new_column_touches_no_row_and_logs_no_change() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create_all((0..2_000).map(|at| v1::Book::draft().title(format!("Book {at}"))))?;
    let rows = || -> Outcome<_> {
        let sqlite = file.sqlite()?;
        let rows = "SELECT id, ara_clock, created_at, updated_at, is_deleted, title FROM book";
        let log = "SELECT * FROM ara_log";
        Ok((support::rows(&sqlite, rows)?, support::rows(&sqlite, log)?))
    };
    // So that what is written now begins with an empty write-ahead log.
    file.sqlite()?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    assert_eq!(file.bytes()?.1.len(), 0);
    let before = rows()?;
    db.ensure::<v2_without_indexes::Book>()?;
    assert!(rows()? == before);
    // A page for each of the tables that hold names, and what leads to them; of the rows none.
    assert!(file.bytes()?.1.len() < 16 * 4096);
    verified(&db)
}

/// An index has to read the rows; a column has not.
mod v2_without_indexes {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Book {
        pub id: Id<Book>,
        pub title: NonEmptyString<100>,
        pub author: Option<String>,
        pub stars: Option<i64>,
    }
}

#[test]
fn an_index_comes_with_the_version_that_declares_it() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let indexes =
        || file.number("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'ara_index %'");
    use_v1(&db, "Momo")?;
    assert_eq!(indexes()?, 0);
    use_v2(&db, "Dune")?;
    assert_eq!(indexes()?, 2);
    use_v3(&db, "Emma")?;
    assert_eq!(indexes()?, 3);
    use_v1(&db, "Heidi")?;
    assert_eq!(indexes()?, 3);
    let found = db.query::<v2::Book>().filter(v2::Book::title.eq("Heidi")).one()?;
    assert_eq!(found.stars, None);
    verified(&db)
}

#[test]
fn an_index_may_be_all_that_a_version_adds() -> Outcome {
    #[derive(Table)]
    #[table(index(title))]
    struct Book {
        id: Id<Book>,
        title: NonEmptyString<100>,
    }

    let file = File::new()?;
    let sql =
        "SELECT count(*) FROM sqlite_schema WHERE sql LIKE 'CREATE INDEX% (\"title\", \"id\")'";
    for use_it in [
        |db: &Database| db.ensure::<Book>(),
        |db: &Database| db.query::<Book>().count().map(drop),
        |db: &Database| db.get(Id::<Book>::from_key("Momo")).map(drop),
        |db: &Database| db.delete(Id::<Book>::from_key("Momo")).map(drop),
    ] {
        let db = file.open()?;
        use_v1(&db, "Momo")?;
        assert_eq!(file.number(sql)?, 0);
        use_it(&db)?;
        assert_eq!(file.number(sql)?, 1);
        file.sqlite()?.execute_batch("DROP INDEX \"ara_index book(title)\"")?;
    }
    Ok(())
}

#[test]
fn two_structs_of_one_table_work_in_one_program() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.transaction(|tx| {
        let id = tx.create(v1::Book::draft().title("Momo"))?;
        let newer = Id::<v2::Book>::from_uuid(id.uuid());
        assert!(tx.update(v2::Book::patch(newer).stars(3))?);
        assert!(tx.update(v1::Book::patch(id).title("Momo II"))?);
        let row = tx.get(newer)?.map(|row| (row.title.map(String::from), row.stars));
        assert_eq!(row, Some((Some("Momo II".to_owned()), Some(3))));
        Ok(id)
    })?;
    assert_eq!(db.get(id)?.there()?.title.as_deref(), Some("Momo II"));
    let log = log::read(&file.sqlite()?)?;
    let columns: Vec<_> = log.iter().map(|change| change.columns()).collect();
    assert_eq!(columns, [vec!["is_deleted", "title"], vec!["stars"], vec!["title"]]);
    assert_eq!(log[1].cell("stars"), Some(&Value::Integer(3)));
    verified(&db)
}
