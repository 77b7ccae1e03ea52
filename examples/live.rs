//! Two terminals on one file: what is typed in one appears in the other.
//!
//! ```text
//! cargo run --example live -- notes.db          # shows the newest notes, and each new one
//! cargo run --example live -- notes.db write    # each line that is typed becomes a note
//! ```
//!
//! Without a terminal, in a pipe or in CI, two threads of one process demonstrate it, and the program ends by itself.

use std::error::Error;
use std::io::{IsTerminal, Write, stdin, stdout};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;

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
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [path] if stdin().is_terminal() => show(Path::new(path)),
        [path, "write"] if stdin().is_terminal() => write(Path::new(path)),
        _ => demonstrate(),
    }
}

/// Draws the notes whenever they change, whoever changed them.
fn show(path: &Path) -> Result<(), Box<dyn Error>> {
    let db = Database::open(path)?;
    for notes in newest(&db)? {
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

/// One thread writes, and another one watches, through a database of its own on the same file.
fn demonstrate() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let (writer, reader) = (Database::open(&path)?, Database::open(&path)?);
    let (tell, told) = channel();
    let notes = newest(&reader)?;
    let watching = thread::spawn(move || watch(notes, &tell));
    assert!(told.recv()?.is_empty());
    for text in ["Buy milk", "Water the plants", "Call home"] {
        writer.create(Note::draft().text(text))?;
        let notes = told.recv()?;
        assert_eq!(notes.first().map(|note| &**note), Some(text));
        println!("{}", notes.iter().map(|note| &**note).collect::<Vec<_>>().join(" < "));
    }
    // This ends the watch, and with it the thread.
    drop(reader);
    watching.join().map_err(|_| "the thread that watches panicked")??;
    Ok(())
}

fn watch(notes: ara::Watch<NonEmptyString<200>>, tell: &Sender<Notes>) -> ara::Result<()> {
    for notes in notes {
        // Once the demonstration is over, nobody receives any more.
        let _ = tell.send(notes?);
    }
    Ok(())
}
