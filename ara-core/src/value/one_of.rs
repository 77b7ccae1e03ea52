//! The value of one of several columns, together with which of them it is.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

use crate::value::stored::Stored;

/// Registers the SQL function `ara_one_of(at, value, ..)`, which returns the value at this position, from 0, together with
/// the position, as a blob, or NULL if there is none.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("ara_one_of", -1, flags, |context| {
        let ValueRef::Integer(at) = context.get_raw(0) else { return Ok(None) };
        let Ok(at) = u8::try_from(at) else { return Ok(None) };
        let value = usize::from(at) + 1;
        Ok((value < context.len()).then(|| packed(at, context.get_raw(value))).flatten())
    })
}

fn packed(at: u8, value: ValueRef<'_>) -> Option<Vec<u8>> {
    let integer;
    let (class, bytes) = match value {
        ValueRef::Null => return None,
        ValueRef::Integer(held) => {
            integer = held.to_be_bytes();
            (INTEGER, &integer[..])
        }
        ValueRef::Real(held) => {
            integer = held.to_bits().to_be_bytes();
            (REAL, &integer[..])
        }
        ValueRef::Text(text) => (TEXT, text),
        ValueRef::Blob(bytes) => (BLOB, bytes),
    };
    let mut packed = Vec::with_capacity(bytes.len() + 2);
    packed.extend([at, class]);
    packed.extend(bytes);
    Some(packed)
}

const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;
const BLOB: u8 = 4;

/// Returns which of several columns it is and what that holds, from what the SQL function `ara_one_of` gave.
#[must_use]
pub fn one_of_value(packed: ValueRef<'_>) -> Option<(usize, Stored<'_>)> {
    let ValueRef::Blob([at, class, bytes @ ..]) = packed else { return None };
    let stored = match *class {
        INTEGER => Stored::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        REAL => Stored::Real(f64::from_bits(u64::from_be_bytes(bytes.try_into().ok()?))),
        TEXT => Stored::from_sql(ValueRef::Text(bytes))?,
        BLOB => Stored::Blob(bytes.into()),
        _ => return None,
    };
    Some((usize::from(*at), stored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_with_its_column() -> rusqlite::Result<()> {
        let connection = Connection::open_in_memory()?;
        register_functions(&connection)?;
        let mut select =
            connection.prepare("SELECT ara_one_of(?1, -7, 0.5, 'größe', x'00ff', NULL)")?;
        let values = [
            Stored::Integer(-7),
            Stored::Real(0.5),
            Stored::Text("größe".into()),
            Stored::Blob(vec![0, 255].into()),
        ];
        for (at, value) in values.iter().enumerate() {
            select.query_row([i64::try_from(at).unwrap_or_default()], |row| {
                assert_eq!(one_of_value(row.get_ref(0)?), Some((at, value.clone())));
                Ok(())
            })?;
        }
        for at in [None, Some(4), Some(5), Some(-1), Some(256)] {
            select.query_row([at], |row| {
                assert_eq!(row.get_ref(0)?, ValueRef::Null, "{at:?}");
                Ok(())
            })?;
        }
        Ok(())
    }
}
