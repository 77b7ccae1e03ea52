//! The rules for stored names.

use std::fmt;

/// The length of the longest stored name, in bytes.
pub const MAX_NAME_LENGTH: usize = 64;

/// The columns that every table has, and that no struct declares.
pub const SYSTEM_COLUMNS: [&str; 6] =
    ["ara_row", "id", "ara_clock", "created_at", "updated_at", "is_deleted"];

/// The reason why a name cannot be a stored name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameFault {
    /// The name is empty.
    Empty,
    /// The name is longer than [`MAX_NAME_LENGTH`].
    TooLong,
    /// The name does not begin with a lower-case letter from a to z.
    Start,
    /// The name contains a character that is not a lower-case letter from a to z, a digit or an underscore.
    Character,
    /// The name begins with `ara_`, which is reserved for ara itself.
    AraPrefix,
    /// The name begins with `sqlite_`, which is reserved for SQLite itself.
    SqlitePrefix,
    /// The name is one of [`SYSTEM_COLUMNS`].
    SystemColumn,
    /// The name is `rowid` or `oid`, by which SQLite calls the row id.
    RowId,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a stored name cannot be empty",
            Self::TooLong => "a stored name has 64 bytes at most",
            Self::Start => "a stored name begins with a lower-case letter a to z",
            Self::Character => {
                "a stored name has lower-case letters a to z, digits and underscores only"
            }
            Self::AraPrefix => "names that begin with `ara_` are kept for ara itself",
            Self::SqlitePrefix => "names that begin with `sqlite_` are kept for SQLite itself",
            Self::SystemColumn => "every table has a system column of this name already",
            Self::RowId => "SQLite calls the row id so, and adds no column of this name",
        })
    }
}

/// Checks that `name` can be the stored name of a table.
///
/// Stored names match `[a-z][a-z0-9_]*`. They have no upper-case letters, as SQLite ignores the case of
/// names: `Title` and `title` would be the same column.
///
/// # Errors
///
/// Returns the first [`NameFault`] that is found, but not [`NameFault::SystemColumn`] or [`NameFault::RowId`].
///
/// ```
/// use ara_schema::{NameFault, check_table_name};
///
/// assert_eq!(check_table_name("todo_item"), Ok(()));
/// assert_eq!(check_table_name("Todo"), Err(NameFault::Start));
/// assert_eq!(check_table_name("ara_log"), Err(NameFault::AraPrefix));
/// ```
pub fn check_table_name(name: &str) -> Result<(), NameFault> {
    let Some(first) = name.bytes().next() else {
        return Err(NameFault::Empty);
    };
    if name.len() > MAX_NAME_LENGTH {
        return Err(NameFault::TooLong);
    }
    if !first.is_ascii_lowercase() {
        return Err(NameFault::Start);
    }
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.bytes().all(allowed) {
        return Err(NameFault::Character);
    }
    if name.starts_with("ara_") {
        return Err(NameFault::AraPrefix);
    }
    if name.starts_with("sqlite_") {
        return Err(NameFault::SqlitePrefix);
    }
    Ok(())
}

/// Checks that `name` can be the stored name of a column: it passes [`check_table_name`], and is not one of
/// [`SYSTEM_COLUMNS`] or what SQLite calls the row id.
///
/// # Errors
///
/// Returns the first [`NameFault`] that is found.
///
/// ```
/// use ara_schema::{NameFault, check_column_name};
///
/// assert_eq!(check_column_name("title"), Ok(()));
/// assert_eq!(check_column_name("created_at"), Err(NameFault::SystemColumn));
/// ```
pub fn check_column_name(name: &str) -> Result<(), NameFault> {
    if SYSTEM_COLUMNS.contains(&name) {
        return Err(NameFault::SystemColumn);
    }
    if matches!(name, "rowid" | "oid") {
        return Err(NameFault::RowId);
    }
    check_table_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for name in ["a", "todo", "todo_2", "order", "select", &"x".repeat(64)] {
            assert_eq!(check_table_name(name), Ok(()), "{name}");
        }
        for (name, fault) in [
            ("", NameFault::Empty),
            (&"x".repeat(65), NameFault::TooLong),
            ("Title", NameFault::Start),
            ("_title", NameFault::Start),
            ("2nd", NameFault::Start),
            ("tiTle", NameFault::Character),
            ("a\"b", NameFault::Character),
            ("größe", NameFault::Character),
            ("ara_clock", NameFault::AraPrefix),
            ("sqlite_stat1", NameFault::SqlitePrefix),
            ("a\0", NameFault::Character),
            (" a", NameFault::Start),
        ] {
            assert_eq!(check_table_name(name), Err(fault), "{name}");
            assert!(check_column_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn prefixes_are_refused_only_where_they_are_whole() {
        for name in ["ara", "arable", "sqlite", "sqlited", "created", "id_2", "is_deleted_2"] {
            assert_eq!(check_table_name(name), Ok(()), "{name}");
            assert_eq!(check_column_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn system_columns_are_taken() {
        for name in SYSTEM_COLUMNS {
            assert_eq!(check_column_name(name), Err(NameFault::SystemColumn), "{name}");
        }
        assert_eq!(check_table_name("id"), Ok(()));
        for name in ["rowid", "oid"] {
            assert_eq!(check_column_name(name), Err(NameFault::RowId), "{name}");
            assert_eq!(check_table_name(name), Ok(()));
        }
    }

    #[test]
    fn every_fault_says_what_is_wrong() {
        let faults = [
            (NameFault::Empty, "empty"),
            (NameFault::TooLong, &MAX_NAME_LENGTH.to_string()),
            (NameFault::Start, "begins with a lower-case letter"),
            (NameFault::Character, "only"),
            (NameFault::AraPrefix, "`ara_`"),
            (NameFault::SqlitePrefix, "`sqlite_`"),
            (NameFault::SystemColumn, "system column"),
            (NameFault::RowId, "row id"),
        ];
        for (fault, part) in faults {
            assert!(fault.to_string().contains(part), "{fault}");
        }
    }
}
