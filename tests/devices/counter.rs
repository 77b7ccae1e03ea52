//! Counters: what devices add adds up.

mod adding;
mod compacted;
mod devices;
mod model;
mod nodes;
mod past;
mod undo;
mod versions;

use ara::prelude::*;

use support::{Outcome, agree, at, send};

#[derive(Debug, Clone, PartialEq, Table)]
struct Article {
    id: Id<Article>,
    title: String,
    views: Counter,
    likes: Option<Counter>,
}

/// Both have all that either has.
fn sync(one: &Database, other: &Database) -> Outcome {
    send(one, other)?;
    send(other, one)?;
    same(one, other)
}

/// Both hold the same, and what their logs say.
#[track_caller]
fn same(one: &Database, other: &Database) -> Outcome {
    let rows = |db: &Database| db.query::<Article>().with_deleted().order_by(Article::id).all();
    assert_eq!(rows(one)?, rows(other)?);
    agree(one, other)
}

/// The views and likes of a row.
fn counted(db: &Database, article: Id<Article>) -> Outcome<(Option<i64>, Option<i64>)> {
    let row = db.get(article)?.ok_or("is there")?;
    Ok((row.views.map(Counter::get), row.likes.map(Counter::get)))
}

fn view(db: &Database, article: Id<Article>, times: i64) -> ara::Result<bool> {
    db.update(Article::patch(article).views(Counter::add(times)))
}
