//! Writing the values of columns as people write them.

use std::borrow::Cow;
use std::fmt::Write;

use ara_schema::Type;
use uuid::Uuid;

use crate::value::civil::DateTime;
use crate::value::foreign::moment::{at, of_nanoseconds, read_moment};
use crate::value::stored::Stored;
use crate::value::utc_offset::UtcOffset;

/// Returns a stored value of a type as people write it, with moments at an offset from UTC.
#[must_use]
pub fn text_of<'a>(stored: &'a Stored<'_>, ty: Type, offset: UtcOffset) -> Cow<'a, str> {
    match (stored, ty) {
        (Stored::Integer(is_true), Type::Bool) => {
            Cow::Borrowed(if *is_true == 0 { "false" } else { "true" })
        }
        (Stored::Integer(millis), Type::Timestamp) => {
            let utc = of_nanoseconds(i128::from(*millis) * 1_000_000);
            utc.and_then(|utc| moment(utc, offset)).unwrap_or_else(|| millis.to_string()).into()
        }
        (Stored::Integer(integer), Type::Real) => real(*integer as f64).into(),
        (Stored::Integer(integer), _) => integer.to_string().into(),
        (Stored::Real(number), _) => real(*number).into(),
        (Stored::Text(text), Type::Time | Type::DateTime) => without_zeros(text).into(),
        (Stored::Text(text), Type::Instant) => {
            let utc = read_moment(text, UtcOffset::UTC);
            utc.and_then(|utc| moment(utc, offset)).map_or(Cow::Borrowed(&**text), Cow::Owned)
        }
        (Stored::Text(text), Type::Zoned) => match text.split_once('Z') {
            Some((utc, zone)) => format!("{}Z{zone}", without_zeros(utc)).into(),
            None => Cow::Borrowed(text),
        },
        (Stored::Text(text), _) => Cow::Borrowed(text),
        (Stored::Blob(bytes), Type::Uuid | Type::Id(_)) => match Uuid::from_slice(bytes) {
            Ok(uuid) => uuid.to_string().into(),
            Err(_) => hexadecimal(bytes).into(),
        },
        (Stored::Blob(bytes), _) => hexadecimal(bytes).into(),
    }
}

/// Appends a stored value of a type as JSON, with moments at an offset from UTC.
pub fn put_json(json: &mut Vec<u8>, stored: Option<&Stored<'_>>, ty: Type, offset: UtcOffset) {
    let Some(stored) = stored else { return json.extend(b"null") };
    let is_itself = match (stored, ty) {
        (Stored::Integer(_), Type::Timestamp) => false,
        (Stored::Integer(_), _) => true,
        (Stored::Real(real), _) => real.is_finite(),
        (Stored::Text(_), Type::Json | Type::Versioned(_)) => true,
        (Stored::Text(_) | Stored::Blob(_), _) => false,
    };
    let text = text_of(stored, ty, offset);
    if is_itself { json.extend(text.as_bytes()) } else { put_json_text(json, &text) }
}

/// Appends a text as JSON.
pub fn put_json_text(json: &mut Vec<u8>, text: &str) {
    // A text has a JSON, and memory takes it.
    let _ = serde_json::to_writer(json, text);
}

/// Writes a moment at an offset, in the format of RFC 3339.
fn moment(utc: DateTime, offset: UtcOffset) -> Option<String> {
    let east = offset.seconds_east();
    let mut text = without_zeros(&at(utc, east)?.to_string()).to_owned();
    if east == 0 {
        text.push('Z');
        return Some(text);
    }
    let sign = if east < 0 { '-' } else { '+' };
    let seconds = east.unsigned_abs();
    write!(text, "{sign}{:02}:{:02}", seconds / 3_600, seconds / 60 % 60).ok()?;
    if !seconds.is_multiple_of(60) {
        write!(text, ":{:02}", seconds % 60).ok()?;
    }
    Some(text)
}

/// Returns a text that ends with a time, without zeros at the end of its fraction.
fn without_zeros(time: &str) -> &str {
    if time.contains('.') { time.trim_end_matches('0').trim_end_matches('.') } else { time }
}

/// Writes a number with as few digits as tell it from every other.
fn real(number: f64) -> String {
    let mut text = format!("{number:?}");
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    text
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
