//! The tables that ara creates for itself.

use ara_schema::{ColumnDef, TableDef, Type};

/// The statements that create ara's own tables. The history of schemas is not among them: it is a
/// synced table like those of an app.
///
/// - `ara_meta`: facts about the file itself, by key.
/// - `ara_node`: the nodes. For each node but the writing one, `last` is the time of its last known
///   change, `digest` the digest up to that, and `folded` the time up to which its changes are folded
///   into the tables: later ones wait. `forked` tells that two devices wrote under its id, and
///   `refused` why some of its changes were refused. Its changes after `void_after`, up to
///   `void_until`, do not count: its clock was ahead when it made them, and it wrote their values
///   again. Up to `horizon` its log was compacted.
/// - `ara_table` and `ara_column`: the names that the ordinals of the log stand for, and where they
///   came from.
/// - `ara_change`: the change log.
/// - `ara_twin`: changes whose node and time are those of another change, which is in `ara_change`.
/// - `ara_counter`: the total that each node has added to a counter, and the time of its last addition.
///   A column into which a total was written last holds the sum of the totals.
/// - `ara_index`: the indexes that ara created.
/// - `ara_failure`: the schemas that could not be ensured.
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

/// The table of the history of schemas. The crate `ara` also declares it as a struct, which apps query.
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

/// The table of undone transactions. The columns of a row are the node and the time of one.
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

/// Returns whether a table of ara's own is synced as the tables of an app are.
pub(crate) fn is_kept_by_ara(name: &str) -> bool {
    name == HISTORY.name || name == UNDONE.name
}

const fn column(name: &'static str, ty: Type) -> ColumnDef {
    ColumnDef { name, ty, required: true }
}
