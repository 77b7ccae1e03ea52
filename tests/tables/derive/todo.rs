//! A file module of the table's own name.

use ara::{Id, Table};

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: String,
}
