//! Parts of JSON.

use std::marker::PhantomData;

use ara_core::schema::Type;
use ara_core::{IntoSqlValue, Rule, Value};
use sea_query::{BinOper, CaseStatement, Expr as Sql, Func, SelectStatement, SubQueryOper};

use crate::expr::{Expr, Filter, Operand, Within};
use crate::untyped::condition::Condition;
use crate::untyped::readable::readable;
use crate::untyped::sql::{as_real, binary, call, constant, null};
use crate::untyped::term::{Term, Untyped};

/// Parts of the JSON in columns of type [`Json`](ara_core::Json).
///
/// ```
/// use ara::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Details { tags: Vec<String>, size: Option<Size> }
///
/// #[derive(Serialize, Deserialize)]
/// struct Size { width: f64 }
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, details: Json<Details> }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().details(Details { tags: vec!["milk".into(), "oat".into()], size: None }))?;
/// db.create(Todo::draft().details(Details { tags: vec![], size: Some(Size { width: 2.5 }) }))?;
///
/// let tags = || Todo::details.path("$.tags");
/// assert_eq!(db.query::<Todo>().filter(tags().contains("oat")).count()?, 1);
/// let width = Todo::details.path("$.size.width").value::<f64>();
/// let widths = db.query::<Todo>().filter(width.clone().gt(1.0)).select((width, tags().length()));
/// assert_eq!(widths.one()?, (Some(2.5), Some(0)));
/// # Ok::<(), ara::Error>(())
/// ```
pub trait JsonFunctions: Operand {
    /// Returns the part at a path, as SQLite writes it: `$` is the whole, `$.size` a value of an object, `$[0]` the first
    /// element of an array and `$[#-1]` the last one, as in `$.sizes[0].width`. A name with other characters than letters,
    /// digits and `_` is put into double quotes: `$."the size"`.
    ///
    /// No index serves what is computed from a part. What is often asked for belongs in a column of its own.
    fn path<S, I>(self, path: impl Into<String>) -> JsonPart<S>
    where
        Self: Within<S, I>,
    {
        const {
            assert!(
                matches!(Self::Value::TYPE, Type::Json),
                "only JSON has parts at a path: a column of type `Json<..>`"
            );
        }
        let path = path.into();
        let path = if is_path(&path) { Ok(path) } else { Err(Rule::new(NO_PATH)) };
        JsonPart { json: self.untyped(), path, scope: PhantomData }
    }
}

impl<O: Operand> JsonFunctions for O {}

const NO_PATH: &str = "must be a path in JSON, which begins with `$`, such as `$.sizes[0].width`";

/// Returns whether SQLite can read a path. Its message about another one would quote it.
fn is_path(path: &str) -> bool {
    let Some(mut rest) = path.strip_prefix('$') else { return false };
    while !rest.is_empty() {
        let Some(next) = after_step(rest) else { return false };
        rest = next;
    }
    true
}

/// Returns what follows the first step of a path.
fn after_step(path: &str) -> Option<&str> {
    if let Some(quoted) = path.strip_prefix(".\"") {
        return quoted.split_once('"').map(|(_, rest)| rest);
    }
    if let Some(named) = path.strip_prefix('.') {
        let end = named.find(['.', '[']).unwrap_or(named.len());
        return named
            .split_at_checked(end)
            .filter(|(name, _)| !name.is_empty())
            .map(|(_, rest)| rest);
    }
    let (place, rest) = path.strip_prefix('[')?.split_once(']')?;
    let digits = match place.strip_prefix('#') {
        Some("") => return Some(rest),
        Some(from_end) => from_end.strip_prefix('-')?,
        None => place,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(rest)
}

/// A part of JSON at a path: see [`JsonFunctions::path`].
#[derive(Debug, Clone)]
#[must_use = "take its value, or ask what it contains"]
pub struct JsonPart<S> {
    json: Untyped,
    path: Result<String, Rule>,
    scope: PhantomData<fn() -> S>,
}

impl<S> JsonPart<S> {
    /// Returns the value, or nothing where there is none that is a `T`: a number, a text, a `bool`, or as
    /// [`Json`](ara_core::Json) any part. What is `null` in JSON is absent, unless it is read as JSON.
    pub fn value<T: Value>(self) -> Expr<S, T> {
        let is_json = matches!(T::TYPE, Type::Json);
        Expr::new(self.compute(|json, path| {
            let value = if is_json {
                binary(json, BinOper::Custom("->"), path)
            } else {
                let ty = call("json_type", [json.clone(), path.clone()]);
                let many = Sql::Tuple(vec![constant("array"), constant("object")]);
                let single = binary(ty, BinOper::NotIn, many);
                CaseStatement::new().case(single, call("json_extract", [json, path])).into()
            };
            let is_read = readable(&value, T::readable());
            let value = if matches!(T::TYPE, Type::Real) { as_real(value) } else { value };
            CaseStatement::new().case(is_read, value).into()
        }))
    }

    /// Holds where an array at this path has an element that is this value, or where the part itself is this value.
    ///
    /// Values are compared as SQLite has them, for which `true` is 1.
    pub fn contains(self, value: impl IntoSqlValue) -> Filter<S> {
        let value = Untyped::stored(value.into_sql_value());
        let notes = value.notes;
        let value = Sql::Value(value.term.into_bound());
        let mut found = self.compute(|json, path| {
            let mut elements = SelectStatement::new();
            elements
                .expr(constant(1_i64))
                .from_function(Func::cust("json_each").args([json, path]), EACH);
            let element = Sql::col((EACH, "atom"));
            elements.and_where(binary(element, BinOper::Equal, value));
            Sql::SubQuery(Some(SubQueryOper::Exists), Box::new(elements.into()))
        });
        found.notes.add(notes);
        Expr::new(found.map(|term| Term::Condition(Condition::One(term.value()))))
    }

    /// Returns the number of elements of an array, or 0 of any other part.
    pub fn length(self) -> Expr<S, i64> {
        Expr::new(self.compute(|json, path| call("json_array_length", [json, path])))
    }

    /// Holds where there is a part at the path, even if it is `null`.
    pub fn is_there(self) -> Filter<S> {
        let ty = self.compute(|json, path| call("json_type", [json, path]));
        Expr::new(
            ty.map(|ty| {
                Term::Condition(Condition::One(binary(ty.value(), BinOper::IsNot, null())))
            }),
        )
    }

    fn compute(self, make: impl FnOnce(Sql, Sql) -> Sql) -> Untyped {
        let Self { json, path, .. } = self;
        match path {
            Ok(path) => json.compute(|json| make(json, Sql::Value(path.into()))),
            Err(rule) => json.with(Untyped::stored(Err(rule)), |_, _| Term::Absent),
        }
    }
}

/// The name by which the elements of an array are read. No stored name has a space in it.
const EACH: &str = "each element";

#[cfg(test)]
mod tests {
    use super::is_path;

    #[test]
    fn paths_are_told_from_what_sqlite_refuses() {
        for path in
            ["$", "$.a", "$.a.b[0].c", "$[0][1]", "$[#-1]", "$[#]", "$.\"the size.\".x", "$.größe"]
        {
            assert!(is_path(path), "{path}");
        }
        for path in
            ["", "a", "$a", "$.", "$..a", "$[", "$[]", "$[a]", "$[#-]", "$[-1]", "$.\"a", "$.a[0"]
        {
            assert!(!is_path(path), "{path}");
        }
    }
}
