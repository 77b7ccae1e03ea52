//! The SQL of [`Readable`]: which stored values the app can read. All else is absent to it.

use ara_core::{Class, Readable};
use sea_query::{BinOper, Expr as Sql};

use crate::untyped::sql::{and, binary, call, constant, expected, or};

/// Whether the value of this column can be read, as a condition that rows are chosen by. It is true or
/// not (false, or NULL).
pub(crate) fn expected_readable(column: &Sql, it: Readable) -> Sql {
    expected(readable(column, it))
}

/// The same where no rows are chosen: to be told what to expect would only cost SQLite time.
pub(crate) fn readable(column: &Sql, it: Readable) -> Sql {
    match it {
        Readable::Integers(i64::MIN, i64::MAX) => of_class(column, Class::Integer),
        Readable::Integers(least, most) => {
            let integer = of_class(column, Class::Integer);
            and(integer, within(column, constant(least), constant(most)))
        }
        Readable::Reals => of_class(column, Class::Real),
        Readable::Texts => of_class(column, Class::Text),
        Readable::NonEmptyTexts { max, key } => {
            // A text whose first byte is a visible ASCII character is not blank, and one of `max`
            // bytes has no more characters than that. Numbers sort before all texts, blobs after.
            // Those from `~` on are left to the check.
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
        // A kind that a newer ara-core tells of and this does not know: nothing is known of it.
        _ => constant(true),
    }
}

/// What must hold besides for a value that compares equal to a readable one, to be that value.
pub(crate) fn beside_equal(column: &Sql, it: Readable) -> Option<Sql> {
    match it {
        // SQLite takes 1 and 1.0 for equal.
        Readable::Integers(..) => Some(expected(of_class(column, Class::Integer))),
        Readable::Reals => Some(expected(of_class(column, Class::Real))),
        // What `store` writes need not be all that `read` reads.
        Readable::Checked { .. } => Some(expected_readable(column, it)),
        _ => None,
    }
}

/// What must hold besides for a value that lies above, below, or between readable ones.
///
/// SQLite orders numbers before texts before blobs, whatever a column holds otherwise.
pub(crate) fn beside_range(column: &Sql, it: Readable, above: bool, below: bool) -> Option<Sql> {
    match it {
        Readable::Texts if above && below => None,
        Readable::Blobs if above => None,
        _ => Some(expected_readable(column, it)),
    }
}

fn of_class(column: &Sql, class: Class) -> Sql {
    binary(call("typeof", [column.clone()]), BinOper::Equal, constant(class.name()))
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
