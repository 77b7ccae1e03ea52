//! What columns show that replace others, worked out while a statement runs: for a database that is opened read-only,
//! or that cannot be written for the moment, and whose rows an older version of the app has written since a writer has
//! worked them out.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value;

use crate::catalog::shape::columns_in_file;
use crate::error::{Error, Result};
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::row_clock::RowClock;
use crate::names::quoted;
use crate::rows::plan::Plan;
use crate::value::Stored;

/// Puts a view in the place of a table, for this connection alone, whose hidden columns are worked out.
pub(crate) fn show_in_view(connection: &Connection, plan: &Arc<Plan>) -> Result<()> {
    let Some(lensed) = &plan.lensed else { return Ok(()) };
    let is_there = connection
        .prepare_cached("SELECT 1 FROM temp.sqlite_schema WHERE type = 'view' AND name = ?1")?
        .exists([plan.stored_name()])?;
    if is_there {
        return Ok(());
    }
    let table = plan.stored_name();
    let present = columns_in_file(connection, table)?.unwrap_or_default();
    let mut names: Vec<&str> = present.keys().map(String::as_str).collect();
    names.sort_unstable();
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let Some(shown) = lensed.shown.iter().find(|shown| shown.name() == name) else {
            columns.push(quoted(name));
            continue;
        };
        let function = format!("ara_shown_{}_{}", plan.table, shown.position);
        let (of, position) = (Arc::clone(plan), shown.position);
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function(function.as_str(), -1, flags, move |context| {
            Ok(match shown_of(&of, position, context) {
                Some(Stored::Integer(integer)) => Value::Integer(integer),
                Some(Stored::Real(real)) => Value::Real(real),
                Some(Stored::Text(text)) => Value::Text(text.into_owned()),
                Some(Stored::Blob(bytes)) => Value::Blob(bytes.into_owned()),
                None => Value::Null,
            })
        })?;
        let arguments = lensed.names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        columns.push(format!("{function}({NODES}, {arguments}) AS {}", quoted(name)));
    }
    let (columns, table) = (columns.join(", "), quoted(table));
    let mut sql = format!("CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table};");
    for shown in &lensed.shown {
        sql.push_str(&format!("CREATE TEMP TABLE {} (\"ara_row\");", quoted(&shown.stale())));
    }
    run_temporary(connection, &sql)
}

/// Shows the table itself again.
pub(crate) fn drop_view(connection: &Connection, plan: &Plan) -> Result<()> {
    let mut sql = format!("DROP VIEW IF EXISTS temp.{};", quoted(plan.stored_name()));
    for shown in plan.lensed.iter().flat_map(|lensed| &lensed.shown) {
        sql.push_str(&format!("DROP TABLE IF EXISTS temp.{};", quoted(&shown.stale())));
    }
    run_temporary(connection, &sql)
}

/// Runs SQL about what is temporary and in no file.
pub(crate) fn run_temporary(connection: &Connection, sql: &str) -> Result<()> {
    connection.pragma_update(None, "query_only", false)?;
    let done = connection.execute_batch(sql);
    connection.pragma_update(None, "query_only", true)?;
    Ok(done?)
}

/// Selects the ids of all nodes, in hexadecimal digits, each followed by its ordinal.
const NODES: &str = "(SELECT group_concat(hex(\"id\") || \"ordinal\", ' ') FROM \"ara_node\")";

/// Returns what a row shows in a column, from the arguments of a function: the nodes, the clock and the columns.
fn shown_of(plan: &Plan, position: usize, context: &Context<'_>) -> Option<Stored<'static>> {
    let lensed = plan.lensed.as_ref()?;
    let nodes = context.get_raw(0).as_str().ok()?;
    let nodes: HashMap<NodeOrdinal, NodeId> = nodes.split(' ').filter_map(node).collect();
    let id_of = |node| nodes.get(&node).copied();
    let values = (2..context.len()).map(|at| context.get_raw(at));
    let clock = RowClock::read(context.get_raw(1), (None, None)).unwrap_or_default();
    let known = lensed.known(&clock, values, &id_of);
    lensed.row(known).shown(position)?.value
}

fn node(text: &str) -> Option<(NodeOrdinal, NodeId)> {
    let (id, ordinal) = text.split_at_checked(32)?;
    let id = u128::from_str_radix(id, 16).ok()?;
    Some((NodeOrdinal::new(ordinal.parse().ok()?), NodeId::from_bytes(id.to_be_bytes())))
}

/// Returns the error for a table whose rows cannot be worked out.
pub(crate) fn not_worked_out(table: &'static str) -> Error {
    let lacks = "has rows that another version of the app wrote, and that no writer has read yet";
    Error::NotMade { table, lacks }
}
