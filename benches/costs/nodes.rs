//! Logs of thousands of nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ara::prelude::*;
use ara::{Changes, Result, VersionVector};
use ara_measure::{Figure, Report, made, median_time, timed};
use tempfile::TempDir;

use crate::tables::{Article, send, task};

/// How many transactions each node writes.
const EACH: usize = 5;

/// How many nodes meet before they meet the others: a merge takes longer the more nodes are known.
const GROUP: usize = 64;

pub fn transactions(report: &mut Report) -> Result<()> {
    let names @ [page, all] =
        ["first page of transactions, 4,000 nodes x 5", "all transactions, 4,000 nodes x 5"];
    if !report.wants_any(&names) {
        return Ok(());
    }
    let nodes = report.size(4000);
    let dir = TempDir::new().expect("a folder for the file");
    let db = Database::open(dir.path().join("ara.db"))?;
    made(page, || {
        gather(&db, nodes, &[], |node, n, wall| {
            (0..EACH).try_for_each(|turn| {
                wall.set(turn * nodes + n);
                node.create(task(n)).map(drop)
            })
        })
    })?;
    let (time, read) = median_time(|| db.transactions().take(20).collect::<Result<Vec<_>>>())?;
    assert_eq!(read.len(), 20.min(EACH * nodes));
    report.add(page, Figure::Time(time), Some(Figure::millis(20)));
    let (time, read) = median_time(|| db.transactions().collect::<Result<Vec<_>>>())?;
    assert_eq!(read.len(), EACH * nodes);
    assert!(read.is_sorted_by_key(|transaction| std::cmp::Reverse(transaction.time)));
    report.add(all, Figure::Time(time), Some(Figure::millis(200)));
    Ok(())
}

pub fn counter(report: &mut Report) -> Result<()> {
    let name = "a counter of 4,000 nodes, to a fresh device";
    if !report.wants(name) {
        return Ok(());
    }
    let nodes = report.size(4000);
    let dir = TempDir::new().expect("a folder for the files");
    let [db, fresh] = ["ara.db", "fresh.db"].map(|name| Database::open(dir.path().join(name)));
    let (db, fresh) = (db?, fresh?);
    let id = made(name, || -> Result<_> {
        let first = Wall::new().memory()?;
        let id = first.create(Article::draft().title("Read by all").views(0))?;
        let known = first.changes_since(&VersionVector::default())?.collect::<Result<Vec<_>>>()?;
        gather(&db, nodes, &known, |node, n, wall| {
            wall.set(n);
            node.update(Article::patch(id).views(Counter::add(1))).map(drop)
        })?;
        Ok(id)
    })?;
    let (time, merged) = timed(|| send(&db, &fresh));
    assert_eq!(merged?.iter().map(|merged| merged.transactions.len()).sum::<usize>(), nodes + 1);
    for db in [db, fresh] {
        assert!(
            db.get(id)?.is_some_and(|article| article.views == Some(Counter::from(nodes as i64)))
        );
    }
    report.add(name, Figure::Time(time), Some(Figure::millis(100)));
    Ok(())
}

/// Merges what many nodes write, each of which knows some changes of others.
fn gather(
    into: &Database,
    nodes: usize,
    known: &[Changes],
    write: impl Fn(&Database, usize, &Wall) -> Result<()>,
) -> Result<()> {
    let wall = Wall::new();
    for start in (0..nodes).step_by(GROUP) {
        let group = Database::memory()?;
        for n in start..nodes.min(start + GROUP) {
            let node = wall.memory()?;
            known.iter().try_for_each(|changes| node.merge(changes).map(drop))?;
            write(&node, n, &wall)?;
            send(&node, &group)?;
        }
        send(&group, into)?;
    }
    Ok(())
}

/// A clock that is set, so that the transactions of all nodes lie between each other.
struct Wall {
    start: i64,
    millis: Arc<AtomicI64>,
}

impl Wall {
    /// A clock that is set to an hour ago.
    fn new() -> Self {
        let start = Timestamp::now().millis() - 3_600_000;
        Self { start, millis: Arc::new(AtomicI64::new(start)) }
    }

    /// Sets it to so many milliseconds after its start.
    fn set(&self, millis: usize) {
        self.millis.store(self.start + 1 + millis as i64, Ordering::Relaxed);
    }

    fn memory(&self) -> Result<Database> {
        let millis = Arc::clone(&self.millis);
        let now = move || Timestamp::from_millis(millis.load(Ordering::Relaxed));
        Database::options().clock(now).memory()
    }
}
