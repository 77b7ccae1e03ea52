//! What is imported is made by drafts, so that each required column is set.

use ara::prelude::*;

#[derive(Table)]
struct Person {
    id: Id<Person>,
    name: String,
    born: i64,
}

fn import(db: &Database) -> ara::Result<ara::Imported> {
    db.import_sqlite("old.db", "SELECT name FROM people", |row| {
        Ok(Person::draft().id(row.id("id")?).name(row.get("name")?))
    })
}

fn main() {}
