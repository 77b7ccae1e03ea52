//! Rows, each with the rows that refer to it.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use ara_core::{Column, Error, Id, Reading, Record, Result, Table, TableRef};
use rusqlite::Row;
use sea_query::Value;

use crate::expr::column::ColumnRef;
use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::join::Reference;
use crate::query::rows::{Part, Rows};
use crate::run::digest::RowsDigest;
use crate::run::reader::{Next, each_row, only};
use crate::run::watch::{Collected, Watch, Watched};
use crate::untyped::clauses::Clauses;
use crate::untyped::member::MemberRef;
use crate::untyped::statement::Statement;

/// A query of rows, each with the rows that refer to it: see [`with_many`](Query::with_many).
#[must_use = "a query reads nothing until it is run: end it with `all`, `find` or the like"]
pub struct WithMany<'s, S: Scope, R, C: Column, P> {
    pub(super) parents: Query<'s, S, R>,
    /// The query of the rows that refer to the parents by the column `C`.
    children: Clauses,
    types: PhantomData<fn() -> (C, P)>,
}

/// The id of a row, as it is stored.
type RowId = [u8; 16];

impl<'s, S: Scope, A: Part> Query<'s, S, (A,)> {
    /// Returns with each row the rows of another table that refer to it by this column. However many rows
    /// there are, two statements read them.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// #[derive(Table)]
    /// struct Comment { id: Id<Comment>, #[table(index)] todo_id: Id<Todo>, text: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft().title("Think"))?;
    /// for text in ["Oat?", "Oat.", "Oat!"] {
    ///     db.create(Comment::draft().todo_id(milk).text(text))?;
    /// }
    ///
    /// let todos = db.query::<Todo>().order_by(Todo::title);
    /// let all = todos.clone().with_many(Comment::todo_id).all()?;
    /// assert_eq!(all.iter().map(|(_, comments)| comments.len()).collect::<Vec<_>>(), [3, 0]);
    ///
    /// let first = todos.with_many_of(Comment::todo_id, |comments| {
    ///     comments.narrow(Comment::text).order_by(Comment::text).limit(1)
    /// });
    /// let (_, comments) = first.find(milk)?.expect("is there");
    /// assert_eq!(comments[0].text, "Oat!");
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn with_many<C>(self, column: C) -> WithMany<'s, S, (A,), C, <C::Table as Table>::Row>
    where
        C: Column<Value: Reference<Target = S::First>>,
    {
        self.with_many_of(column, |children| children)
    }

    /// Returns with each row the rows that refer to it, as [`with_many`](Self::with_many) does. The
    /// function is given the query of those rows, and can filter, narrow and order them; its limit and its
    /// offset count the rows that refer to the same row.
    pub fn with_many_of<C, P>(
        self,
        column: C,
        children: impl FnOnce(Query<'s, (C::Table,)>) -> Query<'s, (C::Table,), (P,)>,
    ) -> WithMany<'s, S, (A,), C, P>
    where
        C: Column<Value: Reference<Target = S::First>>,
    {
        let _ = column;
        WithMany {
            children: children(Query::new(self.source.clone())).clauses,
            parents: self,
            types: PhantomData,
        }
    }
}

impl<S: Scope, R: Rows, C: Column, P: Record<Table = C::Table>> WithMany<'_, S, R, C, P> {
    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn all(self) -> Result<Vec<(R::Output, Vec<P>)>> {
        let tables = self.checked_tables()?;
        let Self { parents: Query { source, clauses, .. }, children, .. } = self;
        let parents = clauses.rows(S::MEMBERS).at_once();
        let mut rows = Vec::new();
        source.get()?.read(&tables, &mut |reading| {
            rows = read::<R, C, P>(reading, &parents, &children, &mut |_| ())?;
            Ok(())
        })?;
        Ok(rows)
    }

