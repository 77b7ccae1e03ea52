//! Copies of a database: a backup, and tables as JSON Lines.

#[path = "copies/backup.rs"]
mod backup;
#[path = "copies/json.rs"]
mod json;
#[path = "copies/json_by_hand.rs"]
mod json_by_hand;
#[path = "copies/json_counters.rs"]
mod json_counters;
#[path = "copies/restored.rs"]
mod restored;
mod support;

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
