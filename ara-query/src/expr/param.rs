//! The parameters of prepared queries.

use std::marker::PhantomData;

use ara_core::{IntoValue, Result, Value};

use crate::expr::{Anywhere, Operand, Within};
use crate::untyped::statement::parameter;
use crate::untyped::term::{Term, Untyped};

/// A value of type `T` that a prepared query is given each time it is run: see
/// [`prepare`](crate::Queries::prepare).
#[derive(Debug)]
pub struct Param<T> {
    at: usize,
    ty: PhantomData<fn() -> T>,
}

impl<T> Copy for Param<T> {}

impl<T> Clone for Param<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Value> Operand for Param<T> {
    type Value = T;

    fn untyped(self) -> Untyped {
        Term::Bound(parameter(self.at)).into()
    }
}

#[diagnostic::do_not_recommend]
impl<S, T> Within<S, Anywhere> for Param<T> {}

/// A value of type `T`, or nothing, that a prepared query is given each time it is run: an `Option` of the very type
/// `T`.
///
/// Nothing is what is absent: `Todo::place.eq(place)` holds where the place is absent if `place` is given as `None`, as
/// `Todo::place.eq(None)` does.
///
/// ```
/// use ara::prelude::*;
/// use ara::OptionalParam;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, place: Option<String> }
///
/// let db = Database::memory()?;
/// for place in [Some("Home"), Some("Work"), None, None] {
///     db.create(Todo::draft().place(place.map(str::to_owned)))?;
/// }
/// let at = db.prepare(|(place,): (OptionalParam<String>,)| {
///     db.query::<Todo>().filter(Todo::place.eq(place))
/// });
/// assert_eq!(at.count((Some("Home".to_owned()),))?, 1);
/// assert_eq!(at.count((None,))?, 2);
///
/// let everywhere = db.prepare(|(place,): (OptionalParam<String>,)| {
///     db.query::<Todo>().filter(place.is_null() | Todo::place.eq(place))
/// });
/// assert_eq!(everywhere.count((None,))?, 4);
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Debug)]
pub struct OptionalParam<T> {
    at: usize,
    ty: PhantomData<fn() -> T>,
}

impl<T> Copy for OptionalParam<T> {}

impl<T> Clone for OptionalParam<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Value> Operand for OptionalParam<T> {
    type Value = T;

    fn untyped(self) -> Untyped {
        Term::Perhaps(parameter(self.at)).into()
    }
}

#[diagnostic::do_not_recommend]
impl<S, T> Within<S, Anywhere> for OptionalParam<T> {}

/// A parameter of a prepared query: [`Param`] or [`OptionalParam`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a parameter of a prepared query",
    label = "expected `Param<..>` or `OptionalParam<..>`"
)]
pub trait Parameter {
    #[doc(hidden)]
    fn marker(at: usize) -> Self;
}

impl<T> Parameter for Param<T> {
    fn marker(at: usize) -> Self {
        Self { at, ty: PhantomData }
    }
}

impl<T> Parameter for OptionalParam<T> {
    fn marker(at: usize) -> Self {
        Self { at, ty: PhantomData }
    }
}

/// A value that a parameter `P` can be given: what converts to its type, or an `Option` of the very type for an
/// [`OptionalParam`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a value of the parameter `{P}`",
    label = "expected a value of `{P}`",
    note = "numbers must be of the exact type, and an `OptionalParam<T>` takes an `Option<T>`"
)]
pub trait ValueOfParam<P> {
    #[doc(hidden)]
    fn into_given(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<T: Value, V: IntoValue<T>> ValueOfParam<Param<T>> for V {
    fn into_given(self) -> Untyped {
        Untyped::bound::<T, _>(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> ValueOfParam<OptionalParam<T>> for Option<T> {
    fn into_given(self) -> Untyped {
        Untyped::optional(self)
    }
}

/// The parameters of a prepared query, as a tuple of up to sixteen: `(Param<i64>, Param<String>)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the parameters of a prepared query",
    label = "expected a tuple of `Param`s",
    note = "the closure takes one tuple, also for one parameter: `|(title,): (Param<String>,)| ..`",
    note = "sixteen parameters at most"
)]
pub trait Params {
    #[doc(hidden)]
    fn markers() -> Self;
}

/// The values of a prepared query's parameters `P`, as a tuple.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the values of this prepared query",
    label = "expected a tuple with a value for each of `{P}`",
    note = "as many values as parameters, in their order, and of their types: numbers exactly, \
            and convert other types first",
    note = "a query of one parameter takes `(value,)`, with a comma; one of none takes `()`"
)]
pub trait Values<P> {
    #[doc(hidden)]
    fn into_values(self) -> Result<Vec<sea_query::Value>>;
}

impl Params for () {
    fn markers() -> Self {}
}

#[diagnostic::do_not_recommend]
impl Values<()> for () {
    fn into_values(self) -> Result<Vec<sea_query::Value>> {
        Ok(Vec::new())
    }
}

macro_rules! params {
    ($($part:ident $value:ident $n:literal)*) => {
        impl<$($part: Parameter),*> Params for ($($part,)*) {
            fn markers() -> Self {
                ($($part::marker($n),)*)
            }
        }

        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<$($part, $value: ValueOfParam<$part>),*> Values<($($part,)*)> for ($($value,)*) {
            fn into_values(self) -> Result<Vec<sea_query::Value>> {
                let ($($value,)*) = self;
                Ok(vec![$($value.into_given().into_bound()?),*])
            }
        }
    };
}

tuples! { params }
