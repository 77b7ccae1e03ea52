//! What a database shows: every row of every table, with all columns, whoever declares them.

use std::collections::{BTreeMap, BTreeSet};

use ara::prelude::*;
use ara::{Source, Uuid};
use rusqlite::types::Value;

use crate::replicas::steps::Write;
use crate::replicas::values::{Any, is_same, stored};
use crate::replicas::versions::{COLUMNS, COUNTER, Cells, IS_DELETED, RowKey, What, ids};
use crate::replicas::world::{Cell, Made};
use support::Outcome;

/// The rows, by table and key.
#[derive(Debug, Clone, Default)]
pub struct Shown(pub BTreeMap<RowKey, Row>);

#[derive(Debug, Clone, Default)]
pub struct Row {
    pub created_at: i64,
    pub updated_at: i64,
    /// A column that the table lacks holds what an empty one does: nothing.
    cells: BTreeMap<&'static str, Value>,
    /// The row was forgotten, as the file says.
    pub is_forgotten: bool,
}

/// The columns of which a line is read, where there is something.
const READ: [&str; 9] = [
    "created_at",
    "updated_at",
    IS_DELETED,
    COLUMNS[0].0,
    COLUMNS[1].0,
    COLUMNS[2].0,
    COLUMNS[3].0,
    COLUMNS[4].0,
    COLUMNS[5].0,
];

impl Row {
    pub fn value(&self, column: &str) -> &Value {
        self.cells.get(column).unwrap_or(&Value::Null)
    }

    pub fn set(&mut self, column: &'static str, value: Value) {
        match value {
            Value::Null => self.cells.remove(column),
            value => self.cells.insert(column, value),
        };
    }

    pub fn is_deleted(&self) -> bool {
        *self.value(IS_DELETED) == Value::Integer(1)
    }

    pub fn counter(&self) -> Option<i64> {
        match self.value(COUNTER) {
            Value::Integer(sum) => Some(*sum),
            _ => None,
        }
    }

    /// Nothing is left of it.
    pub fn forget(&mut self) {
        self.cells = BTreeMap::from([(IS_DELETED, Value::Integer(1))]);
        self.is_forgotten = true;
    }

    /// Whether it holds nothing, but that it is deleted.
    pub fn is_empty(&self) -> bool {
        self.is_deleted() && self.cells.len() == 1
    }

    /// The columns in which two rows differ.
    pub fn differing<'r>(&'r self, other: &'r Self) -> impl Iterator<Item = &'static str> {
        let columns: BTreeSet<_> = self.cells.keys().chain(other.cells.keys()).copied().collect();
        columns.into_iter().filter(|column| !is_same(self.value(column), other.value(column)))
    }
}

impl Shown {
    /// Reads what a database shows now, and which rows it has forgotten.
    pub fn of(db: &Database) -> Outcome<Self> {
        let mut shown = Self::read(db)?;
        let forgotten =
            "SELECT t.name, f.row FROM ara_forgotten f JOIN ara_table t ON t.ordinal = f.tbl";
        for (table, id) in db.sql::<(String, Uuid)>(forgotten).all()? {
            let key = ids().get(&(table.as_str(), id)).ok_or("a row was forgotten that none is")?;
            shown.0.get_mut(key).ok_or("a row that was forgotten is not there")?.is_forgotten =
                true;
        }
        Ok(shown)
    }

    /// Reads by SQL alone, so that an old version of the app is no hindrance.
    pub fn read(source: &impl Source) -> Outcome<Self> {
        let columns = source.sql::<(String, String)>(
            "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
             WHERE m.name IN ('note', 'label', 'photo')",
        );
        let mut values = Vec::new();
        for (table, column) in columns.all()? {
            if let Some(at) = READ.iter().position(|read| *read == column) {
                values.push(format!(
                    "SELECT '{table}', id, {at}, {column} FROM {table} WHERE {column} IS NOT NULL"
                ));
            }
        }
        let mut shown = Self::default();
        if values.is_empty() {
            return Ok(shown);
        }
        let values = source.sql::<(String, Uuid, i64, Any)>(values.join(" UNION ALL "));
        for (table, id, column, Any(value)) in values.all()? {
            let key = ids().get(&(table.as_str(), id)).ok_or("a row has an id that none has")?;
            let row = shown.0.entry(*key).or_default();
            match (usize::try_from(column)?, value) {
                (0, Value::Integer(date)) => row.created_at = date,
                (1, Value::Integer(date)) => row.updated_at = date,
                (column, value) => row.set(READ[column], value),
            }
        }
        Ok(shown)
    }

