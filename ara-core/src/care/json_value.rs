//! Stored values as JSON, from which exactly the same values can be read.
//!
//! Numbers, text and `null` are written as they are stored. Values that JSON lacks, or that would be ambiguous,
//! are objects with one entry that names their type: `{"uuid": ".."}`, `{"blob": "cafe"}`,
//! `{"real": "inf"}`, `{"counter": 13}`, `{"text": ".."}`.

use std::io::Write;

use ara_schema::Type;
use rusqlite::types::ValueRef;
use serde_json::{Map, Number, Value as Json};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::value::foreign::read::bytes_of;
use crate::value::{self, Stored, Value};

/// The kind of a column, which decides how its values are written and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A counter.
    Counter,
    /// A column of floats, in which a whole number is one.
    Real,
    /// A column of integers, in which a float without a fraction is one.
    Integer,
    /// A column of JSON, in which an array or an object stands for its text.
    Json,
    /// A column of UUIDs, in which text that is a UUID is read as one.
    Uuid,
    /// Any other column that the app declares.
    Other,
    /// A column that the app does not declare.
    Unknown,
}

impl From<Type> for Kind {
    fn from(ty: Type) -> Self {
        match ty {
            Type::Counter => Self::Counter,
            Type::Uuid | Type::Id(_) => Self::Uuid,
            Type::Real => Self::Real,
            Type::Json | Type::Versioned(_) => Self::Json,
            Type::Bool | Type::Integer | Type::Timestamp => Self::Integer,
            _ => Self::Other,
        }
    }
}

/// A value that was read.
pub(crate) struct FromJson {
    pub(crate) value: Option<Stored<'static>>,
    /// Whether it is marked as the value of a counter.
    pub(crate) is_counted: bool,
}

/// Writes the value of a column.
pub(crate) fn put(line: &mut Vec<u8>, value: ValueRef<'_>, kind: Kind) -> Result<()> {
    match value {
        ValueRef::Null => line.write_all(b"null"),
        ValueRef::Integer(total) if kind == Kind::Counter => {
            write!(line, "{{\"counter\":{total}}}")
        }
        ValueRef::Integer(integer) => write!(line, "{integer}"),
        ValueRef::Real(real) if real.is_finite() => {
            serde_json::to_writer(line, &real).map_err(std::io::Error::from)
        }
        ValueRef::Real(real) => write!(line, "{{\"real\":\"{real}\"}}"),
        ValueRef::Text(text) => put_text(line, text, kind)?,
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(uuid) => write!(line, "{{\"uuid\":\"{uuid}\"}}"),
            Err(_) => {
                line.extend_from_slice(b"{\"blob\":\"");
                bytes
                    .iter()
                    .try_for_each(|byte| write!(line, "{byte:02x}"))
                    .and_then(|()| line.write_all(b"\"}"))
            }
        },
    }
    .map_err(failed)
}

/// Writes text, marked as such if it could be read as a UUID.
fn put_text(line: &mut Vec<u8>, text: &[u8], kind: Kind) -> Result<std::io::Result<()>> {
    let text = std::str::from_utf8(text).map_err(|_| Error::Corrupt)?;
    let may_be_taken_for_uuid = matches!(kind, Kind::Uuid | Kind::Unknown);
    let is_marked = may_be_taken_for_uuid && Uuid::parse_str(text).is_ok();
    if is_marked {
        line.extend_from_slice(b"{\"text\":");
    }
    let written = serde_json::to_writer(&mut *line, text).map_err(std::io::Error::from);
    if is_marked {
        line.push(b'}');
    }
    Ok(written)
}

/// Converts an error of a reader or a writer.
pub(crate) fn failed(error: std::io::Error) -> Error {
    Error::Io { reason: error.to_string() }
}

const NO_VALUE: &str = "has neither a number, text, true, false, null, {\"uuid\": ..}, \
                        {\"blob\": ..}, {\"real\": ..}, {\"counter\": ..} nor {\"text\": ..}";

