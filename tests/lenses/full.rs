//! A table that has as many columns as SQLite holds, so that there is no room beside those that replace others.

use ara::Error;
use ara::prelude::*;
use support::{File, Outcome, There, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: Option<String>,
        pub text: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Other {
        pub id: Id<Self>,
        pub name: Option<String>,
    }

    ara::schema! { pub App: Note, Other }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(index, replaces(body, read = upper, write = lower))]
        pub text: Option<String>,
        #[table(retired)]
        body: Option<String>,
    }

    #[derive(Debug, Table)]
    pub struct Other {
        pub id: Id<Self>,
        #[table(replaces(name, read = upper, write = lower))]
        pub title: Option<String>,
        #[table(retired)]
        name: Option<String>,
    }

    ara::schema! { pub App: Note, Other }

    fn upper(body: String) -> String {
        body.to_uppercase()
    }

    fn lower(text: &str) -> String {
        text.to_lowercase()
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// Makes a file in which a table has so many columns. SQLite reads all of a table's SQL whenever it adds one, so they
/// are added at once, as ara would have added them.
fn filled(columns: i64) -> Outcome<(File, Database)> {
    let file = File::new()?;
    file.open()?.ensure::<v1::App>()?;
    let sqlite = file.sqlite()?;
    let held: i64 =
        sqlite.query_row("SELECT count(*) FROM pragma_table_info('note')", [], |row| row.get(0))?;
    let more: String = (held + 1..=columns).map(|column| format!(", \"c{column}\"")).collect();
    sqlite.execute_batch(&format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = \
         substr(sql, 1, length(sql) - 1) || '{more})' WHERE name = 'note'; \
         PRAGMA writable_schema = RESET"
    ))?;
    drop(sqlite);
    let db = file.open()?;
    Ok((file, db))
}

fn is_told(error: &Error, expected: usize) {
    let Error::TooManyColumns { table: "note", columns, limit: 2000 } = error else {
        panic!("{error:?}");
    };
    assert_eq!(*columns, expected);
    assert_eq!(
        error.to_string(),
        format!(
            "table `note` would have {expected} columns, those of ara among them, and SQLite holds 2000: split the \
             struct in two"
        )
    );
}

/// Beside a column lie the one that queries read and what was looked at, and beside what it replaces the last edit.
#[test]
fn what_lies_beside_columns_needs_room() -> Outcome {
    for (held, expected) in [(2000, 2003), (1998, 2001)] {
        let (file, db) = filled(held)?;
        let milk = db.create(v1::Note::draft().body("milk"))?;
        let one = db.create(v1::Other::draft().name("one"))?;
        let before = file.dump()?;
        is_told(&db.get::<v2::Note>(id(milk)).expect_err("there is no room"), expected);
        is_told(&db.create(v2::Note::draft().text("Tea")).expect_err("there is no room"), expected);
        is_told(&db.query::<v2::Note>().all().expect_err("there is no room"), expected);
        is_told(&db.ensure::<v2::App>().expect_err("there is no room"), expected);
        assert_eq!(file.dump()?.len(), before.len());

        // All else goes on.
        db.update(v2::Other::patch(id(one)).title(Some("Two".to_owned())))?;
        assert_eq!(db.get(one)?.there()?.name.as_deref(), Some("two"));
        db.update(v1::Note::patch(milk).body("tea"))?;
        assert_eq!(db.query::<v1::Note>().one()?.body.as_deref(), Some("tea"));
        verified(&db)?;
    }
    let (_file, db) = filled(1997)?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    assert_eq!(db.get::<v2::Note>(id(milk))?.there()?.text.as_deref(), Some("MILK"));
    verified(&db)
}

/// What was edited before it was written through has no room beside it.
#[test]
fn what_arrives_for_a_full_table_is_kept() -> Outcome {
    let other = Database::memory()?;
    other.ensure::<v2::App>()?;
    let (file, db) = filled(2000)?;
    let milk = db.create(v1::Note::draft().body("milk"))?;
    let one = db.create(v1::Other::draft().name("one"))?;
    send(&db, &other)?;
    other.update(v2::Note::patch(id(milk)).text("Tea".to_owned()))?;
    other.update(v2::Other::patch(id(one)).title("Two".to_owned()))?;
    let set_aside: Vec<_> = send(&other, &db)?.iter().map(|report| report.set_aside).collect();
    assert_eq!(set_aside, [1]);
    // The other tables are merged, and written.
    assert_eq!(db.get(one)?.there()?.name.as_deref(), Some("two"));
    db.update(v1::Other::patch(one).name("three"))?;
    is_told(&db.get(milk).expect_err("there is no room"), 2001);
    is_told(&db.create(v1::Note::draft().body("more")).expect_err("there is no room"), 2001);
    // Once there is room, nothing is missing.
    drop(db);
    file.sqlite()?.execute_batch("ALTER TABLE note DROP COLUMN c2000")?;
    let db = file.open()?;
    db.rebuild()?;
    assert_eq!(db.get(milk)?.there()?.body.as_deref(), Some("tea"));
    db.update(v1::Note::patch(milk).body("coffee"))?;
    send(&db, &other)?;
    assert_eq!(other.query::<v2::Note>().one()?.text.as_deref(), Some("COFFEE"));
    verified(&db)?;
    verified(&other)
}
