//! Working out what the rows of a table show.

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::shown_column::has_texts;
use crate::error::Result;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes;
use crate::log::texts::due_texts;
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::rows::key_of::key_of;
use crate::rows::lensed::Lensed;
use crate::rows::plan::Plan;
use crate::rows::shown_values::{Due, Outdated, Shown, Step};
use crate::rows::writing::Writing;

/// Returns whether rows of a table are to be worked out.
pub(crate) fn is_due(connection: &Connection, plan: &Plan) -> Result<bool> {
    if has_texts(plan.def) && !due_texts(connection, plan.table, 1)?.is_empty() {
        return Ok(true);
    }
    for shown in plan.lensed.iter().flat_map(|lensed| &lensed.shown) {
        if connection.prepare_cached(&shown.is_due)?.exists([])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns how many rows of a table are to be worked out, each counted for each of its columns.
pub(crate) fn count_due(connection: &Connection, plan: &Plan) -> Result<u64> {
    let mut rows = 0;
    for shown in plan.lensed.iter().flat_map(|lensed| &lensed.shown) {
        rows += connection
            .prepare_cached(&shown.count_due)?
            .query_row([], |row| row.get::<_, i64>(0))?
            .unsigned_abs();
    }
    Ok(rows)
}

/// Works out what some rows of a table show, and returns what else is to be done.
pub(crate) fn work_out_some(writing: &mut Writing<'_>, plan: &Plan) -> Result<Due> {
    work_out_after(writing, plan, i64::MIN)
}

/// Works out what some rows of a table show that were written since the others were to be worked out, and returns what
/// else is to be done.
pub(crate) fn work_out_noted(writing: &mut Writing<'_>, plan: &Plan) -> Result<Due> {
    work_out_after(writing, plan, 0)
}

fn work_out_after(writing: &mut Writing<'_>, plan: &Plan, after: i64) -> Result<Due> {
    let mut due = Due::default();
    each_due(writing, plan, |shown, of, mut step| {
        step.after = after;
        step.due = std::mem::take(&mut due);
        let is_more = step.due.is_more;
        shown.step(of, &mut step)?;
        step.due.is_more |= is_more;
        due = std::mem::take(&mut step.due);
        Ok(step.rows)
    })?;
    Ok(due)
}

/// Works out what rows of a table show that were written, but for those of which replaced columns are outdated.
pub(crate) fn work_out_written(writing: &mut Writing<'_>, plan: &Plan) -> Result<()> {
    each_due(writing, plan, |shown, of, mut step| {
        step.outdated = Outdated::Left;
        loop {
            shown.step(of, &mut step)?;
            if !step.due.is_more {
                return Ok(step.rows);
            }
        }
    })
}

/// Calls a function for each column of a table of which rows are to be worked out. It returns their ids.
fn each_due(
    writing: &mut Writing<'_>,
    plan: &Plan,
    mut run: impl FnMut(&Shown, &Lensed, Step<'_, '_>) -> Result<BTreeSet<[u8; 16]>>,
) -> Result<()> {
    let connection = writing.connection;
    let Some(lensed) = &plan.lensed else { return Ok(()) };
    for shown in &lensed.shown {
        if !connection.prepare_cached(&shown.is_due)?.exists([])? {
            continue;
        }
        let ids: HashMap<NodeOrdinal, NodeId> =
            nodes::kept(connection)?.into_iter().map(|node| (node.ordinal, node.id)).collect();
        let id_of = |node| ids.get(&node).copied();
        let key_of = |table: TableRef, id: &Given<'_>| key_of(connection, table, id);
        let rows = run(shown, lensed, Step::new(connection, &id_of, &key_of))?;
        if let Some(touched) = &mut writing.touched {
            let own = plan.slots.get(shown.position + 1).map(|slot| slot.ordinal);
            let columns = own.into_iter().collect();
            for row in rows {
                touched.write(plan.table, Uuid::from_bytes(row), &columns, false);
            }
        }
    }
    Ok(())
}