/// Reads the value of a column. The error says what is wrong with it.
pub(crate) fn read_value(json: Json, kind: Kind) -> Result<FromJson, &'static str> {
    let (value, is_counted) = match json {
        Json::Null => (None, false),
        Json::Bool(is_true) => (Some(Stored::Integer(is_true.into())), false),
        Json::Number(number) => (Some(number_of(&number, kind)?), false),
        Json::String(text) => match Uuid::parse_str(&text) {
            Ok(uuid) if kind == Kind::Uuid => (Some(blob(uuid)), false),
            _ => (Some(Stored::Text(text.into())), false),
        },
        Json::Array(_) if kind == Kind::Json => (Some(document(json)?), false),
        Json::Object(object) if kind == Kind::Json && !is_marked(&object) => {
            (Some(document(Json::Object(object))?), false)
        }
        Json::Object(object) if object.len() == 1 => {
            let (name, json) = object.into_iter().next().ok_or(NO_VALUE)?;
            match (name.as_str(), json) {
                ("counter", Json::Number(total)) => (Some(number_of(&total, Kind::Counter)?), true),
                (name, Json::String(text)) => (Some(marked(name, text)?), false),
                _ => return Err(NO_VALUE),
            }
        }
        Json::Array(_) | Json::Object(_) => return Err(NO_VALUE),
    };
    if is_counted && !matches!(value, Some(Stored::Integer(_))) {
        return Err("has a counter that is no integer of 64 bits");
    }
    Ok(FromJson { value, is_counted })
}

/// Returns a document as a column of JSON holds it.
fn document(json: Json) -> Result<Stored<'static>, &'static str> {
    value::Json(json).store().map_err(|_| "has JSON of too many levels")
}

/// Returns whether an object names the type of a value, rather than being one.
fn is_marked(object: &Map<String, Json>) -> bool {
    let mut entries = object.iter();
    let only = entries.next().filter(|_| object.len() == 1);
    only.is_some_and(|(name, value)| match name.as_str() {
        "counter" => value.is_number(),
        "uuid" | "blob" | "real" | "text" => value.is_string(),
        _ => false,
    })
}

/// Reads the value of an object with one entry, by the name of the entry.
fn marked(name: &str, text: String) -> Result<Stored<'static>, &'static str> {
    Ok(match name {
        "uuid" => blob(Uuid::parse_str(&text).map_err(|_| "has a UUID that is none")?),
        "blob" => {
            Stored::Blob(bytes_of(&text).ok_or("has bytes that are not in hexadecimal")?.into())
        }
        "real" if text == "inf" => Stored::Real(f64::INFINITY),
        "real" if text == "-inf" => Stored::Real(f64::NEG_INFINITY),
        "text" => Stored::Text(text.into()),
        _ => return Err(NO_VALUE),
    })
}

/// Reads a number. JavaScript and others write 5.0 as 5, and some write 3 as 3.0: the column tells which it is.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn number_of(number: &Number, kind: Kind) -> Result<Stored<'static>, &'static str> {
    const END: f64 = 9_223_372_036_854_775_808.0;
    let is_whole = |real: f64| real.fract() == 0.0 && (-END..END).contains(&real);
    match (number.as_i64(), number.as_f64()) {
        (_, Some(real)) if kind == Kind::Real => Ok(Stored::Real(real)),
        (Some(integer), _) => Ok(Stored::Integer(integer)),
        (None, Some(real)) if number.is_f64() => Ok(match kind {
            Kind::Integer | Kind::Counter if is_whole(real) => Stored::Integer(real as i64),
            _ => Stored::Real(real),
        }),
        _ => Err("has a number that is neither an integer of 64 bits nor a real one"),
    }
}

/// Returns a UUID as it is stored.
fn blob(uuid: Uuid) -> Stored<'static> {
    Stored::Blob(uuid.as_bytes().to_vec().into())
}

/// Returns whether a float is to be written where another program stored the same number as an integer.
pub(crate) fn is_same_number(held: ValueRef<'_>, value: Option<&Stored<'_>>) -> bool {
    let is_integer = matches!(held, ValueRef::Integer(_));
    is_integer && Stored::from_sql(held).and_then(f64::read).map(Stored::Real).as_ref() == value
}
