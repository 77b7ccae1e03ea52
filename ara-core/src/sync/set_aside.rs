//! The changes in the log that could not be applied to the tables.

use std::collections::BTreeMap;
use std::fmt;

use ara_schema::{check_column_name, check_table_name};
use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::{columns_in_file, in_the_way};
use crate::database::Database;
use crate::error::{Error, Result};
use crate::log::cells::Cell;
use crate::log::node::NodeOrdinal;
use crate::log::nodes;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::{Found, PieceReader, node_at};
use crate::log::texts::{TextCell, has_fault};
use crate::merge::report::Reason;
use crate::rows::clocks::{Clocks, tables_in_file};
use crate::value::Timestamp;
use crate::value::size::LARGEST;

/// Changes of one node that could not be applied, or only in part, returned by [`Database::set_aside`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetAside {
    /// Why they could not be applied.
    pub obstacle: Obstacle,
    /// The node that wrote them.
    pub node: Uuid,
    /// The date of the first of them. `None` if it cannot be read, or if they were refused, and so are not in
    /// the log.
    pub time: Option<Timestamp>,
    /// The table's stored name, if the changes concern one table.
    pub table: Option<String>,
    /// The column's stored name, if the changes concern one column.
    pub column: Option<String>,
    /// The number of changes. It is 0 if they were refused.
    pub changes: u64,
}

/// The reason why changes were set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Obstacle {
    /// The name of the table or column is not valid in this version of ara.
    Name,
    /// Another program has created something with the same name.
    InTheWay,
    /// The limit is reached for tables, or for columns of this table, that the app does not declare.
    TooMany,
    /// The values are of a kind that this version of ara does not know.
    Kind,
    /// They are no updates of the text that they are to be united with.
    Text,
    /// The row would be larger than SQLite can hold, as devices have written large values into it apart. Its longest
    /// values are left out of it, on every device the same. They are there again once others were made shorter.
    TooLarge,
    /// The changes cannot be read, as the file was damaged.
    Unreadable,
    /// The changes were refused, and so are not in the log.
    Refused(Reason),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name cannot be that of a table or column: update the app",
            Self::InTheWay => {
                "another program has made something of this name: rename that, and rebuild"
            }
            Self::TooMany => "too many names are not declared: declare it in a struct",
            Self::Kind => "the values are of a kind that a newer version knows: update the app",
            Self::Text => {
                "they are no updates of a text: update the app on the device that wrote them, then rebuild"
            }
            Self::TooLarge => {
                "the row would be larger than SQLite can hold: shorten or clear another column of it"
            }
            Self::Unreadable => "they cannot be read: the file was damaged",
            Self::Refused(reason) => return reason.fmt(f),
        })
    }
}

impl fmt::Display for SetAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => write!(f, "column `{table}.{column}`: ")?,
            (Some(table), None) => write!(f, "table `{table}`: ")?,
            _ => {}
        }
        write!(f, "changes of node {} are not applied: {}", self.node, self.obstacle)
    }
}

impl Database {
    /// Returns which changes of other databases could not be applied here, and why. It contains no values.
    ///
    /// Except for refused ones, such changes are in the log nevertheless, and are passed on. They are applied
    /// when their table or column is declared, or by [`rebuild`](Self::rebuild).
    ///
    /// Changes of one node with the same obstacle, table and column are one entry. At most 1,000 entries are
    /// returned. This reads the whole log.
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// for aside in db.set_aside()? {
    ///     println!("{aside}");
    /// }
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn set_aside(&self) -> Result<Vec<SetAside>> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let tables = tables_in_file(&snapshot, &registry)?;
            let clocks = Clocks::new(&snapshot, &registry, &tables);
            let (connection, groups) = (&*snapshot, BTreeMap::new());
            let mut found = Findings { connection, registry: &registry, clocks, groups };
            found.log(&snapshot)?;
            let mut aside = found.into_entries(&snapshot)?;
            aside.extend(refused(&snapshot, MOST - aside.len())?);
            Ok(aside)
        })
    }
}

/// The number of entries that are returned at most.
const MOST: usize = 1000;

