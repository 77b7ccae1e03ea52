//! Working out what columns show that replace others, and keeping it beside them.

mod kept_right;
pub(crate) mod working_out;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension};

use crate::catalog::shown_column::{ALL, ShownColumn};
use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::statements::bind;
use crate::model::lens::{Given, ReadBy, WriteLens};
use crate::model::table_ref::TableRef;
use crate::rows::by_position::ByPosition;
use crate::rows::effective::{Known, Row, lens_of};
use crate::rows::key_of::is_registered;
use crate::rows::lensed::{IdOf, Lensed, LensedRow};
use crate::rows::room::is_too_large;
use crate::rows::shown_values::kept_right::keyed;
use crate::rows::written_through::{KeyOf, Values};
use crate::value::Stored;
use crate::value::size::length;

/// A column that replaces others, and the SQL that keeps what it shows.
#[derive(Debug)]
pub(crate) struct Shown {
    column: ShownColumn,
    /// The column beside which it lies, by its position in the table's definition.
    pub(crate) position: usize,
    /// Whether what it replaces is written by the functions of this column, and no other one's.
    is_written: bool,
    /// The columns that belong together with it, by their positions.
    group: Vec<usize>,
    /// Selects whether any row is to be worked out.
    is_due: String,
    /// Counts them.
    count_due: String,
    /// Selects the row ids of some rows that are, after one.
    due: String,
    /// Selects the row ids of some rows of the table after one.
    after: String,
    /// Selects for which edits the replaced columns of a row were looked at.
    looked: String,
    /// Writes what a row shows.
    update: String,
    /// Writes what a row shows, and for which edits the replaced columns were looked at.
    update_looked: String,
    /// Forgets that a row is to be worked out.
    done: String,
    /// Forgets this for all rows after one, up to another.
    all_done: String,
    /// Forgets it for all rows.
    none_due: String,
    /// Notes the rows that refer to one whose key was not written yet, but is there now. Each statement is of the table
    /// with a name.
    waiting: Vec<(&'static str, String)>,
}

/// How many rows are worked out in one transaction at most, so that others can write in between.
const STEP: usize = 2000;

/// How many bytes these rows hold and are given, after which no further row is worked out in the same transaction.
const STEP_BYTES: u64 = 8 << 20;

/// What becomes of a replaced column that is not what the newer ones show, as devices have written apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outdated {
    /// It is written again.
    Written,
    /// The row is left to be worked out later.
    Left,
}

/// What else is to be done for rows that were worked out.
#[derive(Default)]
pub(crate) struct Due {
    /// Whether there are more rows.
    pub(crate) is_more: bool,
    /// The number of rows that were worked out, each counted for each of its columns.
    pub(crate) rows: u64,
    /// The rows to which columns refer by their keys.
    pub(crate) keys: Vec<(TableRef, BTreeSet<String>)>,
    /// The replaced columns that are to be written again, by their positions.
    pub(crate) outdated: BTreeMap<[u8; 16], OutdatedRow>,
}

impl Due {
    fn add_key(&mut self, table: TableRef, key: &str) {
        let at = self.keys.iter().position(|(known, _)| known.ty == table.ty);
        let at = at.unwrap_or_else(|| {
            self.keys.push((table, BTreeSet::new()));
            self.keys.len() - 1
        });
        if let Some((_, keys)) = self.keys.get_mut(at)
            && !keys.contains(key)
        {
            keys.insert(key.to_owned());
        }
    }
}

/// A row of which replaced columns are to be written again.
pub(crate) struct OutdatedRow {
    /// The stamp of its latest change.
    pub(crate) latest: Stamp,
    /// The columns by their positions.
    pub(crate) values: Values,
}

impl Shown {
    /// Returns the columns of a table that replace others.
    pub(crate) fn all_of(table: TableRef) -> Vec<Self> {
        let columns = table.def.columns.iter().enumerate();
        columns
            .filter_map(|(position, column)| {
                Some(Self::new(ShownColumn::of(table.def, column)?, position, table))
            })
            .collect()
    }

