//! The tables that ara creates for itself.

use ara_schema::{ColumnDef, Range, TableDef, Type};

use crate::value::Value;

/// The statements that create ara's own tables. The history of schemas is not among them: it is a
/// synced table like those of an app.
///
/// - `ara_meta`: facts about the file itself, by key.
/// - `ara_node`: the nodes. For each node but the writing one, `last` is the number of its last known
///   change, `digest` the digest up to that, and `date` the greatest date of its transactions. `forked`
///   tells that two devices wrote under its id, and `refused` why some of its changes were refused. Up to
///   the change `compacted` its log was compacted, and `compacted_date` is the greatest date up to there.
/// - `ara_table` and `ara_column`: the names that the ordinals of the log stand for, and where they
///   came from.
/// - `ara_log`: the change log, in pieces.
/// - `ara_counter`: the sum of what was added to a counter, as an integer of 128 bits, the stamp and the node
///   of the latest addition, and what the node that last wrote this file has added. A column into which an
///   addition was written last holds the sum.
/// - `ara_text`: what the updates of a text come to, for texts that devices edit at the same time: the state as an update
///   that has all of them, up to the one with the number `at`, and the stamp and the node of the latest one.
/// - `ara_text_update`: the updates that are not in the state yet.
/// - `ara_text_fault`: the updates that cannot be part of a text.
/// - `ara_forgotten`: the rows that were forgotten, each with the stamp, the node and the date of the earliest
///   change that forgot it. `act` is 0 as long as no such change is known, but what is left of another one.
/// - `ara_index`: the indexes that ara created.
/// - `ara_failure`: the schemas that could not be ensured.
pub(crate) const OWN_TABLES: [&str; 12] = [
    "CREATE TABLE ara_meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID",
    NODE_TABLE,
    TABLE_TABLE,
    COLUMN_TABLE,
    "CREATE TABLE ara_index (name TEXT PRIMARY KEY, tbl TEXT NOT NULL, columns TEXT NOT NULL) \
     STRICT, WITHOUT ROWID",
    "CREATE TABLE ara_log (pos INTEGER PRIMARY KEY, first INTEGER NOT NULL, tail INTEGER, \
     filter BLOB, data BLOB NOT NULL) STRICT",
    COUNTER_TABLE,
    TEXT_TABLE,
    TEXT_UPDATE_TABLE,
    TEXT_FAULT_TABLE,
    FORGOTTEN_TABLE,
    "CREATE TABLE ara_failure (time INTEGER NOT NULL, schema TEXT NOT NULL, \
     version INTEGER NOT NULL, app_version TEXT NOT NULL, reason TEXT NOT NULL) STRICT",
];

/// The statement that creates the table of the nodes. The past has one, too.
pub(crate) const NODE_TABLE: &str = "CREATE TABLE ara_node (ordinal INTEGER PRIMARY KEY, \
     id BLOB NOT NULL UNIQUE, last INTEGER NOT NULL DEFAULT 0, digest INTEGER NOT NULL DEFAULT 0, \
     date INTEGER NOT NULL DEFAULT 0, forked INTEGER NOT NULL DEFAULT 0, refused TEXT, \
     compacted INTEGER NOT NULL DEFAULT 0, compacted_date INTEGER NOT NULL DEFAULT 0) STRICT";

/// The statement that creates the table of the names of tables. The past has one, too.
pub(crate) const TABLE_TABLE: &str = "CREATE TABLE ara_table (ordinal INTEGER PRIMARY KEY, \
     name TEXT NOT NULL UNIQUE, origin INTEGER NOT NULL DEFAULT 0) STRICT";

/// The statement that creates the table of the names of columns. The past has one, too.
pub(crate) const COLUMN_TABLE: &str = "CREATE TABLE ara_column (tbl INTEGER, ordinal INTEGER, \
     name TEXT NOT NULL, origin INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (tbl, ordinal), \
     UNIQUE (tbl, name)) STRICT, WITHOUT ROWID";

