//! Rows, each with the rows that refer to it.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use ara_core::{Column, Error, Id, Reading, Record, Result, Table};
use rusqlite::Row;

use crate::expr::column::ColumnRef;
use crate::expr::scope::{MemberRef, Scope};
use crate::query::Query;
use crate::query::join::Reference;
use crate::query::rows::{Part, Rows};
use crate::run::digest::RowsDigest;
use crate::run::reader::{Next, each_row, only};
use crate::run::watch::{Collected, Watch, Watched};
use crate::untyped::clauses::{Clauses, Statement};

/// A query of rows, each with the rows that refer to it: see [`with_many`](Query::with_many).
#[must_use = "a query reads nothing until it is run: end it with `all`, `find` or the like"]
pub struct WithMany<'s, S: Scope, R, C: Column, P> {
    pub(crate) parents: Query<'s, S, R>,
    pub(crate) children: Clauses,
    types: PhantomData<fn() -> (C, P)>,
}

/// The id of a row, as it is stored.
type RowId = [u8; 16];

impl<'s, S: Scope, A: Part> Query<'s, S, (A,)> {
    /// Returns with each row the rows that refer to it by a column of theirs, in two reads of the file
    /// whatever the number of rows.
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

    /// As [`with_many`](Self::with_many), of the rows that a query keeps, as it narrows and orders them.
    /// Its limit and its offset are of the rows that refer to one and the same.
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
            children: children(Query::new(self.source)).clauses,
            parents: self,
            types: PhantomData,
        }
    }
}

impl<S: Scope, R: Rows, C: Column, P: Record<Table = C::Table>> WithMany<'_, S, R, C, P> {
    /// All rows.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value of the queries breaks a rule.
    pub fn all(self) -> Result<Vec<(R::Output, Vec<P>)>> {
        let Self { parents: Query { source, clauses, .. }, children, .. } = self;
        clauses.check()?;
        children.check()?;
        let mut tables = clauses.tables(S::MEMBERS);
        tables.extend(children.tables(&[MemberRef::of::<C::Table>()]));
        let parents = clauses.rows_at_once(S::MEMBERS);

        let mut rows = Vec::new();
        source.read(&tables, &mut |reading| {
            rows = read::<R, C, P>(reading, &parents, &children, &mut |_| ())?;
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first row, by the query's order.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn first(mut self) -> Result<Option<(R::Output, Vec<P>)>> {
        self.parents.clauses.at_most(1);
        Ok(self.all()?.pop())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`] if there is none, or more than one; and as [`all`](Self::all).
    pub fn one(mut self) -> Result<(R::Output, Vec<P>)> {
        self.parents.clauses.at_most(2);
        only(self.all()?)
    }

    /// The row with this id, if it is among those of the query. Its limit and offset do not count.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn find(mut self, id: Id<S::First>) -> Result<Option<(R::Output, Vec<P>)>> {
        self.parents.clauses.find(id);
        Ok(self.all()?.pop())
    }

    /// Watches the rows: see [`Query::watch`].
    ///
    /// # Errors
    ///
    /// As [`Query::watch`].
    pub fn watch(self) -> Result<Watch<(R::Output, Vec<P>)>> {
        let Self { parents: Query { source, clauses, .. }, children, .. } = self;
        let database = source.watchable().ok_or(Error::WatchedTransaction)?;
        clauses.check()?;
        children.check()?;
        let members = [MemberRef::of::<C::Table>()];
        let mut tables = clauses.tables(S::MEMBERS);
        tables.extend(children.tables(&members));
        let parents = Some(clauses.rows_at_once(S::MEMBERS));
        let of_each = children.clone().of_parents(&members, C::term(), &[]);
        let collect = collect::<R, C, P>;
        Watched { tables, nearly: None, exactly: parents, many: Some(children), collect }
            .watch_with(database, Some(&of_each), &[])
    }
}

/// Reads the rows with those that refer to them, and calls a function with each row of SQLite's.
fn read<R: Rows, C: Column, P: Record<Table = C::Table>>(
    reading: Reading<'_>,
    parents: &Statement,
    children: &Clauses,
    each: &mut dyn FnMut(&Row<'_>),
) -> Result<Vec<(R::Output, Vec<P>)>> {
    // Both reads are of one state of the file.
    let snapshot = match reading.connection.is_autocommit() {
        true => Some(reading.connection.unchecked_transaction()?),
        false => None,
    };
    let mut found = Vec::new();
    let mut ids: Vec<u8> = Vec::new();
    each_row(reading, parents, &mut |row| {
        if let Some(parent) = R::from_row(row) {
            let id: RowId = row.get(0).map_err(|_| Error::Corrupt)?;
            ids.extend(id);
            found.push((id, parent));
            each(row);
        }
        Ok(Next::Row)
    })?;
    let members = [MemberRef::of::<C::Table>()];
    let statement = children.clone().of_parents(&members, C::term(), &ids);
    let mut many: HashMap<RowId, Vec<P>> = HashMap::with_capacity(found.len());
    let width = P::width();
    each_row(reading, &statement, &mut |row| {
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