    /// Notes the rows that refer to one by a key that was not there when they were worked out, and is now.
    pub(crate) fn note_waiting(&self, connection: &Connection) -> Result<()> {
        for (keyed, sql) in &self.waiting {
            match connection.prepare_cached(sql) {
                // The table has no rows yet: it is made when it is first used.
                Err(_) if !is_registered(connection, keyed)? => {}
                note => drop(note?.execute([])?),
            }
        }
        Ok(())
    }

    /// Returns the name of the hidden column.
    pub(crate) fn name(&self) -> &'static str {
        self.column.name
    }

    /// Notes that all rows are to be worked out.
    pub(crate) fn note_all(&self, connection: &Connection) -> Result<()> {
        Ok(connection.execute_batch(&self.column.note_all())?)
    }

    /// Returns the name of the table of the rows that are to be worked out.
    pub(crate) fn stale(&self) -> String {
        self.column.stale()
    }

    fn new(column: ShownColumn, position: usize, table: TableRef) -> Self {
        // What is replaced itself is written by the column that replaces it, and so is what that one replaces.
        let writes = table.lenses.writes;
        let gives = |lens: &WriteLens| lens.from.contains(&position);
        let is_given = |lens: &WriteLens| lens.to.contains(&position);
        let is_written = writes.iter().any(gives) && !writes.iter().any(is_given);
        let names = table.def.columns.iter().map(|column| column.name).enumerate();
        let tied = names.filter(|(_, name)| column.group.contains(name));
        let group: Vec<_> = tied.map(|(position, _)| position).collect();
        let waiting = keyed(table, &group).filter_map(|(lens, keyed)| {
            let of = ShownColumn::of(table.def, table.def.columns.get(lens.column)?)?;
            let (name, key, waits) = (keyed.def.name, keyed.def.key?, of.waits()?);
            let sql = format!(
                "INSERT INTO \"{}\" SELECT \"ara_row\" FROM \"{}\" AS t WHERE {waits} AND EXISTS \
                 (SELECT 1 FROM \"{name}\" k WHERE k.\"id\" = t.\"{}\" \
                 AND typeof(k.\"{key}\") = 'text') ON CONFLICT DO NOTHING",
                column.stale(),
                of.table,
                of.name,
            );
            Some((name, sql))
        });
        let waiting = waiting.collect();
        let (stale, stored, name) = (column.stale(), &column.table, column.name);
        let looked = column.looked();
        // To write a row that shows this already would cost as much as its other columns are long.
        let update = |more: &str, differs: &str| {
            format!(
                "UPDATE \"{stored}\" SET \"{name}\" = ?2{more} \
                 WHERE \"ara_row\" = ?1 AND (\"{name}\" IS NOT ?2{differs})"
            )
        };
        Self {
            is_due: format!("SELECT 1 FROM \"{stale}\""),
            count_due: format!(
                "WITH \"all\" AS (SELECT min(-2 - \"ara_row\") AS \"after\" FROM \"{stale}\" WHERE \"ara_row\" < 0) \
                 SELECT (SELECT count(*) FROM \"{stored}\" WHERE \"ara_row\" > \"after\") + \
                 (SELECT count(*) FROM \"{stale}\" WHERE \"ara_row\" >= 0 \
                 AND (\"after\" IS NULL OR \"ara_row\" <= \"after\")) FROM \"all\""
            ),
            due: format!(
                "SELECT \"ara_row\" FROM \"{stale}\" WHERE \"ara_row\" > ?1 \
                 ORDER BY \"ara_row\" LIMIT {STEP}"
            ),
            after: format!(
                "SELECT \"ara_row\" FROM \"{stored}\" WHERE \"ara_row\" > ?1 \
                 ORDER BY \"ara_row\" LIMIT {STEP}"
            ),
            looked: format!("SELECT \"{looked}\" FROM \"{stored}\" WHERE \"ara_row\" = ?1"),
            update: update("", ""),
            update_looked: update(
                &format!(", \"{looked}\" = ?3"),
                &format!(" OR \"{looked}\" IS NOT ?3"),
            ),
            done: format!("DELETE FROM \"{stale}\" WHERE \"ara_row\" = ?1"),
            all_done: format!(
                "DELETE FROM \"{stale}\" WHERE \"ara_row\" > ?1 AND \"ara_row\" <= ?2"
            ),
            none_due: format!("DELETE FROM \"{stale}\""),
            waiting,
            column,
            position,
            is_written,
            group,
        }
    }

    /// Works out what some rows show that changed, or that were never worked out.
    pub(crate) fn step(&self, of: &Lensed, step: &mut Step<'_, '_>) -> Result<()> {
        let connection = step.connection;
        let numbers = |sql: &str, after: i64| -> Result<Vec<i64>> {
            let mut select = connection.prepare_cached(sql)?;
            let found = select.query_map([after], |row| row.get(0))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        };
        let due = numbers(&self.due, step.after)?;
        step.bytes = 0;
        step.due.is_more = due.len() >= STEP;
        let Some(first) = due.first() else {
            // There is none after the least number, so another program noted that one.
            if step.after == i64::MIN {
                connection.prepare_cached(&self.none_due)?.execute([])?;
            }
            return Ok(());
        };
        let mut done = connection.prepare_cached(&self.done)?;
        if *first < 0 {
            // `ALL` stands for all rows, and `-2 - n` for those after the row id `n`.
            let after = if *first == ALL { 0 } else { -2 - first };
            let found = numbers(&self.after, after)?;
            let mut last = None;
            for row in &found {
                if step.bytes >= STEP_BYTES {
                    break;
                }
                self.work_out(of, step, *row)?;
                last = Some(row);
            }
            done.execute([first])?;
            step.due.is_more = true;
            step.after = i64::MIN;
            if let Some(last) = last {
                connection.prepare_cached(&self.all_done)?.execute([after, *last])?;
            }
            let is_all = found.len() < STEP && last == found.last();
            if let Some(last) = last.filter(|_| !is_all) {
                let stale = self.column.stale();
                connection
                    .prepare_cached(&format!("INSERT INTO \"{stale}\" VALUES (?1)"))?
                    .execute([-2 - last])?;
            }
        } else {
            for row in &due {
                if step.bytes >= STEP_BYTES {
                    step.due.is_more = true;
                    break;
                }
                if self.work_out(of, step, *row)? {
                    done.execute([row])?;
                }
                step.after = *row;
            }
        }
        Ok(())
    }

    /// Works out what a row shows. Returns whether nothing is left to be done.
    fn work_out(&self, of: &Lensed, step: &mut Step<'_, '_>, row: i64) -> Result<bool> {
        let connection = step.connection;
        let key = ValueRef::Integer(row);
        let held = of.read(connection, (&of.by_row, key), step.id_of)?;
        let Some(held) = held else { return Ok(true) };
        let LensedRow { id, latest, known, .. } = held;
        let last_edit = if self.is_written { self.last_edit(&known) } else { None };
        let known = of.row(known);
        let shown = known.shown(self.position).and_then(|shown| shown.value);
        let held = known.known.values().flat_map(|known| [&known.newest, &known.edit]);
        let held = held.flatten().map(|written| length(written.value.as_ref()));
        step.bytes += length(shown.as_ref()) + held.sum::<u64>();
        self.note_key(of, step, &known.known);
        let mut update = connection.prepare_cached(match last_edit {
            Some(_) => &self.update_looked,
            None => &self.update,
        })?;
        if let Some((edited, looked)) = last_edit.map(|edit| (edit, self.looked_at(&known.known))) {
            // What is no number was written by another program.
            let before: Option<i64> = connection
                .prepare_cached(&self.looked)?
                .query_row([row], |row| Ok(row.get_ref(0)?.as_i64().ok()))
                .optional()?
                .flatten();
            if before != Some(looked) {
                let values = self.outdated(of, &known, edited, step.key_of)?;
                if !values.is_empty() && step.outdated == Outdated::Left {
                    return Ok(false);
                }
                if !values.is_empty() {
                    // Of several columns that share what they replace, each may be the first to find out.
                    let row = || OutdatedRow { latest, values: Values::default() };
                    step.due.outdated.entry(id).or_insert_with(row).values.extend(values);
                }
            }
            // What waits for a key is looked at again once that is there.
            let is_waiting = self.waits(of, &known);
            let looked = if is_waiting { ValueRef::Null } else { ValueRef::Integer(looked) };
            bind(&mut update, 3, looked)?;
        }
        match write(&mut update, row, shown.as_ref()) {
            // What no row can hold is absent, so that the other rows are read.
            Err(error) if is_too_large(&error) => write(&mut update, row, None)?,
            written => written?,
        }
        step.rows.insert(id);
        step.due.rows += 1;
        Ok(true)
    }

    /// Returns the names of the columns that [`at_once`](Self::at_once) gives values for.
    pub(crate) fn columns(&self) -> impl Iterator<Item = String> {
        let looked = self.is_written.then(|| self.column.looked());
        std::iter::once(self.name().to_owned()).chain(looked)
    }

    /// Works out what a row shows. Returns `None` if more is to be done for it than to write that.
    pub(crate) fn at_once(
        &self,
        of: &Lensed,
        row: &Row<'_>,
    ) -> Option<[Option<Given<'static>>; 2]> {
        let mut looked = None;
        if self.is_written {
            let edited = self.last_edit(&row.known)?;
            let outdated = self.outdated(of, row, edited, &|_, _| Ok(None)).ok()?;
            if !outdated.is_empty() {
                return None;
            }
            looked = Some(Some(Stored::Integer(self.looked_at(&row.known))));
        }
        Some([Some(row.shown(self.position).and_then(|shown| shown.value)), looked])
    }

    /// Notes to which row the column refers by a key.
    fn note_key(&self, of: &Lensed, step: &mut Step<'_, '_>, known: &ByPosition<Known>) {
        let Some(lens) = lens_of(of.table.lenses, self.position) else { return };
        let ReadBy::Key(table) = lens.by else { return };
        let edit = lens.from.first().and_then(|from| known.get(from)?.edit.as_ref());
        if let Some(Some(Stored::Text(key))) = edit.map(|edit| &edit.value)
            && !key.is_empty()
        {
            step.due.add_key(table(), key);
        }
    }
}

