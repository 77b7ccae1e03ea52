//! A long log of many tables.

mod schema;

use std::path::Path;

use ara::{Database, Result, Uuid};
use ara_measure::{Random, Report, made};
use tempfile::TempDir;

use crate::compact::twice;
use crate::tables::AT_ONCE;
use crate::verify::verify;
use schema::{App, TABLES};

const VERIFY: [&str; 3] = [
    "verify 1,000,000 changes in 256 tables",
    "verify 1,000,000 changes in 256 tables: memory",
    "verify 1,000,000 changes in 256 tables: files written",
];

const COMPACT: [&str; 2] =
    ["compact 1,000,000 changes in 256 tables", "compact 1,000,000 changes in 256 tables, again"];

pub fn many_tables(report: &mut Report) -> Result<()> {
    if !report.wants_any(&VERIFY) && !report.wants_any(&COMPACT) {
        return Ok(());
    }
    let rows = report.size(1_000_000) / 2;
    let dir = TempDir::new().expect("a folder for the file");
    let path = dir.path().join("ara.db");
    made("a log of 1,000,000 changes in 256 tables", || make(&path, rows))?;
    verify(report, VERIFY, &path, 2 * rows);
    if report.wants_any(&COMPACT) {
        twice(report, COMPACT, &path)?;
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
