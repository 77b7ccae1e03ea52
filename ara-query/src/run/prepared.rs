//! Queries that are compiled once and run many times.

use std::fmt;
use std::marker::PhantomData;

use ara_core::{Handle, Result, TableRef};

use crate::expr::param::Values;
use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::reader::{Reader, only};
use crate::run::watch::{Watch, Watched, collect};
use crate::untyped::notes::Notes;
use crate::untyped::statement::Statement;

/// A query over the tables `S` with the parameters `P`, compiled to SQL: see
/// [`prepare`](crate::Queries::prepare).
pub struct Prepared<'s, P, S: Scope, R = <S as Scope>::Rows> {
    source: Handle<'s>,
    tables: Vec<TableRef>,
    /// The statements that read the rows, which are run in turn.
    statements: Vec<Statement>,
    counted: Statement,
    notes: Notes,
    types: PhantomData<fn() -> (P, S, R)>,
}

impl<'s, P, S: Scope, R: Rows> Prepared<'s, P, S, R> {
    /// Compiles a query in which [parameters](crate::Param) stand for some values.
    pub(crate) fn new(query: Query<'s, S, R>) -> Self {
        let Query { source, clauses, .. } = query;
        Self {
            source,
            tables: clauses.tables(S::MEMBERS),
            notes: clauses.notes(),
            counted: clauses.clone().count(S::MEMBERS),
            statements: clauses.rows(S::MEMBERS).in_turn().collect(),
            types: PhantomData,
        }
    }

    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Parameter`](ara_core::Error::Parameter) if one of the values breaks a rule of its
    /// type, and the errors of [`Query::all`].
    pub fn all(&self, values: impl Values<P>) -> Result<Vec<R::Output>> {
        let values = self.given(values)?;
        let statements = self.statements.iter().map(|statement| statement.given(&values));
        Reader { source: &self.source, tables: &self.tables }.rows::<R>(statements)
    }

    /// Returns the first row in the query's order, or `None` if there is none. All rows are read, so the
    /// query should have a limit.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn first(&self, values: impl Values<P>) -> Result<Option<R::Output>> {
        Ok(self.all(values)?.into_iter().next())
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotOne`](ara_core::Error::NotOne) if there is no row, or more than one; and the
    /// errors of [`all`](Self::all).
    pub fn one(&self, values: impl Values<P>) -> Result<R::Output> {
        only(self.all(values)?)
    }

    /// Watches the rows: see [`Query::watch`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Parameter`](ara_core::Error::Parameter) if one of the values breaks a rule of its
    /// type, and the errors of [`Query::watch`].
    pub fn watch(&self, values: impl Values<P>) -> Result<Watch<R::Output>> {
        let values = self.given(values)?;
        let statements = self.statements.iter().map(|statement| statement.given(&values));
        let (tables, statements) = (self.tables.clone(), statements.collect());
        Watched { tables, statements, many: None, collect: collect::<R> }.watch(
            &self.source,
            &[],
            &[],
        )
    }

    /// Returns the number of rows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn count(&self, values: impl Values<P>) -> Result<u64> {
        let values = self.given(values)?;
        let reader = Reader { source: &self.source, tables: &self.tables };
        reader.number(&self.counted.given(&values))
    }

    fn given(&self, values: impl Values<P>) -> Result<Vec<sea_query::Value>> {
        self.notes.check()?;
        values.into_values()
    }
}

/// Shows the SQL, with a `?` for each value.
impl<P, S: Scope, R> fmt::Debug for Prepared<'_, P, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", self.statements.last().map_or("", |statement| &statement.sql))
    }
}
