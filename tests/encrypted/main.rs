//! Files that have a key.

mod change;
mod convert;
#[cfg(unix)]
mod killed;
mod opening;
mod plain_text;

use std::path::{Path, PathBuf};

use ara::Key;
use ara::prelude::*;
use support::{Outcome, verified};

#[derive(Debug, Clone, PartialEq, Table)]
struct Note {
    id: Id<Note>,
    #[table(search)]
    text: String,
    number: i64,
}

/// What no file may hold.
const SECRET: &str = "Bombardiermotte";

fn key(number: u8) -> Key {
    Key::raw([number; 32])
}

fn open(path: &Path, key: &Key) -> ara::Result<Database> {
    Database::options().key(key.clone()).open(path)
}

fn create(db: &Database, numbers: std::ops::Range<i64>) -> ara::Result<()> {
    let note = |number| Note::draft().text(format!("{SECRET} {number}")).number(number);
    db.create_all(numbers.map(note)).map(drop)
}

/// The numbers of all notes, of a file that is whole.
fn numbers(db: &Database) -> Outcome<Vec<i64>> {
    verified(db)?;
    Ok(db
        .query::<Note>()
        .order_by(Note::number)
        .select(Note::number)
        .all()?
        .into_iter()
        .flatten()
        .collect())
}

/// A file in a folder of its own.
fn file() -> Outcome<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    Ok((folder, path))
}
