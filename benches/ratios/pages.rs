//! The first rows by an order, as a screen shows them: by a query that is made each time, and by one that
//! is prepared.

use std::time::Duration;

use ara::prelude::*;
use ara::{Param, Result};

use crate::by_hand;
use crate::report::{Report, Target, timed};
use crate::tables::{IndexedTask, Task};
use crate::work::{Pair, ROWS};

/// Rows of a page.
const LIMIT: usize = 20;

pub fn pages(report: &mut Report, pair: &Pair) -> Result<()> {
    sorted(report, pair)?;
    by_index(report, pair)
}

/// Every row is read.
fn sorted(report: &mut Report, pair: &Pair) -> Result<()> {
    const PAGES: usize = 20;
    let sql = "SELECT * FROM task WHERE done IS ?1 AND title IS NOT NULL \
         ORDER BY score DESC LIMIT 20";
    let by_hand = || -> rusqlite::Result<Vec<by_hand::Task>> {
        let mut page = pair.by_hand.prepare_cached(sql)?;
        page.query_map([true], by_hand::Task::read)?.collect()
    };
    let tasks = || {
        let tasks = pair.db.query::<Task>().narrow(Task::title);
        tasks.order_by(Task::score.desc()).limit(LIMIT as u64)
    };
    let prepared = pair.db.prepare(|(done,): (Param<bool>,)| tasks().filter(Task::done.eq(done)));
    let ours = || tasks().filter(Task::done.eq(true)).all();
    let ours_prepared = || prepared.all((true,));

    let titles: Vec<_> = by_hand()?.into_iter().map(|task| task.title).collect();
    assert!(ours()?.into_iter().map(|task| task.title.into_string()).eq(titles.clone()));
    assert!(ours_prepared()?.into_iter().map(|task| task.title.into_string()).eq(titles));
    report.compare(
        "filter, order, limit 20",
        Target::Ratio(1.15),
        || timed_pages(PAGES, ours),
        || timed_pages(PAGES, by_hand),
    )?;
    report.compare(
        "filter, order, limit 20, prepared",
        Target::Ratio(1.05),
        || timed_pages(PAGES, ours_prepared),
        || timed_pages(PAGES, by_hand),
    )
}

/// A page that an index serves is read so fast that making the SQL weighs.
fn by_index(report: &mut Report, pair: &Pair) -> Result<()> {
    const PAGES: usize = 2000;
    let sql = "SELECT * FROM task WHERE stars > ?1 AND title IS NOT NULL ORDER BY stars LIMIT 20";
    let start = ROWS as i64 / 2;
    pair.db.ensure::<IndexedTask>()?;
    pair.by_hand.execute_batch("CREATE INDEX task_stars ON task (stars)")?;
    let by_hand = || -> rusqlite::Result<Vec<by_hand::Task>> {
        let mut page = pair.by_hand.prepare_cached(sql)?;
        page.query_map([start], by_hand::Task::read)?.collect()
    };
    let tasks = || {
        let tasks = pair.db.query::<IndexedTask>().narrow(IndexedTask::title);
        tasks.narrow(IndexedTask::stars).order_by(IndexedTask::stars).limit(LIMIT as u64)
    };
    let prepared =
        pair.db.prepare(|(start,): (Param<i64>,)| tasks().filter(IndexedTask::stars.gt(start)));
    let ours = || tasks().filter(IndexedTask::stars.gt(start)).all();
    let ours_prepared = || prepared.all((start,));

    let titles: Vec<_> = by_hand()?.into_iter().map(|task| task.title).collect();
    assert!(ours()?.into_iter().map(|task| task.title.into_string()).eq(titles.clone()));
    assert!(ours_prepared()?.into_iter().map(|task| task.title.into_string()).eq(titles));
    report.compare(
        "filter, order, limit 20, by an index",
        Target::Ratio(1.15),
        || timed_pages(PAGES, ours),
        || timed_pages(PAGES, by_hand),
    )?;
    report.compare(
        "filter, order, limit 20, by an index, prepared",
        Target::Ratio(1.05),
        || timed_pages(PAGES, ours_prepared),
        || timed_pages(PAGES, by_hand),
    )
}

fn timed_pages<R, E>(pages: usize, page: impl Fn() -> Result<Vec<R>, E>) -> Result<Duration>
where
    ara::Error: From<E>,
{
    let (time, rows) = timed(|| -> Result<usize, E> {
        (0..pages).try_fold(0, |rows, _| Ok(rows + page()?.len()))
    });
    assert_eq!(rows?, pages * LIMIT);
    Ok(time / u32::try_from(pages).unwrap_or(u32::MAX))
}
