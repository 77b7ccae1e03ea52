//! Undoing: step by step, what a merge brought, and a large transaction.

use std::time::Duration;

use ara::prelude::*;
use ara::{Result, TransactionId};
use ara_measure::{Figure, ROUNDS, Report, made, median, timed};
use tempfile::TempDir;

use crate::tables::{Task, create_tasks, send, task};

/// Undoes the edits of a row one by one, the last one first.
pub fn steps(report: &mut Report) -> Result<()> {
    let names @ [first, last, after, slowest] = [
        "undo, one step: the 1st",
        "undo, one step: the 4,000th",
        "undo, one step: after 4,000 earlier ones",
        "undo, one step: the slowest of them",
    ];
    if !report.wants_any(&names) {
        return Ok(());
    }
    let earlier = report.size(4000).max(ROUNDS);
    let dir = TempDir::new().expect("a folder for the file");
    let db = Database::open(dir.path().join("ara.db"))?;
    let id = db.create(task(7))?;
    let edits: Vec<_> = (0..earlier + ROUNDS)
        .map(|n| {
            db.update(Task::patch(id).stars(-1 - n as i64))?;
            Ok(db.last_transaction()?.expect("was written"))
        })
        .collect::<Result<_>>()?;
    let times = made("undo, one step: the earlier ones", || {
        edits.iter().rev().map(|edit| undo_step(&db, *edit)).collect::<Result<Vec<_>>>()
    })?;
    assert_eq!(db.get(id)?.and_then(|task| task.stars), Some(7));
    let most = Some(Figure::millis(3));
    let (before, rest) = times.split_at(earlier);
    for (name, times) in
        [(first, &before[..ROUNDS]), (last, &before[earlier - ROUNDS..]), (after, rest)]
    {
        report.add(name, Figure::Time(median(times)), most);
    }
    report.add(slowest, Figure::Time(times.iter().max().copied().unwrap_or_default()), None);
    Ok(())
}

fn undo_step(db: &Database, edit: TransactionId) -> Result<Duration> {
    let (time, undone) = timed(|| db.undo(edit));
    assert_eq!(undone?.written, 1);
    Ok(time)
}

/// Undoes what another device did to many rows, each in a transaction of its own.
pub fn merged(report: &mut Report) -> Result<()> {
    let name = "undo of a merge's 800 transactions, log of 100,000";
    if !report.wants(name) {
        return Ok(());
    }
    let (transactions, log) = (report.size(800), report.size(100_000));
    let dir = TempDir::new().expect("a folder for the file");
    let db = Database::open(dir.path().join("ara.db"))?;
    let (ids, brought) = made(name, || -> Result<_> {
        let ids = create_tasks(&db, transactions)?;
        create_tasks(&db, log - transactions)?;
        let other = Database::memory()?;
        send(&db, &other)?;
        for id in &ids {
            other.update(Task::patch(*id).title("Overwritten").stars(-1))?;
        }
        let merged = send(&other, &db)?.into_iter().flat_map(|merged| merged.transactions);
        Ok((ids, merged.collect::<Vec<_>>()))
    })?;
    assert_eq!(brought.len(), transactions);
    let (time, undone) = timed(|| db.undo_all(brought.into_iter().rev()));
    assert_eq!(undone?.written, 2 * transactions as u64);
    for (n, id) in ids.into_iter().enumerate() {
        assert_eq!(db.get(id)?.and_then(|task| task.stars), Some(n as i64));
    }
    report.add(name, Figure::Time(time), Some(Figure::millis(500)));
    Ok(())
}

/// Undoes a transaction that created many rows.
pub fn large(report: &mut Report) -> Result<()> {
    let name = "undo of a transaction of 1,000,000 rows";
    if !report.wants(name) {
        return Ok(());
    }
    let rows = report.size(1_000_000);
    let dir = TempDir::new().expect("a folder for the file");
    let db = Database::open(dir.path().join("ara.db"))?;
    made(name, || db.create_all((0..rows).map(task)))?;
    let transaction = db.last_transaction()?.expect("was written");
    let (time, undone) = timed(|| db.undo(transaction));
    assert_eq!(undone?.left, 0);
    assert_eq!(db.query::<Task>().count()?, 0);
    report.add(name, Figure::Time(time), Some(Figure::millis(8000)));
    Ok(())
}
