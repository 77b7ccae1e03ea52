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
