//! Rows with the rows that refer to them, and pages that follow one another.

use ara::prelude::*;
use ara::{Cursor, Rows, Scope};

use super::asked::{Asked, Family};
use super::by_hand::{REMARK, TASK, TEAM, hex};
use super::shown::Shown;
use super::tables::{Remark, Task, Team, id};
use support::Outcome;

pub struct WithMany;

impl Family for WithMany {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let (on, given) = (asked.on, asked.given);
        let (limit, offset) = (given.limit, given.offset);
        let tasks = || on.query::<Task>().order_by(Task::id);
        let both = format!(
            "SELECT {TASK}, {REMARK} FROM task t LEFT JOIN remark r ON r.task_id = t.id \
             ORDER BY t.id, r.id"
        );
        let all = tasks().with_many_of(Remark::task_id, |many| many.order_by(Remark::id)).all()?;
        asked.lines(flat(all), both);
        let all = tasks().with_many(Remark::task_id).all()?;
        let counts: Vec<_> = all.iter().map(|(task, many)| (task.id, many.len() as i64)).collect();
        asked.answer(
            &counts,
            "SELECT t.id, count(r.id) FROM task t LEFT JOIN remark r ON r.task_id = t.id \
             GROUP BY t.id ORDER BY t.id",
        );

        let some =
            tasks().narrow(Task::stars).filter(Task::done.ne(true)).limit(limit).offset(offset);
        let some = some.with_many_of(Remark::task_id, |many| {
            many.narrow(Remark::points)
                .filter(Remark::text.ne(given.note))
                .order_by(Remark::points.desc())
                .order_by(Remark::id)
        });
        let note = super::by_hand::quoted(given.note);
        asked.lines(
            flat(some.all()?),
            format!(
                "SELECT {TASK}, {REMARK} FROM (SELECT * FROM task WHERE stars IS NOT NULL \
                 AND done IS NOT true ORDER BY id LIMIT {limit} OFFSET {offset}) t \
                 LEFT JOIN remark r ON r.task_id = t.id AND r.points IS NOT NULL \
                 AND r.text IS NOT {note} ORDER BY t.id, r.points DESC, r.id"
            ),
        );

        let ordered = || tasks().with_many_of(Remark::task_id, |many| many.order_by(Remark::id));
        let one_of = |which: &str| {
            format!(
                "SELECT {TASK}, {REMARK} FROM (SELECT * FROM task {which}) t \
                 LEFT JOIN remark r ON r.task_id = t.id ORDER BY r.id"
            )
        };
        asked.lines(flat(ordered().first()?.into_iter().collect()), one_of("ORDER BY id LIMIT 1"));
        let known = id::<Task>(1);
        let one_known = one_of(&format!("WHERE id = {}", hex(known)));
        asked.lines(flat(ordered().find(known)?.into_iter().collect()), one_known.clone());
        let named = tasks()
            .filter(Task::id.eq(known))
            .with_many_of(Remark::task_id, |many| many.order_by(Remark::id));
        asked.lines(flat(named.one().ok().into_iter().collect()), one_known);

        // A limit is of the rows of each.
        let first = tasks().with_deleted().with_many_of(Remark::task_id, |many| {
            let many = many.narrow(Remark::text).with_deleted();
            many.order_by(Remark::points).order_by(Remark::id).limit(limit).offset(offset)
        });
        asked.lines(
            flat(first.all()?),
            format!(
                "SELECT {TASK}, {REMARK} FROM any_task t LEFT JOIN (SELECT *, row_number() OVER \
                 (PARTITION BY task_id ORDER BY points_stored, id) AS place FROM any_remark \
                 WHERE text IS NOT NULL) r ON r.task_id = t.id AND r.place > {offset} \
                 AND r.place <= {offset} + {limit} ORDER BY t.id, r.place"
            ),
        );

        let teams = on.query::<Team>().narrow_all().order_by(Team::id);
        let children = teams.with_many_of(Team::parent_id, |many| {
            many.order_by(Team::size.desc()).order_by(Team::id)
        });
        asked.lines(flat(children.all()?),
            format!(
                "SELECT {TEAM}, c.id, c.name, c.parent_id, c.size FROM team g LEFT JOIN team c \
                 ON c.parent_id = g.id WHERE g.name IS NOT NULL ORDER BY g.id, c.size_stored DESC, c.id"
            ),
        );
        Ok(())
    }
}

