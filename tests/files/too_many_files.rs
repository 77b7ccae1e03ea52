//! A process that may not open another file.
#![cfg(unix)]

use std::fs::File;

use ara::Error;
use ara::prelude::*;
use support::{Outcome, child, disk};

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
}

/// The child: it may have 64 files open.
#[test]
fn limited_to_few() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    let refused = disk::open(&path).map(drop);
    let open = File::open("/dev/null").is_ok();
    drop(files);
    assert!(!open && matches!(refused, Err(Error::TooManyOpenFiles)), "{refused:#?}");
    let db = disk::open(&path)?;
    db.create(Note::draft().number(1))?;
    child::tell(&format!("wrote {}", db.query::<Note>().count()?));
    Ok(())
}

#[test]
fn it_is_told_that_too_many_files_are_open() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("notes.db");
    let output = child::limited("too_many_files::limited_to_few", &file, 64)?.output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("> wrote 1"));
    Ok(())
}
