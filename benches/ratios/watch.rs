//! What watching costs those who write, and how soon a result follows a commit.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::{Result, Watch};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use crate::by_hand;
use crate::report::{Figure, ROUNDS, Report, Target, median, timed};
use crate::tables::{Task, draft, values};

const COMMITS: usize = 2000;
const IDLE: usize = 100;
const RESULTS: usize = 200;

pub fn watches(report: &mut Report) -> Result<()> {
    idle(report)?;
    latency(report)
}

/// A database of a few tasks, in a folder of its own.
struct Tasks {
    dir: TempDir,
    db: Database,
    ids: Vec<Id<Task>>,
    round: f64,
}

impl Tasks {
    fn new() -> Result<Self> {
        let dir = TempDir::new().expect("a folder for the files");
        let db = Database::open(dir.path().join("ara.db"))?;
        let ids = db.create_all(values(1000, 20).iter().map(draft))?;
        Ok(Self { dir, db, ids, round: 0.0 })
    }

    /// Commits that change one column of one task, another one each time.
    fn commit(&mut self) -> Result<Duration> {
        self.round += 1.0;
        let (db, round) = (&self.db, self.round);
        let ids = self.ids.iter().cycle().take(COMMITS);
        let (time, result) = timed(|| {
            ids.enumerate().try_for_each(|(n, id)| {
                db.update(Task::patch(*id).score(round + n as f64 / 1e6)).map(drop)
            })
        });
        result?;
        let first = self.db.get(self.ids[COMMITS % self.ids.len()])?;
        assert!(first.and_then(|task| task.score).is_some_and(|score| score > round));
        Ok(time / u32::try_from(COMMITS).unwrap_or(u32::MAX))
    }
}

/// Watches of the table that is written, none of which reads what is written: half of them read other
/// columns, and half of them a row that is left alone.
fn idle(report: &mut Report) -> Result<()> {
    let name = "a commit, 100 idle watches against none";
    if !report.wants(name) {
        return Ok(());
    }
    let (mut watched, mut alone) = (Tasks::new()?, Tasks::new()?);
    let others = watched.db.create_all(values(IDLE / 2, 20).iter().map(draft))?;
    let mut of_rows = others
        .iter()
        .map(|id| watched.db.query::<Task>().filter(Task::id.eq(*id)).watch())
        .collect::<Result<Vec<_>>>()?;
    let mut of_columns = (0..IDLE / 2)
        .map(|_| watched.db.query::<Task>().select(Task::title).limit(10).watch())
        .collect::<Result<Vec<_>>>()?;
    of_rows.iter_mut().try_for_each(|watch| watch.recv().map(drop))?;
    of_columns.iter_mut().try_for_each(|watch| watch.recv().map(drop))?;
    report.compare(name, Target::Ratio(1.1), || watched.commit(), || alone.commit())?;
    fn is_idle<O>(watch: &mut Watch<O>) -> bool {
        matches!(watch.try_recv(), Ok(None)) && watch.runs() == 1
    }
    assert!(of_rows.iter_mut().all(is_idle) && of_columns.iter_mut().all(is_idle));
    Ok(())
}

/// From the beginning of a commit to the rows that another thread is given; by hand, the thread that wrote
/// them reads them itself.
fn latency(report: &mut Report) -> Result<()> {
    let name = "from a commit to the watched result";
    if !report.wants(name) {
        return Ok(());
    }
    let tasks = Tasks::new()?;
    let id = tasks.ids[500];
    let one = tasks.db.query::<Task>().filter(Task::id.eq(id)).narrow(Task::score);
    let mut watch = one.select(Task::score).watch()?;
    watch.recv()?;
    let (tell, told) = channel();
    let reader = thread::spawn(move || -> Result<()> {
        for result in watch {
            let _ = tell.send((result?, Instant::now()));
        }
        Ok(())
    });
    let hand = by_hand::open(&tasks.dir.path().join("hand.db"))?;
    by_hand::run_insert(&mut by_hand::insert(&hand)?, id.uuid().as_bytes(), &values(1, 20)[0])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..RESULTS * ROUNDS {
        let score = n as f64 + 0.5;
        let start = Instant::now();
        tasks.db.update(Task::patch(id).score(score))?;
        let (result, at) = told.recv().expect("the thread goes on");
        assert_eq!(result, [score]);
        ours.push(at.saturating_duration_since(start));
        let (time, read) = timed(|| write_and_read(&hand, id, score));
        assert_eq!(read?, score);
        theirs.push(time);
    }
    drop(tasks.db);
    reader.join().expect("does not panic")?;
    let [ours, theirs] = [ours, theirs].map(|times| Figure::Time(median(times)));
    report.add(name, Target::Time(Duration::from_millis(1)), ours, theirs);
    Ok(())
}

fn write_and_read(hand: &Connection, id: Id<Task>, score: f64) -> rusqlite::Result<f64> {
    hand.prepare_cached("UPDATE task SET score = ?2 WHERE id = ?1")?
        .execute(params![id.uuid().as_bytes(), score])?;
    hand.prepare_cached("SELECT score FROM task WHERE id = ?1")?
        .query_row([id.uuid().as_bytes()], |row| row.get(0))
}
