//! The same questions in SQL, asked of the file by SQLite alone.

use rusqlite::Connection;
use rusqlite::types::Value;

/// The rows of a query as text, a line a row.
pub fn ask(sqlite: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = sqlite.prepare(sql)?;
    let width = statement.column_count();
    statement
        .query_map([], |row| {
            let values: rusqlite::Result<Vec<String>> =
                (0..width).map(|at| Ok(shown(row.get(at)?))).collect();
            Ok(values?.join("|"))
        })?
        .collect()
}

fn shown(value: Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => text,
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
