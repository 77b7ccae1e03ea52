//! A transaction that ends in an error, or a panic, leaves nothing behind.

mod errors;
mod inside;
mod nothing;

use std::error::Error;
use std::path::Path;

use ara::Timestamp;
use ara::prelude::*;
use support::disk;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: NonEmptyString<20>,
    stars: Option<i64>,
}

#[derive(Debug, Table)]
struct Other {
    id: Id<Other>,
    text: Option<String>,
}

fn note(key: &str) -> Note {
    let text = key.try_into().expect("is neither blank nor long");
    Note { id: Id::from_key(key), text, stars: None }
}

/// A database whose time stands still and whose device has always the same name.
fn fixed(path: &Path) -> ara::Result<Database> {
    let now = || Timestamp::from_millis(1_700_000_000_000);
    disk::options().clock(now).seed(7).open(path)
}
