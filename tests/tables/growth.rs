//! Files that several versions of an app share, in any order.

mod columns;
mod ensure;
mod rollback;
mod variants;

/// The first version.
mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Book {
        pub id: Id<Book>,
        pub title: NonEmptyString<100>,
    }
}

/// Optional columns more, between and before the old ones, and an index.
mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(index(title, stars))]
    pub struct Book {
        pub stars: Option<i64>,
        pub id: Id<Book>,
        pub author: Option<String>,
        #[table(index)]
        pub title: NonEmptyString<100>,
    }
}

/// Other names in Rust, and a column that is required from now on.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(name = "book", index(shelf))]
    pub struct Work {
        pub id: Id<Work>,
        #[table(column = "title")]
        pub name: NonEmptyString<100>,
        pub author: Option<String>,
        pub shelf: NonEmptyString<20>,
        pub stars: Option<i64>,
    }
}

/// The tables of one version.
mod schemas {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub text: Option<String>,
    }

    ara::schema! { pub First: super::v1::Book }
    ara::schema! { pub Second: Note, super::v2::Book }
    ara::schema! { pub Third: super::v3::Work, Note }
}