    /// Returns the first row in the query's order, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn first(mut self) -> Result<Option<(R::Output, Vec<P>)>> {
        self.parents.clauses.at_most(1);
        Ok(self.all()?.pop())
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotOne`] if there is no row, or more than one; and the errors of [`Query::all`].
    pub fn one(mut self) -> Result<(R::Output, Vec<P>)> {
        self.parents.clauses.at_most(2);
        only(self.all()?)
    }

    /// Returns the row with this id, or `None` if it is not among the rows of the query, whose limit and
    /// offset do not count here.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::all`].
    pub fn find(mut self, id: Id<S::First>) -> Result<Option<(R::Output, Vec<P>)>> {
        self.parents.clauses.find(id);
        Ok(self.all()?.pop())
    }

    /// Watches the rows: see [`Query::watch`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Query::watch`].
    pub fn watch(self) -> Result<Watch<(R::Output, Vec<P>)>> {
        let tables = self.checked_tables()?;
        let more = [self.children_of(Vec::new())];
        let Self { parents: Query { source, clauses, .. }, children, .. } = self;
        let statements = vec![clauses.rows(S::MEMBERS).at_once()];
        let collect = collect::<R, C, P>;
        Watched { tables, statements, many: Some(children), collect }.watch(&source, &more, &[])
    }

    /// Checks both queries, and returns the tables that they read.
    pub(super) fn checked_tables(&self) -> Result<Vec<TableRef>> {
        self.parents.clauses.check()?;
        self.children.check()?;
        let mut tables = self.parents.clauses.tables(S::MEMBERS);
        tables.extend(self.children.tables(&[MemberRef::of::<C::Table>()]));
        Ok(tables)
    }

    /// Returns the statement that reads the rows which refer to rows with these ids.
    pub(super) fn children_of(&self, ids: Vec<Value>) -> Statement {
        children_of::<C>(&self.children, ids)
    }
}

fn children_of<C: Column>(children: &Clauses, ids: Vec<Value>) -> Statement {
    children.clone().of_parents(&[MemberRef::of::<C::Table>()], C::term(), ids)
}

/// Reads the rows with those that refer to them, and calls a function with each row of SQLite.
fn read<R: Rows, C: Column, P: Record<Table = C::Table>>(
    reading: Reading<'_>,
    parents: &Statement,
    children: &Clauses,
    each: &mut dyn FnMut(&Row<'_>),
) -> Result<Vec<(R::Output, Vec<P>)>> {
    // Both statements must see the same state of the file, so they run in one transaction.
    let snapshot = match reading.connection.is_autocommit() {
        true => Some(reading.connection.unchecked_transaction()?),
        false => None,
    };
    let mut found = Vec::new();
    let mut ids = Vec::new();
    each_row(reading, parents, &mut |row| {
        if let Some(parent) = R::from_row(row) {
            let id: RowId = row.get(0).map_err(|_| Error::Corrupt)?;
            ids.push(id.to_vec().into());
            found.push((id, parent));
            each(row);
        }
        Ok(Next::Row)
    })?;
    let mut many: HashMap<RowId, Vec<P>> = HashMap::with_capacity(found.len());
    let width = P::width();
    each_row(reading, &children_of::<C>(children, ids), &mut |row| {
        if let Some(child) = <P as Part>::from_row(row, 0) {
            let parent: RowId = row.get(width).map_err(|_| Error::Corrupt)?;
            many.entry(parent).or_default().push(child);
            each(row);
        }
        Ok(Next::Row)
    })?;
    drop(snapshot);
    let with_many = |(id, parent)| (parent, many.remove(&id).unwrap_or_default());
    Ok(found.into_iter().map(with_many).collect())
}

fn collect<R: Rows, C: Column, P: Record<Table = C::Table>>(
    reading: Reading<'_>,
    parents: &Statement,
    children: Option<&Clauses>,
) -> Result<Collected<(R::Output, Vec<P>)>> {
    let mut digest = RowsDigest::new();
    let none = Clauses::default();
    let children = children.unwrap_or(&none);
    let rows = read::<R, C, P>(reading, parents, children, &mut |row| digest.row(row))?;
    Ok(Collected { rows, is_left_out: false, digest: digest.finish() })
}

impl<S: Scope, R, C: Column, P> Clone for WithMany<'_, S, R, C, P> {
    fn clone(&self) -> Self {
        Self { parents: self.parents.clone(), children: self.children.clone(), types: PhantomData }
    }
}

impl<S: Scope, R, C: Column, P> fmt::Debug for WithMany<'_, S, R, C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithMany").field("parents", &self.parents).finish_non_exhaustive()
    }
}