/// Fewer bytes are never left out: a table has 2,000 columns at most, and the longest values go first.
const LEAST_LEFT_OUT: u64 = LARGEST / 2000;

/// What changes are grouped by, as ordinals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    node: NodeOrdinal,
    table: Option<i64>,
    column: Option<u32>,
}

/// Why changes were set aside. If the table or column is not in the file, the obstacle is found out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Known(Obstacle),
    NotMade,
}

/// The changes that were found to be set aside, in groups.
struct Findings<'r> {
    connection: &'r Connection,
    registry: &'r Registry,
    clocks: Clocks<'r, 'r>,
    /// The date of the first change of each group, in milliseconds since 1970, if it can be read, and the
    /// number of changes.
    groups: BTreeMap<(Subject, Why), (Option<i64>, u64)>,
}

impl Findings<'_> {
    /// Adds a change to its group.
    fn add(&mut self, subject: Subject, why: Why, date: Option<i64>) {
        let is_full = self.groups.len() == MOST;
        if let Some((_, changes)) = self.groups.get_mut(&(subject, why)) {
            *changes += 1;
        } else if !is_full {
            self.groups.insert((subject, why), (date, 1));
        }
    }

    /// Examines the whole log.
    fn log(&mut self, connection: &Connection) -> Result<()> {
        let mut pieces = PieceReader::all(connection)?;
        while let Some(found) = pieces.next_found()? {
            match found {
                Found::Whole(piece) => {
                    for change in piece.changes() {
                        self.change(&change)?;
                    }
                }
                Found::Damaged(pos) => {
                    // How many changes it holds cannot be read, either.
                    let subject = Subject { node: node_at(pos), table: None, column: None };
                    self.add(subject, Why::Known(Obstacle::Unreadable), None);
                }
            }
        }
        Ok(())
    }

    /// Examines a change.
    fn change(&mut self, change: &LoggedChange<'_>) -> Result<()> {
        let LoggedChange { node, date, record } = *change;
        let date = Some(date);
        let registry = self.registry;
        let subject = Subject { node, table: Some(record.table), column: None };
        let table = registry.tables.get(&record.table);
        let (Some(_), Some(table)) = (registry.nodes.get(&node), table) else {
            self.add(subject, Why::Known(Obstacle::Unreadable), date);
            return Ok(());
        };
        if !table.is_made {
            self.add(subject, Why::NotMade, date);
            return Ok(());
        }
        match self.cells(subject, change, table) {
            Err(Error::Corrupt) => self.add(subject, Why::Known(Obstacle::Unreadable), date),
            examined => examined?,
        }
        Ok(())
    }

    /// Examines the cells of a change. Returns [`Error::Corrupt`] if they cannot be read.
    fn cells(
        &mut self,
        subject: Subject,
        change: &LoggedChange<'_>,
        table: &RegisteredTable,
    ) -> Result<()> {
        let LoggedChange { record, date, .. } = change;
        let (mut cells, date) = (record.cells, Some(*date));
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            let subject = Subject { column: Some(cell.column), ..subject };
            if !table.columns.contains_key(&cell.column) {
                self.add(subject, Why::NotMade, date);
            } else if cell.write().is_none() {
                self.add(subject, Why::Known(Obstacle::Kind), date);
            } else if cell.payload.len() as u64 > LEAST_LEFT_OUT
                && self.is_left_out(change, table, cell.column)?
            {
                self.add(subject, Why::Known(Obstacle::TooLarge), date);
            } else if self.is_bad_update(change, &cell)? {
                self.add(subject, Why::Known(Obstacle::Text), date);
            }
        }
        Ok(())
    }

    /// Returns whether a cell was found not to be an update of its text.
    fn is_bad_update(&self, change: &LoggedChange<'_>, cell: &Cell<'_>) -> Result<bool> {
        let LoggedChange { node, record, .. } = *change;
        let text = TextCell { table: record.table, row: record.row, column: cell.column };
        Ok(cell.is_update() && has_fault(self.connection, text, (record.stamp, node))?)
    }

    /// Returns whether the row of a change lacks what the change wrote into a column.
    fn is_left_out(
        &mut self,
        change: &LoggedChange<'_>,
        table: &RegisteredTable,
        column: u32,
    ) -> Result<bool> {
        let LoggedChange { node, record, .. } = *change;
        let Some(clock) = self.clocks.of((record.table, record.row))? else { return Ok(false) };
        let this = Some((record.stamp, node));
        let edits = table.edits.get(&column).map(|edits| edits.ordinal);
        let mut columns = std::iter::once(column).chain(edits);
        Ok(columns.any(|column| clock.lacks(column) && clock.last_write(column) == this))
    }

    /// Returns an entry for each group.
    fn into_entries(self, connection: &Connection) -> Result<Vec<SetAside>> {
        let registry = self.registry;
        let entry = |((subject, why), (date, changes)): ((Subject, Why), (Option<i64>, u64))| {
            let node = registry.nodes.get(&subject.node);
            let table = subject.table.and_then(|table| registry.tables.get(&table));
            let column =
                table.zip(subject.column).and_then(|(table, column)| table.names.get(&column));
            let obstacle = match (why, table) {
                (Why::Known(obstacle), _) => obstacle,
                (Why::NotMade, Some(table)) => match column {
                    Some(column) => of_column(connection, &table.name, column)?,
                    None => of_table(connection, &table.name)?,
                },
                (Why::NotMade, None) => Obstacle::Unreadable,
            };
            Ok(SetAside {
                obstacle,
                node: node.map_or(Uuid::nil(), |node| node.id.uuid()),
                time: date.map(Timestamp::from_millis),
                table: table.map(|table| table.app_name().to_owned()),
                column: column.cloned(),
                changes,
            })
        };
        self.groups.into_iter().map(entry).collect()
    }
}

