//! Tables that are not in the file as ara makes them, and names and values that look like SQL. What
//! is refused leaves the file as it was.

mod names;
mod refused;
mod tampered;

use std::error::Error;
use std::path::{Path, PathBuf};

use ara::prelude::*;
use support::disk;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Table)]
#[table(index(stars))]
struct Note {
    id: Id<Note>,
    text: Option<String>,
    stars: Option<i64>,
}

/// Another version of the app, which knows a column more.
mod later {
    use super::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub text: Option<String>,
        pub stars: Option<i64>,
        pub more: Option<i64>,
    }
}

#[derive(Debug, Table)]
struct Other {
    id: Id<Other>,
    text: Option<String>,
}

/// A file of ara's with another table in it, and what somebody else did to it.
fn file_with(folder: &Path, sql: &str) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("notes.db");
    disk::open(&path)?.create(Other::draft().text("is there"))?;
    disk::sqlite(&path)?.execute_batch(sql)?;
    Ok(path)
}
