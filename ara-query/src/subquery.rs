//! Conditions that ask other tables.

use ara_core::Column;
use sea_query::{BinOper, Expr as Sql, SubQueryOper};

use crate::clauses::Clauses;
use crate::column::ColumnRef;
use crate::condition::Condition;
use crate::expr::{Expr, Filter, IntoFilter, Operand, Within};
use crate::join::Reference;
use crate::query::Query;
use crate::scope::{Contains, MemberRef, Scope};
use crate::select::{Item, Selected};
use crate::sql::binary;
use crate::term::{ColumnTerm, Term, Untyped};

/// Conditions of columns and expressions that another query answers.
pub trait InQuery: Operand {
    /// Whether it is among what another query selects.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// #[derive(Table)]
    /// struct Comment { id: Id<Comment>, todo_id: Id<Todo>, text: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft().title("Think"))?;
    /// db.create(Comment::draft().todo_id(milk).text("Oat?"))?;
    ///
    /// let commented = db.query::<Comment>().select(Comment::todo_id);
    /// assert_eq!(db.query::<Todo>().filter(Todo::id.in_query(commented)).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn in_query<S, T, X, I>(self, query: Query<'_, T, Selected<X>>) -> Filter<S>
    where
        Self: Within<S, I>,
        T: Scope,
        X: Item<Value = Self::Value>,
    {
        let (select, notes) = query.clauses.subquery(T::MEMBERS);
        let it = self.untyped();
        let mut found = it.map(|term| {
            let select = Sql::SubQuery(None, Box::new(select.into()));
            Term::Condition(Condition::One(binary(term.value(), BinOper::In, select)))
        });
        found.notes.add(notes);
        Expr::new(found)
    }
}

impl<O: Operand> InQuery for O {}

/// Conditions on the rows that refer to a row.
pub trait Referring: Column {
    /// Whether any row that is not deleted refers to the row by this column, and keeps to the filter.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # #[derive(Table)]
    /// # struct Comment { id: Id<Comment>, todo_id: Id<Todo>, text: String }
    /// # let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Comment::draft().todo_id(milk).text("Oat?"))?;
    ///
    /// let asked = Comment::todo_id.exists_where(Comment::text.like("%?"));
    /// assert_eq!(db.query::<Todo>().filter(asked).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn exists_where<S, I>(self, filter: impl IntoFilter<(Self::Table,)>) -> Filter<S>
    where
        Self::Value: Reference,
        S: Contains<<Self::Value as Reference>::Target, I>,
    {
        let mut clauses = Clauses::default();
        clauses.filter(filter.into_filter().untyped);
        Expr::new(referring::<Self>(clauses))
    }

    /// Whether any row that is not deleted refers to the row by this column.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # #[derive(Table)]
    /// # struct Comment { id: Id<Comment>, todo_id: Id<Todo>, text: String }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Think"))?;
    /// assert_eq!(db.query::<Todo>().filter(!Comment::todo_id.exists()).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    fn exists<S, I>(self) -> Filter<S>
    where
        Self::Value: Reference,
        S: Contains<<Self::Value as Reference>::Target, I>,
    {
        Expr::new(referring::<Self>(Clauses::default()))
    }
}

impl<C: Column> Referring for C {}

/// Whether there is a row of the column's table that refers to the row.
fn referring<C: Column<Value: Reference>>(mut clauses: Clauses) -> Untyped {
    let target = ColumnTerm::id::<<C::Value as Reference>::Target>();
    let refers = binary(C::term().sql(), BinOper::Equal, target.sql());
    clauses.filter(Term::Condition(Condition::One(refers)).into());
    clauses.select(vec![Untyped::from(Term::Column(ColumnTerm::id::<C::Table>()))]);
    let (select, notes) = clauses.subquery(&[MemberRef::of::<C::Table>()]);
    let exists = Sql::SubQuery(Some(SubQueryOper::Exists), Box::new(select.into()));
    Untyped { term: Term::Condition(Condition::One(exists)), notes }
}
