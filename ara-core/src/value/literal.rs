//! The SQL of columns in which rows without a value are read as one.

use std::fmt::Write;

use crate::value::stored::Stored;

/// Returns the SQL of a column whose rows without a value are read as this literal. `of` is the name by which the
/// statement reads the table, if it has to be told.
///
/// A row that is not there, as a left join finds none, is read as nothing: its id, which is NULL, equals nothing. SQLite
/// uses an index on the same expression, which `IS NOT NULL` would hinder: it replaces that by a constant in queries.
#[must_use]
pub fn read_as(of: Option<&str>, column: &str, literal: &str) -> String {
    let of = of.map_or_else(String::new, |of| format!("\"{of}\"."));
    format!("coalesce({of}\"{column}\", CASE {of}\"id\" WHEN {of}\"id\" THEN {literal} END)")
}

/// Returns a value as a literal of SQL.
pub(crate) fn literal(value: &Stored<'_>) -> String {
    match value {
        Stored::Integer(integer) => integer.to_string(),
        Stored::Real(real) if real.is_infinite() => {
            String::from(if *real > 0.0 { "9e999" } else { "-9e999" })
        }
        Stored::Real(real) => format!("{real:?}"),
        // No literal of text holds a zero character.
        Stored::Text(text) if text.contains('\0') => {
            format!("CAST({} AS TEXT)", blob(text.as_bytes()))
        }
        Stored::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Stored::Blob(bytes) => blob(bytes),
    }
}

fn blob(bytes: &[u8]) -> String {
    let mut literal = String::from("x'");
    for byte in bytes {
        let _ = write!(literal, "{byte:02x}");
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn literals_are_the_values_again() -> rusqlite::Result<()> {
        let connection = Connection::open_in_memory()?;
        for value in [
            Stored::Integer(-7),
            Stored::Integer(i64::MIN),
            Stored::Integer(i64::MAX),
            Stored::Real(-0.5),
            Stored::Real(1e300),
            Stored::Real(f64::NEG_INFINITY),
            Stored::Text("it's ? \"so\"\n".into()),
            Stored::Text("a\0b".into()),
            Stored::Text("".into()),
            Stored::Blob(vec![0, 255].into()),
        ] {
            let sql = format!("SELECT {}", literal(&value));
            connection.query_row(&sql, [], |row| {
                assert_eq!(row.get_ref(0)?, value.to_sql(), "{sql}");
                Ok(())
            })?;
        }
        Ok(())
    }
}
