//! The work that is measured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ara::prelude::*;
use ara::{Database, Result};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::by_hand;
use crate::fifty;
use crate::pages;
use crate::report::{Figure, ROUNDS, Report, Target, median, timed};
use crate::tables::{Task, Values, draft, values};

pub const ROWS: usize = 100_000;
const LARGE_ROWS: usize = 20_000;
pub const SMALL_TRANSACTIONS: usize = 10_000;
pub const NOTE: usize = 20;
const LARGE_NOTE: usize = 2000;

/// A file of each side, empty or with the same rows.
pub struct Pair {
    dir: TempDir,
    pub db: Database,
    pub by_hand: Connection,
    pub ids: Vec<Id<Task>>,
}

impl Pair {
    pub fn empty() -> Result<Self> {
        let dir = TempDir::new().expect("a folder for the files");
        let db = Database::open(dir.path().join("ara.db"))?;
        db.ensure::<Task>()?;
        let by_hand = by_hand::open(&dir.path().join("hand.db"))?;
        Ok(Self { dir, db, by_hand, ids: Vec::new() })
    }

    pub fn filled(values: &[Values]) -> Result<Self> {
        let mut pair = Self::empty()?;
        pair.ids = pair.db.create_all(values.iter().map(draft))?;
        insert_by_hand(&pair.by_hand, &pair.ids, values)?;
        Ok(pair)
    }

    /// Empties the logs that lie beside the files: the next commit would pay for them.
    pub fn checkpoint(&self) -> Result<()> {
        for file in ["ara.db", "hand.db"] {
            let connection = Connection::open(self.path(file))?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        }
        Ok(())
    }

