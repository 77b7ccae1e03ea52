//! Devices that meet on a USB stick: each writes what the stick lacks, and reads what the others wrote.
//!
//! ```text
//! cargo run --example usb --features sync -- write notes.db "Buy milk"   # a note, to begin with
//! cargo run --example usb --features sync -- export notes.db stick/      # what the stick lacks
//! cargo run --example usb --features sync -- import notes.db stick/      # what others have put there
//! cargo run --example usb --features sync -- list notes.db
//! ```
//!
//! A folder that some program keeps the same on several devices does as well. Without arguments, two
//! databases show it in a folder that is gone afterwards.
//!
//! An export is a file of its own, named by the node that writes: batches of changes, and then an end, so
//! that who reads it knows that the stick was not pulled out. Beside it each node keeps its version
//! vector as of its last export. What all these vectors tell together is on the stick, and need not be
//! written again.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use ara::prelude::*;
use ara::{Changes, VersionVector};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: NonEmptyString<200>,
}

fn main() -> Outcome {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        [] => return demonstrate(),
        ["export", file, stick] => drop(export(&Database::open(file)?, Path::new(stick))?),
        ["import", file, stick] => drop(import(&Database::open(file)?, Path::new(stick))?),
        ["list", file] => notes(&Database::open(file)?)?.iter().for_each(|note| println!("{note}")),
        ["write", file, text] => {
            Database::open(file)?.create(Note::draft().text(*text))?;
        }
        _ => {
            return Err(
                "export FILE STICK, import FILE STICK, list FILE, or write FILE TEXT".into()
            );
        }
    }
    Ok(())
}

/// Writes what the stick lacks: how many changes that is.
fn export(db: &Database, stick: &Path) -> Outcome<usize> {
    fs::create_dir_all(stick)?;
    let mut held = VersionVector::default();
    for path in files(stick, "vector")? {
        held = held.union(&VersionVector::from_bytes(&fs::read(path)?)?);
    }
    // What is written meanwhile may be exported twice, and is never left out.
    let vector = db.version_vector()?;
    let mut lacking = db.changes_since(&held)?.peekable();
    if lacking.peek().is_none() {
        println!("the stick has all of it");
        return Ok(0);
    }
    let node = db.node()?;
    let mut paths = (0..).map(|number| stick.join(format!("{node}-{number:06}.changes")));
    let path = paths.find(|path| !path.exists()).ok_or("the stick is full of files")?;
    let mut exported = 0;
    write(&path, |file| {
        let mut writer = BufWriter::new(file);
        for changes in lacking {
            let changes = changes?;
            changes.write_to(&mut writer)?;
            exported += changes.len();
            println!("{exported} changes exported");
        }
        Ok(Changes::write_end(writer)?)
    })?;
    // Only now is it true.
    write(&stick.join(format!("{node}.vector")), |mut file| {
        Ok(std::io::Write::write_all(&mut file, &vector.to_bytes())?)
    })?;
    Ok(exported)
}

/// Reads what others have put on the stick: how many changes were new.
fn import(db: &Database, stick: &Path) -> Outcome<u64> {
    let node = db.node()?.to_string();
    let mut files = files(stick, "changes")?;
    files.retain(|file| {
        !file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&node))
    });
    let mut imported = 0;
    // A file may build on another one, whichever of them comes first here.
    loop {
        let mut new = 0;
        for (place, file) in (1..).zip(&files) {
            for changes in Changes::read_from(BufReader::new(File::open(file)?)) {
                let report = db.merge(&changes?)?;
                new += report.changes;
                for refused in report.refused {
                    println!("{refused}");
                }
            }
            println!("file {place} of {}: {} changes imported", files.len(), imported + new);
        }
        imported += new;
        if new == 0 {
            return Ok(imported);
        }
    }
}

/// A file is there as a whole, and on the stick itself, or not at all.
fn write(path: &Path, fill: impl FnOnce(&File) -> Outcome) -> Outcome {
    let unfinished = path.with_extension("unfinished");
    let file = File::create(&unfinished)?;
    fill(&file)?;
    file.sync_all()?;
    Ok(fs::rename(unfinished, path)?)
}

/// The files of a kind, in the order of their names.
fn files(stick: &Path, kind: &str) -> Outcome<Vec<PathBuf>> {
    let files = fs::read_dir(stick)?.map(|file| file.map(|file| file.path()));
    let mut files: Vec<_> = files.collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == kind));
    files.sort();
    Ok(files)
}

/// The notes, oldest first.
fn notes(db: &Database) -> ara::Result<Vec<NonEmptyString<200>>> {
    let notes = db.query::<Note>().narrow(Note::text).order_by(Note::created_at).order_by(Note::id);
    notes.select(Note::text).all()
}

/// Two devices and a stick, which goes from one to the other and back.
fn demonstrate() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stick = folder.path().join("stick");
    let laptop = Database::open(folder.path().join("laptop.db"))?;
    let phone = Database::open(folder.path().join("phone.db"))?;
    let texts = (1..=20_000).map(|number| Note::draft().text(format!("Think of number {number}")));
    laptop.create_all(texts)?;
    let milk = phone.create(Note::draft().text("Buy milk"))?;

    assert_eq!(export(&laptop, &stick)?, 20_000);
    assert_eq!(import(&phone, &stick)?, 20_000);
    // Of the phone's changes only its own are new to the stick.
    assert_eq!(export(&phone, &stick)?, 1);
    assert_eq!(import(&laptop, &stick)?, 1);
    laptop.update(Note::patch(milk).text("Buy oat milk"))?;
    assert_eq!(export(&laptop, &stick)?, 1);
    assert_eq!(export(&laptop, &stick)?, 0);
    assert_eq!(import(&phone, &stick)?, 1);
    assert_eq!(export(&phone, &stick)?, 0);

    // Who comes later finds all of it.
    let tablet = Database::open(folder.path().join("tablet.db"))?;
    assert_eq!(import(&tablet, &stick)?, 20_002);
    let expected = notes(&laptop)?;
    assert!(expected.iter().any(|note| &**note == "Buy oat milk"));
    for db in [&laptop, &phone, &tablet] {
        assert_eq!(notes(db)?, expected);
        assert!(db.verify()?.holds());
    }
    println!("three devices have the same {} notes", expected.len());
    Ok(())
}
