//! Filters that ask other rows, and the rows of several queries as one.

use ara::Selected;
use ara::prelude::*;

use super::asked::{Asked, Family};
use super::shown::Shown;
use super::tables::{Remark, Task, Team};
use support::Outcome;

pub struct Subqueries;

impl Family for Subqueries {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        in_query(asked)?;
        referring(asked)?;
        referring_to_the_same_table(asked)
    }
}

fn in_query<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let (on, given) = (asked.on, asked.given);
    let (limit, offset) = (given.limit, given.offset);
    let remarks = || on.query::<Remark>();
    asked.filter(
        Task::id.in_query(remarks().select(Remark::task_id)),
        "id IN (SELECT task_id FROM remark)",
    )?;
    asked.filter(
        Task::id.in_query(remarks().filter(Remark::points.gt(0)).select(Remark::task_id)),
        "id IN (SELECT task_id FROM remark WHERE points > 0)",
    )?;
    asked.filter(
        Task::id.in_query(remarks().narrow(Remark::points).only_deleted().select(Remark::task_id)),
        "id IN (SELECT task_id FROM any_remark WHERE gone AND points IS NOT NULL)",
    )?;
    // What cannot be read is among nothing, on either side.
    asked.filter(
        Task::stars.in_query(remarks().select(Remark::points)),
        "stars IN (SELECT points FROM remark)",
    )?;
    asked.filter(
        Task::note.in_query(remarks().select(Remark::text)),
        "note IN (SELECT text FROM remark)",
    )?;
    asked.filter(
        Task::stars.add(1).in_query(remarks().select(Remark::points.mul(2))),
        "stars + 1 IN (SELECT points * 2 FROM remark)",
    )?;
    asked.filter(
        Task::weight.in_query(on.query::<Task>().filter(Task::done.ne(true)).select(Task::weight)),
        "weight IN (SELECT weight FROM task WHERE done IS NOT true)",
    )?;
    asked.filter(
        Task::stars.in_query(
            remarks().order_by(Remark::id).limit(limit).offset(offset).select(Remark::points),
        ),
        format!("stars IN (SELECT points FROM remark ORDER BY id LIMIT {limit} OFFSET {offset})"),
    )?;
    asked.filter(
        Task::team_id.in_query(
            on.query::<Team>().join_many(Task::team_id).group_by(Team::id).select(Team::id),
        ),
        "team_id IN (SELECT g.id FROM team g JOIN task o ON o.team_id = g.id)",
    )
}

fn referring<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let given = asked.given;
    let stars = given.stars;
    asked.filter(
        Remark::task_id.exists(),
        "EXISTS (SELECT 1 FROM remark r WHERE r.task_id = t.id)",
    )?;
    asked.filter(
        Remark::task_id.exists_where(Remark::points.ge(stars) | Remark::text.is_null()),
        format!(
            "EXISTS (SELECT 1 FROM remark r WHERE r.task_id = t.id \
             AND (r.points >= {stars} OR r.text IS NULL))"
        ),
    )?;
    let on = asked.on;
    let remarked = Task::team_id.exists_where(Remark::task_id.exists() & Task::done.ne(true));
    asked.ordered(
        on.query::<Team>().filter(remarked).order_by(Team::id).select(Team::id),
        "SELECT id FROM team g WHERE EXISTS (SELECT 1 FROM task t WHERE t.team_id = g.id \
         AND t.done IS NOT true AND EXISTS (SELECT 1 FROM remark r WHERE r.task_id = t.id)) ORDER BY id",
    )?;
    asked.ordered(
        on.query::<Task>()
            .left_join(Task::team_id)
            .filter(!Task::team_id.exists_where(Task::stars.gt(stars)))
            .order_by(Task::id)
            .select((Task::id, Team::id)),
        format!(
            "SELECT t.id, g.id FROM task t LEFT JOIN team g ON g.id = t.team_id WHERE NOT EXISTS \
             (SELECT 1 FROM task o WHERE o.team_id = g.id AND o.stars > {stars}) ORDER BY t.id"
        ),
    )
}

