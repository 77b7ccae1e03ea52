//! Texts that devices edit at the same time: what they type merges letter by letter.

mod care;
mod edits;
mod model;
mod past;
mod undo;
mod unreadable;
mod watch;
mod whole;

use ara::Text;
use ara::prelude::*;

use support::{Outcome, agree, send};

#[derive(Debug, Clone, PartialEq, Table)]
struct Note {
    id: Id<Note>,
    title: String,
    #[table(search)]
    body: Text,
    remark: Option<Text>,
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
    let rows = |db: &Database| db.query::<Note>().with_deleted().order_by(Note::id).all();
    assert_eq!(rows(one)?, rows(other)?);
    agree(one, other)
}

fn body(db: &Database, note: Id<Note>) -> Outcome<String> {
    let row = db.get(note)?.ok_or("is there")?;
    Ok(row.body.ok_or("was written")?.into_string())
}

fn begin(text: &str) -> Outcome<(Database, Id<Note>)> {
    let db = Database::memory()?;
    let note = db.create(Note::draft().title("Milk").body(text))?;
    Ok((db, note))
}

fn insert(db: &Database, note: Id<Note>, index: usize, text: &str) -> ara::Result<()> {
    db.transaction(|tx| tx.text(note, Note::body)?.insert(index, text))
}
