//! `ensure`: whole schemas, several versions of an app on one file, and the history that is written.

mod failure;
mod history;
mod indexes;
mod inspect;
mod unchanged;
mod versions;

/// The first version.
mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Book {
        pub id: Id<Book>,
        #[table(index)]
        pub title: NonEmptyString<100>,
    }

    ara::schema! { pub App: Book }
}

/// A table, columns and an index more; the first index is gone.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(index(stars, author))]
    pub struct Book {
        pub id: Id<Book>,
        pub title: NonEmptyString<100>,
        pub author: Option<String>,
        pub stars: Option<i64>,
        pub shelf: Option<Id<Shelf>>,
    }

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Shelf {
        pub id: Id<Shelf>,
        pub name: NonEmptyString<20>,
        pub kind: Option<Kind>,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum Kind {
        Wood,
        Steel,
    }

    /// Never synced.
    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(local)]
    pub struct Window {
        pub id: Id<Window>,
        #[table(index)]
        pub width: Option<i64>,
    }

    ara::schema! { pub App: Shelf, Book, Window }
}

/// As the third, but for an index.
mod v3_indexed {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(index(stars, author), index(title))]
    pub struct Book {
        pub id: Id<Book>,
        pub title: NonEmptyString<100>,
        pub author: Option<String>,
        pub stars: Option<i64>,
        pub shelf: Option<Id<super::v3::Shelf>>,
    }

    ara::schema! { pub App: super::v3::Shelf, Book, super::v3::Window }
}

/// The indexes that ara made.
fn index_names(file: &support::File) -> support::Outcome<Vec<String>> {
    Ok(file
        .sqlite()?
        .prepare(
            "SELECT substr(name, 11) FROM sqlite_schema WHERE type = 'index' \
             AND name GLOB 'ara_index *' ORDER BY name",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}
