//! Full-text search, as an app sees it.

mod kept;
mod language;
mod processes;
mod property;
mod query;
mod schema;
mod scripts;
mod turns;
mod upgrade;

use ara::prelude::*;

use support::{File, Outcome};

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    #[table(search)]
    title: NonEmptyString<2_000_000>,
    #[table(search)]
    notes: Option<String>,
    stars: Option<i64>,
    category_id: Option<Id<Category>>,
}

#[derive(Debug, Table)]
struct Category {
    id: Id<Category>,
    #[table(search)]
    name: String,
}

/// The titles of what is found, sorted.
fn found(source: &impl Queries, text: &str) -> ara::Result<Vec<String>> {
    let titles = source.query::<Todo>().search(text).narrow(Todo::title).select(Todo::title);
    let mut titles: Vec<_> = titles.all()?.iter().map(ToString::to_string).collect();
    titles.sort();
    Ok(titles)
}

/// A database with a todo of each title.
fn filled(titles: &[&str]) -> Outcome<Database> {
    let db = Database::memory()?;
    db.create_all(titles.iter().map(|title| Todo::draft().title(*title)))?;
    Ok(db)
}
