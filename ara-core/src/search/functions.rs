//! The SQL functions of full-text search.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::search::snippet::{Marks, snippet};
use crate::search::tokens::prepared;
use crate::search::words::{NOTHING, Words};

/// Registers three SQL functions: `ara_words(text)` returns a text as it is put into the index, `ara_match(text)` the
/// FTS5 expression for what a user searches for, and `ara_snippet(column, text, before, after, words)` the part of a
/// column's text in which that was found.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("ara_words", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            // FTS5 itself splits and lowers what is ASCII.
            ValueRef::Text(text) if text.is_ascii() => ToSqlOutput::Arg(0),
            ValueRef::Text(text) => {
                ToSqlOutput::Owned(Value::Text(prepared(&String::from_utf8_lossy(text))))
            }
            _ => ToSqlOutput::Owned(Value::Null),
        })
    })?;
    connection.create_scalar_function("ara_match", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Text(text) => Words::parse(&String::from_utf8_lossy(text)).matching(),
            _ => NOTHING.to_owned(),
        })
    })?;
    connection.create_scalar_function("ara_snippet", 5, flags, |context| {
        let text = |at: usize| match context.get_raw(at) {
            ValueRef::Text(text) => Some(String::from_utf8_lossy(text)),
            _ => None,
        };
        let (Some(column), Some(searched)) = (text(0), text(1)) else { return Ok(None) };
        let marks = Marks {
            before: &text(2).unwrap_or_default(),
            after: &text(3).unwrap_or_default(),
            words: context.get(4)?,
        };
        Ok(Some(snippet(&column, &searched, marks)))
    })
}