fn referring_to_the_same_table<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let teams = || on.query::<Team>().order_by(Team::id);
    asked.ordered(
        teams().filter(Team::parent_id.exists()).select(Team::id),
        "SELECT id FROM team g WHERE EXISTS (SELECT 1 FROM team c WHERE c.parent_id = g.id) ORDER BY id",
    )?;
    asked.ordered(
        teams().filter(!Team::parent_id.exists_where(Team::size.gt(0))).select(Team::id),
        "SELECT id FROM team g WHERE NOT EXISTS \
         (SELECT 1 FROM team c WHERE c.parent_id = g.id AND c.size > 0) ORDER BY id",
    )?;
    asked.ordered(
        teams().filter(Team::parent_id.exists_where(Team::parent_id.exists())).select(Team::id),
        "SELECT id FROM team g WHERE EXISTS (SELECT 1 FROM team c WHERE c.parent_id = g.id \
         AND EXISTS (SELECT 1 FROM team d WHERE d.parent_id = c.id)) ORDER BY id",
    )?;
    let parents = on.query::<Team>().select(Team::parent_id);
    asked.ordered(
        teams().filter(Team::id.in_query(parents)).select(Team::id),
        "SELECT id FROM team WHERE id IN (SELECT parent_id FROM team) ORDER BY id",
    )
}

pub struct Unions;

impl Family for Unions {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let (on, given) = (asked.on, asked.given);
        let (limit, offset) = (given.limit, given.offset);
        let titles = || on.query::<Task>().narrow(Task::title).select(Task::title);
        let names = || on.query::<Team>().narrow(Team::name).select(Team::name);
        let by_hand = "SELECT title FROM task WHERE title IS NOT NULL UNION \
                       SELECT name FROM team WHERE name IS NOT NULL";
        united(asked, || titles().union(names()), by_hand)?;
        united(asked, || titles().union_all(names()), by_hand.replace("UNION", "UNION ALL"))?;
        let numbers = || on.query::<Task>().select((Task::stars, Task::note));
        let others = || on.query::<Remark>().select((Remark::points, Remark::text));
        let by_hand = "SELECT stars, note FROM task UNION SELECT points, text FROM remark";
        united(asked, || numbers().union(others()), by_hand)?;
        united(asked, || numbers().union_all(others()), by_hand.replace("UNION", "UNION ALL"))?;
        let few = || {
            let remarks = on.query::<Remark>().order_by(Remark::id.desc());
            remarks.limit(limit).offset(offset).select((Remark::points, Remark::text))
        };
        let sums = || {
            let all = on.query::<Task>().filter(Task::done.ne(given.done));
            all.select((Task::stars.add(1), Task::title.text()))
        };
        united(
            asked,
            || sums().union(few()),
            format!(
                "SELECT stars + 1, title FROM task WHERE done IS NOT {} UNION SELECT * FROM \
                 (SELECT points, text FROM remark ORDER BY id DESC LIMIT {limit} OFFSET {offset})",
                given.done
            ),
        )?;
        united(
            asked,
            || numbers().union_all(few()).union(numbers()),
            format!(
                "SELECT stars, note FROM task UNION SELECT * FROM \
                 (SELECT points, text FROM remark ORDER BY id DESC LIMIT {limit} OFFSET {offset})"
            ),
        )
    }
}

/// The rows of a union, which come in no order.
fn united<'a, D: Queries, I>(
    asked: &mut Asked<'a, D>,
    union: impl Fn() -> ara::Union<'a, I>,
    sql: impl Into<String>,
) -> Outcome
where
    Selected<I>: ara::Rows<Output: Shown>,
{
    let rows = union().all()?;
    if union().count()? != rows.len() as u64 {
        return Err(format!("{} rows, and another count of {:?}", rows.len(), union()).into());
    }
    asked.answer_in_no_order(&rows, sql);
    Ok(())
}
