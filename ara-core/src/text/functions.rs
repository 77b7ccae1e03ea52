//! The SQL functions of texts.

use std::borrow::Cow;

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::text::case::fold;
use crate::text::pattern::is_like;

/// Registers the SQL functions of whole texts:
///
/// - `ara_lower(text)`, `ara_upper(text)`: the text in lower or upper case.
/// - `ara_fold(text)`: the same for texts that differ in case alone.
/// - `ara_like(text, pattern)`: whether the text matches, without regard to case; `\` escapes.
/// - `ara_length(text)`: the number of characters.
/// - `ara_substr(text, start, length)`: as SQLite's `substr`.
///
/// No index is made of them: Unicode may give a character a case that it did not have, and other programs do not know
/// them. They have names of their own, as another program may have made an index of those of SQLite.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    let changing = [
        ("ara_lower", str::to_lowercase as fn(&str) -> String),
        ("ara_upper", str::to_uppercase),
        ("ara_fold", fold),
    ];
    for (name, change) in changing {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(match text(context, 0) {
                Some(text) => changed(&text, change(&text)),
                None => ToSqlOutput::Arg(0),
            })
        })?;
    }
    connection.create_scalar_function("ara_like", 2, flags, |context| {
        let (text, pattern) = (text(context, 0), text(context, 1));
        Ok(text.zip(pattern).map(|(text, pattern)| is_like(&text, &pattern)))
    })?;
    connection.create_scalar_function("ara_length", 1, flags, |context| {
        Ok(text(context, 0).map(|text| i64::try_from(text.chars().count()).unwrap_or(i64::MAX)))
    })?;
    connection.create_scalar_function("ara_substr", 3, flags, |context| {
        let (start, length) = (context.get(1)?, context.get(2)?);
        Ok(text(context, 0).map(|text| part(&text, start, length).to_owned()))
    })
}

/// Returns an argument, if it is a text.
fn text<'a>(context: &'a Context<'_>, at: usize) -> Option<Cow<'a, str>> {
    match context.get_raw(at) {
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text)),
        _ => None,
    }
}

/// Returns the changed text. If it is what it was, SQLite takes the argument itself, without a copy.
fn changed(text: &str, changed: String) -> ToSqlOutput<'static> {
    if changed == text { ToSqlOutput::Arg(0) } else { ToSqlOutput::Owned(Value::Text(changed)) }
}

/// Returns at most `length` characters from the one at `start` on. The first is at 1; before the first, there is one
/// place that is empty, as in SQLite. A negative `start` counts from the end.
fn part(text: &str, start: i64, length: i64) -> &str {
    let place = match start {
        ..0 => start.saturating_add_unsigned(text.chars().count() as u64),
        _ => start - 1,
    };
    // What lies before the text counts, and is empty.
    let length = length.saturating_add(place.min(0)).max(0);
    let after = |text: &str, chars: i64| {
        let chars = usize::try_from(chars.max(0)).unwrap_or(usize::MAX);
        text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
    };
    let text = text.get(after(text, place)..).unwrap_or_default();
    text.get(..after(text, length)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::{part, register_functions};

    #[test]
    fn nul_ends_no_text() -> rusqlite::Result<()> {
        let connection = Connection::open_in_memory()?;
        register_functions(&connection)?;
        let of = |sql: &str| {
            let sql = format!("SELECT {sql} FROM (SELECT ?1)");
            connection.query_row(&sql, ["ab\0Äd"], |row| row.get::<_, String>(0))
        };
        assert_eq!(of("ara_lower(?1)")?, "ab\0äd");
        assert_eq!(of("ara_upper(?1)")?, "AB\0ÄD");
        assert_eq!(of("ara_fold(?1)")?, "ab\0äd");
        assert_eq!(of("ara_substr(?1, 3, 2)")?, "\0Ä");
        assert_eq!(of("ara_substr(?1, -2, 9)")?, "Äd");
        assert_eq!(of("CAST(ara_length(?1) AS TEXT)")?, "5");
        assert_eq!(of("CAST(ara_like(?1, '%äD') AS TEXT)")?, "1");
        assert_eq!(of("CAST(ara_like(?1, 'ab') AS TEXT)")?, "0");
        for nothing in
            ["ara_lower(NULL)", "ara_like(NULL, '')", "ara_like(?1, NULL)", "ara_length(7)"]
        {
            assert_eq!(of(&format!("ifnull({nothing}, 'nothing')"))?, "nothing");
        }
        assert_eq!(of("typeof(ara_fold(7))")?, "integer");
        Ok(())
    }

    proptest! {
        #[test]
        fn parts_are_those_of_sqlite(text in "[aé漢]{0,6}", start in -8_i64..9, length in 0_i64..9) {
            let connection = Connection::open_in_memory().expect("a database");
            let theirs = connection.query_row(
                "SELECT substr(?1, ?2, ?3)", (&text, start, length), |row| row.get::<_, String>(0),
            );
            prop_assert_eq!(part(&text, start, length), theirs.expect("a part"));
        }
    }
}
