//! Adding to counters, and merging what another device has added.

use ara::prelude::*;
use ara::{Result, Uuid};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::apart::{AT_ONCE, Apart, Later, MADE, time_here};
use crate::by_hand;
use crate::report::{Report, Target, timed};
use crate::work::ROWS;

/// An article, as an app would keep it that counts its views.
#[derive(Table)]
struct Article {
    id: Id<Article>,
    title: NonEmptyString<1000>,
    views: Counter,
}

/// The same by hand.
const SCHEMA: &str = "
    CREATE TABLE article (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        title TEXT NOT NULL, views INTEGER NOT NULL
    );";

const INSERT: &str = "INSERT INTO article VALUES (?1, ?2, ?2, ?3, 0)";

const ADD: &str = "UPDATE article SET views = views + ?2, updated_at = ?3 WHERE id = ?1";

/// What a merge by hand needs besides: what each node has added in all, so that to merge a change twice is
/// to merge it once, and a log of what is passed on to others.
const MERGE_SCHEMA: &str = "
    CREATE TABLE total (
        id BLOB, node INTEGER, time INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (id, node)
    ) WITHOUT ROWID;
    CREATE TABLE change (
        node INTEGER, time INTEGER, id BLOB NOT NULL, total INTEGER NOT NULL,
        PRIMARY KEY (node, time)
    ) WITHOUT ROWID;";

const LOG: &str = "INSERT INTO change VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

const TOTAL: &str = "INSERT INTO total VALUES (?3, ?1, ?2, ?4) ON CONFLICT DO UPDATE \
                     SET time = excluded.time, total = excluded.total WHERE excluded.time > time";

const SUM: &str = "UPDATE article SET views = (SELECT sum(total) FROM total WHERE total.id = ?1), \
                   updated_at = max(updated_at, ?2) WHERE id = ?1";

/// A change as it comes in, by hand.
struct Change {
    /// The milliseconds, and a counter below them.
    time: i64,
    id: [u8; 16],
    total: i64,
}

impl Change {
    fn new(time: i64, at: usize, id: Id<Article>, total: i64) -> Self {
        let time = (time << 16) + (at % AT_ONCE) as i64;
        Self { time, id: id.uuid().into_bytes(), total }
    }

    fn merge(&self, connection: &Connection, node: i64) -> rusqlite::Result<()> {
        let Self { time, id, total } = self;
        let change = params![node, time, id, total];
        if connection.prepare_cached(LOG)?.execute(change)? > 0
            && connection.prepare_cached(TOTAL)?.execute(change)? > 0
        {
            connection.prepare_cached(SUM)?.execute(params![id, time >> 16])?;
        }
        Ok(())
    }
}

pub fn counters(report: &mut Report) -> Result<()> {
    let names = ["add to a counter by id", "merge what was added to counters"];
    // The rows in an order that has nothing to do with where they are.
    let id = |n: usize| {
        let n = (n * 7919 % ROWS) as u128;
        Uuid::from_u128((MADE as u128) << 80 | 7 << 76 | 2 << 62 | n).into()
    };
    let ids: Vec<_> = (0..ROWS).map(id).collect();
    if report.wants(names[0]) {
        additions(report, names[0], &ids)?;
    }
    if report.wants(names[1]) {
        merge(report, names[1], &ids)?;
    }
    Ok(())
}