/// Returns why a table is in the log but not in the file.
fn of_table(connection: &Connection, name: &str) -> Result<Obstacle> {
    Ok(if check_table_name(name).is_err() {
        Obstacle::Name
    } else if in_the_way(connection, name)?.is_some()
        || columns_in_file(connection, name)?.is_some()
    {
        Obstacle::InTheWay
    } else {
        Obstacle::TooMany
    })
}

/// Returns why a column is in the log but not in the file.
fn of_column(connection: &Connection, table: &str, name: &str) -> Result<Obstacle> {
    let present = columns_in_file(connection, table)?.unwrap_or_default();
    Ok(if check_column_name(name).is_err() {
        Obstacle::Name
    } else if present.keys().any(|present| present.eq_ignore_ascii_case(name)) {
        Obstacle::InTheWay
    } else {
        Obstacle::TooMany
    })
}

/// Returns entries for the nodes of which changes were refused.
fn refused(connection: &Connection, most: usize) -> Result<Vec<SetAside>> {
    let mut refused = Vec::new();
    for (node, reason) in nodes::refused(connection)?.into_iter().take(most) {
        let reason = Reason::named(&reason).unwrap_or(Reason::Damaged);
        refused.push(SetAside {
            obstacle: Obstacle::Refused(reason),
            node: node.uuid(),
            time: None,
            table: None,
            column: None,
            changes: 0,
        });
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::written::{Given, Received, WALL};
    use crate::log::clock::Stamp;
    use crate::log::node::NodeId;
    use crate::log::pieces;

    const NODE: NodeId = NodeId::from_bytes([7; 16]);

    /// A transaction that writes a column of each of these tables.
    fn texts(cells: &[(&str, &str)]) -> Vec<Received> {
        let change = |(number, (table, column)): (i64, &(&str, &str))| Received {
            number,
            stamp: Stamp::new(WALL, number as u16),
            table: (*table).to_owned(),
            row: 1,
            cells: vec![Given::text(column, "secret")],
            is_end: number == cells.len() as i64,
        };
        (1..).zip(cells).map(change).collect()
    }

    /// What is set aside: the obstacle, its subject, and how many changes.
    fn told(db: &Database) -> Result<Vec<(Obstacle, String, u64)>> {
        let told = |aside: SetAside| {
            assert_eq!(aside.node, NODE.uuid());
            assert!(!aside.to_string().contains("secret"));
            let names = [aside.table, aside.column];
            (
                aside.obstacle,
                names.into_iter().flatten().collect::<Vec<_>>().join("."),
                aside.changes,
            )
        };
        Ok(db.set_aside()?.into_iter().map(told).collect())
    }

    #[test]
    fn nothing_is_set_aside_of_what_is_applied() -> Result<()> {
        let db = Database::for_test()?;
        db.receive(NODE, &texts(&[("todo", "title")]))?;
        assert!(told(&db)?.is_empty());
        Ok(())
    }

    #[test]
    fn names_that_are_none() -> Result<()> {
        let db = Database::for_test()?;
        let cells =
            [("todo", "Title"), ("todo", "Title"), ("To do", "title"), ("sqlite_x", "title")];
        db.receive(NODE, &texts(&cells))?;
        let expected = [("todo.Title", 2), ("To do", 1), ("sqlite_x", 1)];
        let expected = expected.map(|(name, changes)| (Obstacle::Name, name.to_owned(), changes));
        assert_eq!(told(&db)?, expected);
        assert_eq!(db.set_aside()?[0].time, Some(Timestamp::from_millis(WALL)));
        db.rebuild()?;
        assert_eq!(told(&db)?, expected);
        Ok(())
    }

    #[test]
    fn what_another_program_made_is_in_the_way_until_it_is_gone() -> Result<()> {
        let db = Database::for_test()?;
        db.tamper("CREATE TABLE Note (x)")?;
        db.receive(NODE, &texts(&[("note", "title")]))?;
        assert_eq!(told(&db)?, [(Obstacle::InTheWay, "note".to_owned(), 1)]);
        db.tamper("DROP TABLE Note")?;
        assert_eq!(db.rebuild()?.growth.tables, ["note"]);
        assert!(told(&db)?.is_empty() && db.verify()?.holds());
        Ok(())
    }

    #[test]
    fn tables_that_are_too_many() -> Result<()> {
        let db = Database::for_test()?;
        let names: Vec<_> = (0..502).map(|number| format!("t{number}")).collect();
        let cells: Vec<_> = names.iter().map(|name| (name.as_str(), "title")).collect();
        db.receive(NODE, &texts(&cells))?;
        let expected = ["t500", "t501"].map(|name| (Obstacle::TooMany, name.to_owned(), 1));
        assert_eq!(told(&db)?, expected);
        Ok(())
    }

    #[test]
    fn values_of_another_kind_stop_neither_their_change_nor_their_row() -> Result<()> {
        let db = Database::for_test()?;
        let mut changes = texts(&[("todo", "title")]);
        let payload = vec![2, 0xca, 0xfe];
        changes[0].cells.push(Given {
            column: "count".to_owned(),
            tag: 10,
            marks: Vec::new(),
            payload,
        });
        db.receive(NODE, &changes)?;
        assert_eq!(told(&db)?, [(Obstacle::Kind, "todo.count".to_owned(), 1)]);
        assert!(db.dump("todo")?[0].contains("Text"));
        assert!(db.verify()?.holds());
        Ok(())
    }

    #[test]
    fn what_is_damaged_hides_nothing_behind_it() -> Result<()> {
        let db = Database::for_test()?;
        db.receive(NODE, &texts(&[("todo", "title")]))?;
        let mut more = texts(&[("To do", "title")]);
        more[0].number = 2;
        db.receive(NODE, &more)?;
        db.with_reader(|reading| {
            let first = pieces::with_filter(reading.connection, |_| true)?[0];
            let (number, mut data) = pieces::bytes_at(reading.connection, first)?.expect("a piece");
            data[20] ^= 1;
            pieces::rewrite(reading.connection, first, (number, &data))
        })?;
        let damaged = (Obstacle::Unreadable, String::new(), 1);
        assert_eq!(told(&db)?, [damaged, (Obstacle::Name, "To do".to_owned(), 1)]);
        assert_eq!(db.set_aside()?[0].time, None);
        Ok(())
    }
}
