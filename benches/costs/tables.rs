//! The tables that are written, and how changes get from one database to another.

use ara::prelude::*;
use ara::{MergeReport, Result};

/// A task, as an app would keep it: five short columns.
#[derive(Table)]
pub struct Task {
    pub id: Id<Task>,
    pub title: NonEmptyString<1000>,
    pub note: String,
    pub done: Option<bool>,
    pub stars: i64,
    pub score: Option<f64>,
}

/// An article that counts its views.
#[derive(Table)]
pub struct Article {
    pub id: Id<Article>,
    pub title: NonEmptyString<1000>,
    pub views: Counter,
}

/// How many rows an app writes in one transaction.
pub const AT_ONCE: usize = 100;

pub fn task(n: usize) -> impl Create<Table = Task> + use<> {
    Task::draft()
        .title(format!("Water plant {n}"))
        .note("Ask the neighbours for the can, it is in the old shed")
        .done(n.is_multiple_of(3))
        .stars(n as i64)
        .score(n as f64 / 4.0)
}

/// Creates this many tasks, many in a transaction.
pub fn create_tasks(db: &Database, count: usize) -> Result<Vec<Id<Task>>> {
    let mut ids = Vec::with_capacity(count);
    for start in (0..count).step_by(AT_ONCE) {
        ids.extend(db.create_all((start..count.min(start + AT_ONCE)).map(task))?);
    }
    Ok(ids)
}

/// Merges what one database has, and the other one lacks.
pub fn send(from: &Database, to: &Database) -> Result<Vec<MergeReport>> {
    from.changes_since(&to.version_vector()?)?.map(|changes| to.merge(&changes?)).collect()
}
