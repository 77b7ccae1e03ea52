//! Queries that are built once and run many times.

use std::fmt;
use std::marker::PhantomData;

use ara_core::{IntoValue, Result, Source, TableRef, Value};

use crate::expr::scope::Scope;
use crate::expr::{Anywhere, Operand, Within};
use crate::query::Query;
use crate::query::rows::Rows;
use crate::run::reader::{Reader, only};
use crate::run::watch::{Watch, Watched, collect};
use crate::untyped::clauses::Statement;
use crate::untyped::notes::Notes;
use crate::untyped::term::{Term, Untyped};

/// A value of type `T` that a prepared query is given each time it runs: see
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
        Term::Bound(marker(self.at)).into()
    }
}

#[diagnostic::do_not_recommend]
impl<S, T> Within<S, Anywhere> for Param<T> {}

/// What stands for a parameter among the values of a statement. No value of a column is a `char`.
fn marker(at: usize) -> sea_query::Value {
    let marker = u32::try_from(at).ok().and_then(|at| char::from_u32(FIRST + at));
    sea_query::Value::Char(marker)
}

/// In a plane of Unicode that is nobody's.
const FIRST: u32 = 0xF_0000;

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
    ($($part:ident)*) => {
        params! { $($part)* @ V0 V1 V2 V3 V4 V5 V6 V7 @ 0 1 2 3 4 5 6 7 @ }
    };
    ($part:ident $($parts:ident)* @ $value:ident $($values:ident)* @ $n:literal $($ns:literal)* @ $($done:tt)*) => {
        params! { $($parts)* @ $($values)* @ $($ns)* @ $($done)* ($part $value $n) }
    };
    (@ $($values:ident)* @ $($ns:literal)* @ $(($part:ident $value:ident $n:literal))*) => {
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
                Ok(vec![$(Untyped::bound::<$part>($value).into_bound()?),*])
            }
        }
    };
}

tuples! { params }

/// A query whose SQL is made, over the tables `S`, with the parameters `P`: see
/// [`prepare`](crate::Queries::prepare).
pub struct Prepared<'s, P, S, R> {
    source: &'s dyn Source,
    tables: Vec<TableRef>,
    nearly: Statement,
    exactly: Statement,
    counted: Statement,
    notes: Notes,
    is_cut: bool,
    is_exact: bool,
    types: PhantomData<(P, S, R)>,
}

impl<'s, P, S: Scope, R: Rows> Prepared<'s, P, S, R> {
    pub(crate) fn new(query: Query<'s, S, R>) -> Self {
        let Query { source, clauses, .. } = query;
        let (is_cut, is_exact) = (clauses.is_cut(), clauses.is_exact());
        Self {
            source,
            tables: clauses.tables(S::MEMBERS),
            notes: clauses.notes(),
            counted: clauses.clone().count(S::MEMBERS),
            nearly: clauses.clone().rows(S::MEMBERS).nearly(),
            exactly: clauses.rows(S::MEMBERS).exactly(),
            is_cut,
            is_exact,
            types: PhantomData,
        }
    }

    /// All rows.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a value breaks a rule.
    pub fn all(&self, values: impl Values<P>) -> Result<Vec<R::Output>> {
        let values = self.given(values)?;
        let reader = Reader { source: self.source, tables: &self.tables };
        if !self.is_exact {
            let (rows, is_left_out) = reader.nearly::<R>(&self.nearly.given(&values))?;
            if !(is_left_out && self.is_cut) {
                return Ok(rows);
            }
        }
        Ok(reader.nearly::<R>(&self.exactly.given(&values))?.0)
    }

    /// The first row, by the query's order. All of them are read: give the query a limit.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn first(&self, values: impl Values<P>) -> Result<Option<R::Output>> {
        Ok(self.all(values)?.into_iter().next())
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::NotOne`](ara_core::Error::NotOne) if there is none, or more than one; and as
    /// [`all`](Self::all).
    pub fn one(&self, values: impl Values<P>) -> Result<R::Output> {
        only(self.all(values)?)
    }

    /// Watches the rows: see [`Query::watch`].
    ///
    /// # Errors
    ///
    /// As [`Query::watch`].
    pub fn watch(&self, values: impl Values<P>) -> Result<Watch<R::Output>> {
        let values = self.given(values)?;
        let given = |statement: &Statement| statement.given(&values);
        let nearly = (!self.is_exact).then(|| given(&self.nearly));
        let exactly = (self.is_exact || self.is_cut).then(|| given(&self.exactly));
        let tables = self.tables.clone();
        Watched { tables, nearly, exactly, many: None, collect: collect::<R> }
            .watch(self.source, &[])
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn count(&self, values: impl Values<P>) -> Result<u64> {
        let values = self.given(values)?;
        let reader = Reader { source: self.source, tables: &self.tables };
        reader.number(&self.counted.given(&values))
    }

    fn given(&self, values: impl Values<P>) -> Result<Vec<sea_query::Value>> {
        self.notes.check()?;
        values.into_values()
    }
}

impl Statement {
    /// The statement with these values for its parameters.
    fn given(&self, parameters: &[sea_query::Value]) -> Self {
        let value = |value: &sea_query::Value| match value {
            sea_query::Value::Char(Some(marker)) => {
                let at = u32::from(*marker).checked_sub(FIRST);
                let given = at.and_then(|at| parameters.get(usize::try_from(at).ok()?));
                given.unwrap_or(value).clone()
            }
            other => other.clone(),
        };
        Self { sql: self.sql.clone(), values: self.values.iter().map(value).collect() }
    }
}

/// The SQL, with a `?` for each value.
impl<P, S, R> fmt::Debug for Prepared<'_, P, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", self.exactly.sql)
    }
}
