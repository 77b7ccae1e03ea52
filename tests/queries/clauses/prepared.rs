//! Queries that are built once, and SQL that is handed to ara.

use ara::Param;
use ara::count;
use ara::prelude::*;

use super::asked::{Asked, Family};
use super::by_hand::{TASK, TEAM, hex, quoted};
use super::data::{NOTES, STARS, TITLES};
use super::tables::{Remark, Task, Team, id};
use support::Outcome;

pub struct Prepared;

impl Family for Prepared {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let (on, given) = (asked.on, asked.given);
        let (limit, offset) = (given.limit, given.offset);
        let numbers = on.prepare(|(least, weight): (Param<i64>, Param<f64>)| {
            on.query::<Task>()
                .narrow(Task::stars)
                .filter(Task::stars.ge(least) | Task::weight.eq(weight))
                .filter(Task::stars.add(least).ne(Task::level.add(0)))
                .order_by(Task::id)
        });
        for stars in STARS {
            let rows = numbers.all((stars, given.weight))?;
            if numbers.count((stars, given.weight))? != rows.len() as u64 {
                return Err(format!("another count: {numbers:?}").into());
            }
            asked.answer(
                &rows,
                format!(
                    "SELECT {TASK} FROM task t WHERE stars IS NOT NULL AND (stars >= {stars} \
                     OR weight IS {:?}) AND stars + {stars} IS NOT level ORDER BY id",
                    given.weight
                ),
            );
        }
        let cut = on.prepare(|(title, done): (Param<NonEmptyString<6>>, Param<bool>)| {
            on.query::<Task>()
                .narrow(Task::title)
                .filter(Task::title.ge(title) & Task::done.ne(done))
                .order_by(Task::title)
                .order_by(Task::id)
                .limit(limit)
                .offset(offset)
        });
        for title in TITLES {
            asked.answer(
                &cut.all((title, given.done))?,
                format!(
                    "SELECT {TASK} FROM task t WHERE title >= {} AND done IS NOT {} \
                     ORDER BY title, id LIMIT {limit} OFFSET {offset}",
                    quoted(title),
                    given.done
                ),
            );
        }
        of_texts(asked)?;
        within_others(asked)
    }
}

fn of_texts<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let on = asked.on;
    let noted = on.prepare(|(part,): (Param<String>,)| {
        let around = Task::note.starts_with(part) | Task::note.ends_with(part);
        let within = Task::title.contains(part) | Task::title.like(part);
        on.query::<Task>().filter(around | within).order_by(Task::id)
    });
    for part in NOTES {
        let (quoted, length) = (quoted(part), part.chars().count());
        let ends = match length {
            0 => "note IS NOT NULL".to_owned(),
            _ => format!("length(note) >= {length} AND substr(note, -{length}) = {quoted}"),
        };
        asked.answer(
            &noted.all((part,))?,
            format!(
                "SELECT {TASK} FROM task t WHERE substr(note, 1, {length}) = {quoted} OR ({ends}) \
                 OR instr(title, {quoted}) > 0 OR title LIKE {quoted} ESCAPE '\\' ORDER BY id"
            ),
        );
    }
    Ok(())
}

/// Parameters in joins, subqueries and groups.
fn within_others<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
    let (on, given) = (asked.on, asked.given);
    let joined = on.prepare(|(team, least): (Param<Id<Team>>, Param<i64>)| {
        on.query::<Task>()
            .left_join(Task::team_id)
            .filter(Task::team_id.ne(team) & Remark::task_id.exists_where(Remark::points.ge(least)))
            .order_by(Task::id)
    });
    for number in 0..2 {
        let team = id::<Team>(number);
        asked.answer(
            &joined.all((team, given.stars))?,
            format!(
                "SELECT {TASK}, {TEAM} FROM task t LEFT JOIN team g ON g.id = t.team_id \
                 WHERE t.team_id IS NOT {} AND EXISTS (SELECT 1 FROM remark r \
                 WHERE r.task_id = t.id AND r.points >= {}) ORDER BY t.id",
                hex(team),
                given.stars
            ),
        );
    }
    let grouped = on.prepare(|(note, few, most): (Param<String>, Param<i64>, Param<i64>)| {
        on.query::<Task>()
            .filter(Task::note.coalesce("none").ne(note))
            .group_by(Task::done)
            .filter(count().ge(few) & Task::stars.max().coalesce(0).le(most))
            .order_by(Task::done)
            .select((Task::done, count(), Task::stars.max()))
    });
    for note in NOTES {
        asked.answer(
            &grouped.all((note, 1, given.stars))?,
            format!(
                "SELECT done, count(*), max(stars) FROM task WHERE coalesce(note, 'none') IS NOT {} \
                 GROUP BY done HAVING count(*) >= 1 AND coalesce(max(stars), 0) <= {} ORDER BY done",
                quoted(note),
                given.stars
            ),
        );
    }
    Ok(())
}

/// `db.sql` reads what is stored, and reads it as the types say that are asked for.
pub struct ByOthers;

impl Family for ByOthers {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let (on, given) = (asked.on, asked.given);
        let stars = given.stars;
        type Line = (Id<Task>, Option<NonEmptyString<6>>, Option<i64>, Option<bool>, Option<f64>);
        let rows = on
            .sql::<Line>(
                "SELECT id, title, stars, done, weight FROM task WHERE is_deleted IS NOT 1 ORDER BY id",
            )
            .all()?;
        // An integer is read as a floating-point number too, if it is the very same.
        asked.answer(
            &rows,
            "SELECT id, title, stars, done, CASE WHEN typeof(weight_stored) IN ('real', 'integer') \
             AND CAST(weight_stored AS REAL) = weight_stored THEN CAST(weight_stored AS REAL) END \
             FROM task ORDER BY id",
        );
        let rows = on
            .sql::<(i64, Option<String>)>(
                "SELECT stars, note FROM task WHERE typeof(stars) = 'integer' AND stars >= ?1 ORDER BY id",
            )
            .bind(stars)
            .all()?;
        asked.answer(
            &rows,
            format!("SELECT stars, note FROM any_task WHERE stars >= {stars} ORDER BY id"),
        );

        let select = on.query::<Task>().narrow(Task::title).filter(Task::stars.ne(stars));
        let select = select.order_by(Task::title.desc()).order_by(Task::id);
        let select = select.limit(given.limit).offset(given.offset);
        let select = select.select((Task::title, Task::stars)).into_select();
        asked.answer(
            &on.sql::<(NonEmptyString<6>, Option<i64>)>(select).all()?,
            format!(
                "SELECT title, stars FROM task WHERE title IS NOT NULL AND stars IS NOT {stars} \
                 ORDER BY title DESC, id LIMIT {} OFFSET {}",
                given.limit, given.offset
            ),
        );
        let mut select = on.query::<Task>().group_by(Task::done).order_by(Task::done);
        select = select.filter(Task::done.is_not_null());
        let mut select = select.select((Task::done, count(), Task::stars.sum())).into_select();
        select.limit(1);
        asked.answer(
            &on.sql::<(bool, i64, Option<i64>)>(select).all()?,
            "SELECT done, count(*), sum(stars) FROM task WHERE done IS NOT NULL \
             GROUP BY done ORDER BY done LIMIT 1",
        );
        Ok(())
    }
}
