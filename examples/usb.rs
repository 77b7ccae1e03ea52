//! Devices that share a folder: on a USB stick that is carried from one to the other, or a folder that another
//! program synchronizes.
//!
//! ```text
//! cargo run --example usb --features wire -- write notes.db "Buy milk"     # a note, to begin with
//! cargo run --example usb --features wire -- sync notes.db stick/ laptop   # the phone: sync .. stick/ phone
//! cargo run --example usb --features wire -- list notes.db
//! cargo run --example usb --features wire -- compact notes.db stick/       # drops what was overwritten
//! ```
//!
//! Without arguments, three databases demonstrate it in a temporary folder.
//!
//! Each device has a name, and two files that only it writes: `laptop.vector` is its version vector, and
//! `laptop.changes` has the changes that it knows and other devices lack, according to their vectors. Each
//! sync writes both to temporary files and renames them into place. What is in the folder is read, never
//! assumed: a damaged or deleted file is repaired when its owner syncs next, a sync that is killed leaves the
//! old file or the new one, and the folder can be emptied at any time.
//!
//! A new device may find only changes that were meant for others. It leaves its vector, and finds everything
//! once another device has synced. If changes are still missing, `sync` tells from which devices, and exits
//! with 2.
//!
//! A database that was restored from a backup keeps its name, and gets back what it has put into the folder. A
//! copy on another device gets a name of its own. If a device is lost, delete its two files: otherwise the
//! others keep all that it lacks, in their files too, and cannot compact it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use ara::prelude::*;
use ara::{Changes, Reason, VersionVector};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The devices whose changes are still missing, and why.
type Awaited = BTreeMap<String, String>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: NonEmptyString<200>,
}

const HELP: &str = "write FILE TEXT, list FILE, sync FILE FOLDER NAME, or compact FILE FOLDER
NAME is this device's own. Of a device that is lost, delete the two files in FOLDER: the others \
keep for it all that it lacks, and cannot compact that.";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(awaited) if awaited.is_empty() => ExitCode::SUCCESS,
        Ok(awaited) => {
            awaited.values().for_each(|why| println!("{why}"));
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Outcome<Awaited> {
    match arguments {
        [] => demonstrate()?,
        ["write", file, text] => {
            Database::open(file)?.create(Note::draft().text(*text))?;
        }
        ["list", file] => notes(&Database::open(file)?)?.iter().for_each(|note| println!("{note}")),
        ["sync", file, folder, name] => {
            return sync(&Database::open(file)?, Path::new(folder), name);
        }
        ["compact", file, folder] => {
            let dropped = compact(&Database::open(file)?, Path::new(folder))?;
            println!("{dropped} values dropped");
        }
        _ => return Err(HELP.into()),
    }
    Ok(Awaited::new())
}

/// Merges what the other devices have put into the folder, and puts there what they lack.
fn sync(db: &Database, folder: &Path, own: &str) -> Outcome<Awaited> {
    if own.is_empty() || own.starts_with('.') || own.contains(['/', '\\']) {
        return Err(format!("{own:?} cannot be the name of files").into());
    }
    fs::create_dir_all(folder)?;
    let mut vectors = vectors(folder)?;
    // Changes in one file may build on those in another, so the files are merged until nothing new comes. This
    // device's own file has something new if its database was restored.
    let mut awaited = loop {
        let (mut new, mut awaited) = (0, Awaited::new());
        for name in vectors.keys() {
            let (brought, why) = take(db, folder, name)?;
            new += brought;
            awaited.extend(why.map(|why| (name.clone(), why)));
        }
        if new == 0 || awaited.is_empty() {
            break awaited;
        }
    };
    vectors.remove(own);
    awaited.remove(own);

    // Read before the changes: what is written in between may be in the file already, and is never missing.
    let vector = db.version_vector()?;
    for (name, theirs) in &vectors {
        let why = match theirs {
            None => damaged(name, "vector"),
            Some(theirs) if vector.clone().intersection(theirs) != *theirs => more(name),
            Some(_) => continue,
        };
        awaited.entry(name.clone()).or_insert(why);
    }
    // A device without a vector is assumed to know nothing.
    let others = vectors.into_values().map(Option::unwrap_or_default);
    let known = others.reduce(|some, more| some.intersection(&more)).unwrap_or_default();
    let lacking = db.changes_since(&known)?;
    write(&folder.join(format!("{own}.changes")), |file| {
        let mut written = 0;
        for changes in lacking {
            let changes = changes?;
            changes.write_to(&mut *file)?;
            written += changes.len();
            println!("into {own}.changes: {written} changes");
        }
        Ok(Changes::write_end(file)?)
    })?;
    write(&folder.join(format!("{own}.vector")), |file| Ok(file.write_all(&vector.to_bytes())?))?;
    Ok(awaited)
}

/// Drops overwritten values from the log, as far as all devices know them. Returns their number.
fn compact(db: &Database, folder: &Path) -> Outcome<u64> {
    let mut devices = vec![db.version_vector()?];
    for (name, theirs) in vectors(folder)? {
        devices.push(theirs.ok_or_else(|| damaged(&name, "vector"))?);
    }
    Ok(db.compact(&devices)?.dropped_values)
}

/// The vectors of the devices that have files in the folder, as far as they can be read.
fn vectors(folder: &Path) -> Outcome<BTreeMap<String, Option<VersionVector>>> {
    let mut vectors = BTreeMap::new();
    for file in fs::read_dir(folder)? {
        let file = file?.file_name();
        // Hidden files belong to other programs.
        let file = file.to_str().filter(|file| !file.starts_with('.'));
        if let Some((name, "vector" | "changes")) = file.and_then(|file| file.rsplit_once('.')) {
            let bytes = fs::read(folder.join(format!("{name}.vector"))).ok();
            let vector = bytes.and_then(|bytes| VersionVector::from_bytes(&bytes).ok());
            vectors.insert(name.to_owned(), vector);
        }
    }
    Ok(vectors)
}

/// Merges what a device has put there. Returns the number of new changes, and why there may be more.
fn take(db: &Database, folder: &Path, name: &str) -> Outcome<(u64, Option<String>)> {
    let file = match File::open(folder.join(format!("{name}.changes"))) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((0, None)),
        file => file?,
    };
    let (mut new, mut why) = (0, None);
    for changes in Changes::read_from(BufReader::new(file)) {
        let changes = match changes {
            Ok(changes) => changes,
            Err(error @ ara::Error::NewerChanges { .. }) => {
                return Ok((new, Some(format!("{name}.changes: {error}"))));
            }
            Err(_) => return Ok((new, Some(damaged(name, "changes")))),
        };
        let report = db.merge(&changes)?;
        new += report.changes;
        println!("from {name}.changes: {new} new changes");
        for refused in report.refused {
            why = Some(match refused.reason {
                Reason::Unconnected => more(name),
                _ => format!("{name}.changes: {refused}"),
            });
        }
    }
    Ok((new, why))
}

