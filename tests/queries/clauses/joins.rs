//! Joined tables.

use ara::prelude::*;

use super::asked::{Asked, Family};
use super::by_hand::{REMARK, TASK, TEAM};
use super::tables::{Child, Parent, Remark, Reply, Task, Team};
use support::Outcome;

pub struct Joins;

impl Family for Joins {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        to_one(asked)?;
        to_many(asked)?;
        under_an_alias(asked)?;
        several(asked)
    }
}

fn to_one<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let (on, stars) = (asked.on, asked.given.stars);
    let joined = || on.query::<Task>().join(Task::team_id);
    let left = || on.query::<Task>().left_join(Task::team_id);
    let inner = format!("SELECT {TASK}, {TEAM} FROM task t JOIN team g ON g.id = t.team_id");
    let outer = format!("SELECT {TASK}, {TEAM} FROM task t LEFT JOIN team g ON g.id = t.team_id");
    asked.unordered(joined(), &inner)?;
    asked.unordered(left(), &outer)?;
    asked.ordered(
        joined().narrow(Team::name).order_by(Task::id),
        format!("{inner} WHERE g.name IS NOT NULL ORDER BY t.id"),
    )?;
    asked.ordered(
        joined().narrow_all().order_by(Team::name).order_by(Task::id.desc()),
        format!(
            "{inner} WHERE t.title IS NOT NULL AND t.state IS NOT NULL AND g.name IS NOT NULL \
             ORDER BY g.name, t.id DESC"
        ),
    )?;
    asked.ordered(
        left().narrow_all().order_by(Task::id),
        format!("{outer} WHERE t.title IS NOT NULL AND t.state IS NOT NULL ORDER BY t.id"),
    )?;
    asked.unordered(
        joined().filter(Task::stars.ge(stars) & Team::size.gt(0)),
        format!("{inner} WHERE t.stars >= {stars} AND g.size > 0"),
    )?;
    asked
        .unordered(left().filter(Team::name.is_null()), format!("{outer} WHERE g.name IS NULL"))?;
    asked.unordered(
        left().filter(!Team::size.gt(0)).narrow(Task::stars),
        format!("{outer} WHERE (g.size > 0) IS NOT TRUE AND t.stars IS NOT NULL"),
    )?;
    asked.unordered(
        joined().filter(Task::title.eq(Team::name)),
        format!("{inner} WHERE t.title IS g.name"),
    )?;
    asked.ordered(
        left().order_by(Team::size.desc().nulls_last()).order_by(Task::id),
        format!("{outer} ORDER BY g.size_stored DESC NULLS LAST, t.id"),
    )?;
    // Deleted rows of a joined table are left out, whatever is said of the first.
    asked.unordered(joined().with_deleted(), inner.replace("task t", "any_task t"))?;
    asked.unordered(left().with_deleted(), outer.replace("task t", "any_task t"))?;
    asked.unordered(left().only_deleted(), outer.replace("task t", "any_task t") + " WHERE t.gone")
}

fn to_many<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let joined = || on.query::<Task>().join_many(Remark::task_id);
    let left = || on.query::<Task>().left_join_many(Remark::task_id);
    let inner = format!("SELECT {TASK}, {REMARK} FROM task t JOIN remark r ON r.task_id = t.id");
    let outer = inner.replace("JOIN", "LEFT JOIN");
    asked.unordered(joined(), &inner)?;
    asked.unordered(left(), &outer)?;
    asked.ordered(
        joined().narrow(Remark::text).order_by(Remark::id),
        format!("{inner} WHERE r.text IS NOT NULL ORDER BY r.id"),
    )?;
    asked.ordered(
        left().narrow(Task::title).order_by(Task::title).order_by(Task::id).order_by(Remark::id),
        format!("{outer} WHERE t.title IS NOT NULL ORDER BY t.title, t.id, r.id"),
    )?;
    asked.unordered(
        left().filter(Remark::points.eq(None)),
        format!("{outer} WHERE r.points IS NULL"),
    )?;
    asked.unordered(
        joined().filter(Remark::points.ge(Task::stars)),
        format!("{inner} WHERE r.points >= t.stars"),
    )
}

fn under_an_alias<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let parent = "p.id, p.name, p.parent_id, p.size";
    let inner = format!("SELECT {TEAM}, {parent} FROM team g JOIN team p ON p.id = g.parent_id");
    let outer = inner.replace("JOIN", "LEFT JOIN");
    let joined = || on.query::<Team>().join_as(Parent, Team::parent_id);
    let left = || on.query::<Team>().left_join_as(Parent, Team::parent_id);
    asked.unordered(joined(), &inner)?;
    asked.unordered(left(), &outer)?;
    asked.ordered(
        joined().narrow(Team::name.of(Parent)).order_by(Team::id),
        format!("{inner} WHERE p.name IS NOT NULL ORDER BY g.id"),
    )?;
    asked.ordered(
        joined().narrow_all().order_by(Team::name.of(Parent)).order_by(Team::id),
        format!("{inner} WHERE g.name IS NOT NULL AND p.name IS NOT NULL ORDER BY p.name, g.id"),
    )?;
    asked.unordered(
        left().filter(Team::size.lt(Team::size.of(Parent)) | Team::name.of(Parent).is_null()),
        format!("{outer} WHERE g.size < p.size OR p.name IS NULL"),
    )?;
    asked.unordered(
        on.query::<Team>().join_many(Team::parent_id.of(Child)).filter(Team::size.of(Child).ne(0)),
        format!(
            "SELECT {TEAM}, {parent} FROM team g JOIN team p ON p.parent_id = g.id \
             WHERE p.size IS NOT 0"
        ),
    )?;
    asked.unordered(
        on.query::<Team>().left_join_many(Team::parent_id.of(Child)),
        format!("SELECT {TEAM}, {parent} FROM team g LEFT JOIN team p ON p.parent_id = g.id"),
    )
}

fn several<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let parent = "p.id, p.name, p.parent_id, p.size";
    asked.ordered(
        on.query::<Remark>()
            .join(Remark::task_id)
            .left_join(Task::team_id)
            .left_join_as(Parent, Team::parent_id)
            .order_by(Remark::id),
        format!(
            "SELECT {REMARK}, {TASK}, {TEAM}, {parent} FROM remark r JOIN task t ON t.id = r.task_id \
             LEFT JOIN team g ON g.id = t.team_id LEFT JOIN team p ON p.id = g.parent_id ORDER BY r.id"
        ),
    )?;
    // A join through what a left join did not find leaves the row out.
    asked.ordered(
        on.query::<Task>()
            .left_join(Task::team_id)
            .join_as(Parent, Team::parent_id)
            .order_by(Task::id),
        format!(
            "SELECT {TASK}, {TEAM}, {parent} FROM task t LEFT JOIN team g ON g.id = t.team_id \
             JOIN team p ON p.id = g.parent_id ORDER BY t.id"
        ),
    )?;
    // The same table twice: each pair of remarks on one task.
    asked.ordered(
        on.query::<Task>()
            .join_many(Remark::task_id)
            .join_many(Remark::task_id.of(Reply))
            .filter(Remark::points.lt(Remark::points.of(Reply)))
            .order_by(Remark::id)
            .order_by(Remark::id.of(Reply))
            .select((Task::id, Remark::id, Remark::id.of(Reply), Remark::points.of(Reply))),
        "SELECT t.id, r.id, o.id, o.points FROM task t JOIN remark r ON r.task_id = t.id \
         JOIN remark o ON o.task_id = t.id WHERE r.points < o.points ORDER BY r.id, o.id",
    )
}
