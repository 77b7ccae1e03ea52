//! Reading what other programs and people have written as values of columns.

use std::borrow::Cow;

use ara_schema::{Range, Type};
use uuid::Uuid;

use crate::value::column_type::Value;
use crate::value::foreign::moment::{
    millis_of, of_nanoseconds, read_date, read_date_time, read_moment, read_time,
};
use crate::value::id::uuid_of_key;
use crate::value::rule::Rule;
use crate::value::stored::Stored;
use crate::value::timestamp::Timestamp;
use crate::value::utc_offset::UtcOffset;

/// How what is read is to be understood.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    /// The offset from UTC of moments that are written without one.
    pub(crate) offset: UtcOffset,
    /// What numbers count that stand for moments.
    pub(crate) unit: Option<Unit>,
}

/// What a number counts that stands for a moment, since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Millis,
}

/// Reads a value. The rule that is returned says what is expected, and what is there instead.
pub(crate) fn read<V: Value>(held: &Stored<'_>, reading: Reading) -> Result<V, Rule> {
    let is_number = matches!(held, Stored::Integer(_) | Stored::Real(_));
    // What a number counts is never guessed, also where it could be read.
    let as_it_is = match (is_number, V::TYPE) {
        (true, Type::Timestamp) => None,
        _ => V::read(held.borrowed()),
    };
    let converted = || converted(held, V::TYPE, reading).and_then(V::read);
    as_it_is.or_else(converted).ok_or_else(|| refused::<V>(held))
}

/// Returns the rule of a column that expects a value where there is none.
pub(crate) fn nothing<V: Value>() -> Rule {
    Rule::new(format!("must be {}, and the source has no value there", expected::<V>()))
}

/// Returns the rule of a column for text that is not valid.
pub(crate) fn no_utf8<V: Value>() -> Rule {
    Rule::new(format!(
        "must be {}, and the source has text there that is not UTF-8",
        expected::<V>()
    ))
}

#[cold]
fn refused<V: Value>(held: &Stored<'_>) -> Rule {
    let is_moment = matches!(V::TYPE, Type::Timestamp | Type::Instant);
    let found = match held {
        Stored::Integer(_) | Stored::Real(_) if is_moment => {
            return Rule::new(
                "must be a moment, and the source has a number there: say what it counts by `unix_seconds()` or \
                 `unix_millis()` of the value",
            );
        }
        Stored::Integer(_) => "another integer",
        Stored::Real(_) => "another number",
        Stored::Text(_) => "other text",
        Stored::Blob(_) => "other bytes",
    };
    Rule::new(format!("must be {}, and the source has {found} there", expected::<V>()))
}

/// Says what a column expects.
fn expected<V: Value>() -> Cow<'static, str> {
    let of_range = |range: Range| match V::TYPE {
        _ if range == Range::ALL => None,
        Type::Integer => Some(format!("an integer of {range}")),
        Type::Text if range.min == 1 => {
            Some(format!("text of 1 to {} characters that is not blank", range.max))
        }
        _ => None,
    };
    if let Some(expected) = of_range(V::RANGE) {
        return expected.into();
    }
    Cow::Borrowed(match V::TYPE {
        Type::Bool => "true or false",
        Type::Integer | Type::Counter => "an integer",
        Type::Real => "a number",
        Type::Text => "text",
        Type::Blob => "bytes, or their hexadecimal digits",
        Type::Uuid => "a UUID",
        Type::Id(_) => "an id, or an integer or text as a key",
        Type::Timestamp | Type::Instant => "a moment, such as 2026-11-21T08:30:00Z",
        Type::Zoned => "a moment and its zone, such as 2026-11-21T08:30:00Z[Europe/Berlin]",
        Type::Date => "a date, such as 2026-11-21",
        Type::Time => "a time, such as 08:30:00",
        Type::DateTime => "a date and a time, such as 2026-11-21T08:30:00",
        Type::Json | Type::Versioned(_) => "JSON of its type",
        Type::Enum(names) => return one_of(names).into(),
        _ => "what its type reads",
    })
}

/// Lists the names of an enum, unless they are too many.
fn one_of(names: &[&str]) -> String {
    const MOST: usize = 10;
    let mut list: Vec<_> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        list.push("others".to_owned());
    }
    format!("one of {}", list.join(", "))
}

