//! Databases to test with, whose rows are written without the structs of an app.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::Result;
use crate::growth::make::Make;
use crate::log::cells::{Cell, Cells, addition_payload, put_value};
use crate::log::change::{Canonical, Compacted, End, Names, Record};
use crate::log::clock::Stamp;
use crate::log::codec::{ADDITION, Addition};
use crate::log::gap::Gap;
use crate::log::marks::Marks;
use crate::log::node::NodeId;
use crate::log::node_log::{LogEnd, NodeLog};
use crate::log::nodes;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::place::ChangeNumber;
use crate::log::row_clock::RowClock;
use crate::rows::any_rows::{AnyRows, MarkedCell};
use crate::rows::folded_change::FoldedCell;
use crate::rows::last_writer::Rows;
use crate::rows::rebuild::{folded, rebuild_rows};
use crate::rows::writing::Writing;
use crate::value::{Stored, Timestamp};

/// What the wall clock of the databases shows.
pub(crate) const WALL: i64 = 1_795_000_000_000;

/// A cell of a test: the column's name, and what is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    pub(crate) column: String,
    pub(crate) tag: u8,
    pub(crate) marks: Vec<u8>,
    pub(crate) payload: Vec<u8>,
}

/// A change that another node has made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Received {
    pub(crate) number: i64,
    pub(crate) stamp: Stamp,
    pub(crate) table: String,
    pub(crate) row: u8,
    pub(crate) cells: Vec<Given>,
    pub(crate) is_end: bool,
}

impl Given {
    pub(crate) fn value(column: &str, value: Option<&Stored<'_>>) -> Self {
        let mut bytes = Vec::new();
        let (tag, at) = put_value(&mut bytes, 0, value, Marks::default());
        let (column, marks) = (column.to_owned(), Vec::new());
        Self { column, tag, marks, payload: bytes.split_off(at) }
    }

    pub(crate) fn text(column: &str, text: &str) -> Self {
        Self::value(column, Some(&Stored::Text(text.to_owned().into())))
    }

    pub(crate) fn addition(column: &str, by: i64, total: i64) -> Self {
        let payload = addition_payload(Addition { by, total }, 0);
        Self { column: column.to_owned(), tag: ADDITION, marks: Vec::new(), payload }
    }

    /// Marks it as written through from another column.
    pub(crate) fn written_through(self) -> Self {
        Self { marks: Marks::OF_WRITTEN_THROUGH.0.to_vec(), ..self }
    }

    pub(crate) fn cell(&self, column: u32) -> Cell<'_> {
        let (marks, payload) = (Marks(&self.marks), &*self.payload);
        Cell { column, tag: self.tag, marks, payload }
    }
}

/// Returns the id of a row.
pub(crate) const fn row(number: u8) -> [u8; 16] {
    [number; 16]
}

impl Database {
    /// Opens a database in memory, of which each test gets the same one.
    pub(crate) fn for_test() -> Result<Self> {
        Self::options().clock(|| Timestamp::from_millis(WALL)).seed(1).memory()
    }

    /// Runs SQL as another program would.
    pub(crate) fn tamper(&self, sql: &str) -> Result<()> {
        self.with_reader(|reading| Ok(reading.connection.execute_batch(sql)?))
    }

    /// Returns all that a table holds, but for the row ids. NULL in the last columns is left out: those that hold the
    /// last edits of others are made once the fold of the changes, in the order in which it meets them, needs them.
    pub(crate) fn dump(&self, table: &str) -> Result<Vec<String>> {
        self.with_reader(|reading| {
            let mut rows =
                reading.connection.prepare(&format!("SELECT * FROM {table} ORDER BY id"))?;
            let columns = rows.column_count();
            let mut rows = rows.query([])?;
            let mut dump = Vec::new();
            while let Some(row) = rows.next()? {
                let mut line = String::new();
                for at in 1..columns {
                    line.push_str(&format!("{:?} ", row.get_ref(at)?));
                }
                while let Some(rest) = line.strip_suffix("Null ") {
                    line.truncate(rest.len());
                }
                dump.push(line);
            }
            Ok(dump)
        })
    }

