//! The schema of a large app: 50 tables of 8 columns.

use ara::prelude::*;

macro_rules! tables {
    ($($name:ident),* $(,)?) => {
        $(
            /// One of many.
            #[derive(Table)]
            #[table(index(done, stars))]
            pub struct $name {
                pub id: Id<$name>,
                pub title: NonEmptyString<1000>,
                pub note: Option<String>,
                pub done: Option<bool>,
                pub stars: Option<i64>,
                pub score: Option<f64>,
                pub due: Option<Timestamp>,
                pub next: Option<Id<T00>>,
                pub picture: Option<Vec<u8>>,
            }
        )*
        ara::schema! { pub App: $($name),* }
    };
}

tables! {
    T00, T01, T02, T03, T04, T05, T06, T07, T08, T09, T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20, T21, T22, T23, T24, T25, T26, T27, T28, T29, T30, T31, T32, T33, T34, T35, T36, T37, T38, T39, T40, T41, T42, T43, T44, T45, T46, T47, T48, T49
}
