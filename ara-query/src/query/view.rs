//! Views: structs of the app that hold columns of a query.

use std::marker::PhantomData;

use ara_core::{FieldOf, Stored};
use rusqlite::Row;

use crate::expr::Within;
use crate::expr::column::ColumnRef;
use crate::expr::scope::{Contains, Scope};
use crate::query::Query;
use crate::query::one_of::{self, OneOf};
use crate::query::rows::Rows;
use crate::untyped::column::ColumnTerm;
use crate::untyped::one_of::OneOfTerm;
use crate::untyped::term::{Term, Untyped};

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

/// A column that a view reads, or the one of several that was edited last.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewPart {
    of: ViewPartOf,
    /// Whether rows without it are left out.
    is_narrowed: bool,
}

#[derive(Debug)]
enum ViewPartOf {
    Column(ColumnTerm),
    OneOf(OneOfTerm),
}

impl ViewPart {
    /// Returns a column of one of the tables `T`.
    pub fn new<T, C: ColumnRef + Within<T, I>, I>(column: C, is_narrowed: bool) -> Self {
        let _ = column;
        Self { of: ViewPartOf::Column(C::term()), is_narrowed }
    }

    /// Returns the one of several columns of one of the tables `T`.
    pub fn one_of<T: Contains<E::Table, I>, E: OneOf, I>(is_narrowed: bool) -> Self {
        Self { of: ViewPartOf::OneOf(OneOfTerm::of::<E>()), is_narrowed }
    }
}

/// A row that a view is read from, with a value for each of the view's parts.
#[doc(hidden)]
#[derive(Debug)]
pub struct ViewRow<'a>(&'a Row<'a>);

impl ViewRow<'_> {
    /// Reads the column at this position as an `F`.
    #[inline]
    pub fn field<C: ColumnRef, F: FieldOf<C::Column>>(&self, at: usize, column: C) -> Option<F> {
        let _ = column;
        F::from_stored_column(self.0.get_ref(at).ok().and_then(Stored::from_sql))
    }

    /// Reads the one of several columns at this position.
    #[inline]
    pub fn one_of<E: OneOf>(&self, at: usize) -> Option<E> {
        one_of::read(self.0.get_ref(at).ok()?)
    }
}

/// A tuple of tables that begins with the tables `T`, a tuple too.
#[diagnostic::on_unimplemented(
    message = "the query does not read the tables of the view",
    label = "the query reads `{Self}`, and the view `{T}`",
    note = "join the tables that the view names, in its order"
)]
pub trait StartsWith<T> {}

macro_rules! starts_with {
    ([$($before:ident)*] $at:ident $n:literal [$($after:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<$($before,)* $at, $($after),*> StartsWith<($($before,)* $at,)>
            for ($($before,)* $at, $($after,)*)
        {
        }
    };
}

members! { starts_with }

/// The third parameter of a [`Query`] after [`view::<V>()`](Query::view): name it in return types. `S` are the
/// tables that the query reads, as a tuple.
///
/// ```
/// use ara::Viewed;
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// #[derive(View)]
/// #[view(Todo)]
/// struct Line { title: String }
///
/// fn lines(db: &Database) -> Query<'_, (Todo,), Viewed<Line, (Todo,)>> {
///     db.query::<Todo>().view()
/// }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().title("Buy milk"))?;
/// assert_eq!(lines(&db).order_by(Todo::title).one()?.title, "Buy milk");
/// # Ok::<(), ara::Error>(())
/// ```
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
    /// Returns views instead of rows.
    ///
    /// The columns of fields that are no `Option` are narrowed, also those of a table that is joined by
    /// [`left_join`](Self::left_join): rows without them are left out.
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
        let (mut narrowed, mut selected) = (Vec::new(), Vec::with_capacity(parts.len()));
        for ViewPart { of, is_narrowed } in parts {
            selected.push(Untyped::from(match of {
                ViewPartOf::Column(column) => {
                    narrowed.extend(is_narrowed.then_some(column));
                    Term::Column(column)
                }
                ViewPartOf::OneOf(one_of) => {
                    if is_narrowed {
                        self.clauses.filter(one_of.filter());
                    }
                    Term::Computed(one_of.value())
                }
            }));
        }
        self.clauses.narrowed.extend(&narrowed);
        self.clauses.select(selected);
        // A column that the query had narrowed before may be an `Option` of the view, which then returns a
        // row without it.
        self.clauses.seeing(&narrowed);
        self.over()
    }
}
