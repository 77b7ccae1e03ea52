//! What is wrong with SQL that is written by hand.

use rusqlite::ffi;

use crate::error::Error;
use crate::error::sqlite::{is_limit, without_values};

impl Error {
    /// Makes the error of SQL that was written by hand: that SQLite does not understand it is a fault of the SQL, and
    /// says nothing about the file.
    #[doc(hidden)]
    #[must_use]
    pub fn of_raw_sql(error: rusqlite::Error) -> Self {
        match Self::message_of_raw_sql(error) {
            Ok(message) => Self::RawSql { reason: with_mend(message) },
            Err(error) => error.of_running_raw_sql(),
        }
    }

    /// Returns what SQLite does not understand in SQL that was written by hand, or the error if that is another one.
    pub(crate) fn message_of_raw_sql(error: rusqlite::Error) -> Result<String, Self> {
        match error {
            rusqlite::Error::SqlInputError { error, msg, .. }
            | rusqlite::Error::SqliteFailure(error, Some(msg))
                if error.extended_code == ffi::SQLITE_ERROR && !is_limit(&msg) =>
            {
                Ok(without_values(msg))
            }
            rusqlite::Error::MultipleStatement => Err(Self::RawSql {
                reason: "it has several statements, run each by itself".to_owned(),
            }),
            error => Err(error.into()),
        }
    }

    /// Makes the error of SQL that was written by hand of one that came while it was run.
    #[doc(hidden)]
    #[must_use]
    pub fn of_running_raw_sql(self) -> Self {
        match self {
            Self::Sqlite { code: ffi::SQLITE_ERROR, reason } => Self::RawSql { reason },
            error => error,
        }
    }
}

/// Returns SQLite's message with what to do about it.
fn with_mend(message: String) -> String {
    let mend = if message.starts_with("no such table: ") {
        "correct the name, or if it is right, make the table by `ensure`, as it is made with its first use otherwise"
    } else if message.starts_with("no such column: ") {
        "correct the name: columns have their stored names, and text is quoted as 'text'"
    } else {
        "correct it there"
    };
    format!("{message}; {mend}")
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn what_is_mistyped_is_told() {
        let connection = Connection::open_in_memory().expect("there is memory");
        let told = |sql: &str| match connection.prepare(sql) {
            Ok(_) => panic!("{sql}"),
            Err(error) => Error::of_raw_sql(error),
        };
        for (sql, reason) in [
            ("SELECT titel", "no such column: titel; correct the name: columns have"),
            ("SELECT ara_clok FROM sqlite_schema", "no such column: ara_clok; correct the name"),
            (
                "SELECT 1 FROM ara_lgo",
                "no such table: ara_lgo; correct the name, or if it is right",
            ),
            ("SELEC 1", "near \"SELEC\": syntax error; correct it there"),
            ("SELECT 1 WHERE", "incomplete input; correct it there"),
            ("SELECT nowhere(1)", "no such function: nowhere; correct it there"),
            ("SELECT 'secret", "a statement is not valid SQL; correct it there"),
            ("SELECT 1; SELECT 2", "it has several statements"),
        ] {
            let error = told(sql);
            let Error::RawSql { reason: told } = &error else { panic!("{sql}: {error:#?}") };
            assert!(told.starts_with(reason), "{sql}: {told}");
        }
    }

    #[test]
    fn what_is_too_large_is_told() {
        let connection = Connection::open_in_memory().expect("there is memory");
        let deep = format!("SELECT {}1{}", "(1+".repeat(1200), ")".repeat(1200));
        let wide = format!("SELECT {}", vec!["1"; 3000].join(","));
        let many = format!("SELECT 1 IN ({})", vec!["?"; 33_000].join(","));
        let terms = vec!["SELECT 1"; 600].join(" UNION ");
        for sql in [deep, wide, many, terms] {
            let error = connection.prepare(&sql).map(drop).expect_err("is too large");
            for error in [
                Error::of_raw_sql(error),
                connection.prepare(&sql).map(drop).expect_err("is").into(),
            ] {
                assert!(matches!(error, Error::QueryTooLarge { .. }), "{error:#?}");
            }
        }
    }
}
