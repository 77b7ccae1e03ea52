//! What does not count: a node whose clock ran ahead says so of what it wrote then.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::logged_change::LoggedChange;
use crate::log::node::NodeOrdinal;
use crate::log::node_changes::SpanReader;
use crate::log::span::Span;
use crate::log::table_changes::TableReader;
use crate::rows::rebuild::RowKey;
use crate::value::Stored;

/// The table of the log in which nodes tell it. A row's id is that of a node. It is in the log alone.
pub(crate) const VOIDS: &str = "ara_void";

/// The columns: what the node wrote after the first time, up to the second, does not count.
pub(crate) const VOID_COLUMNS: [&str; 2] = ["after", "until"];

/// What a change of [`VOIDS`] tells, if it can be read.
pub(crate) fn read_void<'n>(
    mut cells: PackedCells<'_>,
    name: &dyn Fn(u32) -> Option<&'n str>,
) -> Option<(Time, Time)> {
    let mut times = [None; 2];
    while let Some(cell) = cells.next_cell()? {
        let at = VOID_COLUMNS.iter().position(|known| name(cell.column) == Some(known));
        if let (Some(Some(Stored::Integer(time))), Some(at)) = (cell.value(), at) {
            times[at] = Some(Time::from_bits(time));
        }
    }
    let [after, until] = times;
    Some((after?, until?))
}

/// Notes that what a node wrote between two times does not count. A node that tells it twice, as two copies
/// of a file may, is taken at the widest. The rows of what did count are added to those that are to be folded
/// anew: whether there are any.
pub(crate) fn make_void(
    connection: &Connection,
    node: NodeOrdinal,
    (after, until): (Time, Time),
    outdated: &mut BTreeSet<RowKey>,
) -> Result<bool> {
    let before = void_of(connection, node)?;
    let noted = connection
        .prepare_cached(
            "UPDATE ara_node SET void_until = max(void_until, ?3), \
             void_after = iif(void_until = 0, ?2, min(void_after, ?2)) \
             WHERE ordinal = ?1 AND (void_until < ?3 OR void_after > ?2)",
        )?
        .execute((node, after.bits(), until.bits()))?;
    if noted == 0 {
        return Ok(false);
    }
    let (first, last) = void_of(connection, node)?;
    // What did not count before is looked at once, however often it is told.
    let news = match before {
        (_, until) if until == Time::default() => [(first, last), (until, until)],
        (before_first, before_last) => [(first, before_first), (before_last, last)],
    };
    let mut is_changed = false;
    let mut changes = SpanReader::all(connection)?;
    for (after, end) in news {
        let mut changes = changes.read(Span { node, after, end })?;
        while let Some(change) = changes.next()? {
            // What another program wrote there may be anything.
            let Ok(row) = change.row_id() else { continue };
            outdated.insert((change.table()?, row));
            is_changed = true;
        }
    }
    pass_void(connection, node)?;
    Ok(is_changed)
}

/// Where nothing of a node waits but what does not count, there is nothing to wait for.
pub(crate) fn pass_void(connection: &Connection, node: NodeOrdinal) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET folded = last \
             WHERE ordinal = ?1 AND last <= void_until AND folded >= void_after",
        )?
        .execute([node])?;
    Ok(())
}

/// What is noted of a node: after which time, and until which one, nothing counts.
fn void_of(connection: &Connection, node: NodeOrdinal) -> Result<(Time, Time)> {
    let void = "SELECT void_after, void_until FROM ara_node WHERE ordinal = ?1";
    let mut void = connection.prepare_cached(void)?;
    Ok(void.query_row([node], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Notes anew what does not count, as the log says.
pub(crate) fn mend_voids(connection: &Connection, registry: &Registry) -> Result<()> {
    connection.execute("UPDATE ara_node SET void_after = 0, void_until = 0", [])?;
    let Some((ordinal, table)) = registry.tables.iter().find(|(_, table)| table.name == VOIDS)
    else {
        return Ok(());
    };
    let mut widen = connection.prepare(
        "UPDATE ara_node SET void_until = max(void_until, ?3), \
         void_after = iif(void_until = 0, ?2, min(void_after, ?2)) WHERE id = ?1",
    )?;
    let mut log = TableReader::new(connection)?;
    let mut rows = log.read(*ordinal)?;
    let mut mend = |change: LoggedChange<'_>| -> Result<()> {
        let name = |column| table.names.get(&column).map(String::as_str);
        let void = PackedCells::open(change.packed()?).and_then(|cells| read_void(cells, &name));
        if let Some((after, until)) = void {
            widen.execute((change.row_id()?, after, until))?;
        }
        Ok(())
    };
    while rows.next(&mut mend)?.is_some() {}
    Ok(())
}
