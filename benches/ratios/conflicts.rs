//! A merge where every row conflicts: both devices changed the same columns of it.

use ara::prelude::*;
use ara::{Result, Uuid};
use rusqlite::{Connection, params};

use crate::apart::{AT_ONCE, Apart, Later, MADE, time_here};
use crate::report::{Report, Target};
use crate::tables::{Task, values};
use crate::work::{NOTE, ROWS};

/// What one writes by hand to have the last write of each column stay, whatever comes when: beside each
/// column are the time of its last write and the node that made it, and a log keeps what is passed on to
/// others. What it is given is not checked.
const SCHEMA: &str = "
    CREATE TABLE task (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        title TEXT NOT NULL, title_time INTEGER NOT NULL, title_node INTEGER NOT NULL,
        note TEXT NOT NULL, note_time INTEGER NOT NULL, note_node INTEGER NOT NULL,
        done INTEGER, done_time INTEGER NOT NULL, done_node INTEGER NOT NULL,
        stars INTEGER NOT NULL, stars_time INTEGER NOT NULL, stars_node INTEGER NOT NULL,
        score REAL, score_time INTEGER NOT NULL, score_node INTEGER NOT NULL
    );
    CREATE TABLE change (
        node INTEGER, time INTEGER, id BLOB NOT NULL, cells BLOB NOT NULL, PRIMARY KEY (node, time)
    ) WITHOUT ROWID;";

const INSERT: &str = "
    INSERT INTO task VALUES (
        ?1, ?2, ?2, ?4, ?3, 0, ?5, ?3, 0, ?6, ?3, 0, ?7, ?3, 0, ?8, ?3, 0
    )";

const LOG: &str = "INSERT INTO change VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";

/// A row in which neither column is written is not written at all.
const FOLD: &str = "
    UPDATE task SET
        updated_at = max(updated_at, ?4),
        stars = iif((stars_time, stars_node) < (?2, ?3), ?5, stars),
        stars_time = iif((stars_time, stars_node) < (?2, ?3), ?2, stars_time),
        stars_node = iif((stars_time, stars_node) < (?2, ?3), ?3, stars_node),
        score = iif((score_time, score_node) < (?2, ?3), ?6, score),
        score_time = iif((score_time, score_node) < (?2, ?3), ?2, score_time),
        score_node = iif((score_time, score_node) < (?2, ?3), ?3, score_node)
    WHERE id = ?1 AND ((stars_time, stars_node) < (?2, ?3) OR (score_time, score_node) < (?2, ?3))";

/// A change as it comes in, by hand.
struct Change {
    /// The milliseconds, and a counter below them.
    time: i64,
    id: [u8; 16],
    stars: i64,
    score: f64,
    /// The same two, packed for the log.
    cells: [u8; 18],
}

impl Change {
    fn new(time: i64, at: usize, id: Id<Task>, (stars, score): (i64, f64)) -> Self {
        let time = (time << 16) + (at % AT_ONCE) as i64;
        let mut cells = [4; 18];
        cells[1..9].copy_from_slice(&stars.to_be_bytes());
        cells[10..].copy_from_slice(&score.to_be_bytes());
        Self { time, id: id.uuid().into_bytes(), stars, score, cells }
    }

    fn merge(&self, connection: &Connection, node: i64) -> rusqlite::Result<()> {
        let Self { time, id, stars, score, cells } = self;
        let log = connection.prepare_cached(LOG)?.execute(params![node, time, id, cells])?;
        if log > 0 {
            let millis = time >> 16;
            let fold = params![id, time, node, millis, stars, score];
            connection.prepare_cached(FOLD)?.execute(fold)?;
        }
        Ok(())
    }
}

/// What the rows are changed to.
fn here(at: usize) -> (i64, f64) {
    (1 + at as i64, at as f64 + 0.25)
}

fn there(at: usize) -> (i64, f64) {
    (-1 - at as i64, at as f64 + 0.75)
}

/// The rows in the order in which both change them: it has nothing to do with where they are.
fn ids() -> Vec<Id<Task>> {
    let id = |n: usize| {
        let n = (n * 7919 % ROWS) as u128;
        Uuid::from_u128((MADE as u128) << 80 | 7 << 76 | 2 << 62 | n).into()
    };
    (0..ROWS).map(id).collect()
}

