//! Where no temporary file can be made, or only a small one: SQLite makes one for what is large and not in the file,
//! such as rows that are sorted.

use std::fs;
use std::process::{Command, Stdio};

use ara::prelude::*;
use support::{Outcome, There, child, disk, verified};

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    title: String,
    number: Option<i64>,
}

/// Some 15 MB, which no cache of SQLite's holds.
const ROWS: i64 = 20_000;

fn fill(db: &Database) -> ara::Result<()> {
    for batch in 0..ROWS / 1000 {
        db.create_all((0..1000).map(|at| {
            let number = (batch * 1000 + at) * 7919 % ROWS;
            Note::draft().title(format!("{number} {}", "x".repeat(600))).number(number)
        }))?;
    }
    Ok(())
}

/// The most memory that this process has had, in MB, where the system tells.
fn most_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? >> 10)
}

/// What reads alone.
fn read(db: &Database) -> Outcome {
    let sorted = db.query::<Note>().order_by(Note::title).all()?;
    assert_eq!(sorted.len(), ROWS as usize);
    drop(sorted);
    let past = db.at(Timestamp::now());
    assert_eq!(past.query::<Note>().order_by(Note::title).limit(3).all()?.len(), 3);
    assert_eq!(past.query::<Note>().order_by(Note::title).all()?.len(), ROWS as usize);
    let one = past.query::<Note>().first()?.there()?;
    assert_eq!(db.history(one.id)?.len(), 1);
    verified(db)
}

/// The child: its files cannot grow beyond 100 or 200 KB, so it can write into a file no more than is
/// needed to open it.
#[test]
fn limited() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    read(&db)?;
    child::tell(&format!("{} MB", most_memory().unwrap_or_default()));
    Ok(())
}

#[test]
fn reads_need_none_that_is_large() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    fill(&disk::open(&path)?)?;
    let child = child::command("temporary::limited", &path)?;
    let mut limited = Command::new("sh");
    limited.arg("-c").arg("trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"");
    limited.arg(child.get_program()).args(child.get_args());
    limited.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.stdout(Stdio::piped()).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let megabytes = told.lines().find_map(|line| line.split_once("> ")?.1.strip_suffix(" MB"));
    let megabytes: u64 = megabytes.there()?.parse()?;
    println!("{megabytes} MB");
    assert!(megabytes < 150, "{megabytes} MB");
    Ok(())
}

/// In a transaction as well, where indexes are made, and what a savepoint may have to put back is kept.
#[test]
fn none_is_made_beside_what_is_written() -> Outcome {
    let folder = tempfile::tempdir()?;
    let db = disk::open(folder.path().join("notes.db"))?;
    db.ensure::<Note>()?;
    const IN_MEMORY: i64 = 2;
    let ask = "SELECT temp_store FROM pragma_temp_store";
    assert_eq!(db.sql::<(i64,)>(ask).one()?, (IN_MEMORY,));
    db.transaction(|tx| {
        assert_eq!(tx.sql::<(i64,)>(ask).one()?, (IN_MEMORY,));
        Ok(())
    })?;
    Ok(())
}
