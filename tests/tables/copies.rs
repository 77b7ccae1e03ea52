//! Copies of a database: a backup, and tables as JSON Lines.

mod backup;
mod json;
mod json_by_hand;
mod json_counters;
mod restored;

use ara::prelude::*;

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: String,
    stars: Option<i64>,
    score: Option<f64>,
    picture: Option<Vec<u8>>,
    parent: Option<Id<Todo>>,
}

#[derive(Debug, Clone, PartialEq, Table)]
#[table(local)]
struct Setting {
    id: Id<Setting>,
    name: String,
}