fn write(
    update: &mut CachedStatement<'_>,
    row: i64,
    shown: Option<&Stored<'_>>,
) -> rusqlite::Result<()> {
    bind(update, 1, ValueRef::Integer(row))?;
    bind(update, 2, shown.map_or(ValueRef::Null, Stored::to_sql))?;
    update.raw_execute().map(drop)
}

/// A step of working out rows.
pub(crate) struct Step<'c, 'r> {
    pub(crate) connection: &'c Connection,
    pub(crate) id_of: IdOf<'r>,
    pub(crate) key_of: KeyOf<'r>,
    pub(crate) outdated: Outdated,
    /// The row id after which it begins.
    pub(crate) after: i64,
    /// How many bytes the rows that were worked out held and were given.
    pub(crate) bytes: u64,
    /// The ids of these rows.
    pub(crate) rows: BTreeSet<[u8; 16]>,
    pub(crate) due: Due,
}

impl<'c, 'r> Step<'c, 'r> {
    /// Begins after the row id 0.
    pub(crate) fn new(connection: &'c Connection, id_of: IdOf<'r>, key_of: KeyOf<'r>) -> Self {
        let (outdated, rows, due) = (Outdated::Written, BTreeSet::new(), Due::default());
        Self { connection, id_of, key_of, outdated, after: 0, bytes: 0, rows, due }
    }
}
