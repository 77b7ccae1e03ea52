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

/// The parameters of a prepared query, as a tuple of up to eight: `(Param<i64>, Param<String>)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the parameters of a prepared query",
    label = "expected a tuple of `Param`s",
    note = "the closure takes one tuple, also for one parameter: `|(title,): (Param<String>,)| ..`",
    note = "eight parameters at most"
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
        impl<$($part),*> Params for ($(Param<$part>,)*) {
            fn markers() -> Self {
                ($(Param { at: $n, ty: PhantomData::<fn() -> $part> },)*)
            }
        }

        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<$($part: Value, $value: IntoValue<$part>),*> Values<($(Param<$part>,)*)>
            for ($($value,)*)
        {
            fn into_values(self) -> Result<Vec<sea_query::Value>> {
                let ($($value,)*) = self;
                Ok(vec![$(Untyped::bound::<$part, _>($value).into_bound()?),*])
            }
        }
    };
}

tuples! { params }
