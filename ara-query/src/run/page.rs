//! Pages, which follow one another however the rows between them change.

use ara_core::{Result, Rule};

use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::query::view::StartsWith;
use crate::run::cursor::Cursor;
use crate::run::reader::{Next, each_row};
use crate::untyped::order::OrderTerm;

/// Some rows of a query, and where the next ones begin: see [`page`](Query::page).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins, or `None` after the last page.
    pub next: Option<Cursor>,
}

impl<S: Scope + StartsWith<(<S as Scope>::First,)>, R: Rows> Query<'_, S, R> {
    /// Returns the first rows, or those after a cursor: as many as the query's limit says. If rows are
    /// created or deleted between two calls, no other row is skipped or repeated, as would happen with an
    /// offset. And where an index serves the query's order, a page far behind takes no longer than the
    /// first one.
    ///
    /// Rows that the query's order leaves equal are ordered by the id of the first table, and then by the
    /// ids of the tables that were joined by [`join_many`](Self::join_many). A search without an order of
    /// its own is ordered by these ids alone, as each new row changes the ranks of the others. An offset
    /// counts only for the first page.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, #[table(index)] title: String }
    ///
    /// let db = Database::memory()?;
    /// db.create_all(["a", "b", "c"].map(|title| Todo::draft().title(title)))?;
    ///
    /// let todos = db.query::<Todo>().narrow(Todo::title).order_by(Todo::title).limit(2);
    /// let first = todos.clone().page(None)?;
    /// assert_eq!(first.rows[1].title, "b");
    /// db.create(Todo::draft().title("aa"))?;
    /// let second = todos.page(first.next.as_ref())?;
    /// assert_eq!(second.rows[0].title, "c");
    /// assert_eq!(second.next, None);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Parameter`](ara_core::Error::Parameter) if the query is
    /// [`distinct`](Query::distinct), or if the cursor is one of a query with another order; and the errors
    /// of [`all`](Self::all).
    pub fn page(mut self, after: Option<&Cursor>) -> Result<Page<R::Output>> {
        self.clauses.check()?;
        if self.clauses.distinct {
            return Err(
                Rule::new("cannot be a page: a distinct query has no rows of its own").into()
            );
        }
        self.clauses.order_by_ids(S::MEMBERS);
        if let Some(cursor) = after {
            if cursor.values().len() != self.clauses.orders.len() {
                return Err(Rule::new("must be a cursor of a query with the same order").into());
            }
            self.clauses.offset = 0;
            self.clauses.after(cursor.values());
        }
        // One row more than asked for tells whether there is a next page.
        let limit = self.clauses.limit.take();
        self.clauses.limit = limit.map(|limit| limit.saturating_add(1));
        let tables = self.clauses.tables(S::MEMBERS);
        let orders: Vec<_> = self.clauses.orders.iter().map(OrderTerm::sql).collect();
        let count = orders.len();
        let statement = self.clauses.rows_and(S::MEMBERS, orders).exactly();

        let mut page = Page { rows: Vec::new(), next: None };
        self.source.get()?.read(&tables, &mut |reading| {
            page = Page { rows: Vec::new(), next: None };
            let mut last = None;
            each_row(reading, &statement, &mut |row| {
                if limit.is_some_and(|limit| page.rows.len() as u64 >= limit) {
                    page.next = last.take();
                    return Ok(Next::Nothing);
                }
                if let Some(read) = R::from_row(row) {
                    page.rows.push(read);
                    last = Some(Cursor::after(row, count));
                }
                Ok(Next::Row)
            })
        })?;
        Ok(page)
    }
}
