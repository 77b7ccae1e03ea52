//! What is typed in one terminal appears in the other: on the same file, or on another device.
//!
//! ```text
//! cargo run --example live -- notes.db          # shows the newest notes, and each new one
//! cargo run --example live -- notes.db write    # each line that is typed becomes a note
//! ```
//!
//! With the feature `sync`, and a relay that runs (`cargo run -p ara-relay`), the notes of another file, on another
//! device or in another terminal, are the same:
//!
//! ```text
//! cargo run --features sync --example live -- notes.db --sync http://127.0.0.1:4040
//! cargo run --features sync --example live -- phone.db --join http://127.0.0.1:4040 CODE
//! ```
//!
//! Without a terminal, in a pipe or in CI, threads of one process demonstrate it, and the program ends by itself.

mod demonstration;
#[cfg(feature = "sync")]
mod devices;

use std::error::Error;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::Path;

use ara::prelude::*;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: NonEmptyString<200>,
}

/// The newest note first.
type Notes = Vec<NonEmptyString<200>>;

/// How many notes are shown.
const SHOWN: u64 = 10;

fn newest(db: &Database) -> ara::Result<ara::Watch<NonEmptyString<200>>> {
    db.query::<Note>()
        .narrow(Note::text)
        .order_by(Note::created_at.desc())
        .order_by(Note::id.desc())
        .limit(SHOWN)
        .select(Note::text)
        .watch()
}

fn main() -> Result<(), Box<dyn Error>> {
    if !stdin().is_terminal() {
        return demonstration::run();
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [path] => show(&Database::open(path)?),
        [path, "write"] => write(Path::new(path)),
        [path, rest @ ..] => sync(Path::new(path), rest),
        [] => demonstration::run(),
    }
}

/// Draws the notes whenever they change, whoever changed them.
fn show(db: &Database) -> Result<(), Box<dyn Error>> {
    for notes in newest(db)? {
        draw(&notes?)?;
    }
    Ok(())
}

fn draw(notes: &Notes) -> std::io::Result<()> {
    let mut out = stdout().lock();
    // Clears the screen and moves the cursor to its corner.
    write!(out, "\x1b[2J\x1b[H")?;
    for note in notes {
        writeln!(out, "- {note}")?;
    }
    out.flush()
}

/// Stores each line as a note.
fn write(path: &Path) -> Result<(), Box<dyn Error>> {
    let db = Database::open(path)?;
    println!("type notes; an empty line ends");
    for line in stdin().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        // A line may be too long to be a note.
        if let Err(error) = db.create(Note::draft().text(line)) {
            println!("{error}");
        }
    }
    Ok(())
}

/// Draws the notes of all devices.
#[cfg(feature = "sync")]
fn sync(path: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let db = Database::open(path)?;
    let _session = match *arguments {
        ["--sync", relay] => devices::start(&db, relay)?,
        ["--join", relay, code] => devices::join(&db, relay, code)?,
        _ => return Err("say --sync RELAY, or --join RELAY CODE, after the file".into()),
    };
    show(&db)
}

#[cfg(not(feature = "sync"))]
fn sync(_: &Path, _: &[&str]) -> Result<(), Box<dyn Error>> {
    Err("this was built without sync: cargo run --features sync --example live -- ..".into())
}
