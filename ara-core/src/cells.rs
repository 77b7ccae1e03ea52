//! What a draft or a patch has collected: the cells of one row.

use ara_schema::TableDef;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::value::{Id, IntoOptional, IntoValue, Rule, Stored, Value};

/// The cells that a mutation writes into one row, by the position of their columns in the table's
/// definition. A value that breaks a rule is kept as that: the mutation reports it.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    id: Option<Uuid>,
    cells: Vec<(usize, Option<Stored<'static>>)>,
    refused: Option<(usize, Rule)>,
}

impl Cells {
    /// No cell, of a row that has no id yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No cell, of the row with this id.
    pub fn of<T>(id: Id<T>) -> Self {
        Self { id: Some(id.uuid()), ..Self::default() }
    }

    /// Gives the row an id.
    #[must_use]
    pub fn id<T>(mut self, id: Id<T>) -> Self {
        self.id = Some(id.uuid());
        self
    }

    /// Sets a required column.
    #[must_use]
    pub fn set<V: Value>(self, column: usize, value: impl IntoValue<V>) -> Self {
        let stored = value.into_value().and_then(V::store).map(Some);
        self.put(column, stored)
    }

    /// Sets or clears an optional column.
    #[must_use]
    pub fn set_optional<V: Value, How>(
        self,
        column: usize,
        value: impl IntoOptional<V, How>,
    ) -> Self {
        let stored = value.into_optional().and_then(|value| value.map(V::store).transpose());
        self.put(column, stored)
    }

    fn put(mut self, column: usize, stored: Result<Option<Stored<'static>>, Rule>) -> Self {
        // A column that is set again takes its last value, and is as good or bad as that.
        self.refused = self.refused.take().filter(|(refused, _)| *refused != column);
        match stored {
            Ok(stored) => match self.cells.iter_mut().find(|(known, _)| *known == column) {
                Some((_, cell)) => *cell = stored,
                None => self.cells.push((column, stored)),
            },
            Err(rule) => {
                self.refused.get_or_insert((column, rule));
            }
        }
        self
    }

    /// The row's id, if it has one, and its cells in the order of the columns.
    pub(crate) fn finish(self, table: &TableDef) -> Result<(Option<Uuid>, Vec<Cell>)> {
        if let Some((column, rule)) = self.refused {
            let column = table.columns.get(column).map_or("", |column| column.name);
            return Err(Error::Rule { table: table.name, column, rule });
        }
        let mut cells = self.cells;
        cells.sort_by_key(|(column, _)| *column);
        Ok((self.id, cells))
    }
}

/// A column, by its position in the table's definition, and what to write there; `None` clears it.
pub(crate) type Cell = (usize, Option<Stored<'static>>);
