//! The SQL of [`Readable`], which tells the stored values that the app can read. All others are absent to
//! it.

use ara_core::{Class, Readable};
use sea_query::{BinOper, Expr as Sql};

use crate::untyped::sql::{and, as_real, binary, call, constant, expected, or};

/// Returns whether the value of a column can be read, as a condition that chooses rows. Where it cannot,
/// the condition is false or NULL.
pub(crate) fn expected_readable(column: &Sql, it: Readable) -> Sql {
    expected(readable(column, it))
}

/// Returns the same condition for where no rows are chosen by it: what SQLite should expect would cost time
/// there for nothing.
pub(crate) fn readable(column: &Sql, it: Readable) -> Sql {
    match it {
        Readable::Integers(i64::MIN, i64::MAX) => of_class(column, Class::Integer),
        Readable::Integers(least, most) => {
            let integer = of_class(column, Class::Integer);
            and(integer, within(column, constant(least), constant(most)))
        }
        Readable::Reals => {
            let whole = binary(as_real(column.clone()), BinOper::Equal, column.clone());
            or(of_type(column, Class::Real.name()), and(of_class(column, Class::Integer), whole))
        }
        Readable::Texts => of_class(column, Class::Text),
        Readable::NonEmptyTexts { max, key } => {
            // The first two conditions find most readable texts without a call of `ara_reads`. A text
            // between `!` and `~` begins with a visible ASCII character, so it is not blank; numbers sort
            // before all texts, and blobs after them. A text of `max` bytes has at most `max` characters.
            let visible = within(column, constant("!"), constant("~"));
            let short = at_most(call("octet_length", [column.clone()]), saturated(max));
            or(and(visible, short), checked(column, Class::Text, key))
        }
        Readable::Names(names) => {
            let names = names.iter().map(|name| constant(*name)).collect();
            binary(column.clone(), BinOper::In, Sql::Tuple(names))
        }
        Readable::Blobs => of_class(column, Class::Blob),
        Readable::BlobsOf(bytes) => {
            let length = call("length", [column.clone()]);
            let length = binary(length, BinOper::Equal, constant(saturated(bytes)));
            and(of_class(column, Class::Blob), length)
        }
        Readable::Checked { class, key } => checked(column, class, key),
        // `Readable` may get more variants. SQL can say nothing of one that is not known here.
        _ => constant(true),
    }
}

/// Returns what must hold besides, so that a value which SQLite finds equal to a readable one can be read
/// itself.
pub(crate) fn beside_equal(column: &Sql, it: Readable) -> Option<Sql> {
    match it {
        // 1 and 1.0 are equal to SQLite.
        Readable::Integers(..) => Some(expected(of_class(column, Class::Integer))),
        // A type may write a value that it does not read, and not every integer is read as a float.
        Readable::Checked { .. } | Readable::Reals => Some(expected_readable(column, it)),
        _ => None,
    }
}

/// Returns what must hold besides, so that a value which SQLite finds above (`above`) or below (`below`)
/// readable ones, or between them (both), can be read itself.
///
/// SQLite orders all numbers before all texts, and those before all blobs.
pub(crate) fn beside_range(column: &Sql, it: Readable, above: bool, below: bool) -> Option<Sql> {
    match it {
        Readable::Texts if above && below => None,
        Readable::Blobs if above => None,
        _ => Some(expected_readable(column, it)),
    }
}

fn of_class(column: &Sql, class: Class) -> Sql {
    match class {
        // Whole numbers may be stored as integers.
        Class::Real => or(of_type(column, class.name()), of_type(column, Class::Integer.name())),
        class => of_type(column, class.name()),
    }
}

fn of_type(column: &Sql, name: &'static str) -> Sql {
    binary(call("typeof", [column.clone()]), BinOper::Equal, constant(name))
}

fn checked(column: &Sql, class: Class, key: i64) -> Sql {
    and(of_class(column, class), call("ara_reads", [constant(key), column.clone()]))
}

fn within(column: &Sql, least: Sql, most: Sql) -> Sql {
    binary(column.clone(), BinOper::Between, and(least, most))
}

fn at_most(value: Sql, most: i64) -> Sql {
    binary(value, BinOper::SmallerThanOrEqual, constant(most))
}

fn saturated(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
