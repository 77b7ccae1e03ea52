//! Running statements.

use ara_core::{Error, Reading, Result, Source, TableRef};
use rusqlite::Row;

use crate::query::rows::Rows;
use crate::run::bind::bind;
use crate::untyped::clauses::{Select, Statement};

/// What statements are run on, and the tables that must be there.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'s> {
    pub source: &'s dyn Source,
    pub tables: &'s [TableRef],
}

impl Reader<'_> {
    /// The rows, and whether one was left out because a narrowed column of it cannot be read.
    pub(crate) fn nearly<R: Rows>(self, statement: &Statement) -> Result<(Vec<R::Output>, bool)> {
        let mut rows = Vec::new();
        let mut is_left_out = false;
        self.source.read(self.tables, &mut |reading| {
            rows.clear();
            is_left_out = false;
            each_row(reading, statement, &mut |row| {
                match R::from_row(row) {
                    Some(row) => rows.push(row),
                    None => is_left_out = true,
                }
                Ok(Next::Row)
            })
        })?;
        Ok((rows, is_left_out))
    }

    /// The rows of a select. Where SQL counts rows, they must be exactly those that are returned: those that
    /// an offset leaves out are not seen, and a limit may have counted rows that do not belong to it.
    pub(crate) fn rows<R: Rows>(self, select: Select, is_exact: bool) -> Result<Vec<R::Output>> {
        if is_exact {
            return Ok(self.nearly::<R>(&select.exactly())?.0);
        }
        let (rows, is_left_out) = self.nearly::<R>(&select.nearly())?;
        if is_left_out && select.is_cut() {
            return Ok(self.nearly::<R>(&select.exactly())?.0);
        }
        Ok(rows)
    }

    /// The number that a statement gives.
    pub(crate) fn number(self, statement: &Statement) -> Result<u64> {
        let mut number = 0;
        self.source.read(self.tables, &mut |reading| {
            each_row(reading, statement, &mut |row| {
                number = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Next::Nothing)
            })
        })?;
        Ok(number)
    }
}

/// The only one of some rows.
pub(crate) fn only<T>(mut rows: Vec<T>) -> Result<T> {
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(row),
        (None, _) => Err(Error::NotOne { count: 0 }),
        (Some(_), false) => Err(Error::NotOne { count: 2 }),
    }
}

/// What to read after a row.
pub(crate) enum Next {
    Row,
    Nothing,
}

pub(crate) fn each_row(
    reading: Reading<'_>,
    statement: &Statement,
    each: &mut dyn FnMut(&Row<'_>) -> Result<Next>,
) -> Result<()> {
    let mut prepared = reading.connection.prepare_cached(&statement.sql)?;
    bind(&mut prepared, &statement.values)?;
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        if matches!(each(row)?, Next::Nothing) {
            break;
        }
    }
    Ok(())
}
