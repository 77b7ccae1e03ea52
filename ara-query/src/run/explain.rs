//! How SQLite reads a query.

use ara_core::{Column, Record, Result, Source, TableRef};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::many::WithMany;
use crate::run::reader::{Next, each_row};
use crate::run::union::Union;
use crate::untyped::statement::Statement;

impl<S: Scope, R: Rows> Query<'_, S, R> {
    /// Returns the steps by which SQLite reads the rows, as `EXPLAIN QUERY PLAN` gives them: which indexes it
    /// uses, and which tables it reads as a whole.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, #[table(index)] title: String }
    ///
    /// let db = Database::memory()?;
    /// let plan = db.query::<Todo>().filter(Todo::title.eq("Buy milk")).explain()?;
    /// assert_eq!(plan, ["SEARCH todo USING INDEX ara_index todo(title) (title=?)"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`all`](Self::all).
    pub fn explain(self) -> Result<Vec<String>> {
        self.clauses.check()?;
        let tables = self.clauses.tables(S::MEMBERS);
        let statements = self.clauses.rows(S::MEMBERS).in_turn();
        steps(self.source.get()?, &tables, statements.take(1))
    }
}

impl<I> Union<'_, I> {
    /// Returns the steps by which SQLite reads the rows: see [`Query::explain`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn explain(self) -> Result<Vec<String>> {
        self.notes.check()?;
        steps(self.source.get()?, &self.tables, [self.statement])
    }
}

impl<S: Scope, R: Rows, C: Column, P: Record<Table = C::Table>> WithMany<'_, S, R, C, P> {
    /// Returns the steps by which SQLite reads the rows, and after them the steps by which it reads the rows
    /// that refer to them: see [`Query::explain`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn explain(self) -> Result<Vec<String>> {
        let (source, tables) = (self.parents.source.clone(), self.checked_tables()?);
        let children = self.children_of(Vec::new());
        steps(source.get()?, &tables, [self.parents.clauses.rows(S::MEMBERS).at_once(), children])
    }
}

fn steps(
    source: &dyn Source,
    tables: &[TableRef],
    statements: impl IntoIterator<Item = Statement>,
) -> Result<Vec<String>> {
    let explained = statements.into_iter().map(|Statement { sql, values }| Statement {
        sql: format!("EXPLAIN QUERY PLAN {sql}"),
        values,
    });
    let explained: Vec<_> = explained.collect();
    let mut steps = Vec::new();
    source.read(tables, &mut |reading| {
        steps.clear();
        explained.iter().try_for_each(|statement| {
            each_row(reading, statement, &mut |row| {
                steps.push(row.get::<_, String>("detail")?);
                Ok(Next::Row)
            })
        })
    })?;
    Ok(steps)
}
