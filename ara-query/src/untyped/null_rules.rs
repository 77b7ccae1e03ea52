//! Comparisons by the null rules: what is absent equals only what is absent, and lies neither above nor
//! below anything. A value that the app cannot read is absent.
//!
//! A column is compared with a value as it is stored, so that an index on it serves. The condition that what
//! is stored can be read is added to the comparison, where it does not follow from it. All other operands
//! are compared by their values, which are NULL where they are absent.

use sea_query::{BinOper, Expr as Sql};

use crate::untyped::column::ColumnTerm;
use crate::untyped::condition::Condition;
use crate::untyped::readable::beside_range;
use crate::untyped::sql::{self, and, binary, null};
use crate::untyped::term::{Term, Untyped};

/// Returns the condition that both are equal or both absent.
pub(crate) fn equal(left: Untyped, right: Untyped) -> Untyped {
    left.with(right, |left, right| Term::Condition(equal_terms(left, right)))
}

/// Returns the opposite of [`equal`].
pub(crate) fn unequal(left: Untyped, right: Untyped) -> Untyped {
    left.with(right, |left, right| {
        Term::Condition(match equal_terms(left, right) {
            // `IS` is never NULL, so its opposite is `IS NOT`.
            Condition::One(Sql::Binary(left, BinOper::Is, right)) => {
                Condition::One(Sql::Binary(left, BinOper::IsNot, right))
            }
            equal => equal.negate(),
        })
    })
}

fn equal_terms(left: Term, right: Term) -> Condition {
    match (left, right) {
        (left, Term::Absent) => Condition::One(absent(left)),
        (Term::Column(column), Term::Bound(value)) => {
            let equal = binary(column.sql(), BinOper::Is, Sql::Value(value));
            Condition::guarded(equal, column, column.beside_equal())
        }
        (Term::Column(column), Term::Perhaps(value)) => equal_perhaps(column, value),
        (left, right) => Condition::One(binary(left.value(), BinOper::Is, right.value())),
    }
}

/// Returns the condition that a column equals a value, or that both are absent.
fn equal_perhaps(column: ColumnTerm, value: sea_query::Value) -> Condition {
    let equal = binary(column.sql(), BinOper::Is, Sql::Value(value.clone()));
    if column.is_system() {
        return Condition::One(equal);
    }
    let equal = Condition::guarded(equal, column, column.beside_equal());
    let nothing = binary(Sql::Value(value), BinOper::Is, null());
    equal.or(Condition::One(and(nothing, absent(Term::Column(column)))))
}

/// Returns the condition that it is absent.
pub(crate) fn is_absent(it: Untyped) -> Untyped {
    it.map(|term| one(absent(term)))
}

/// Returns the condition that it is not absent.
pub(crate) fn is_there(it: Untyped) -> Untyped {
    it.map(|term| {
        one(match term {
            Term::Column(column) => column.is_there(),
            other => binary(other.value(), BinOper::IsNot, null()),
        })
    })
}

fn absent(term: Term) -> Sql {
    match term {
        Term::Column(column) => sql::is_not_true(column.is_there()),
        other => binary(other.value(), BinOper::Is, null()),
    }
}

/// Returns the condition `left op right`, where `op` is one of `<`, `<=`, `>` and `>=`.
pub(crate) fn order(left: Untyped, op: BinOper, right: Untyped) -> Untyped {
    left.with(right, |left, right| {
        Term::Condition(match (left, right) {
            (_, Term::Absent) => Condition::One(sql::constant(false)),
            (Term::Column(column), Term::Bound(value) | Term::Perhaps(value)) => {
                let above = matches!(op, BinOper::GreaterThan | BinOper::GreaterThanOrEqual);
                let ordered = binary(column.sql(), op, Sql::Value(value));
                readable_in_range(column, ordered, above, !above)
            }
            (left, right) => Condition::One(binary(left.value(), op, right.value())),
        })
    })
}

/// Returns the condition `low <= it <= high`.
pub(crate) fn between(it: Untyped, low: Untyped, high: Untyped) -> Untyped {
    match (&it.term, &low.term, &high.term) {
        (Term::Column(column), Term::Bound(least), Term::Bound(most)) => {
            range(*column, least.clone(), BinOper::SmallerThanOrEqual, most.clone())
        }
        _ => {
            let above = order(it.clone(), BinOper::GreaterThanOrEqual, low);
            let below = order(it, BinOper::SmallerThanOrEqual, high);
            above.with(below, |above, below| {
                Term::Condition(above.condition().and(below.condition()))
            })
        }
    }
}

/// Returns the condition `least <= column AND column below most`, where `below` is `<` or `<=`.
pub(crate) fn range(
    column: ColumnTerm,
    least: sea_query::Value,
    below: BinOper,
    most: sea_query::Value,
) -> Untyped {
    let least = binary(column.sql(), BinOper::GreaterThanOrEqual, Sql::Value(least));
    let most = binary(column.sql(), below, Sql::Value(most));
    Term::Condition(readable_in_range(column, and(least, most), true, true)).into()
}

fn readable_in_range(column: ColumnTerm, ordered: Sql, above: bool, below: bool) -> Condition {
    let beside = column.readable().and_then(|it| beside_range(&column.sql(), it, above, below));
    Condition::guarded(ordered, column, beside)
}

/// How many values a list has at most that stands in the text of a statement.
const WRITTEN_OUT: usize = 64;

/// Returns the condition that it is one of these values.
pub(crate) fn among(it: Untyped, values: impl IntoIterator<Item = Untyped>) -> Untyped {
    let mut bound = Vec::new();
    // `with` makes the error for a value that breaks a rule name the column.
    let it = values.into_iter().fold(it, |it, value| {
        it.with(value, |term, value| {
            if let Term::Bound(value) = value {
                bound.push(value);
            }
            term
        })
    });
    it.map(|term| {
        if bound.is_empty() {
            return one(sql::constant(false));
        }
        // However many there are, SQLite prepares one statement for all longer lists.
        let values = match bound.len() {
            ..=WRITTEN_OUT => Sql::Tuple(bound.into_iter().map(Sql::Value).collect()),
            _ => sql::each_of(bound),
        };
        let among = binary(term.clone().stored(), BinOper::In, values);
        Term::Condition(match term {
            Term::Column(column) => Condition::guarded(among, column, column.beside_equal()),
            _ => Condition::One(among),
        })
    })
}

fn one(condition: Sql) -> Term {
    Term::Condition(Condition::One(condition))
}