    /// Writes a row in a transaction of this device.
    pub(crate) fn write_row(&self, table: &str, number: u8, cells: &[Given]) -> Result<()> {
        self.fresh_transaction(|fresh| {
            let connection = fresh.connection();
            let mut make = Make::new(connection)?;
            let table = make.table(table)?;
            for given in cells {
                make.column(table, &given.column)?;
            }
            let registry = Registry::load(connection)?;
            let registered = &registry.tables[&table.ordinal];
            let names = &registered.names;
            let ordinal =
                |name: &str| *names.iter().find(|(_, found)| *found == name).expect("made").0;
            let latest = connection
                .query_row(
                    &format!("SELECT ara_clock FROM {} WHERE id = ?1", registered.name),
                    [row(number)],
                    |row| row.get::<_, Vec<u8>>(0),
                )
                .ok()
                .and_then(|clock| RowClock::unpack(&clock, (None, None))?.latest());
            let latest = latest.map_or(Stamp::default(), |(stamp, _)| stamp);
            let cells = cells.iter().map(|given| {
                let column = (ordinal(&given.column), given.column.as_str());
                let write = given.cell(column.0).write().expect("a known kind");
                let marks = given.marks.clone();
                MarkedCell { cell: FoldedCell::new(column, write, Marks(&marks)), marks }
            });
            let Writing { recorder, .. } = &mut fresh.into_state().writing;
            let mut rows = AnyRows::new(connection, &registry)?;
            rows.write(recorder, (registered, row(number), latest), cells.collect(), None)
        })
    }

    /// Adds a transaction, or one for each change that ends one if their stamps have one date, to the log of
    /// another node, and folds it in, as a merge does.
    pub(crate) fn receive(&self, node: NodeId, changes: &[Received]) -> Result<()> {
        self.fresh_transaction(|fresh| {
            let connection = fresh.connection();
            let mut make = Make::new(connection)?;
            for change in changes {
                let table = make.table(&change.table)?;
                for given in &change.cells {
                    make.column(table, &given.column)?;
                }
            }
            let known = nodes::kept(connection)?.into_iter().find(|known| known.id == node);
            let ordinal = match known {
                Some(known) => known.ordinal,
                None => nodes::add(connection, node)?,
            };
            let registry = Registry::load(connection)?;
            let mut log = NodeLog::new(LogEnd::load(connection, ordinal)?);
            let mut rows = Rows::new(connection)?;
            let date = changes.last().map_or(0, |last| last.stamp.millis());
            for change in changes {
                let table = registry.tables.values().find(|table| table.name == change.table);
                let table = table.expect("was registered");
                let column = |given: &Given| {
                    let mut names = table.names.iter();
                    *names.find(|(_, name)| **name == given.column).expect("was registered").0
                };
                let place = (ChangeNumber::new(change.number), change.stamp);
                let mut canonical = Canonical::new(node, place, &table.name, &row(change.row));
                let mut cells = Vec::new();
                for given in &change.cells {
                    let cell = given.cell(column(given));
                    canonical.cell(&given.column, &cell);
                    cell.put(&mut cells, cell.column);
                }
                let end = change.is_end.then(End::default);
                let record = Record {
                    number: place.0,
                    stamp: place.1,
                    table: table.ordinal,
                    row: row(change.row),
                    end,
                    compacted: Compacted::default(),
                    gap: Gap::default(),
                    more: &[],
                    cells: Cells::new(&cells),
                };
                log.append(connection, (&record, canonical.hash(end)), date)?;
                let change = LoggedChange { node: ordinal, date, record };
                if let Some(mut change) = folded(&registry, change)? {
                    rows.fold(&mut change, &|node| registry.node(node), None)?;
                }
            }
            log.flush(connection)?;
            nodes::retire(connection, ordinal, &log.end().head)?;
            let ties = std::mem::take(&mut rows.unclear);
            rebuild_rows(&fresh.into_state().writing.recorder.whole_log()?, &registry, &ties, None)
        })
    }
}

