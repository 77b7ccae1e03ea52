//! The forms of SQL expressions that queries are made of.

use sea_query::{ArrayType, BinOper, Expr as Sql, Func, Keyword, Value};

/// Returns `left op right`. sea-query adds parentheses where they are needed.
pub(crate) fn binary(left: Sql, op: BinOper, right: Sql) -> Sql {
    Sql::Binary(Box::new(left), op, Box::new(right))
}

/// Returns a call of a function.
pub(crate) fn call<const N: usize>(function: &'static str, arguments: [Sql; N]) -> Sql {
    Sql::FunctionCall(Func::cust(function).args(arguments))
}

/// Returns the values as a subquery, which binds them as one: SQLite limits how many can be bound.
pub(crate) fn each_of(values: Vec<Value>) -> Sql {
    // The type is for other databases.
    let values = Value::Array(ArrayType::Bytes, Some(Box::new(values)));
    Sql::cust_with_values("(SELECT \"value\" FROM rarray(?))", [values])
}

/// Returns a literal, which becomes part of the statement's text. It must be fixed by this crate: a value
/// of the app or its users is bound, and never written into the text.
pub(crate) fn constant(value: impl Into<Value>) -> Sql {
    Sql::Constant(value.into())
}

/// Returns `NULL`.
pub(crate) fn null() -> Sql {
    Sql::Keyword(Keyword::Null)
}

/// Returns `condition IS TRUE`, which is false where the condition is NULL.
pub(crate) fn is_true(condition: Sql) -> Sql {
    binary(condition, BinOper::Is, constant(true))
}

/// Returns `condition IS NOT TRUE`, which is true where the condition is NULL.
pub(crate) fn is_not_true(condition: Sql) -> Sql {
    binary(condition, BinOper::IsNot, constant(true))
}

/// Returns `left AND right`.
pub(crate) fn and(left: Sql, right: Sql) -> Sql {
    binary(left, BinOper::And, right)
}

/// Returns `left OR right`.
pub(crate) fn or(left: Sql, right: Sql) -> Sql {
    binary(left, BinOper::Or, right)
}

/// Returns a number as a float.
pub(crate) fn as_real(number: Sql) -> Sql {
    Func::cast_as(number, "REAL").into()
}

/// Tells SQLite that the condition almost always holds. Without this, SQLite assumes that a condition leaves
/// few rows, and would rather sort those than read all rows in the order of an index.
pub(crate) fn expected(condition: Sql) -> Sql {
    call(EXPECTED, [condition, Sql::Custom("1.0".into())])
}

/// The function of SQLite that [`expected`] calls.
const EXPECTED: &str = "likelihood";

fn is_expected(condition: &Sql) -> bool {
    matches!(condition, Sql::FunctionCall(call)
        if matches!(call.get_func(), Func::Custom(name) if name.inner() == EXPECTED))
}

/// Joins conditions by `AND`, and returns `None` if there are none. Those that are [`expected`] to hold come
/// last: SQLite evaluates conditions in order, and stops at the first one that does not hold.
pub(crate) fn all(mut conditions: Vec<Sql>) -> Option<Sql> {
    conditions.sort_by_key(is_expected);
    join(conditions, BinOper::And)
}

/// Joins expressions by one operator, and returns `None` if there are none. The result is a tree of little
/// depth: SQLite and sea-query walk it recursively, and an app may add thousands of filters in a loop.
pub(crate) fn join(mut parts: Vec<Sql>, op: BinOper) -> Option<Sql> {
    while parts.len() > 1 {
        let mut pairs = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => binary(left, op, right),
                None => left,
            });
        }
        parts = pairs;
    }
    parts.pop()
}
