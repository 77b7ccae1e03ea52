//! Indexes and searches of columns in which rows without a value are read as one.

use std::fmt::Write;

use ara_schema::{TableDef, column_shown_in};

use crate::error::{Error, Result};
use crate::value::{Rule, read_as};

/// Returns [`Error::Rule`] if rows without a value in a column are to be read as one that breaks a rule of its type.
pub(crate) fn check_read_as(def: &TableDef) -> Result<()> {
    for column in def.columns {
        if let Some(Err(rule)) = column.missing.map(|missing| missing.literal()) {
            let rule = Rule::new(rule);
            return Err(Error::Rule { table: def.name, column: column.name, rule });
        }
    }
    Ok(())
}

/// A column of an index or a search as their names tell it: the name of the column that queries read, and if rows without a value are read as one, `=`
/// and the literal of that. All characters of the literal but small letters, digits and some signs are written as `%`
/// and hexadecimal digits: SQLite ignores case in names, and ara finds the columns between brackets and commas.
pub(crate) fn column_entry(def: &TableDef, name: &str) -> String {
    let column = def.columns.iter().find(|column| column.name == name);
    let literal = column.and_then(|column| column.missing?.literal().ok());
    let mut entry = column.map_or(name, |column| column.shown()).to_owned();
    if let Some(literal) = literal {
        entry.push('=');
        for byte in literal.bytes() {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => entry.push(char::from(byte)),
                _ => drop(write!(entry, "%{byte:02x}")),
            }
        }
    }
    entry
}

/// Returns the columns of an index or a search as their names tell them.
pub(crate) fn column_entries(def: &TableDef, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| column_entry(def, name)).collect()
}

/// Returns the name of the column.
pub(crate) fn name_of(entry: &str) -> &str {
    entry.split_once('=').map_or(entry, |(name, _)| name)
}

/// Returns the name of the app's column that is meant: of a hidden column, the one beside it.
pub(crate) fn field_of(entry: &str) -> &str {
    column_shown_in(name_of(entry))
}

/// Returns the SQL of the column.
pub(crate) fn sql_of(entry: &str) -> String {
    match entry.split_once('=') {
        Some((name, literal)) => read_as(None, name, &decoded(literal)),
        None => format!("\"{entry}\""),
    }
}

fn decoded(literal: &str) -> String {
    let mut bytes = Vec::with_capacity(literal.len());
    let mut parts = literal.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        bytes.extend(u8::from_str_radix(digits, 16));
        bytes.extend(rest.bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use ara_schema::{ColumnDef, ReadAs};

    use super::*;

    #[test]
    fn the_name_of_an_index_tells_the_expression() {
        const DEF: TableDef = TableDef {
            name: "todo",
            columns: &[ColumnDef {
                name: "place",
                missing: Some(ReadAs::new(|| Ok("'Größe, (x)=%'".to_owned()))),
                ..ColumnDef::EMPTY
            }],
            ..TableDef::EMPTY
        };
        let entries = column_entries(&DEF, &["place", "created_at"]);
        assert_eq!(entries, ["place=%27%47r%c3%b6%c3%9fe%2c%20%28x%29%3d%25%27", "created_at"]);
        assert_eq!(
            entries.iter().map(|entry| name_of(entry)).collect::<Vec<_>>(),
            ["place", "created_at"]
        );
        let place = entries.first().map(|entry| sql_of(entry));
        assert_eq!(place, Some(read_as(None, "place", "'Größe, (x)=%'")));
    }
}
