//! Verifying a long log, in a process of its own, whose memory is measured.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ara::{Database, Result};
use ara_measure::{Figure, Report, Usage, timed};

/// The argument that makes a process verify a file, whose path follows.
pub const CHILD: &str = "--verify-file=";

/// The rows about a log of one table: what is sorted at once is largest there.
pub const ONE_TABLE: [&str; 3] = [
    "verify 1,000,000 changes in one table",
    "verify 1,000,000 changes in one table: memory",
    "verify 1,000,000 changes in one table: files written",
];

/// Verifies a file in another process: how long that takes, by how much its memory grows, and what it writes,
/// which could only be temporary files.
pub fn verify(report: &mut Report, names: [&str; 3], path: &Path, changes: usize) {
    if !report.wants_any(&names) {
        return;
    }
    let [time, memory, written] = names;
    let program = std::env::current_exe().expect("this program has a path");
    let argument = format!("{CHILD}{}", path.display());
    let output = Command::new(program).arg(argument).output().expect("this program runs again");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the process that verifies failed: {errors}");
    let told = String::from_utf8_lossy(&output.stdout);
    let mut numbers = told.split_whitespace().map(|number| number.parse().expect("a number"));
    assert!(numbers.next() >= Some(changes as u64));
    let micros = numbers.next().expect("the time is told");
    report.add(time, Figure::Time(Duration::from_micros(micros)), Some(Figure::millis(4000)));
    for (name, most) in [(memory, 64), (written, 0)] {
        if let Some(bytes) = numbers.next() {
            report.add(name, Figure::Memory(bytes), Some(Figure::megabytes(most)));
        }
    }
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
