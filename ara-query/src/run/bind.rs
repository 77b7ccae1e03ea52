//! Binding the values of a statement.

use std::rc::Rc;

use ara_core::{Error, Result};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, types};
use sea_query::Value;

/// Binds values to the parameters of a statement, in order. Texts and blobs are not copied.
pub(crate) fn bind(statement: &mut CachedStatement<'_>, values: &[Value]) -> Result<()> {
    for (at, value) in values.iter().enumerate() {
        match value {
            Value::Array(_, Some(values)) => {
                let values: Result<Vec<_>> =
                    values.iter().map(|value| as_sql(value).map(into_owned)).collect();
                statement.raw_bind_parameter(at + 1, Rc::new(values?))?;
            }
            value => statement.raw_bind_parameter(at + 1, Bound(as_sql(value)?))?,
        }
    }
    Ok(())
}

struct Bound<'a>(ToSqlOutput<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match &self.0 {
            ToSqlOutput::Borrowed(value) => ToSqlOutput::Borrowed(*value),
            other => other.clone(),
        })
    }
}

fn as_sql(value: &Value) -> Result<ToSqlOutput<'_>> {
    let integer = |integer: Option<i64>| owned(integer.map(types::Value::Integer));
    let real = |real: Option<f64>| owned(real.map(types::Value::Real));
    Ok(match value {
        Value::Bool(value) => integer(value.map(i64::from)),
        Value::TinyInt(value) => integer(value.map(i64::from)),
        Value::SmallInt(value) => integer(value.map(i64::from)),
        Value::Int(value) => integer(value.map(i64::from)),
        Value::BigInt(value) => integer(*value),
        Value::TinyUnsigned(value) => integer(value.map(i64::from)),
        Value::SmallUnsigned(value) => integer(value.map(i64::from)),
        Value::Unsigned(value) => integer(value.map(i64::from)),
        Value::BigUnsigned(Some(value)) => {
            integer(Some(i64::try_from(*value).map_err(|_| of_another_kind())?))
        }
        Value::BigUnsigned(None) => integer(None),
        Value::Float(value) => real(value.map(f64::from)),
        Value::Double(value) => real(*value),
        Value::String(value) => {
            borrowed(value.as_ref().map(|text| text.as_bytes()), ValueRef::Text)
        }
        Value::Bytes(value) => borrowed(value.as_deref(), ValueRef::Blob),
        Value::Char(value) => owned(value.map(|char| types::Value::Text(char.to_string()))),
        // Features of sea-query add further kinds.
        _ => return Err(of_another_kind()),
    })
}

fn of_another_kind() -> Error {
    let reason = "an expression holds a value of a kind that SQLite has not, give it as one of `i64`, `f64`, text or bytes";
    Error::RawSql { reason: reason.to_owned() }
}

fn into_owned(value: ToSqlOutput<'_>) -> types::Value {
    match value {
        ToSqlOutput::Borrowed(ValueRef::Text(text)) => {
            types::Value::Text(String::from_utf8_lossy(text).into_owned())
        }
        ToSqlOutput::Borrowed(ValueRef::Blob(bytes)) => types::Value::Blob(bytes.to_vec()),
        ToSqlOutput::Owned(value) => value,
        // Only texts and blobs are borrowed, and nothing else is owned.
        _ => types::Value::Null,
    }
}

fn owned(value: Option<types::Value>) -> ToSqlOutput<'static> {
    ToSqlOutput::Owned(value.unwrap_or(types::Value::Null))
}

fn borrowed<'a>(bytes: Option<&'a [u8]>, of: fn(&'a [u8]) -> ValueRef<'a>) -> ToSqlOutput<'a> {
    ToSqlOutput::Borrowed(bytes.map_or(ValueRef::Null, of))
}
