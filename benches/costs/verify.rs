//! Verifying a long log of many tables, in a process of its own, whose memory is measured.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ara::prelude::*;
use ara::{Result, Uuid};
use tempfile::TempDir;

use crate::many_tables::{App, TABLES};
use crate::process::Usage;
use crate::random::Random;
use crate::report::{Figure, Report, made, timed};
use crate::tables::AT_ONCE;

/// The argument that makes a process verify a file, whose path follows.
pub const CHILD: &str = "--verify-file=";

pub fn verify(report: &mut Report) -> Result<()> {
    let names @ [time, memory, temporary] = [
        "verify 1,000,000 changes in 256 tables",
        "verify 1,000,000 changes in 256 tables: memory",
        "verify 1,000,000 changes in 256 tables: files written",
    ];
    if !report.wants_any(&names) {
        return Ok(());
    }
    let dir = TempDir::new().expect("a folder for the file");
    let path = dir.path().join("ara.db");
    let rows = report.size(1_000_000) / 2;
    made(time, || make(&path, rows))?;
    let program = std::env::current_exe().expect("this program has a path");
    let argument = format!("{CHILD}{}", path.display());
    let output = Command::new(program).arg(argument).output().expect("this program runs again");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the process that verifies failed: {errors}");
    let told = String::from_utf8_lossy(&output.stdout);
    let mut numbers = told.split_whitespace().map(|number| number.parse().expect("a number"));
    let changes = numbers.next().expect("the changes are told");
    assert!(changes >= 2 * rows as u64);
    let micros = numbers.next().expect("the time is told");
    report.add(time, Figure::Time(Duration::from_micros(micros)), Some(Figure::millis(4000)));
    for (name, most) in [(memory, 64), (temporary, 0)] {
        if let Some(bytes) = numbers.next() {
            report.add(name, Figure::Memory(bytes), Some(Figure::megabytes(most)));
        }
    }
    Ok(())
}

/// Verifies a file, and prints how many microseconds that took, by how many bytes the memory grew at most,
/// and how many bytes were written.
pub fn in_child(path: &Path) -> Result<()> {
    let db = Database::open(path)?;
    let before = Usage::now();
    let (time, found) = timed(|| db.verify());
    let after = Usage::now();
    let found = found?;
    assert!(found.holds());
    println!("{} {}", found.changes, time.as_micros());
    if let (Some(before), Some(after)) = (before, after) {
        println!("{} {}", after.peak - before.memory, after.written - before.written);
    }
    Ok(())
}

/// Makes rows in all tables by turns, then updates as many, here and there.
fn make(path: &Path, rows: usize) -> Result<()> {
    let db = Database::open(path)?;
    db.ensure::<App>()?;
    let mut made: Vec<Vec<Uuid>> = vec![Vec::new(); TABLES.len()];
    for (turn, start) in (0..rows).step_by(AT_ONCE).enumerate() {
        let table = turn % TABLES.len();
        db.transaction(|tx| {
            for n in start..rows.min(start + AT_ONCE) {
                made[table].push(TABLES[table](tx, None, n as i64)?);
            }
            Ok(())
        })?;
    }
    let mut random = Random::new(2);
    for (turn, start) in (0..rows).step_by(AT_ONCE).enumerate() {
        let table = turn % TABLES.len();
        db.transaction(|tx| {
            for n in start..rows.min(start + AT_ONCE) {
                let id = made[table][random.below(made[table].len())];
                // A number that no row has, so that each update is a change.
                TABLES[table](tx, Some(id), -1 - n as i64)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
