//! The changes in the log that could not be applied to the tables.

use std::collections::BTreeMap;
use std::fmt;

use ara_schema::{check_column_name, check_table_name};
use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::{columns_in_file, in_the_way};
use crate::database::Database;
use crate::error::Result;
use crate::log::all_changes::LogReader;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::logged_change::LoggedChange;
use crate::log::node::NodeOrdinal;
use crate::log::nodes;
use crate::log::nodes::is_void;
use crate::log::twins::for_each_twin;
use crate::merge::report::Reason;
use crate::merge::void::VOIDS;
use crate::value::Timestamp;

/// Changes of one node that could not be applied, or only in part, returned by [`Database::set_aside`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetAside {
    /// Why they could not be applied.
    pub obstacle: Obstacle,
    /// The node that wrote them.
    pub node: Uuid,
    /// The time of the first of them. `None` if they were refused, and so are not in the log.
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
    /// The changes are dated more than five minutes ahead.
    Ahead,
    /// The name of the table or column is not valid in this version of ara.
    Name,
    /// Another program has created something with the same name.
    InTheWay,
    /// The limit is reached for tables, or for columns of this table, that the app does not declare.
    TooMany,
    /// The values are of a kind that this version of ara does not know.
    Kind,
    /// Two devices wrote at the same time under one id, and the other change has won.
    Twin,
    /// The changes cannot be read, as the file was damaged.
    Unreadable,
    /// The changes were refused, and so are not in the log.
    Refused(Reason),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ahead => "they are dated ahead: they are applied when their time comes",
            Self::Name => "the name cannot be that of a table or column: update the app",
            Self::InTheWay => {
                "another program has made something of this name: rename that, and rebuild"
            }
            Self::TooMany => "too many names are not declared: declare it in a struct",
            Self::Kind => "the values are of a kind that a newer version knows: update the app",
            Self::Twin => "two devices wrote under one id, and of two changes one counts",
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
    /// when their table or column is declared, when their time comes, or by [`rebuild`](Self::rebuild).
    ///
    /// Changes of one node with the same obstacle, table and column are one entry. At most 1,000 entries are
    /// returned. This reads the whole log.
    ///
    /// ```
    /// use ara::Obstacle;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let fast = Database::options().clock(|| "2100-01-01T00:00:00Z".parse().unwrap()).memory()?;
    /// fast.create(Todo::draft().title("Buy milk"))?;
    /// let phone = Database::memory()?;
    /// for changes in fast.changes_since(&phone.version_vector()?)? {
    ///     phone.merge(&changes?)?;
    /// }
    /// for aside in phone.set_aside()? {
    ///     assert_eq!(aside.obstacle, Obstacle::Ahead);
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
            let mut found = Findings { registry: &registry, groups: BTreeMap::new() };
            found.log(&snapshot)?;
            found.twins(&snapshot)?;
            let mut aside = found.into_entries(&snapshot)?;
            aside.extend(refused(&snapshot, MOST - aside.len())?);
            Ok(aside)
        })
    }
}

/// The number of entries that are returned at most.
const MOST: usize = 1000;

/// What changes are grouped by, as ordinals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    node: NodeOrdinal,
    table: Option<i64>,
    column: Option<u32>,
}

impl Subject {
    /// Returns the node and the table of a change.
    fn of(change: LoggedChange<'_>) -> Result<Self> {
        Ok(Self { node: change.node()?, table: Some(change.table()?), column: None })
    }
}

/// Why changes were set aside. If the table or column is not in the file, the obstacle is found out last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Known(Obstacle),
    NotMade,
}

/// The changes that were found to be set aside, in groups.
struct Findings<'r> {
    registry: &'r Registry,
    /// The time of the first change of each group, and the number of changes.
    groups: BTreeMap<(Subject, Why), (Time, u64)>,
}

