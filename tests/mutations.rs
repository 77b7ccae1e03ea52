//! What the mutations do, as their documentation says.

#[path = "mutations/drafts.rs"]
mod drafts;
#[path = "mutations/ids.rs"]
mod ids;
#[path = "mutations/local.rs"]
mod local;
#[path = "mutations/rows.rs"]
mod rows;
#[path = "mutations/same.rs"]
mod same;
mod support;
#[path = "mutations/times.rs"]
mod times;
#[path = "mutations/transactions.rs"]
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
