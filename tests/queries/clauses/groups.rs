//! Groups, and what is computed of them.

use ara::count;
use ara::prelude::*;

use super::asked::{Asked, Family};
use super::tables::{Remark, Task, Team};
use support::Outcome;

pub struct Groups;

impl Family for Groups {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        grouped(asked)?;
        kept(asked)?;
        of_all(asked)?;
        of_several_tables(asked)
    }
}

fn grouped<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let by_state = on.query::<Task>().group_by(Task::state);
    let counts = (
        Task::state,
        count(),
        Task::stars.count(),
        Task::stars.count_distinct(),
        Task::title.count_distinct(),
    );
    asked.unordered(
        by_state.clone().select(counts),
        "SELECT state, count(*), count(stars), count(DISTINCT stars), count(DISTINCT title) \
         FROM task GROUP BY state",
    )?;
    let sums = (
        Task::state,
        Task::stars.sum(),
        Task::weight.sum(),
        Task::level.avg(),
        Task::weight.avg(),
        Task::stars.mul(2).sum(),
        Task::done.eq(true).count(),
    );
    asked.unordered(
        by_state.clone().select(sums),
        "SELECT state, sum(stars), sum(weight), avg(level), avg(weight), sum(stars * 2), count(*) \
         FROM task GROUP BY state",
    )?;
    let ends = (
        Task::state,
        Task::stars.min(),
        Task::weight.max(),
        Task::title.min(),
        Task::note.max(),
        Task::due.max(),
        Task::done.min(),
        Task::created_at.max(),
    );
    asked.unordered(
        by_state.select(ends),
        "SELECT state, min(stars), max(weight), min(title), max(note), max(due), min(done), \
         max(created_at) FROM task GROUP BY state",
    )?;
    asked.ordered(
        on.query::<Task>()
            .narrow(Task::title)
            .group_by((Task::title, Task::done))
            .order_by(Task::title)
            .order_by(Task::done.desc())
            .select((Task::title, Task::done, count())),
        "SELECT title, done, count(*) FROM task WHERE title IS NOT NULL \
         GROUP BY title, done ORDER BY title, done DESC",
    )?;
    // What cannot be read is absent, and so in one group, which stands where nothing stands.
    asked.ordered(
        on.query::<Task>()
            .group_by(Task::stars)
            .order_by(Task::stars)
            .select((Task::stars, count())),
        "SELECT stars, count(*) FROM task GROUP BY stars ORDER BY stars",
    )?;
    asked.ordered(
        on.query::<Task>()
            .group_by(Task::note)
            .order_by(Task::note.desc().nulls_first())
            .select((Task::note, Task::stars.sum())),
        "SELECT note, sum(stars) FROM task GROUP BY note ORDER BY note DESC NULLS FIRST",
    )?;
    asked.ordered(
        on.query::<Task>()
            .group_by(Task::level)
            .order_by(Task::stars.sum().desc().nulls_last())
            .order_by(Task::level.add(0))
            .select((Task::level, Task::stars.sum())),
        "SELECT level, sum(stars) FROM task GROUP BY level ORDER BY 2 DESC NULLS LAST, level",
    )
}

/// Filters before and after.
fn kept<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let (on, given) = (asked.on, asked.given);
    asked.unordered(
        on.query::<Task>()
            .filter(Task::stars.ge(given.stars))
            .group_by(Task::done)
            .filter(count().gt(1) | Task::weight.max().is_null())
            .select((Task::done, count())),
        format!(
            "SELECT done, count(*) FROM task WHERE stars >= {} GROUP BY done \
             HAVING count(*) > 1 OR max(weight) IS NULL",
            given.stars
        ),
    )?;
    asked.unordered(
        on.query::<Task>()
            .group_by((Task::stars, Task::done))
            .filter(!Task::stars.gt(given.stars))
            .filter(Task::done.ne(given.done))
            .select((Task::stars, Task::done, Task::level.sum())),
        format!(
            "SELECT stars, done, sum(level) FROM task GROUP BY stars, done \
             HAVING (stars > {}) IS NOT TRUE AND done IS NOT {}",
            given.stars, given.done
        ),
    )?;
    asked.unordered(
        on.query::<Task>()
            .only_deleted()
            .group_by(Task::team_id)
            .filter(Task::team_id.is_not_null())
            .select((Task::team_id, Task::title.max())),
        "SELECT team_id, max(title) FROM any_task WHERE gone AND team_id IS NOT NULL GROUP BY team_id",
    )?;
    asked.unordered(
        on.query::<Task>().group_by(Task::done).select(count()).distinct(),
        "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM task GROUP BY done)",
    )
}

/// All rows are one group, also if there are none.
fn of_all<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let (on, given) = (asked.on, asked.given);
    let tasks = || on.query::<Task>();
    asked.ordered(
        tasks().aggregate((count(), Task::stars.sum(), Task::title.min(), Task::weight.avg())),
        "SELECT count(*), sum(stars), min(title), avg(weight) FROM task",
    )?;
    asked.ordered(
        tasks().narrow(Task::level).aggregate((count(), Task::level.sum())),
        "SELECT count(*), sum(level) FROM task WHERE level IS NOT NULL",
    )?;
    asked.ordered(
        tasks().filter(Task::stars.lt(given.stars)).aggregate(count()).filter(count().gt(1)),
        format!("SELECT count(*) FROM task WHERE stars < {} HAVING count(*) > 1", given.stars),
    )
}

fn of_several_tables<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    asked.ordered(
        on.query::<Team>()
            .left_join_many(Task::team_id)
            .group_by((Team::id, Team::name))
            .order_by(Team::id)
            .select((Team::name, Task::id.count(), Task::stars.sum())),
        "SELECT g.name, count(t.id), sum(t.stars) FROM team g LEFT JOIN task t ON t.team_id = g.id \
         GROUP BY g.id, g.name ORDER BY g.id",
    )?;
    asked.unordered(
        on.query::<Remark>()
            .join(Remark::task_id)
            .join(Task::team_id)
            .narrow(Team::name)
            .group_by(Team::name)
            .select((Team::name, Remark::points.sum(), Task::id.count_distinct())),
        "SELECT g.name, sum(r.points), count(DISTINCT t.id) FROM remark r \
         JOIN task t ON t.id = r.task_id JOIN team g ON g.id = t.team_id \
         WHERE g.name IS NOT NULL GROUP BY g.name",
    )
}