impl Findings<'_> {
    /// Adds a change to its group.
    fn add(&mut self, subject: Subject, why: Why, time: Time) {
        let is_full = self.groups.len() == MOST;
        if let Some((_, changes)) = self.groups.get_mut(&(subject, why)) {
            *changes += 1;
        } else if !is_full {
            self.groups.insert((subject, why), (time, 1));
        }
    }

    /// Examines the whole log.
    fn log(&mut self, connection: &Connection) -> Result<()> {
        let mut log = LogReader::new(connection)?;
        let mut changes = log.read()?;
        while let Some(change) = changes.next()? {
            self.change(Subject::of(change)?, change.time()?, change.packed()?);
        }
        Ok(())
    }

    /// Examines a change.
    fn change(&mut self, subject: Subject, time: Time, packed: &[u8]) {
        let registry = self.registry;
        let node = registry.nodes.get(&subject.node);
        let table = subject.table.and_then(|table| registry.tables.get(&table));
        let (Some(node), Some(table)) = (node, table) else {
            return self.add(subject, Why::Known(Obstacle::Unreadable), time);
        };
        if is_void(node.void, time) || table.name == VOIDS {
            // A void change was written again at another time, and `VOIDS` only records such times.
        } else if time > node.folded {
            self.add(subject, Why::Known(Obstacle::Ahead), time);
        } else if !table.is_made {
            self.add(subject, Why::NotMade, time);
        } else if self.cells(subject, time, table, packed).is_none() {
            self.add(subject, Why::Known(Obstacle::Unreadable), time);
        }
    }

    /// Examines the cells of a change. Returns `None` if they cannot be read.
    fn cells(
        &mut self,
        subject: Subject,
        time: Time,
        table: &RegisteredTable,
        packed: &[u8],
    ) -> Option<()> {
        let mut cells = PackedCells::open(packed)?;
        while let Some(cell) = cells.next_cell()? {
            let subject = Subject { column: Some(cell.column), ..subject };
            if !table.columns.contains_key(&cell.column) {
                self.add(subject, Why::NotMade, time);
            } else if cell.value().is_none() {
                self.add(subject, Why::Known(Obstacle::Kind), time);
            }
        }
        Some(())
    }

    /// Adds the changes that another change of the same node and time hides.
    fn twins(&mut self, connection: &Connection) -> Result<()> {
        for_each_twin(connection, |twin, _| {
            self.add(Subject::of(twin)?, Why::Known(Obstacle::Twin), twin.time()?);
            Ok(())
        })
    }

    /// Returns an entry for each group.
    fn into_entries(self, connection: &Connection) -> Result<Vec<SetAside>> {
        let registry = self.registry;
        let entry = |((subject, why), (time, changes)): ((Subject, Why), (Time, u64))| {
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
                time: Some(Timestamp::from_millis(time.millis())),
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
    use crate::exchange::changes::{Changes, Run, Sent};
    use crate::log::change::{Canonical, Compacted, put_head};
    use crate::log::codec::{put_payload, tag};
    use crate::log::node::{NodeId, Stamp};
    use crate::log::point::Point;
    use crate::value::Stored;

    const NODE: NodeId = NodeId::from_bytes([7; 16]);
    const WALL: i64 = 1_700_000_000_000;

    /// A value of a kind that no version knows yet.
    const STRANGE: (u8, &[u8]) = (9, &[2, 0xca, 0xfe]);

    fn database() -> Result<Database> {
        Database::options().clock(|| Timestamp::from_millis(WALL)).seed(1).memory()
    }

    /// A transaction that writes a column of each of these tables.
    fn batch(millis: i64, cells: &[(&str, &str)], (tag, payload): (u8, &[u8])) -> Changes {
        let mut changes = Changes::default();
        let mut end = Point::default();
        for (at, (table, column)) in (0..).zip(cells) {
            let time = Time::first_in(millis).next(0);
            let time = (0..at).fold(time, |time: Time, _| time.next(0));
            let mut canonical = Canonical::new(Stamp { time, node: NODE }, table, &[1; 16]);
            canonical.cell(column, tag, payload);
            end = Point { time, digest: end.digest ^ canonical.hash() };
            changes.tables.push((*table).to_owned());
            changes.columns.push((*column).to_owned());
            let row = changes.put(&[1; 16]);
            let mut cell = Vec::new();
            put_head(&mut cell, at, tag);
            cell.extend_from_slice(payload);
            let cells = changes.put(&cell);
            changes.changes.push(Sent {
                run: 0,
                time,
                table: at,
                row,
                cells,
                more: 0..0,
                mark: None,
                compacted: Compacted::default(),
            });
        }
        if let Some(last) = changes.changes.last_mut() {
            last.mark = Some(end.digest);
        }
        changes.runs.push(Run { node: NODE, from: Point::default(), to: end, is_forked: false });
        changes
    }

    fn texts(millis: i64, cells: &[(&str, &str)], value: &str) -> Changes {
        let value = Some(Stored::Text(value.into()));
        let mut payload = Vec::new();
        put_payload(&mut payload, value.as_ref());
        batch(millis, cells, (tag(value.as_ref()), &payload))
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
        let db = database()?;
        assert_eq!(db.merge(&texts(WALL, &[("todo", "title")], "secret"))?.set_aside, 0);
        assert!(told(&db)?.is_empty());
        Ok(())
    }

    #[test]
    fn what_is_dated_ahead() -> Result<()> {
        let db = database()?;
        let cells = [("todo", "title"), ("todo", "done"), ("Bad", "x")];
        db.merge(&texts(WALL + 3_600_000, &cells, "secret"))?;
        let expected =
            [(Obstacle::Ahead, "todo".to_owned(), 2), (Obstacle::Ahead, "Bad".to_owned(), 1)];
        assert_eq!(told(&db)?, expected);
        assert_eq!(db.set_aside()?[0].time, Some(Timestamp::from_millis(WALL + 3_600_000)));
        Ok(())
    }

    #[test]
    fn names_that_are_none() -> Result<()> {
        let db = database()?;
        let cells =
            [("todo", "Title"), ("todo", "Title"), ("To do", "title"), ("sqlite_x", "title")];
        assert_eq!(db.merge(&texts(WALL, &cells, "secret"))?.set_aside, 4);
        let expected = [("todo.Title", 2), ("To do", 1), ("sqlite_x", 1)];
        let expected = expected.map(|(name, changes)| (Obstacle::Name, name.to_owned(), changes));
        assert_eq!(told(&db)?, expected);
        db.rebuild()?;
        assert_eq!(told(&db)?, expected);
        Ok(())
    }

    #[test]
    fn what_another_program_made_is_in_the_way_until_it_is_gone() -> Result<()> {
        let db = database()?;
        let run =
            |sql: &str| db.with_reader(|reading| Ok(reading.connection.execute_batch(sql)?));
        run("CREATE TABLE Note (x)")?;
        db.merge(&texts(WALL, &[("note", "title")], "secret"))?;
        assert_eq!(told(&db)?, [(Obstacle::InTheWay, "note".to_owned(), 1)]);
        run("DROP TABLE Note")?;
        assert_eq!(db.rebuild()?.growth.tables, ["note"]);
        assert!(told(&db)?.is_empty() && db.verify()?.holds());
        Ok(())
    }

    #[test]
    fn tables_that_are_too_many() -> Result<()> {
        let db = database()?;
        let names: Vec<_> = (0..502).map(|number| format!("t{number}")).collect();
        let cells: Vec<_> = names.iter().map(|name| (name.as_str(), "title")).collect();
        assert_eq!(db.merge(&texts(WALL, &cells, "secret"))?.set_aside, 2);
        let expected = ["t500", "t501"].map(|name| (Obstacle::TooMany, name.to_owned(), 1));
        assert_eq!(told(&db)?, expected);
        Ok(())
    }

    #[test]
    fn values_of_another_kind() -> Result<()> {
        let db = database()?;
        assert_eq!(db.merge(&batch(WALL, &[("todo", "count")], STRANGE))?.set_aside, 1);
        assert_eq!(told(&db)?, [(Obstacle::Kind, "todo.count".to_owned(), 1)]);
        Ok(())
    }

    #[test]
    fn twins() -> Result<()> {
        let db = database()?;
        db.merge(&texts(WALL, &[("todo", "title")], "one secret"))?;
        db.merge(&texts(WALL, &[("todo", "title")], "another secret"))?;
        assert_eq!(told(&db)?, [(Obstacle::Twin, "todo".to_owned(), 1)]);
        assert!(db.verify()?.holds());
        Ok(())
    }

    #[test]
    fn what_was_refused() -> Result<()> {
        let db = database()?;
        let whole = texts(WALL, &[("todo", "title"), ("todo", "done")], "secret");
        db.merge(&texts(WALL, &[("todo", "title")], "secret"))?;
        let mut damaged = whole.clone();
        damaged.changes[1].mark = Some(5);
        db.merge(&damaged)?;
        assert_eq!(told(&db)?, [(Obstacle::Refused(Reason::Digest), String::new(), 0)]);
        assert_eq!(db.set_aside()?[0].time, None);
        db.merge(&whole)?;
        assert!(told(&db)?.is_empty());
        Ok(())
    }
}