/// Returns a value as a column of a type stores it, or `None` if it cannot be taken for one.
fn converted(held: &Stored<'_>, ty: Type, reading: Reading) -> Option<Stored<'static>> {
    match held {
        Stored::Integer(integer) => of_integer(*integer, ty, reading),
        Stored::Real(real) => of_real(*real, ty, reading),
        Stored::Text(text) => of_text(text, ty, reading.offset),
        Stored::Blob(_) => None,
    }
}

fn of_integer(integer: i64, ty: Type, reading: Reading) -> Option<Stored<'static>> {
    match ty {
        Type::Text => Some(text(integer)),
        Type::Id(table) => Some(uuid(uuid_of_key(table, integer.to_string().as_bytes()))),
        Type::Json => Some(text(integer)),
        Type::Timestamp | Type::Instant => {
            let in_nanoseconds = match reading.unit? {
                Unit::Seconds => 1_000_000_000,
                Unit::Millis => 1_000_000,
            };
            moment(i128::from(integer) * in_nanoseconds, ty)
        }
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn of_real(real: f64, ty: Type, reading: Reading) -> Option<Stored<'static>> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    let is_whole = real.fract() == 0.0 && (-END..END).contains(&real);
    match ty {
        Type::Bool | Type::Integer | Type::Counter if is_whole => {
            Some(Stored::Integer(real as i64))
        }
        Type::Json => serde_json::to_string(&real).ok().map(|json| Stored::Text(json.into())),
        Type::Timestamp | Type::Instant => {
            // Such a number is exact to the microsecond.
            let micros = match reading.unit? {
                Unit::Seconds => real * 1e6,
                Unit::Millis => real * 1e3,
            };
            let micros = micros.round();
            (-END..END).contains(&micros).then(|| moment(i128::from(micros as i64) * 1_000, ty))?
        }
        _ => None,
    }
}

fn of_text(held: &str, ty: Type, offset: UtcOffset) -> Option<Stored<'static>> {
    let held = if ty == Type::Text { held } else { held.trim() };
    match ty {
        Type::Bool => bool_of(held).map(|is_true| Stored::Integer(is_true.into())),
        Type::Integer | Type::Counter => integer_of(held).map(Stored::Integer),
        Type::Real => held.parse().ok().map(Stored::Real),
        Type::Blob => bytes_of(held).map(|bytes| Stored::Blob(bytes.into())),
        Type::Uuid => Uuid::parse_str(held).ok().map(uuid),
        Type::Id(table) if !held.is_empty() => {
            let parsed = Uuid::parse_str(held).ok();
            Some(uuid(parsed.unwrap_or_else(|| uuid_of_key(table, held.as_bytes()))))
        }
        Type::Timestamp => {
            let millis = held.parse().ok().map(Timestamp::millis);
            millis.or_else(|| read_moment(held, offset).map(millis_of)).map(Stored::Integer)
        }
        Type::Instant => read_moment(held, offset).map(|utc| text(format_args!("{utc}Z"))),
        Type::Zoned => {
            let (moment, zone) = held.split_once('[')?;
            let utc = read_moment(moment, offset)?;
            Some(text(format_args!("{utc}Z[{zone}")))
        }
        Type::Date => read_date(held).map(text),
        Type::Time => read_time(held).map(text),
        Type::DateTime => read_date_time(held).map(text),
        Type::Enum(names) => names.contains(&held).then(|| text(held)),
        Type::Json => serde_json::to_string(held).ok().map(|json| Stored::Text(json.into())),
        _ => None,
    }
}

fn bool_of(text: &str) -> Option<bool> {
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match () {
        () if is(["true", "1", "t", "yes", "y"]) => Some(true),
        () if is(["false", "0", "f", "no", "n"]) => Some(false),
        () => None,
    }
}

/// Reads an integer. Some programs write the integers of a column with gaps as `3.0`.
fn integer_of(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|digit| digit == b'0');
    is_whole.then(|| whole.parse().ok())?
}

/// Returns the bytes that hexadecimal digits stand for.
pub(crate) fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let digit = |digit: &u8| (*digit as char).to_digit(16);
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(high)? * 16 + digit(low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

fn moment(nanoseconds: i128, ty: Type) -> Option<Stored<'static>> {
    let utc = of_nanoseconds(nanoseconds)?;
    Some(match ty {
        Type::Timestamp => Stored::Integer(millis_of(utc)),
        _ => text(format_args!("{utc}Z")),
    })
}

fn text(value: impl ToString) -> Stored<'static> {
    Stored::Text(value.to_string().into())
}

/// Returns a UUID as it is stored.
fn uuid(uuid: Uuid) -> Stored<'static> {
    Stored::Blob(uuid.as_bytes().to_vec().into())
}
