//! The tables of ara's own.

use ara_schema::{ColumnDef, TableDef, Type};

/// The tables of ara's own, but for the history of schemas: that is a table like an app's.
///
/// - `ara_node`: of each node but the one that writes, the last change that is known, the digest up to it,
///   and how far its changes are folded into the tables: those that are dated ahead wait. `forked` tells
///   that two devices wrote under one id, `refused` why the rest of its changes was not taken. What is
///   after `void_after`, up to `void_until`, does not count: its clock ran ahead, and it wrote that again.
///   Up to its `horizon` its log may lack what later writes covered.
/// - `ara_table` and `ara_column`: what the ordinals of the log stand for, and where the name came from.
/// - `ara_change`: the change log; `ara_twin`: changes that another one of the same node and time hides.
/// - `ara_counter`: what each node has added to a counter in all, and when it last did. The value of a column
///   into which totals were written last is their sum.
/// - `ara_index`: the indexes that ara made; `ara_failure`: the schemas that could not be ensured.
pub(crate) const OWN_TABLES: [&str; 9] = [
    "CREATE TABLE ara_meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_node (ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
     last INTEGER NOT NULL DEFAULT 0, digest INTEGER NOT NULL DEFAULT 0, \
     folded INTEGER NOT NULL DEFAULT 0, forked INTEGER NOT NULL DEFAULT 0, refused TEXT, \
     void_after INTEGER NOT NULL DEFAULT 0, void_until INTEGER NOT NULL DEFAULT 0, \
     horizon INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE TABLE ara_table (ordinal INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, \
     origin INTEGER NOT NULL DEFAULT 0) STRICT",
    "CREATE TABLE ara_column (tbl INTEGER, ordinal INTEGER, name TEXT NOT NULL, \
     origin INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tbl, ordinal), UNIQUE (tbl, name)) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_index (name TEXT PRIMARY KEY, tbl TEXT NOT NULL, columns TEXT NOT NULL) \
     STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_change (node INTEGER, time INTEGER, tbl INTEGER, row BLOB, cells BLOB, \
     PRIMARY KEY (node, time)) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_twin (node INTEGER, time INTEGER, hash INTEGER, tbl INTEGER, row BLOB, \
     cells BLOB, PRIMARY KEY (node, time, hash)) STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_counter (tbl INTEGER, row BLOB, col INTEGER, node INTEGER, \
     time INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (tbl, row, col, node)) \
     STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_failure (time INTEGER NOT NULL, schema TEXT NOT NULL, \
     version INTEGER NOT NULL, app_version TEXT NOT NULL, reason TEXT NOT NULL) STRICT",
];

/// The history's table. The facade declares it once more, as a struct that apps query.
#[doc(hidden)]
pub static HISTORY: TableDef = TableDef {
    name: "ara_schema_history",
    local: false,
    columns: &[
        column("schema", Type::Text),
        column("version", Type::Integer),
        column("checksum", Type::Text),
        column("snapshot", Type::Json),
        column("added", Type::Json),
        column("app_version", Type::Text),
        column("device", Type::Uuid),
        column("time", Type::Timestamp),
    ],
    indexes: &[],
    search: &[],
};

/// The table of what is undone. Its columns name the transaction that a row is about.
pub(crate) static UNDONE: TableDef = TableDef {
    name: "ara_undone",
    local: false,
    columns: &[
        ColumnDef { name: "node", ty: Type::Uuid, required: true },
        ColumnDef { name: "time", ty: Type::Integer, required: true },
    ],
    indexes: &[],
    search: &[],
};

/// Whether a table is one that ara keeps as if it were an app's: in the file, and synced.
pub(crate) fn is_kept_by_ara(name: &str) -> bool {
    name == HISTORY.name || name == UNDONE.name
}

const fn column(name: &'static str, ty: Type) -> ColumnDef {
    ColumnDef { name, ty, required: true }
}