/// A write of a test that has many, by this device or by another one.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// The node that writes: 0 is this device.
    node: u8,
    row: u8,
    /// How far the clock of the other node is off, in milliseconds.
    off: i64,
    /// The columns with their values, or what is added, and whether they are marked as written through.
    cells: Vec<(u8, i64, bool)>,
    /// Whether the transaction ends.
    is_end: bool,
}

prop_compose! {
    /// Any write.
    pub(crate) fn step()(
        node in 0u8..3,
        row in 0u8..6,
        off in -5i64..5,
        cells in prop::collection::vec((0u8..4, -3i64..4, any::<bool>()), 0..4),
        is_end: bool,
    ) -> Step {
        Step { node, row, off, cells, is_end }
    }
}

/// The writes of a test, and what they depend on.
pub(crate) struct Writes {
    pub(crate) db: Database,
    at: i64,
    /// The last number of each other node, and its transaction that goes on.
    others: [(i64, Vec<Received>); 2],
    /// What each node has added to the counter of each row.
    totals: HashMap<(u8, u8), i64>,
}

/// The ids of the other nodes.
pub(crate) const OTHERS: [NodeId; 2] = [NodeId::from_bytes([1; 16]), NodeId::from_bytes([250; 16])];

impl Writes {
    pub(crate) fn new() -> Result<Self> {
        let db = Database::for_test()?;
        Ok(Self { db, at: 0, others: Default::default(), totals: HashMap::new() })
    }

    pub(crate) fn all(steps: &[Step]) -> Result<Self> {
        let mut writes = Self::new()?;
        writes.take(steps)?;
        Ok(writes)
    }

    /// Writes, and ends all transactions.
    pub(crate) fn take(&mut self, steps: &[Step]) -> Result<()> {
        for step in steps {
            self.step(step)?;
        }
        for node in 1..3 {
            let rest = Step { node, row: 0, off: 0, cells: Vec::new(), is_end: true };
            self.step(&rest)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<()> {
        let Step { node, row, off, is_end, .. } = *step;
        self.at += 1;
        let mut cells = Vec::new();
        for (column, value, is_marked) in &step.cells {
            // A change adds to a counter once: its total tells one addition.
            let name = ["is_deleted", "title", "count", "done"][usize::from(*column)];
            let is_repeated = cells.iter().any(|cell: &Given| cell.column == name);
            match column {
                2 if is_repeated => {}
                2 if *is_marked => cells.push(Given::value(name, Some(&Stored::Integer(*value)))),
                2 => {
                    let total = self.totals.entry((node, row)).or_default();
                    *total += value;
                    cells.push(Given::addition(name, *value, *total));
                }
                _ if node == 0 && is_repeated => {}
                0 => cells.push(Given::value(name, Some(&Stored::Integer(value & 1)))),
                1 => cells.push(Given::text(name, &format!("title {value}"))),
                _ => {
                    let value = Some(Stored::Real(*value as f64 / 2.0)).filter(|_| *value != 3);
                    cells.push(Given::value(name, value.as_ref()));
                }
            }
            if *is_marked && let Some(given) = cells.pop() {
                cells.push(given.written_through());
            }
        }
        let Some(at) = usize::from(node).checked_sub(1) else {
            return self.db.write_row("todo", row, &cells);
        };
        let (number, open) = &mut self.others[at];
        *number += 1;
        let stamp = Stamp::new(WALL + self.at + off, u16::from(node) * 1000 + self.at as u16);
        let table = "todo".to_owned();
        open.push(Received { number: *number, stamp, table, row, cells, is_end });
        if is_end {
            self.db.receive(OTHERS[at], &std::mem::take(open))?;
        }
        Ok(())
    }
}
