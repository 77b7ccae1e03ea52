//! Killed while it mends a damaged log, a file is as damaged as before, or as whole as it can be.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use support::cases::scaled;
use support::random::Random;
use support::{child, disk, log};

use crate::kill::{Note, NoteRow, TestResult, id, killed};

/// The child: rebuilds once.
#[test]
fn mender() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("start");
    let db = disk::open(path)?;
    child::tell("opened");
    db.rebuild()?;
    child::tell("done");
    Ok(())
}

/// Small transactions, and large ones that lie in several pieces.
fn make(path: &Path) -> TestResult {
    let db = disk::open(path)?;
    for number in 0..20 {
        let note = Note::draft().id(id(number % 7)).number(number as i64);
        db.upsert(note.text("x".repeat(number as usize)))?;
        if number % 8 == 0 {
            db.create_all((0..100).map(|n| Note::draft().number(n).text("y".repeat(1_000))))?;
        }
    }
    Ok(())
}

/// What can be put right: a bit is flipped, two pieces have changed their places, rows are gone.
fn damage(path: &Path) -> TestResult {
    let sqlite = disk::sqlite(path)?;
    let places: Vec<i64> = sqlite
        .prepare("SELECT pos FROM ara_log ORDER BY pos")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let (first, last) = (places[1], places[places.len() - 2]);
    for (from, to) in [(first, -1), (last, first), (-1, last)] {
        sqlite.execute("UPDATE ara_log SET pos = ?2 WHERE pos = ?1", (from, to))?;
    }
    let mut data: Vec<u8> =
        sqlite
            .query_row("SELECT data FROM ara_log WHERE pos = ?1", [places[0]], |row| row.get(0))?;
    data[40] ^= 4;
    sqlite.execute("UPDATE ara_log SET data = ?1 WHERE pos = ?2", (data, places[0]))?;
    sqlite.execute("DELETE FROM note WHERE number % 3 = 0", [])?;
    Ok(())
}

fn notes(path: &Path) -> TestResult<Vec<NoteRow>> {
    Ok(disk::open(path)?.query::<Note>().with_deleted().order_by(Note::id).all()?)
}

#[test]
fn a_log_is_mended_whole_or_not_at_all() -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    let [whole, path] = ["whole.db", "notes.db"].map(|name| folder.path().join(name));
    make(&whole)?;
    let (before, log) = (notes(&whole)?, log::read(&disk::sqlite(&whole)?)?);
    damage(&whole)?;
    let damaged = notes(&whole)?;
    assert!(damaged.len() < before.len());
    for round in 0..scaled(12) {
        println!("round {round}");
        let _ = fs::remove_file(&path);
        fs::copy(&whole, &path)?;
        let (mut is_done, until) = (false, ["opened", "done"][usize::from(random.below(8) == 0)]);
        killed::run("kill::mending::mender", &path, &mut random, |line| {
            is_done |= line == "done";
            line == until
        })?;
        let kept = notes(&path)?;
        assert!(kept == before || !is_done && kept == damaged);
        let db = disk::open(&path)?;
        assert_eq!(db.verify()?.holds(), kept == before);
        db.rebuild()?;
        assert!(db.verify()?.holds());
        assert_eq!(notes(&path)?, before);
        assert!(log::read(&disk::sqlite(&path)?)? == log);
    }
    Ok(())
}