    /// The bytes that each side has on the disk.
    pub fn sizes(&self) -> Result<[Figure; 2]> {
        self.checkpoint()?;
        let size = |file| std::fs::metadata(self.path(file)).expect("is there").len();
        Ok(["ara.db", "hand.db"].map(|file| Figure::Bytes(size(file))))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

pub fn insert_by_hand(connection: &Connection, ids: &[Id<Task>], values: &[Values]) -> Result<()> {
    connection.execute_batch("BEGIN")?;
    let mut insert = by_hand::insert(connection)?;
    for (id, values) in ids.iter().zip(values) {
        by_hand::run_insert(&mut insert, id.uuid().as_bytes(), values)?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Ids that sort as they are made, for the side by hand.
fn ids(count: usize) -> Vec<Id<Task>> {
    (0..count as u128).map(|n| ara::Uuid::from_u128(0x0194 << 112 | n << 60 | n).into()).collect()
}

pub fn count(connection: &Connection) -> Result<usize> {
    let count: i64 = connection.query_row("SELECT count(*) FROM task", [], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}

pub fn mutations(report: &mut Report) -> Result<()> {
    for (name, count, note, most) in [
        ("create, one transaction", ROWS, NOTE, 1.6),
        ("create, one transaction, 2 KB", LARGE_ROWS, LARGE_NOTE, 2.0),
    ] {
        create(report, name, Target::Ratio(most), || values(count, note))?;
    }
    let values_each = || values(SMALL_TRANSACTIONS, NOTE);
    create_each(report, "create, each its own transaction", Target::Ratio(1.7), values_each)?;
    for (name, count, note) in [
        ("update one column by id", ROWS, NOTE),
        ("update one column by id, 2 KB", LARGE_ROWS, LARGE_NOTE),
    ] {
        update(report, name, Target::Ratio(2.0), || values(count, note))?;
    }
    delete(report)
}

pub fn create(
    report: &mut Report,
    name: &'static str,
    target: Target,
    values: impl FnOnce() -> Vec<Values>,
) -> Result<()> {
    if !report.wants(name) {
        return Ok(());
    }
    let values = values();
    let hand_ids = ids(values.len());
    report.compare(
        name,
        target,
        || {
            let pair = Pair::empty()?;
            let (time, ids) = timed(|| pair.db.create_all(values.iter().map(draft)));
            assert_eq!(ids?.len(), values.len());
            let found = pair.db.verify()?;
            assert!(found.holds() && found.rows == values.len() as u64);
            Ok(time)
        },
        || {
            let pair = Pair::empty()?;
            let (time, result) = timed(|| insert_by_hand(&pair.by_hand, &hand_ids, &values));
            result?;
            assert_eq!(count(&pair.by_hand)?, values.len());
            Ok(time)
        },
    )
}

pub fn create_each(
    report: &mut Report,
    name: &'static str,
    target: Target,
    values: impl FnOnce() -> Vec<Values>,
) -> Result<()> {
    if !report.wants(name) {
        return Ok(());
    }
    let values = values();
    let hand_ids = ids(values.len());
    report.compare(
        name,
        target,
        || {
            let pair = Pair::empty()?;
            let (time, result) =
                timed(|| values.iter().try_for_each(|row| pair.db.create(draft(row)).map(drop)));
            result?;
            let found = pair.db.verify()?;
            assert!(found.holds() && found.rows == values.len() as u64);
            Ok(time)
        },
        || {
            let pair = Pair::empty()?;
            let mut insert = by_hand::insert(&pair.by_hand)?;
            let (time, result) = timed(|| {
                hand_ids.iter().zip(&values).try_for_each(|(id, values)| {
                    by_hand::run_insert(&mut insert, id.uuid().as_bytes(), values)
                })
            });
            result?;
            assert_eq!(count(&pair.by_hand)?, values.len());
            Ok(time)
        },
    )
}

/// The rows in an order that has nothing to do with where they are.
fn shuffled(ids: &[Id<Task>]) -> Vec<Id<Task>> {
    (0..ids.len()).map(|n| ids[n * 7919 % ids.len()]).collect()
}

pub fn update(
    report: &mut Report,
    name: &'static str,
    target: Target,
    values: impl FnOnce() -> Vec<Values>,
) -> Result<()> {
    if !report.wants(name) {
        return Ok(());
    }
    let pair = Pair::filled(&values())?;
    let ids = shuffled(&pair.ids);
    let (mut our_round, mut hand_round) = (0.0, 0.0);
    report.compare(
        name,
        target,
        || {
            our_round += 1.0;
            let (time, result) = timed(|| {
                pair.db.transaction(|tx| {
                    ids.iter()
                        .try_for_each(|id| tx.update(Task::patch(*id).score(our_round)).map(drop))
                })
            });
            result?;
            let updated = pair.db.query::<Task>().filter(Task::score.eq(our_round)).count()?;
            assert_eq!(updated, ids.len() as u64);
            Ok(time)
        },
        || {
            hand_round += 1.0;
            let (time, result) = timed(|| {
                pair.by_hand.execute_batch("BEGIN")?;
                let mut update = pair
                    .by_hand
                    .prepare_cached("UPDATE task SET score = ?2, updated_at = ?3 WHERE id = ?1")?;
                for id in &ids {
                    let now = Timestamp::now().millis();
                    update.execute(params![id.uuid().as_bytes(), hand_round, now])?;
                }
                pair.by_hand.execute_batch("COMMIT")
            });
            result?;
            let updated = "SELECT count(*) FROM task WHERE score = ?1";
            let updated: i64 = pair.by_hand.query_row(updated, [hand_round], |row| row.get(0))?;
            assert_eq!(usize::try_from(updated), Ok(ids.len()));
            Ok(time)
        },
    )
}

fn delete(report: &mut Report) -> Result<()> {
    let values = values(ROWS, NOTE);
    report.compare(
        "delete",
        Target::Ratio(2.0),
        || {
            let pair = Pair::filled(&values)?;
            let ids = shuffled(&pair.ids);
            let (time, result) = timed(|| {
                pair.db.transaction(|tx| ids.iter().try_for_each(|id| tx.delete(*id).map(drop)))
            });
            result?;
            assert_eq!(pair.db.query::<Task>().count()?, 0);
            Ok(time)
        },
        || {
            let pair = Pair::filled(&values)?;
            let ids = shuffled(&pair.ids);
            let (time, result) = timed(|| {
                pair.by_hand.execute_batch("BEGIN")?;
                let mut delete = pair.by_hand.prepare_cached("DELETE FROM task WHERE id = ?1")?;
                for id in &ids {
                    delete.execute([id.uuid().as_bytes()])?;
                }
                pair.by_hand.execute_batch("COMMIT")
            });
            result?;
            assert_eq!(count(&pair.by_hand)?, 0);
            Ok(time)
        },
    )
}

pub fn reads(report: &mut Report) -> Result<()> {
    let small = Pair::filled(&values(ROWS, NOTE))?;
    by_hand::become_reader(&small.by_hand)?;
    get(report, "get by id", Target::Ratio(1.1), &small)?;
    scan(report, "scan to narrowed rows", &small)?;
    pages::pages(report, &small)?;
    let large = Pair::filled(&values(LARGE_ROWS, LARGE_NOTE))?;
    by_hand::become_reader(&large.by_hand)?;
    scan(report, "scan to narrowed rows, 2 KB", &large)
}

pub fn get(report: &mut Report, name: &'static str, target: Target, pair: &Pair) -> Result<()> {
    let ids = shuffled(&pair.ids);
    report.compare(
        name,
        target,
        || {
            let (time, found) = timed(|| -> Result<usize> {
                let mut found = 0;
                for id in &ids {
                    found += usize::from(pair.db.get(*id)?.is_some_and(|row| row.title.is_some()));
                }
                Ok(found)
            });
            assert_eq!(found?, ids.len());
            Ok(time)
        },
        || {
            let mut get = pair.by_hand.prepare_cached("SELECT * FROM task WHERE id = ?1")?;
            let (time, found) = timed(|| -> rusqlite::Result<usize> {
                let mut found = 0;
                for id in &ids {
                    let task = get.query_row([id.uuid().as_bytes()], by_hand::Task::read)?;
                    found += usize::from(!task.title.is_empty());
                }
                Ok(found)
            });
            assert_eq!(found?, ids.len());
            Ok(time)
        },
    )
}

fn scan(report: &mut Report, name: &'static str, pair: &Pair) -> Result<()> {
    report.compare(
        name,
        Target::Ratio(1.1),
        || {
            let query = pair.db.query::<Task>();
            let (time, rows) =
                timed(|| query.narrow(Task::title).narrow(Task::note).narrow(Task::stars).all());
            assert_eq!(rows?.len(), pair.ids.len());
            Ok(time)
        },
        || {
            let mut scan = pair.by_hand.prepare_cached("SELECT * FROM task")?;
            let (time, rows) = timed(|| {
                scan.query_map([], by_hand::Task::read)?.collect::<rusqlite::Result<Vec<_>>>()
            });
            assert_eq!(rows?.len(), pair.ids.len());
            Ok(time)
        },
    )
}

pub fn files(report: &mut Report) -> Result<()> {
    size(report)?;
    add_column(report)?;
    open(report)?;
    open_and_ensure(report)
}

fn size(report: &mut Report) -> Result<()> {
    let name = "file size after the inserts";
    if !report.wants(name) {
        return Ok(());
    }
    let [ours, by_hand] = Pair::filled(&values(ROWS, NOTE))?.sizes()?;
    report.add(name, Target::Ratio(2.5), ours, by_hand);
    Ok(())
}

mod grown {
    use ara::prelude::*;

    /// The task of the next version.
    #[derive(Table)]
    #[table(name = "task")]
    pub struct Task {
        pub id: Id<Task>,
        pub title: NonEmptyString<1000>,
        pub due: Option<Timestamp>,
    }
}

fn add_column(report: &mut Report) -> Result<()> {
    let names = ["add a column at 100,000 rows", "add a column at 1,000 rows"];
    for (name, rows) in names.into_iter().zip([ROWS, 1000]) {
        if !report.wants(name) {
            continue;
        }
        let rows = values(rows, NOTE);
        let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let pair = Pair::filled(&rows)?;
            pair.checkpoint()?;
            // The first write begins a new log, and waits for the disk.
            pair.db.delete(pair.ids[0])?;
            pair.by_hand
                .execute("DELETE FROM task WHERE id = ?1", [pair.ids[0].uuid().as_bytes()])?;
            let (time, result) = timed(|| pair.db.ensure::<grown::Task>());
            result?;
            ours.push(time);
            assert_eq!(pair.db.query::<grown::Task>().narrow(grown::Task::due).count()?, 0);
            let add = "ALTER TABLE task ADD COLUMN due";
            let (time, result) = timed(|| pair.by_hand.execute_batch(add));
            result?;
            by_hand.push(time);
        }
        let [ours, by_hand] = [ours, by_hand].map(|times| Figure::Time(median(times)));
        report.add(name, Target::Time(Duration::from_millis(1)), ours, by_hand);
    }
    Ok(())
}

/// Opening a file, and reading one row of it, against the same file without ara: SQLite itself reads
/// nothing before it must.
fn open(report: &mut Report) -> Result<()> {
    const OPENS: usize = 50;
    let name = "open, and read a row";
    if !report.wants(name) {
        return Ok(());
    }
    let Pair { dir, ids, db, by_hand } = Pair::filled(&values(1000, NOTE))?;
    let (id, path) = (ids[0], dir.path().join("ara.db"));
    // Closed, as an app finds its file.
    drop((db, by_hand));
    let per_open = |time: Duration| time / u32::try_from(OPENS).unwrap_or(u32::MAX);
    report.compare(
        name,
        Target::Ratio(1.4),
        || {
            let (time, found) = timed(|| (0..OPENS).all(|_| opens(&path, id).unwrap_or(false)));
            assert!(found);
            Ok(per_open(time))
        },
        || {
            let (time, found) =
                timed(|| (0..OPENS).all(|_| opens_by_hand(&path, id).unwrap_or(false)));
            assert!(found);
            Ok(per_open(time))
        },
    )
}

/// The same of a file of 50 tables, all of which the app ensures first: there is nothing to do.
fn open_and_ensure(report: &mut Report) -> Result<()> {
    const OPENS: usize = 50;
    let name = "open, ensure 50 unchanged tables, read a row";
    if !report.wants(name) {
        return Ok(());
    }
    let dir = TempDir::new().expect("a folder for the files");
    let path = dir.path().join("ara.db");
    let db = Database::open(&path)?;
    db.ensure::<fifty::App>()?;
    let id = db.create(fifty::T00::draft().title("Water the plants"))?;
    db.create_all((0..1000).map(|n| fifty::T00::draft().title(format!("Plant {n}"))))?;
    let history = db.query::<ara::SchemaHistory>().narrow_all().one()?;
    assert_eq!(history.snapshot.tables.len(), 50);
    drop(db);
    let before = std::fs::read(&path).expect("is there");
    let ours = || -> Result<bool> {
        let db = Database::open(&path)?;
        db.ensure::<fifty::App>()?;
        Ok(db.get(id)?.is_some())
    };
    let by_hand = || -> rusqlite::Result<bool> {
        let connection = by_hand::bare(&path)?;
        let mut get = connection.prepare_cached("SELECT * FROM t00 WHERE id = ?1")?;
        get.exists([id.uuid().as_bytes()])
    };
    let per_open = |time: Duration| time / u32::try_from(OPENS).unwrap_or(u32::MAX);
    report.compare(
        name,
        Target::Ratio(1.3),
        || {
            let (time, found) = timed(|| (0..OPENS).all(|_| ours().unwrap_or(false)));
            assert!(found);
            Ok(per_open(time))
        },
        || {
            let (time, found) = timed(|| (0..OPENS).all(|_| by_hand().unwrap_or(false)));
            assert!(found);
            Ok(per_open(time))
        },
    )?;
    assert!(std::fs::read(&path).expect("is there") == before, "nothing is written");
    Ok(())
}

fn opens(path: &Path, id: Id<Task>) -> Result<bool> {
    Ok(Database::open(path)?.get(id)?.is_some())
}

fn opens_by_hand(path: &Path, id: Id<Task>) -> rusqlite::Result<bool> {
    let connection = by_hand::bare(path)?;
    let mut get = connection.prepare_cached("SELECT * FROM task WHERE id = ?1")?;
    get.exists([id.uuid().as_bytes()])
}