fn damaged(name: &str, kind: &str) -> String {
    format!("{name}.{kind} is missing or damaged: {name} puts it right when it syncs next")
}

fn more(name: &str) -> String {
    format!("{name} has more, and leaves it here when it syncs next: sync again after that")
}

/// Writes a file so that it is either complete, and on the stick itself, or as it was before.
fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> Outcome) -> Outcome {
    let unfinished = path.with_added_extension("unfinished");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    fill(&mut file)?;
    file.into_inner()?.sync_all()?;
    Ok(fs::rename(unfinished, path)?)
}

/// The notes, oldest first.
fn notes(db: &Database) -> ara::Result<Vec<NonEmptyString<200>>> {
    let notes = db.query::<Note>().narrow(Note::text).order_by(Note::created_at).order_by(Note::id);
    notes.select(Note::text).all()
}

/// Three devices, one of which joins later, and a folder that gets damaged.
fn demonstrate() -> Outcome {
    let home = tempfile::tempdir()?;
    let stick = &home.path().join("stick");
    let open = |name: &str| Database::open(home.path().join(name).with_extension("db"));
    let (laptop, phone, tablet) = (open("laptop")?, open("phone")?, open("tablet")?);
    let awaited =
        |db, name| -> Outcome<Vec<_>> { Ok(sync(db, stick, name)?.into_keys().collect()) };
    let nobody: [&str; 0] = [];
    laptop.create_all((1..=20_000).map(|n| Note::draft().text(format!("Think of number {n}"))))?;
    let milk = phone.create(Note::draft().text("Buy milk"))?;
    for (db, name) in [(&laptop, "laptop"), (&phone, "phone"), (&laptop, "laptop")] {
        assert_eq!(awaited(db, name)?, nobody);
    }

    // Its owner repairs a damaged file.
    laptop.update(Note::patch(milk).text("Buy oat milk"))?;
    assert_eq!(awaited(&laptop, "laptop")?, nobody);
    File::options().write(true).open(stick.join("laptop.changes"))?.set_len(80)?;
    assert_eq!(awaited(&phone, "phone")?, ["laptop"]);
    assert_eq!(awaited(&laptop, "laptop")?, nobody);
    assert_eq!(awaited(&phone, "phone")?, nobody);

    // A new device lacks what the others know of each other, until one of them has seen its vector.
    tablet.create(Note::draft().text("Buy a pen"))?;
    assert_eq!(awaited(&tablet, "tablet")?, ["laptop", "phone"]);
    assert_eq!(awaited(&phone, "phone")?, nobody);
    assert_eq!(awaited(&tablet, "tablet")?, nobody);

    // Losing the folder loses nothing.
    phone.create(Note::draft().text("Make tea"))?;
    assert_eq!(awaited(&phone, "phone")?, nobody);
    fs::remove_dir_all(stick)?;
    let devices = [(&laptop, "laptop"), (&phone, "phone"), (&tablet, "tablet")];
    for (db, name) in devices.into_iter().chain(devices) {
        assert_eq!(awaited(db, name)?, nobody);
    }
    // By now, all devices know what was overwritten.
    assert_eq!(compact(&laptop, stick)?, 1);

    let (expected, vector) = (notes(&laptop)?, laptop.version_vector()?);
    assert!(expected.iter().any(|note| &**note == "Buy oat milk"));
    for (db, name) in devices {
        assert_eq!(awaited(db, name)?, nobody);
        assert_eq!((notes(db)?, db.version_vector()?), (expected.clone(), vector.clone()));
        assert!(db.verify()?.holds());
        assert!(fs::metadata(stick.join(format!("{name}.changes")))?.len() < 100);
    }
    println!("three devices have the same {} notes", expected.len());
    Ok(())
}