    /// Does what a write must do: whether the row is there for it, and what it changes.
    pub fn write(&mut self, row: RowKey, write: &Write, cells: &Cells) -> (bool, Option<Made>) {
        let held = self.0.get(&row);
        let (is_new, is_deleted) = (held.is_none(), held.is_some_and(Row::is_deleted));
        let is_forgotten = held.is_some_and(|held| held.is_forgotten);
        let does = !is_forgotten
            && match write.what {
                What::Create => is_new,
                What::Upsert => true,
                What::Update | What::Delete => !is_new && !is_deleted,
                What::Restore => !is_new,
                What::Forget => is_deleted,
            };
        if !does {
            return (false, None);
        }
        let mut made = Made { row, cells: BTreeMap::new(), added: None, forgets: false };
        if write.what == What::Forget {
            self.0.entry(row).or_default().forget();
            return (true, Some(Made::forgetting(row)));
        }
        let mut wanted = match write.what {
            What::Delete | What::Restore | What::Forget => Cells::new(),
            What::Create | What::Upsert | What::Update => cells.clone(),
        };
        let added = wanted.remove(COUNTER).filter(|_| is_new || write.what == What::Update);
        if write.what != What::Update {
            let deleted = i64::from(write.what == What::Delete);
            wanted.insert(IS_DELETED, Value::Integer(deleted));
        }
        let held = self.0.entry(row).or_default();
        for (column, value) in wanted {
            let value = stored(&value);
            let is_certain = !is_same(held.value(column), &value);
            // A new row may note what was left empty, or may not.
            if is_certain || is_new {
                held.set(column, value.clone());
                made.cells.insert(column, Cell { value, is_certain });
            }
        }
        if let Some(Value::Integer(added)) = added {
            held.set(COUNTER, Value::Integer(held.counter().unwrap_or(0) + added));
            made.added = Some(added);
        }
        let is_any = made.added.is_some() || !made.cells.is_empty();
        (true, Some(made).filter(|_| is_any))
    }

    /// Fails unless all that was forgotten is forgotten still.
    pub fn stays_forgotten(&self, before: &Self) -> Outcome {
        let is_forgotten = |shown: &Self, key| shown.0.get(key).is_some_and(|row| row.is_forgotten);
        let mut rows = before.0.keys().filter(|key| is_forgotten(before, key));
        match rows.find(|key| !is_forgotten(self, key)) {
            Some(key) => Err(format!("{key:?} was forgotten, and came back").into()),
            None => Ok(()),
        }
    }

    /// Fails unless both hold the same values.
    pub fn has_values_of(&self, other: &Self) -> Outcome {
        if !self.0.keys().eq(other.0.keys()) {
            return Err("other rows are there".into());
        }
        for ((key, one), other) in self.0.iter().zip(other.0.values()) {
            if let Some(column) = one.differing(other).next() {
                let [one, other] = [one, other].map(|row| row.value(column));
                return Err(format!("{key:?}.{column}: {one:.60?}, not {other:.60?}").into());
            }
        }
        Ok(())
    }

    /// Fails unless both hold the same values and dates.
    pub fn is_as(&self, other: &Self) -> Outcome {
        self.has_values_of(other)?;
        for ((key, one), other) in self.0.iter().zip(other.0.values()) {
            let [one, other] = [one, other].map(|row| (row.created_at, row.updated_at));
            if one != other {
                return Err(format!("{key:?} is dated {one:?}, not {other:?}").into());
            }
        }
        Ok(())
    }
}
