//! Views: rows of an app's own structs.

use std::marker::PhantomData;

use ara_core::{FieldOf, Stored};
use rusqlite::Row;

use crate::expr::Within;
use crate::expr::column::ColumnRef;
use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::rows::Rows;
use crate::untyped::term::{ColumnTerm, Term, Untyped};

/// A struct whose fields are columns of a query over the tables `S`: `#[derive(View)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a view of this query",
    label = "the query reads `{S}`",
    note = "put `#[derive(View)] #[view(Todo)]` on the struct, and name all tables of the query that it \
            reads, from the first on: `#[view(Todo, Category)]`"
)]
pub trait View<S>: Sized {
    #[doc(hidden)]
    fn parts() -> Vec<ViewPart>;

    #[doc(hidden)]
    fn from_row(row: &ViewRow<'_>) -> Option<Self>;
}

/// A column that a view reads, and whether rows without it are left out.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewPart {
    column: ColumnTerm,
    is_narrowed: bool,
}

impl ViewPart {
    /// A column of one of the tables `T`.
    pub fn new<T, C: ColumnRef + Within<T, I>, I>(column: C, is_narrowed: bool) -> Self {
        let _ = column;
        Self { column: C::term(), is_narrowed }
    }
}

/// The values that a view is read from, in the order of its parts.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewRow<'a>(&'a Row<'a>);

impl ViewRow<'_> {
    /// The column at this position, as an `F`.
    #[inline]
    pub fn field<C: ColumnRef, F: FieldOf<C::Column>>(&self, at: usize, column: C) -> Option<F> {
        let _ = column;
        F::from_stored_column(self.0.get_ref(at).ok().and_then(Stored::from_sql))
    }
}

/// The tables of a query that begin with `T`, a tuple.
#[diagnostic::on_unimplemented(
    message = "the query does not read the tables of the view",
    label = "the query reads `{Self}`, and the view `{T}`",
    note = "join the tables that the view names, in its order"
)]
pub trait StartsWith<T> {}

macro_rules! starts_with {
    ($($all:ident)*) => {
        starts_with! { [$($all)*] [] $($all)* }
    };
    ([$($all:ident)*] [$($first:ident)*]) => {};
    ([$($all:ident)*] [$($first:ident)*] $next:ident $($rest:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($all),*> StartsWith<($($first,)* $next,)> for ($($all,)*) {}
        starts_with! { [$($all)*] [$($first)* $next] $($rest)* }
    };
}

tuples! { starts_with }

/// Rows as views `V`.
#[derive(Debug)]
pub struct Viewed<V, S>(PhantomData<fn() -> (V, S)>);

impl<V: View<S>, S> Rows for Viewed<V, S> {
    type Output = V;
    type Whole = Self;

    fn required() -> Vec<ColumnTerm> {
        Vec::new()
    }

    #[inline]
    fn from_row(row: &Row<'_>) -> Option<V> {
        V::from_row(&ViewRow(row))
    }
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Returns views instead of rows. What a field of the view holds that is no `Option` is narrowed, also of
    /// a table that was joined by [`left_join`](Self::left_join): rows without it are left out.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Category { id: Id<Category>, name: String }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, done: Option<bool>, category_id: Option<Id<Category>> }
    ///
    /// #[derive(Debug, PartialEq, View)]
    /// #[view(Todo, Category)]
    /// struct TodoItem {
    ///     title: String,
    ///     done: Option<bool>,
    ///     #[view(Category::name)]
    ///     category: Option<String>,
    /// }
    ///
    /// fn items(db: &Database) -> ara::Result<Vec<TodoItem>> {
    ///     db.query::<Todo>().left_join(Todo::category_id).view::<TodoItem>().all()
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Think"))?;
    /// assert_eq!(items(&db)?, [TodoItem { title: "Think".into(), done: None, category: None }]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn view<V: View<S>>(mut self) -> Query<'s, S, Viewed<V, S>> {
        let parts = V::parts();
        let narrowed = parts.iter().filter(|part| part.is_narrowed).map(|part| part.column);
        let narrowed: Vec<_> = narrowed.collect();
        let columns = parts.iter().map(|part| Untyped::from(Term::Column(part.column)));
        self.clauses.narrowed.extend(&narrowed);
        self.clauses.select(columns.collect());
        // Of what it takes as an `Option`, a view does not see that it was narrowed before.
        self.clauses.seeing(&narrowed);
        self.over()
    }
}