/// The statement that creates the table of the sums of counters. The past has one, too.
pub(crate) const COUNTER_TABLE: &str = "CREATE TABLE ara_counter (tbl INTEGER, row BLOB, \
     col INTEGER, high INTEGER NOT NULL, low INTEGER NOT NULL, stamp INTEGER NOT NULL, \
     node INTEGER NOT NULL, writer INTEGER NOT NULL, total INTEGER NOT NULL, \
     PRIMARY KEY (tbl, row, col)) STRICT, WITHOUT ROWID";

/// The statement that creates the table of the states of texts. The past has one, too.
pub(crate) const TEXT_TABLE: &str = "CREATE TABLE ara_text (tbl INTEGER, row BLOB, col INTEGER, \
     at INTEGER NOT NULL, stamp INTEGER NOT NULL, node INTEGER NOT NULL, state BLOB NOT NULL, \
     UNIQUE (tbl, row, col)) STRICT";

/// The statement that creates the table of the updates that are to be taken into the states of texts. The past has one,
/// too.
pub(crate) const TEXT_UPDATE_TABLE: &str = "CREATE TABLE ara_text_update (tbl INTEGER, row BLOB, \
     col INTEGER, at INTEGER, stamp INTEGER NOT NULL, node INTEGER NOT NULL, data BLOB NOT NULL, \
     PRIMARY KEY (tbl, row, col, at)) STRICT, WITHOUT ROWID";

/// The statement that creates the table of the updates of texts that cannot be read. The past has one, too.
pub(crate) const TEXT_FAULT_TABLE: &str = "CREATE TABLE ara_text_fault (tbl INTEGER, row BLOB, \
     col INTEGER, stamp INTEGER, node INTEGER, PRIMARY KEY (tbl, row, col, stamp, node)) \
     STRICT, WITHOUT ROWID";

/// The statement that creates the table of forgotten rows. The past has one, too.
pub(crate) const FORGOTTEN_TABLE: &str = "CREATE TABLE ara_forgotten (tbl INTEGER, row BLOB, \
     act INTEGER NOT NULL, stamp INTEGER NOT NULL, node INTEGER NOT NULL, date INTEGER NOT NULL, \
     PRIMARY KEY (tbl, row)) STRICT, WITHOUT ROWID";

/// The table of the history of schemas. The crate `ara` also declares it as a struct, which apps query.
#[doc(hidden)]
pub static HISTORY: TableDef = TableDef {
    name: "ara_schema_history",
    local: false,
    columns: &[
        column("schema", Type::Text, Range::ALL),
        column("version", Type::Integer, u32::RANGE),
        column("checksum", Type::Text, Range::ALL),
        column("snapshot", Type::Json, Range::ALL),
        column("added", Type::Json, Range::ALL),
        column("app_version", Type::Text, Range::ALL),
        column("device", Type::Uuid, Range::ALL),
        column("time", Type::Timestamp, Range::ALL),
    ],
    indexes: &[],
    search: &[],
    ..TableDef::EMPTY
};

/// The table of undone transactions. The columns of a row are the id of one, which are its node, the number of
/// its last change and the hash of that, and how often its additions to counters are subtracted.
pub(crate) static UNDONE: TableDef = TableDef {
    name: "ara_undone",
    local: false,
    columns: &[
        column("node", Type::Uuid, Range::ALL),
        column("number", Type::Integer, Range::ALL),
        column("hash", Type::Integer, Range::ALL),
        ColumnDef {
            name: SUBTRACTED,
            ty: Type::Counter,
            range: None,
            required: false,
            ..ColumnDef::EMPTY
        },
    ],
    indexes: &[],
    search: &[],
    ..TableDef::EMPTY
};

/// The counter of the table of undone transactions.
pub(crate) const SUBTRACTED: &str = "subtracted";

/// Returns whether a table of ara's own is synced as the tables of an app are.
pub(crate) fn is_kept_by_ara(name: &str) -> bool {
    name == HISTORY.name || name == UNDONE.name
}

const fn column(name: &'static str, ty: Type, range: Range) -> ColumnDef {
    ColumnDef { name, ty, range: range.of_column(ty), required: true, ..ColumnDef::EMPTY }
}
