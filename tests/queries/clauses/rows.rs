//! Which rows: those that have a column, those that are deleted, one by its id, and in which order.

use ara::prelude::*;

use super::asked::{Asked, Family};
use super::by_hand::{REMARK, TASK, hex};
use super::tables::{Remark, Task, id};
use support::Outcome;

pub struct Narrowed;

impl Family for Narrowed {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let on = asked.on;
        let tasks = || on.query::<Task>().order_by(Task::id);
        let mut rows = |query, condition: &str| {
            asked.ordered(query, format!("SELECT {TASK} FROM task t WHERE {condition} ORDER BY id"))
        };
        rows(tasks(), "true")?;
        let by_hand = |condition: &str| {
            format!("SELECT {TASK} FROM task t WHERE {condition} IS NOT NULL ORDER BY id")
        };
        macro_rules! narrow {
            ($($column:ident)*) => {$(
                asked.ordered(tasks().narrow(Task::$column), by_hand(stringify!($column)))?;
            )*};
        }
        narrow! { title note done stars level weight state labels due team_id }
        let two = tasks().narrow(Task::title).narrow(Task::stars).filter(Task::done.ne(true));
        asked.ordered(
            two,
            format!(
                "SELECT {TASK} FROM task t WHERE title IS NOT NULL AND stars IS NOT NULL \
                 AND done IS NOT true ORDER BY id"
            ),
        )?;
        let whole = "title IS NOT NULL AND state IS NOT NULL";
        asked.ordered(
            tasks().narrow_all(),
            format!("SELECT {TASK} FROM task t WHERE {whole} ORDER BY id"),
        )?;
        asked.unordered(
            on.query::<Task>().narrow_all(),
            format!("SELECT {TASK} FROM task t WHERE {whole}"),
        )?;
        // By an index of the narrowed column.
        asked.unordered(
            on.query::<Task>().narrow(Task::stars).filter(Task::stars.ge(0)),
            format!("SELECT {TASK} FROM task t WHERE stars >= 0"),
        )?;
        // What was narrowed is needed though it is not selected.
        asked.ordered(
            tasks().narrow(Task::title).select(Task::stars),
            "SELECT stars FROM task WHERE title IS NOT NULL ORDER BY id",
        )?;
        asked.ordered(
            tasks().narrow(Task::due).select((Task::id, Task::due, Task::note)),
            "SELECT id, due, note FROM task WHERE due IS NOT NULL ORDER BY id",
        )
    }
}

pub struct Deleted;

impl Family for Deleted {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let (on, given) = (asked.on, asked.given);
        let tasks = || on.query::<Task>().order_by(Task::id);
        asked.ordered(
            tasks().with_deleted(),
            format!("SELECT {TASK} FROM any_task t ORDER BY id"),
        )?;
        asked.ordered(
            tasks().only_deleted(),
            format!("SELECT {TASK} FROM any_task t WHERE gone ORDER BY id"),
        )?;
        asked.ordered(
            tasks().only_deleted().narrow(Task::stars),
            format!("SELECT {TASK} FROM any_task t WHERE gone AND stars IS NOT NULL ORDER BY id"),
        )?;
        asked.ordered(
            tasks().with_deleted().filter(Task::stars.ge(given.stars)),
            format!("SELECT {TASK} FROM any_task t WHERE stars >= {} ORDER BY id", given.stars),
        )?;
        let task = id::<Task>(given.number);
        let sql = |from: &str| format!("SELECT {TASK} FROM {from} t WHERE id = {}", hex(task));
        asked.answer(tasks().find(task)?.as_slice(), sql("task"));
        asked.answer(tasks().limit(0).offset(3).find(task)?.as_slice(), sql("task"));
        asked.answer(tasks().with_deleted().find(task)?.as_slice(), sql("any_task"));
        asked.answer(
            tasks().narrow(Task::stars).filter(Task::done.ne(true)).find(task)?.as_slice(),
            sql("task") + " AND stars IS NOT NULL AND done IS NOT true",
        );
        // Of several rows with the id, the first by the query's order.
        let remarked = tasks().join_many(Remark::task_id).order_by(Remark::id);
        asked.answer(
            remarked.find(task)?.as_slice(),
            format!(
                "SELECT {TASK}, {REMARK} FROM task t JOIN remark r ON r.task_id = t.id \
                 WHERE t.id = {} ORDER BY r.id LIMIT 1",
                hex(task)
            ),
        );
        Ok(())
    }
}

/// A column is ordered by what is stored, an expression by what can be read.
pub struct Ordered;

impl Family for Ordered {
    fn ask<D: Queries>(asked: &mut Asked<'_, D>) -> Outcome {
        let on = asked.on;
        let mut ordered = |orders: Vec<ara::Order<(Task,)>>, sql: &str| {
            let mut query = on.query::<Task>();
            for order in orders {
                query = query.order_by(order);
            }
            let sql = format!("SELECT {TASK} FROM task t ORDER BY {sql}, id");
            asked.ordered(query.order_by(Task::id), sql)
        };
        ordered(vec![Task::stars.asc()], "stars_stored")?;
        ordered(vec![Task::stars.desc()], "stars_stored DESC")?;
        ordered(vec![Task::title.desc()], "title_stored DESC")?;
        ordered(vec![Task::due.asc().nulls_last()], "due_stored NULLS LAST")?;
        ordered(vec![Task::due.desc().nulls_first()], "due_stored DESC NULLS FIRST")?;
        ordered(vec![Task::weight.asc().nulls_first()], "weight_stored NULLS FIRST")?;
        ordered(vec![Task::state.asc(), Task::stars.desc()], "state_stored, stars_stored DESC")?;
        ordered(
            vec![Task::note.desc().nulls_last(), Task::title.asc()],
            "note_stored DESC NULLS LAST, title_stored",
        )?;
        ordered(vec![Task::created_at.desc()], "created_at DESC")?;
        ordered(vec![Task::stars.add(0).desc()], "stars DESC")?;
        ordered(vec![Task::title.length().asc().nulls_last()], "length(title) NULLS LAST")?;
        ordered(
            vec![Task::stars.mul(Task::level).asc(), Task::title.lower().desc()],
            "stars * level, lower(title) DESC",
        )?;
        ordered(vec![Task::done.eq(true).desc()], "(done IS true) DESC")?;
        let narrowed = on.query::<Task>().narrow(Task::stars).order_by(Task::stars.desc());
        asked.ordered(
            narrowed.order_by(Task::id.desc()),
            format!(
                "SELECT {TASK} FROM task t WHERE stars IS NOT NULL ORDER BY stars DESC, id DESC"
            ),
        )
    }
}
