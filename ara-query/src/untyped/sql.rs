//! The few forms of SQL that everything here is made of.

use sea_query::{BinOper, Expr as Sql, Func, Value};

/// `left op right`; sea-query puts the parentheses.
pub(crate) fn binary(left: Sql, op: BinOper, right: Sql) -> Sql {
    Sql::Binary(Box::new(left), op, Box::new(right))
}

pub(crate) fn call<const N: usize>(function: &'static str, arguments: [Sql; N]) -> Sql {
    Sql::FunctionCall(Func::cust(function).args(arguments))
}

/// A value in the text of the statement: of the program itself, never of its users.
pub(crate) fn constant(value: impl Into<Value>) -> Sql {
    Sql::Constant(value.into())
}

/// `condition IS TRUE`: NULL counts as false.
pub(crate) fn is_true(condition: Sql) -> Sql {
    binary(condition, BinOper::Is, constant(true))
}

/// `condition IS NOT TRUE`: NULL counts as false, so its opposite is true.
pub(crate) fn is_not_true(condition: Sql) -> Sql {
    binary(condition, BinOper::IsNot, constant(true))
}

pub(crate) fn and(left: Sql, right: Sql) -> Sql {
    binary(left, BinOper::And, right)
}

pub(crate) fn or(left: Sql, right: Sql) -> Sql {
    binary(left, BinOper::Or, right)
}

/// `condition`, of which SQLite is told that it almost always holds. Or else it would think that few
/// rows remain, and sort them instead of reading them in the order of an index.
pub(crate) fn expected(condition: Sql) -> Sql {
    call(EXPECTED, [condition, Sql::Custom("1.0".into())])
}

const EXPECTED: &str = "likelihood";

fn is_expected(condition: &Sql) -> bool {
    matches!(condition, Sql::FunctionCall(call)
        if matches!(call.get_func(), Func::Custom(name) if name.inner() == EXPECTED))
}

/// Joins conditions by `AND`; `None` without any. Those that are expected to hold come last, since
/// SQLite evaluates them in order and stops at the first that does not.
pub(crate) fn all(mut conditions: Vec<Sql>) -> Option<Sql> {
    conditions.sort_by_key(is_expected);
    join(conditions, BinOper::And)
}

/// All parts, joined by one operator, as a tree of small depth: SQLite and sea-query both walk it
/// recursively, and a program may add filters in a loop. `None` without parts.
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
