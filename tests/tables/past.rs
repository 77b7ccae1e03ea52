//! What the log tells of the past.

mod at;
mod compacted;
mod damaged;
mod in_force;
mod jumps;
mod listed;
mod random;
mod rows;
mod steps;
mod together;
mod transactions;
mod undo;
mod undo_last;

use ara::prelude::*;
use ara::{Stored, Timestamp};

use support::Wall;

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
    done: Option<bool>,
    stars: Option<i64>,
}

#[derive(Debug, Table)]
#[table(local)]
struct Setting {
    id: Id<Setting>,
    name: String,
}

/// A database in memory whose clock stands some milliseconds after the start.
fn after(millis: i64, seed: u64) -> ara::Result<Database> {
    let now = Timestamp::from_millis(Wall::START + millis);
    Database::options().clock(move || now).seed(seed).memory()
}

fn text(text: &str) -> Option<Stored<'static>> {
    Some(Stored::Text(text.to_owned().into()))
}

fn integer(integer: i64) -> Option<Stored<'static>> {
    Some(Stored::Integer(integer))
}
