//! Running statements.

use std::borrow::Borrow;

use ara_core::{Error, Handle, Reading, Result, TableRef};
use rusqlite::{CachedStatement, Row};
use sea_query::Value;

use crate::query::rows::Rows;
use crate::run::bind::bind;
use crate::untyped::statement::Statement;

/// What statements are run on, and the tables that they read, which must be in the file.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'s> {
    pub source: &'s Handle<'s>,
    pub tables: &'s [TableRef],
}

impl Reader<'_> {
    /// Reads rows by statements that are run [in turn](in_turn).
    pub(crate) fn rows<R: Rows>(
        self,
        statements: impl IntoIterator<Item: Borrow<Statement>>,
    ) -> Result<Vec<R::Output>> {
        in_turn(statements, |statement| {
            let mut rows = Vec::new();
            let mut is_left_out = false;
            self.source.get()?.read(self.tables, &mut |reading| {
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
        })
    }

    /// Reads the number that a statement gives.
    pub(crate) fn number(self, statement: &Statement) -> Result<u64> {
        let mut number = 0;
        self.source.get()?.read(self.tables, &mut |reading| {
            each_row(reading, statement, &mut |row| {
                number = row.get::<_, i64>(0)?.unsigned_abs();
                Ok(Next::Nothing)
            })
        })?;
        Ok(number)
    }
}

/// Runs the statements of a [select](crate::untyped::select) in turn, until one of them gave no row that had
/// to be left out, and returns what the last one gave. `read` also returns whether it left out a row.
pub(crate) fn in_turn<T: Default>(
    statements: impl IntoIterator<Item: Borrow<Statement>>,
    mut read: impl FnMut(&Statement) -> Result<(T, bool)>,
) -> Result<T> {
    let mut found = T::default();
    for statement in statements {
        let is_left_out;
        (found, is_left_out) = read(statement.borrow())?;
        if !is_left_out {
            break;
        }
    }
    Ok(found)
}

/// Returns the only one of some rows.
pub(crate) fn only<T>(mut rows: Vec<T>) -> Result<T> {
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(row),
        (None, _) => Err(Error::NotOne { count: 0 }),
        (Some(_), false) => Err(Error::NotOne { count: 2 }),
    }
}

/// What to read after a row.
pub(crate) enum Next {
    /// The next row.
    Row,
    /// Nothing more.
    Nothing,
}

/// Runs a statement, and calls a function with each row.
pub(crate) fn each_row(
    reading: Reading<'_>,
    statement: &Statement,
    each: &mut dyn FnMut(&Row<'_>) -> Result<Next>,
) -> Result<()> {
    let mut prepared = reading.connection.prepare_cached(&statement.sql)?;
    each_row_of(&mut prepared, &statement.values, each)
}

/// Runs a statement that SQLite has prepared, and calls a function with each row.
pub(crate) fn each_row_of(
    prepared: &mut CachedStatement<'_>,
    values: &[Value],
    each: &mut dyn FnMut(&Row<'_>) -> Result<Next>,
) -> Result<()> {
    bind(prepared, values)?;
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        if matches!(each(row)?, Next::Nothing) {
            break;
        }
    }
    Ok(())
}
