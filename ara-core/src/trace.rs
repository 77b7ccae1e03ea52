//! What the feature `tracing` tells: spans and events of the crate `tracing`, under the target `ara`.
//!
//! They hold names and counts, and never a value, a key or a path. Without the feature nothing of them is
//! done, and what their fields would be is not computed.

/// Enters a span, for as long as what it returns is held.
macro_rules! span {
    ($name:literal $(, $field:ident = $value:expr)* $(,)?) => {{
        #[cfg(feature = "tracing")]
        {
            ::tracing::debug_span!(target: "ara", $name $(, $field = $value)*).entered()
        }
        #[cfg(not(feature = "tracing"))]
        {
            if false {
                $(let _ = &$value;)*
            }
            crate::trace::NoSpan
        }
    }};
}

/// Tells an event of a level, such as `DEBUG`.
macro_rules! event {
    ($level:ident, $message:literal $(, $field:ident = $value:expr)* $(,)?) => {
        #[cfg(feature = "tracing")]
        ::tracing::event!(
            target: "ara",
            ::tracing::Level::$level,
            $($field = $value,)*
            $message
        );
        #[cfg(not(feature = "tracing"))]
        if false {
            $(let _ = &$value;)*
        }
    };
}

pub(crate) use {event, span};

/// What is held in the place of a span where there is none.
#[cfg(not(feature = "tracing"))]
pub(crate) struct NoSpan;

/// Has the statements of a connection told that take long.
#[cfg(not(feature = "tracing"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature it may fail")]
pub(crate) fn statements(_: &mut rusqlite::Connection) -> rusqlite::Result<()> {
    Ok(())
}

#[cfg(feature = "tracing")]
pub(crate) use slow::statements;

#[cfg(feature = "tracing")]
mod slow {
    use std::time::Duration;

    use rusqlite::Connection;
    use rusqlite::trace::{TraceEvent, TraceEventCodes};

    /// A statement that takes longer is told.
    const SLOW: Duration = Duration::from_millis(100);

    /// Has the statements of a connection told that take long. A statement takes as long as its rows are
    /// read.
    pub(crate) fn statements(connection: &mut Connection) -> rusqlite::Result<()> {
        let tell = |event: TraceEvent<'_>| {
            if let TraceEvent::Profile(statement, time) = event
                && time >= SLOW
            {
                let sql = without_values(&statement.sql());
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                tracing::event!(
                    target: "ara",
                    tracing::Level::WARN,
                    millis,
                    sql,
                    "a statement was slow"
                );
            }
        };
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(tell))
    }

    /// Puts `?` in the place of each literal of a statement, and leaves out comments. ara binds the values
    /// that it is given, but SQL that is written by hand may contain some.
    fn without_values(sql: &str) -> String {
        let mut plain = String::with_capacity(sql.len());
        let mut rest = sql.chars().peekable();
        let mut is_in_name = false;
        while let Some(c) = rest.next() {
            match c {
                '\'' => {
                    // Of two quotes within a literal the second one begins another, which follows at once.
                    rest.by_ref().find(|c| *c == '\'');
                    // The mark of a blob goes with it.
                    if matches!(plain.chars().last(), Some('x' | 'X')) && is_in_name {
                        plain.pop();
                    }
                    if !plain.ends_with('?') {
                        plain.push('?');
                    }
                    is_in_name = false;
                }
                '"' => {
                    plain.push('"');
                    for c in rest.by_ref() {
                        plain.push(c);
                        if c == '"' {
                            break;
                        }
                    }
                }
                '-' if rest.peek() == Some(&'-') => {
                    rest.by_ref().find(|c| *c == '\n');
                    plain.push(' ');
                    is_in_name = false;
                }
                '/' if rest.peek() == Some(&'*') => {
                    skip_comment(&mut rest);
                    plain.push(' ');
                    is_in_name = false;
                }
                '?' => {
                    plain.push('?');
                    is_in_name = true;
                }
                c if c.is_ascii_digit() && !is_in_name => {
                    while rest.next_if(|c| c.is_ascii_alphanumeric() || *c == '.').is_some() {}
                    plain.push('?');
                }
                c => {
                    plain.push(c);
                    is_in_name = c.is_alphanumeric() || c == '_';
                }
            }
        }
        plain
    }

    /// Skips the rest of a comment, of which the slash is read.
    fn skip_comment(rest: &mut impl Iterator<Item = char>) {
        // The star that opens a comment does not close it.
        let mut before = rest.next().map(|_| ' ');
        for c in rest {
            if before == Some('*') && c == '/' {
                return;
            }
            before = Some(c);
        }
    }

    #[cfg(test)]
    mod tests {
        use super::without_values;

        #[test]
        fn literals_are_left_out_and_names_are_not() {
            for (sql, plain) in [
                ("SELECT 1", "SELECT ?"),
                ("SELECT -1.5e9, 0xff, .5", "SELECT -?, ?, .?"),
                ("WHERE \"c1\" = ?1 AND t2.x = 'it''s'", "WHERE \"c1\" = ?1 AND t2.x = ?"),
                ("VALUES (x'00ff', X'', 'a', 'b')", "VALUES (?, ?, ?, ?)"),
                ("SELECT \"a 'quoted' 1\", 'secret", "SELECT \"a 'quoted' 1\", ?"),
                ("x1, 1x", "x1, ?"),
                ("SELECT a -- secret\nFROM b - 1", "SELECT a  FROM b - ?"),
                ("SELECT /* 'it's */ a /*/ secret */ /*", "SELECT   a    "),
                ("a / b - c", "a / b - c"),
            ] {
                assert_eq!(without_values(sql), plain);
            }
        }
    }
}
