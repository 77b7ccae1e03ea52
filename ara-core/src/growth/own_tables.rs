//! Making ara's own tables anew that another program dropped or changed, as far as all that they held can be
//! derived from the rest of the file.

use rusqlite::{Connection, OptionalExtension};

use crate::catalog::own_tables::OWN_TABLES;
use crate::catalog::registry::{RegisteredIndex, Registry};
use crate::catalog::search_index::SearchIndex;
use crate::error::Result;
use crate::log::cells::{IS_DELETED, Standing, Write};
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::forgotten::{ForgottenRows, Tombstone};
use crate::log::meta;
use crate::log::node::NodeOrdinal;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::PieceReader;
use crate::log::row_clock::Tick;
use crate::log::texts::{TextCell, Texts};
use crate::names::quoted;

/// Makes ara's own tables anew that are missing or are not as ara made them. Nothing is done about the log and
/// the names that it refers to, which nothing tells but they themselves.
pub(crate) fn mend_own_tables(connection: &Connection) -> Result<()> {
    let mut made = Vec::new();
    for create in OWN_TABLES {
        let name = create.split_whitespace().nth(2).unwrap_or_default();
        if DERIVED.contains(&name) && !is_as_made(connection, name, create)? {
            drop_object(connection, name)?;
            connection.execute_batch(create)?;
            made.push(name);
        }
    }
    let is_made = |name| made.contains(&name);
    if is_made("ara_index") {
        find_indexes(connection)?;
    }
    if READ_FROM_LOG.into_iter().any(is_made) {
        read_log(connection)?;
    }
    if is_made("ara_meta") {
        // Nothing tells any more whether that was done. A new node is begun with the journal.
        meta::set(connection, meta::VACUUM, 1)?;
        meta::set(connection, meta::PURGE, meta::SEARCHES)?;
    }
    Ok(())
}

/// The tables of which the rest of the file tells what they held.
const DERIVED: [&str; 8] = [
    "ara_meta",
    "ara_index",
    "ara_counter",
    "ara_text",
    "ara_text_update",
    "ara_text_fault",
    "ara_forgotten",
    "ara_failure",
];

/// Those of them of which the log tells it.
const READ_FROM_LOG: [&str; 5] =
    ["ara_counter", "ara_text", "ara_text_update", "ara_text_fault", "ara_forgotten"];

/// Returns whether the file has a table as it was created by a statement. One that was renamed in the meantime
/// has its name in quotes.
fn is_as_made(connection: &Connection, name: &str, create: &str) -> Result<bool> {
    let held: Option<String> = connection
        .prepare_cached("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(held.is_some_and(|sql| sql.replacen(&quoted(name), name, 1) == create))
}

/// Drops whatever has a name.
fn drop_object(connection: &Connection, name: &str) -> Result<()> {
    let held: Option<(String, String)> = connection
        .prepare_cached(
            "SELECT type, name FROM sqlite_schema WHERE lower(name) = ?1 AND type <> 'trigger'",
        )?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((kind, name)) = held {
        connection.execute_batch(&format!("DROP {kind} {}", quoted(&name)))?;
    }
    Ok(())
}

/// Registers the indexes and searches that are in the file. Their names tell what they are.
fn find_indexes(connection: &Connection) -> Result<()> {
    let names = connection
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND name GLOB 'ara_index *(*)' \
             OR type = 'table' AND name GLOB 'ara_search*(*)'",
        )?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let mut register = connection.prepare("INSERT INTO ara_index VALUES (?1, ?2, ?3)")?;
    for name in names {
        let index = RegisteredIndex::named(&name).map(|index| (index.table, index.columns));
        let search = || SearchIndex::named(&name).map(|search| (search.table, search.columns));
        if let Some((table, columns)) = index.or_else(search) {
            register.execute((&name, table, columns.join(",")))?;
        }
    }
    Ok(())
}

/// Adds up all counters, has all texts united again, and finds all rows that were forgotten.
fn read_log(connection: &Connection) -> Result<()> {
    for table in READ_FROM_LOG {
        connection.execute_batch(&format!("DELETE FROM {table}"))?;
    }
    let registry = Registry::load(connection)?;
    let writer = meta::get(connection, meta::NODE)?.unwrap_or(NodeOrdinal::NONE);
    let id_of = |node| registry.id_of(node);
    let (mut counters, mut texts) = (Counters::new(connection), Texts::new(connection));
    let mut forgotten = ForgottenRows::new(connection);
    let mut pieces = PieceReader::all(connection)?;
    while let Some(piece) = pieces.next()? {
        for LoggedChange { node, date, record } in piece.changes() {
            let (Some(id), Some(table)) = (id_of(node), registry.tables.get(&record.table)) else {
                continue;
            };
            let tick = Tick { stamp: record.stamp, node: (node, id), date };
            for cell in record.cells.judged() {
                let Ok((cell, Standing::Counts(write))) = cell else { continue };
                match write {
                    Write::Forgotten(how) if cell.column == IS_DELETED => {
                        let row = (table.ordinal, record.row);
                        forgotten.note(&row, Tombstone::of(how, tick), &id_of)?;
                    }
                    Write::Addition(addition)
                        if table.is_made && table.columns.contains_key(&cell.column) =>
                    {
                        let (row, column) = (&record.row, cell.column);
                        let counter = CounterCell { table: table.ordinal, row, column };
                        let mut sum = counters.get(counter)?.unwrap_or(Sum::NOTHING);
                        sum.add((record.stamp, node), addition, writer, &id_of);
                        counters.put(counter, &sum)?;
                    }
                    Write::Update(update)
                        if table.is_made && table.columns.contains_key(&cell.column) =>
                    {
                        let (row, column) = (record.row, cell.column);
                        let text = TextCell { table: table.ordinal, row, column };
                        texts.add(text, (record.stamp, node), &update)?;
                    }
                    _ => {}
                }
            }
        }
    }
    for table in ["ara_counter", "ara_text_update"] {
        connection.execute_batch(&format!(
            "DELETE FROM {table} WHERE (tbl, row) IN (SELECT tbl, row FROM ara_forgotten)"
        ))?;
    }
    Ok(())
}
