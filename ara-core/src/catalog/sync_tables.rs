//! The tables in which a file that is synced keeps how far that has come.

use rusqlite::Connection;

use crate::error::Result;
use crate::log::node::NodeId;
use crate::log::place::ChangeNumber;

/// The tables, each with the statement that creates it.
///
/// - `ara_sync`: facts about the space that the file is in, and about what was sent and received, by key.
/// - `ara_segment`: the segments that the relay has of the space: the number, the id, the node of which it holds
///   changes, who sealed it and under which epoch, the hash of the relay's chain there, where its changes begin
///   and end (a number and a digest each; NULL as long as that could not be opened), how long it is, which segment
///   it names as the one before it, by which name its successor names it, and flags.
pub(crate) const SYNC_TABLES: [(&str, &str); 2] = [
    ("ara_sync", "CREATE TABLE ara_sync (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID"),
    (
        "ara_segment",
        "CREATE TABLE ara_segment (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
         node BLOB NOT NULL, author BLOB NOT NULL, epoch BLOB NOT NULL, chain BLOB NOT NULL, \
         from_number INTEGER, from_digest INTEGER, to_number INTEGER, to_digest INTEGER, \
         length INTEGER NOT NULL, previous BLOB, named BLOB NOT NULL, \
         flags INTEGER NOT NULL) STRICT",
    ),
];

/// The index of `ara_segment` by node.
pub(crate) const SEGMENT_INDEX: &str = "ara_segment_by_node";

const CREATE_SEGMENT_INDEX: &str = "CREATE INDEX ara_segment_by_node ON ara_segment (node, number)";

/// Returns whether a file has the tables. All that sync reads asks for that first.
pub(crate) fn are_there(connection: &Connection) -> Result<bool> {
    let mut are_there = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'ara_sync') \
         AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'ara_segment')",
    )?;
    Ok(are_there.query_row([], |row| row.get(0))?)
}

/// Creates the tables that a file lacks, and the index.
pub(crate) fn make(connection: &Connection) -> Result<()> {
    if are_there(connection)? && is_there(connection, SEGMENT_INDEX)? {
        return Ok(());
    }
    for (name, create) in SYNC_TABLES {
        if !is_there(connection, name)? {
            connection.execute_batch(create)?;
        }
    }
    if !is_there(connection, SEGMENT_INDEX)? {
        connection.execute_batch(CREATE_SEGMENT_INDEX)?;
    }
    Ok(())
}

/// Has the segments noted that hold values of a forgotten row: returns what is to be called with the place of each
/// change whose values are removed from the log. Such a segment has the flag 2, and `ara-sync` seals it again.
pub(crate) fn note_removed(
    connection: &Connection,
) -> Result<impl FnMut(NodeId, ChangeNumber) -> Result<()>> {
    let are_there = are_there(connection)?;
    Ok(move |node: NodeId, number: ChangeNumber| {
        if !are_there {
            return Ok(());
        }
        let mut flag = connection.prepare_cached(
            "UPDATE ara_segment SET flags = flags | 2 \
             WHERE node = ?1 AND from_number < ?2 AND to_number >= ?2 AND flags & 2 = 0",
        )?;
        if flag.execute((node.as_bytes(), number.get()))? > 0 {
            let mut note = connection
                .prepare_cached("INSERT OR REPLACE INTO ara_sync VALUES ('reseal', x'')")?;
            note.execute([])?;
        }
        Ok(())
    })
}

fn is_there(connection: &Connection, name: &str) -> Result<bool> {
    Ok(connection.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = ?1")?.exists([name])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::format::new_file;

    #[test]
    fn segments_that_hold_removed_values_are_noted() -> Result<()> {
        let file = new_file();
        let node = NodeId::from_bytes([7; 16]);
        // A file that is not synced has nothing to note.
        note_removed(&file)?(node, ChangeNumber::new(1))?;
        make(&file)?;
        for (number, from, to) in [(1, 0, 3), (2, 3, 5), (3, 5, 9)] {
            file.execute(
                "INSERT INTO ara_segment VALUES \
                 (?1, randomblob(32), ?2, x'', x'', x'', ?3, 0, ?4, 0, 1, NULL, x'', 4)",
                (number, node.as_bytes(), from, to),
            )?;
        }
        let mut removed = note_removed(&file)?;
        removed(node, ChangeNumber::new(4))?;
        removed(node, ChangeNumber::new(5))?;
        removed(NodeId::from_bytes([8; 16]), ChangeNumber::new(1))?;
        let mut flags = file.prepare("SELECT flags FROM ara_segment ORDER BY number")?;
        let flags =
            flags.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
        assert_eq!(flags, [4, 6, 4]);
        let noted: i64 = file.query_row("SELECT count(*) FROM ara_sync", [], |row| row.get(0))?;
        assert_eq!(noted, 1);
        Ok(())
    }

    #[test]
    fn what_is_missing_is_made_and_what_is_there_stays() -> Result<()> {
        let file = new_file();
        assert!(!are_there(&file)?);
        make(&file)?;
        file.execute("INSERT INTO ara_sync VALUES ('cursor', x'07')", [])?;
        file.execute_batch("DROP TABLE ara_segment")?;
        assert!(!are_there(&file)?);
        make(&file)?;
        make(&file)?;
        assert!(are_there(&file)?);
        let kept: Vec<u8> = file.query_row("SELECT value FROM ara_sync", [], |row| row.get(0))?;
        assert_eq!(kept, [7]);
        let plan: String = file.query_row(
            "EXPLAIN QUERY PLAN SELECT id FROM ara_segment WHERE node = ?1 ORDER BY number",
            [[0u8; 16]],
            |row| row.get("detail"),
        )?;
        assert!(plan.contains(SEGMENT_INDEX), "{plan}");
        Ok(())
    }
}