/// A line for each pair, and one for a row to which none refers: as a left join gives them.
fn flat<A: Shown, B: Shown>(rows: Vec<(A, Vec<B>)>) -> Vec<String> {
    let mut lines = Vec::new();
    for (row, many) in rows {
        match many.is_empty() {
            true => lines.push([row.show(), None::<B>.show()].join("|")),
            false => lines.extend(many.iter().map(|one| [row.show(), one.show()].join("|"))),
        }
    }
    lines
}

pub struct Pages;

impl Family for Pages {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let on = asked.on;
        let tasks = || on.query::<Task>();
        let all = format!("SELECT {TASK} FROM task t");
        pages(asked, tasks(), format!("{all} ORDER BY id"))?;
        pages(
            asked,
            tasks().order_by(Task::stars.desc()),
            format!("{all} ORDER BY stars_stored DESC, id"),
        )?;
        pages(
            asked,
            tasks().order_by(Task::stars.asc().nulls_last()).order_by(Task::title.desc()),
            format!("{all} ORDER BY stars_stored NULLS LAST, title_stored DESC, id"),
        )?;
        pages(
            asked,
            tasks().order_by(Task::note.desc().nulls_first()).order_by(Task::weight),
            format!("{all} ORDER BY note_stored DESC NULLS FIRST, weight_stored, id"),
        )?;
        pages(
            asked,
            tasks().narrow(Task::title).order_by(Task::title).filter(Task::done.ne(true)),
            format!("{all} WHERE title IS NOT NULL AND done IS NOT true ORDER BY title, id"),
        )?;
        pages(
            asked,
            tasks().only_deleted().order_by(Task::stars.add(1).desc()).order_by(Task::state),
            format!(
                "SELECT {TASK} FROM any_task t WHERE gone ORDER BY stars DESC, state_stored, id"
            ),
        )?;
        pages(
            asked,
            tasks()
                .narrow(Task::stars)
                .order_by(Task::stars.desc())
                .select((Task::id, Task::stars)),
            "SELECT id, stars FROM task WHERE stars IS NOT NULL ORDER BY stars DESC, id",
        )?;
        pages(
            asked,
            tasks().join(Task::team_id).order_by(Team::size.desc()).order_by(Task::due),
            format!(
                "SELECT {TASK}, {TEAM} FROM task t JOIN team g ON g.id = t.team_id \
                 ORDER BY g.size_stored DESC, t.due_stored, t.id"
            ),
        )?;
        pages(
            asked,
            tasks().left_join(Task::team_id).order_by(Team::name.asc().nulls_last()),
            format!(
                "SELECT {TASK}, {TEAM} FROM task t LEFT JOIN team g ON g.id = t.team_id \
                 ORDER BY g.name_stored NULLS LAST, t.id"
            ),
        )
    }
}

/// All pages of a query are all its rows, wherever they are cut; a cursor survives being text.
fn pages<'a, D: Queries, S, R>(
    asked: &mut Asked<'a, D>,
    query: Query<'a, S, R>,
    sql: impl Into<String>,
) -> Outcome
where
    S: Scope + ara::StartsWith<(<S as Scope>::First,)>,
    R: Rows<Output: Shown>,
{
    let size = asked.given.limit.max(1);
    let mut rows = Vec::new();
    let mut after: Option<Cursor> = None;
    for _ in 0..100 {
        let page = query.clone().limit(size).page(after.as_ref())?;
        if page.next.is_some() && page.rows.len() as u64 != size {
            return Err(format!("a page of {} rows, not {size}: {query:?}", page.rows.len()).into());
        }
        rows.extend(page.rows);
        let Some(next) = page.next else {
            asked.answer(&rows, sql);
            return Ok(());
        };
        after = Some(next.to_string().parse()?);
    }
    Err(format!("the pages do not end: {query:?}").into())
}
