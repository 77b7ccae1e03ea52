//! The tables: teams within teams, their tasks, and remarks on those.

use ara::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub enum State {
    Open,
    Started,
    Done,
}

#[derive(Debug, Table)]
pub struct Team {
    pub id: Id<Team>,
    pub name: NonEmptyString<6>,
    #[table(index)]
    pub parent_id: Option<Id<Team>>,
    pub size: Option<i64>,
}

#[derive(Debug, Table)]
pub struct Task {
    pub id: Id<Task>,
    #[table(index)]
    pub title: NonEmptyString<6>,
    pub note: Option<String>,
    pub done: Option<bool>,
    #[table(index)]
    pub stars: Option<i64>,
    pub level: Option<u8>,
    pub weight: Option<f64>,
    pub state: State,
    pub labels: Option<Json<Vec<String>>>,
    #[table(index)]
    pub due: Option<Timestamp>,
    #[table(index)]
    pub team_id: Option<Id<Team>>,
}

#[derive(Debug, Table)]
pub struct Remark {
    pub id: Id<Remark>,
    #[table(index)]
    pub task_id: Id<Task>,
    pub text: String,
    pub points: Option<i64>,
}

ara::schema! { pub All: Team, Task, Remark }
ara::alias! { pub Parent: Team, pub Child: Team, pub Reply: Remark }

/// The id of the row of this number.
pub fn id<T: Table>(number: u8) -> Id<T> {
    Id::from_key(number.to_string())
}

/// The same tables as another version of the app has them: its columns hold anything.
pub mod other {
    use ara::prelude::*;
    use ara::{Rule, Stored, Type};

    #[derive(Debug, Clone, PartialEq)]
    pub enum Cell {
        Integer(i64),
        Real(f64),
        Text(&'static str),
        Blob(Vec<u8>),
    }

    impl Value for Cell {
        const TYPE: Type = Type::Blob;

        fn store(self) -> Result<Stored<'static>, Rule> {
            Ok(match self {
                Self::Integer(integer) => Stored::Integer(integer),
                Self::Real(real) => Stored::Real(real),
                Self::Text(text) => Stored::Text(text.into()),
                Self::Blob(bytes) => Stored::Blob(bytes.into()),
            })
        }

        fn read(stored: Stored<'_>) -> Option<Self> {
            Some(match stored {
                Stored::Integer(integer) => Self::Integer(integer),
                Stored::Real(real) => Self::Real(real),
                Stored::Text(text) => Self::Text(text.into_owned().leak()),
                Stored::Blob(bytes) => Self::Blob(bytes.into_owned()),
            })
        }
    }

    #[derive(Table)]
    pub struct Team {
        pub id: Id<Team>,
        pub name: Option<Cell>,
        pub parent_id: Option<Cell>,
        pub size: Option<Cell>,
    }

    #[derive(Table)]
    pub struct Task {
        pub id: Id<Task>,
        pub title: Option<Cell>,
        pub note: Option<Cell>,
        pub done: Option<Cell>,
        pub stars: Option<Cell>,
        pub level: Option<Cell>,
        pub weight: Option<Cell>,
        pub state: Option<Cell>,
        pub labels: Option<Cell>,
        pub due: Option<Cell>,
        pub team_id: Option<Cell>,
    }

    #[derive(Table)]
    pub struct Remark {
        pub id: Id<Remark>,
        pub task_id: Option<Cell>,
        pub text: Option<Cell>,
        pub points: Option<Cell>,
    }
}
