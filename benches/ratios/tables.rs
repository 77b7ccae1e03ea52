//! The rows that both sides write: the same five columns, small or of 2 KB.

use ara::prelude::*;

/// A task, as an app would keep it.
#[derive(Table)]
pub struct Task {
    pub id: Id<Task>,
    pub title: NonEmptyString<1000>,
    pub note: String,
    pub done: Option<bool>,
    pub stars: i64,
    pub score: Option<f64>,
}

/// The same table, once it has an index.
#[derive(Table)]
#[table(name = "task")]
pub struct IndexedTask {
    pub id: Id<IndexedTask>,
    pub title: NonEmptyString<1000>,
    pub note: String,
    pub done: Option<bool>,
    #[table(index)]
    pub stars: i64,
    pub score: Option<f64>,
}

/// The values of one row.
#[derive(Clone)]
pub struct Values {
    pub title: String,
    pub note: String,
    pub done: bool,
    pub stars: i64,
    pub score: f64,
}

/// `count` rows whose notes have this many bytes.
pub fn values(count: usize, note: usize) -> Vec<Values> {
    (0..count)
        .map(|n| Values {
            title: format!("Water the plants on balcony {n}"),
            note: "ask the neighbours for the can ".chars().cycle().take(note).collect(),
            done: n % 3 == 0,
            // Spread over all rows, so that an index on it is not in the order of the rows.
            stars: (n as i64 * 7919) % count as i64,
            score: n as f64 / 3.0,
        })
        .collect()
}

/// The draft of a row.
pub fn draft(values: &Values) -> impl Create<Table = Task> + use<> {
    Task::draft()
        .title(values.title.as_str())
        .note(values.note.as_str())
        .done(values.done)
        .stars(values.stars)
        .score(values.score)
}