fn additions(report: &mut Report, name: &'static str, ids: &[Id<Article>]) -> Result<()> {
    let dir = TempDir::new().expect("a folder for the files");
    let db = Database::open(dir.path().join("ara.db"))?;
    make(&db, ids)?;
    let by_hand = by_hand::roomy(&dir.path().join("hand.db"))?;
    fill(&by_hand, ids)?;
    let (mut our_views, mut hand_views) = (0, 0);
    report.compare(
        name,
        Target::None,
        || {
            let (time, added) = timed(|| {
                db.transaction(|tx| {
                    ids.iter().try_for_each(|id| {
                        tx.update(Article::patch(*id).views(Counter::add(3))).map(drop)
                    })
                })
            });
            added?;
            our_views += 3;
            let viewed = db.query::<Article>().filter(Article::views.eq(our_views)).count()?;
            assert_eq!(viewed, ids.len() as u64);
            Ok(time)
        },
        || {
            let (time, added) = timed(|| -> rusqlite::Result<()> {
                by_hand.execute_batch("BEGIN")?;
                let mut add = by_hand.prepare_cached(ADD)?;
                for id in ids {
                    let now = Timestamp::now().millis();
                    add.execute(params![id.uuid().as_bytes(), 3, now])?;
                }
                by_hand.execute_batch("COMMIT")
            });
            added?;
            hand_views += 3;
            assert_eq!(count(&by_hand, hand_views)?, ids.len());
            Ok(time)
        },
    )
}

/// Both devices have added to the counter of every row.
fn merge(report: &mut Report, name: &'static str, ids: &[Id<Article>]) -> Result<()> {
    let later = Later::Alternating;
    let incoming: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| Change::new(later.time_there(at / AT_ONCE), at, *id, 5))
        .collect();
    let apart = Apart::new(
        |db| make(db, ids),
        |db, wall| add(db, ids, 3, |at| wall.set(time_here(at))),
        |db, wall| add(db, ids, 5, |at| wall.set(later.time_there(at))),
        |by_hand| {
            fill(by_hand, ids)?;
            by_hand.execute_batch(MERGE_SCHEMA)?;
            by_hand.execute_batch("BEGIN")?;
            for (at, id) in ids.iter().enumerate() {
                Change::new(time_here(at / AT_ONCE), at, *id, 3).merge(by_hand, 1)?;
            }
            by_hand.execute_batch("COMMIT")?;
            Ok(())
        },
    )?;
    report.compare(
        name,
        Target::None,
        || {
            let (_dir, db) = apart.ara()?;
            let time = apart.merge(&db)?;
            let viewed = db.query::<Article>().filter(Article::views.eq(8)).count()?;
            assert_eq!(viewed, ids.len() as u64);
            assert!(db.verify()?.holds());
            Ok(time)
        },
        || {
            let (_dir, by_hand) = apart.by_hand()?;
            let merge = |change: &Change| change.merge(&by_hand, 2);
            let time = apart.merge_by_hand(&by_hand, &incoming, merge)?;
            assert_eq!(count(&by_hand, 8)?, ids.len());
            Ok(time)
        },
    )
}

fn make(db: &Database, ids: &[Id<Article>]) -> Result<()> {
    db.transaction(|tx| {
        for (at, id) in ids.iter().enumerate() {
            let draft = Article::draft().id(*id).title(format!("Water the plants on balcony {at}"));
            tx.create(draft.views(0))?;
        }
        Ok(())
    })
}

/// Adds to the counter of every row, each transaction at its time.
fn add(db: &Database, ids: &[Id<Article>], amount: i64, set_time: impl Fn(usize)) -> Result<()> {
    for (transaction, some) in ids.chunks(AT_ONCE).enumerate() {
        set_time(transaction);
        db.transaction(|tx| {
            some.iter().try_for_each(|id| {
                tx.update(Article::patch(*id).views(Counter::add(amount))).map(drop)
            })
        })?;
    }
    Ok(())
}

/// The rows by hand.
fn fill(by_hand: &Connection, ids: &[Id<Article>]) -> Result<()> {
    by_hand.execute_batch(SCHEMA)?;
    by_hand.execute_batch("BEGIN")?;
    for (at, id) in ids.iter().enumerate() {
        let title = format!("Water the plants on balcony {at}");
        by_hand.prepare_cached(INSERT)?.execute(params![id.uuid().as_bytes(), MADE, title])?;
    }
    by_hand.execute_batch("COMMIT")?;
    Ok(())
}

/// How many articles have this many views.
fn count(by_hand: &Connection, views: i64) -> Result<usize> {
    let sql = "SELECT count(*) FROM article WHERE views = ?1";
    let count: i64 = by_hand.query_row(sql, [views], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or_default())
}
