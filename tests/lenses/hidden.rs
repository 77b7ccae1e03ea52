//! The names of hidden columns are the file's alone: what is told and sent names the columns of the app.

use ara::prelude::*;
use ara::{Schema, Snapshot};
use support::{File, Outcome, There, send};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub body: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    #[table(index(text, stars))]
    pub struct Note {
        pub id: Id<Self>,
        #[table(index, search, replaces(body, read = same, write = String::clone, revision = 2))]
        pub text: Option<String>,
        #[table(retired)]
        body: Option<String>,
        #[table(missing = 5)]
        pub stars: i64,
    }

    ara::schema! { pub App: Note }

    fn same(body: String) -> String {
        body
    }
}

/// The same, without any index.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub text: Option<String>,
        pub body: Option<String>,
        pub stars: Option<i64>,
    }

    ara::schema! { pub App: Note }
}

const INDEXES: [&[&str]; 2] = [&["text"], &["text", "stars"]];

#[test]
fn the_schema_names_the_columns_of_the_app() -> Outcome {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = file.open()?;
    db.create(v1::Note::draft().body("milk"))?;
    db.ensure::<v2::App>()?;
    let schema = db.schema()?;
    let version = schema.versions.first().there()?;
    let table = version.snapshot.as_ref().and_then(|it| it.table("note")).there()?;
    assert_eq!(table.indexes, INDEXES);
    assert_eq!(table.search, ["text"]);
    assert_eq!(schema.tables.first().there()?.indexes, INDEXES);
    let added = version.added.as_ref().there()?;
    assert_eq!(added.indexes, ["note(text)", "note(text,stars)", "search note(text)"]);

    send(&db, &other)?;
    assert_eq!(other.schema()?.versions, schema.versions);
    Ok(())
}

#[test]
fn what_is_released_names_the_columns_of_the_app() -> Outcome {
    let defs = v2::App::TABLES.iter().map(|table| table.def);
    let table = Snapshot::of(defs).tables.into_iter().next().there()?;
    assert_eq!(table.indexes, INDEXES);
    assert_eq!(table.search, ["text"]);
    Ok(())
}

#[test]
fn what_is_missing_is_told_by_the_columns_of_the_app() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Note::draft().body("milk"))?;
    db.ensure::<v2::App>()?;
    assert_eq!(db.schema_drift()?, []);
    let sqlite = file.sqlite()?;
    let dropped =
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'ara_index note(%'";
    let mut names = sqlite.prepare(dropped)?;
    let names: Vec<String> = names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    assert_eq!(names.len(), 2);
    for name in &names {
        sqlite.execute_batch(&format!("DROP INDEX \"{name}\""))?;
    }
    let search =
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'ara_search%'";
    let trigger: String = sqlite.query_row(search, [], |row| row.get(0))?;
    sqlite.execute_batch(&format!("DROP TRIGGER \"{trigger}\""))?;
    let told: Vec<_> = db.schema_drift()?.into_iter().map(|drift| drift.to_string()).collect();
    assert_eq!(
        told,
        [
            "the index of table `note` on text is not there: `ensure` makes it again",
            "the index of table `note` on text, stars is not there: `ensure` makes it again",
            "the search of table `note` in text is not as ara made it: `ensure` makes it again",
        ]
    );
    let growth = db.rebuild()?.growth;
    assert_eq!(growth.indexes, ["note(text)", "note(text,stars)", "search note(text)"]);
    assert_eq!(db.schema_drift()?, []);

    db.ensure::<v3::App>()?;
    let schema = db.schema()?;
    let dropped = schema.versions.last().and_then(|it| it.added.as_ref()).there()?;
    assert_eq!(dropped.dropped_indexes.len(), 3);
    assert!(dropped.dropped_indexes.iter().all(|it| !it.contains("ara_now")), "{dropped:?}");
    Ok(())
}