pub fn conflicts(report: &mut Report) -> Result<()> {
    for (name, later) in [
        ("merge, every row conflicts: all win", Later::There),
        ("merge, every row conflicts: all lose", Later::Here),
        ("merge, every row conflicts: half win", Later::Alternating),
    ] {
        if report.wants(name) {
            conflict(report, name, later)?;
        }
    }
    Ok(())
}

fn conflict(report: &mut Report, name: &'static str, later: Later) -> Result<()> {
    let ids = ids();
    let incoming: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| Change::new(later.time_there(at / AT_ONCE), at, *id, there(at)))
        .collect();
    let apart = Apart::new(
        |db| {
            db.transaction(|tx| {
                for (id, row) in ids.iter().zip(values(ROWS, NOTE)) {
                    let draft = Task::draft().id(*id).title(row.title).note(row.note);
                    tx.create(draft.done(row.done).stars(row.stars).score(row.score))?;
                }
                Ok(())
            })
        },
        |db, wall| change(db, &ids, here, |at| wall.set(time_here(at))),
        |db, wall| change(db, &ids, there, |at| wall.set(later.time_there(at))),
        |by_hand| fill(by_hand, &ids),
    )?;
    let mut expected: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| (*id, if later.is_there(at / AT_ONCE) { there(at) } else { here(at) }))
        .collect();
    expected.sort_by_key(|(id, _)| *id);
    report.compare(
        name,
        Target::None,
        || {
            let (_dir, db) = apart.ara()?;
            let time = apart.merge(&db)?;
            let tasks = db.query::<Task>().order_by(Task::id);
            let tasks = tasks.narrow(Task::stars).narrow(Task::score).all()?;
            let found = tasks.into_iter().map(|task| (task.id, (task.stars, task.score)));
            assert!(found.eq(expected.iter().copied()));
            assert!(db.verify()?.holds());
            Ok(time)
        },
        || {
            let (_dir, by_hand) = apart.by_hand()?;
            let merge = |change: &Change| change.merge(&by_hand, 2);
            let time = apart.merge_by_hand(&by_hand, &incoming, merge)?;
            let mut tasks = by_hand.prepare("SELECT id, stars, score FROM task ORDER BY id")?;
            let tasks = tasks.query_map([], |row| {
                let id: [u8; 16] = row.get(0)?;
                Ok((Uuid::from_bytes(id).into(), (row.get(1)?, row.get(2)?)))
            })?;
            assert_eq!(tasks.collect::<rusqlite::Result<Vec<_>>>()?, expected);
            let logged: i64 =
                by_hand.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?;
            assert_eq!(usize::try_from(logged), Ok(2 * ROWS));
            Ok(time)
        },
    )
}

/// Changes two columns of every row, each transaction at its time.
fn change(
    db: &Database,
    ids: &[Id<Task>],
    to: fn(usize) -> (i64, f64),
    set_time: impl Fn(usize),
) -> Result<()> {
    for (transaction, some) in ids.chunks(AT_ONCE).enumerate() {
        set_time(transaction);
        db.transaction(|tx| {
            for (id, at) in some.iter().zip(transaction * AT_ONCE..) {
                let (stars, score) = to(at);
                tx.update(Task::patch(*id).stars(stars).score(score))?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The rows by hand, and the changes that were made here.
fn fill(by_hand: &Connection, ids: &[Id<Task>]) -> Result<()> {
    by_hand.execute_batch(SCHEMA)?;
    by_hand.execute_batch("BEGIN")?;
    for (id, row) in ids.iter().zip(values(ROWS, NOTE)) {
        by_hand.prepare_cached(INSERT)?.execute(params![
            id.uuid().as_bytes(),
            MADE,
            MADE << 16,
            row.title,
            row.note,
            row.done,
            row.stars,
            row.score
        ])?;
    }
    for (at, id) in ids.iter().enumerate() {
        Change::new(time_here(at / AT_ONCE), at, *id, here(at)).merge(by_hand, 1)?;
    }
    by_hand.execute_batch("COMMIT")?;
    Ok(())
}
