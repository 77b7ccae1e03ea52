//! Opening a file: what is taken, what is refused, and that what is refused is left as it was.

mod copies;
mod damaged;
mod foreign;
mod moved;
mod newer;
mod paths;
mod taken;

use std::error::Error;
use std::path::Path;

use ara::prelude::*;
use support::disk;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: NonEmptyString<1000>,
    stars: Option<i64>,
}

/// A database with notes in it, all of them in the file itself: nothing lies beside it.
fn make_notes(path: &Path, count: i64) -> ara::Result<()> {
    let db = disk::open(path)?;
    db.create_all((0..count).map(note))?;
    db.update(Note::patch(id(0)).stars(7))?;
    Ok(())
}

fn id(number: i64) -> Id<Note> {
    Id::from_key(number.to_string())
}

fn note(number: i64) -> Note {
    let text = format!("note {number}").try_into().expect("is neither blank nor long");
    Note { id: id(number), text, stars: Some(number) }
}

/// Every note, as text.
fn notes(db: &Database) -> ara::Result<Vec<String>> {
    let rows = db.query::<Note>().order_by(Note::id.asc()).all()?;
    Ok(rows.iter().map(|row| format!("{row:?}")).collect())
}
