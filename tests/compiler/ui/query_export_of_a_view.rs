//! Whole rows and selections can be exported, and a view cannot.

use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
}

#[derive(View)]
#[view(Todo)]
struct Item {
    title: String,
}

fn export(db: &Database) -> ara::Result<u64> {
    db.query::<Todo>().write_json(Vec::new())?;
    db.query::<Todo>().select((Todo::id, Todo::title)).write_json(Vec::new())?;
    db.query::<Todo>().view::<Item>().write_json(Vec::new())
}

fn main() {}
