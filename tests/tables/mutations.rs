//! What the mutations do, as their documentation says.

mod drafts;
mod ids;
mod local;
mod rows;
mod same;
mod times;
mod transactions;

use ara::prelude::*;

#[derive(Debug, Clone, PartialEq, Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<100>,
    done: Option<bool>,
    stars: Option<i64>,
    score: Option<f64>,
    note: Option<String>,
}
