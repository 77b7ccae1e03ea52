//! What does not count: a node whose clock ran ahead says so of what it wrote then.

use rusqlite::Connection;

use crate::change::PackedCells;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::rebuild::rebuild_table;
use crate::registry::Registry;
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

/// Notes that what a node wrote between two times does not count, and takes it out of the tables. A
/// node that tells it twice, as two copies of a file may, is taken at the widest. Whether something was
/// in the tables.
pub(crate) fn make_void(
    connection: &Connection,
    node: i64,
    (after, until): (Time, Time),
) -> Result<bool> {
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
    let tables: Vec<i64> = connection
        .prepare_cached(
            "SELECT DISTINCT tbl FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3",
        )?
        .query_map((node, after.bits(), until.bits()), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // Nothing is left to wait for.
    connection
        .prepare_cached(
            "UPDATE ara_node SET folded = last WHERE ordinal = ?1 AND last <= void_until",
        )?
        .execute([node])?;
    let registry = Registry::load(connection)?;
    let mut is_changed = false;
    for (ordinal, table) in registry.synced().filter(|(ordinal, _)| tables.contains(ordinal)) {
        rebuild_table(connection, &registry, (ordinal, table))?;
        is_changed = true;
    }
    Ok(is_changed)
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
    let mut changes = connection.prepare("SELECT row, cells FROM ara_change WHERE tbl = ?1")?;
    let mut changes = changes.query([ordinal])?;
    while let Some(change) = changes.next()? {
        let packed = change.get_ref(1)?.as_blob().map_err(|_| Error::Corrupt)?;
        let name = |column| table.names.get(&column).map(String::as_str);
        let void = PackedCells::open(packed).and_then(|cells| read_void(cells, &name));
        if let Some((after, until)) = void {
            widen.execute((change.get::<_, [u8; 16]>(0)?, after.bits(), until.bits()))?;
        }
    }
    Ok(())
}
