//! The error type.

mod kind;
mod raw_sql;
mod shown;
mod sqlite;

use std::path::PathBuf;

use crate::error::shown::span;
use crate::value::{ParseError, Rule, Timestamp};

/// The result of a function of ara.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of ara's functions.
///
/// Its message says what went wrong and what to do about it. Errors contain the names of tables and
/// columns, and never the values of rows.
///
/// `{:?}` shows the message as well, as an error of `main` and of `unwrap` is shown by it. `{:#?}` adds the name of the
/// variant, which [`name`](Self::name) returns.
///
/// ```
/// use ara::Error;
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: NonEmptyString<10> }
///
/// let db = Database::memory()?;
/// let error = db.create(Todo::draft().title(" ")).unwrap_err();
/// assert!(matches!(error, Error::Rule { table: "todo", column: "title", .. }));
/// assert_eq!(error.to_string(), "column `todo.title` must not be blank");
/// assert_eq!(format!("{error:?}"), error.to_string());
/// assert_eq!(error.name(), "Rule");
/// # Ok::<(), Error>(())
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be opened, created or replaced: its folder is missing, it is a directory, access
    /// is denied, it is in use, its path is too long, it has a second name (a hard link), or beside it lies the write-ahead
    /// log of another file. The reason tells which.
    #[error("cannot open {}: {reason}", path.display())]
    Open {
        /// The path of the file.
        path: PathBuf,
        /// Why it cannot be opened, and what to do about it.
        reason: String,
    },

    /// The file that was to be opened is not a SQLite database.
    #[error("{} is not a database: choose another path, or move the file away", path.display())]
    NotADatabase {
        /// The path of the file.
        path: PathBuf,
    },

    /// The file that was to be opened is encrypted, and no key was given. It was not changed. Encrypted bytes look random:
    /// it may also be another file whose bytes do, and that has as many of them.
    #[error(
        "{} is encrypted, or is no database: open it with its key, by `Options::key`, which ara has with the feature `encryption`", path.display()
    )]
    Encrypted {
        /// The path of the file.
        path: PathBuf,
    },

    /// The key that was given is not that of the file, or another process has changed the key since the file was opened.
    /// Nothing was written. A file whose first page is damaged looks the same, and one that is no database may.
    #[error(
        "{} cannot be read with this key: open it with the key that it has now; if this is that key, the file is damaged, or is no database: restore a backup, or move the file away", path.display()
    )]
    WrongKey {
        /// The path of the file.
        path: PathBuf,
    },

    /// A key was given for a file that is not encrypted. It was not changed.
    #[error(
        "{} is not encrypted: open it without a key, or encrypt it first, by `backup_with_key` and `Options::restore_backup`", path.display()
    )]
    NotEncrypted {
        /// The path of the file.
        path: PathBuf,
    },

    /// The file that was to be opened is a SQLite database of another program. It was not changed.
    #[error(
        "{} is a database that ara did not make: give ara a file of its own and copy the rows over", path.display()
    )]
    ForeignDatabase {
        /// The path of the file.
        path: PathBuf,
    },

    /// The file was written by a newer version of ara, in a format that this version does not know. It
    /// was not changed.
    #[error(
        "{} has format {found}, and this version of ara reads formats up to {known}: update the app", path.display()
    )]
    NewerFormat {
        /// The path of the file.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The newest format that this version of ara knows.
        known: i64,
    },

    /// The file was written by a version of ara that was never published, in a format that this version no
    /// longer reads. It was not changed.
    #[error(
        "{} has format {found} of a version of ara that was never published, and this version reads format {known}: give another path, and bring the rows over by `export_json` of that version and `import_json`", path.display()
    )]
    OlderFormat {
        /// The path of the file.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The format that this version of ara reads.
        known: i64,
    },

    /// The file is damaged: SQLite found it malformed, or ara found bytes in its own tables that it
    /// cannot read. Parts of it may still be readable. [`rebuild`](crate::Database::rebuild) makes what can
    /// be made again from the log.
    #[error(
        "the database file is damaged: call `rebuild`, or if that fails, restore a backup or sync a fresh file from another device"
    )]
    Corrupt,

    /// The file was moved, deleted or replaced while it was open. Nothing of this transaction was
    /// written. What was written before is in the file that was opened, wherever that is now, and can
    /// still be read.
    #[error(
        "{} is no longer the file that was opened: it was moved, deleted or replaced meanwhile, and nothing was written; close the database, and open it where it is now; if it is gone, `backup` saves what was written before", path.display()
    )]
    Replaced {
        /// The path at which the file was opened.
        path: PathBuf,
    },

    /// The disk is full, or the one for temporary files is, or the file has reached the size that it is
    /// allowed. Nothing of the transaction was written.
    #[error(
        "the disk, or the one for temporary files, is full: free some space, then try again; nothing was written"
    )]
    DiskFull,

    /// The file was locked for longer than the busy timeout: by another process, or by this one if it
    /// opened the file twice. Clone a [`Database`](crate::Database) to use it in several places.
    #[error(
        "the database is locked by another process, or opened twice in this one: try again, or raise the busy timeout"
    )]
    Busy,

    /// A database in memory was read while another thread's transaction went on for longer than the busy timeout. It has
    /// one connection, so a read waits for each transaction, and it would wait for ever for one that waits for the
    /// thread that reads.
    #[error(
        "a read of a database in memory waited for the transaction of another thread for longer than the busy timeout: end that first, or use a file, which is read while others write"
    )]
    BusyInMemory,

    /// The process, or the system, has as many files open as it is allowed.
    #[error(
        "too many files are open for another one: raise the limit of the process (`ulimit -n`), or close files that are not needed; nothing was written"
    )]
    TooManyOpenFiles,

    /// The file could not be written, because it or its folder is read-only for this user.
    #[error("the database is read-only: allow this user to write the file and its folder")]
    ReadOnly,

    /// A write was attempted on a database that was opened by
    /// [`Options::read_only`](crate::Options::read_only).
    #[error("the database was opened to be read only: open it without `read_only` to write")]
    OpenedReadOnly,

    /// The operating system failed to read or write the database file, or to provide randomness or a
    /// thread; or the reader or writer of JSON failed.
    #[error(
        "reading or writing failed ({reason}): check the disk, its permissions and limits, then try again; nothing was written"
    )]
    Io {
        /// The message of SQLite or of the operating system.
        reason: String,
    },

    /// A value that was to be written breaks a rule of its column's type.
    #[error("column `{table}.{column}` {rule}")]
    Rule {
        /// The table's stored name.
        table: &'static str,
        /// The column's stored name.
        column: &'static str,
        /// The rule that the value breaks.
        rule: Rule,
    },

    /// A value that is not written into a column breaks a rule of its type: one that
    /// [`NonEmptyString::new`](crate::NonEmptyString::new) was called with, or one in a query.
    #[error("a value {rule}")]
    Parameter {
        /// The rule that the value breaks.
        rule: Rule,
    },

    /// A text was parsed that is not an [`Id`](crate::Id), a [`Timestamp`], a
    /// [`TransactionId`](crate::TransactionId) or a cursor.
    #[error(transparent)]
    Parse(#[from] ParseError),

    /// A row was to be made longer than 256 MB (268,435,456 bytes of text and blobs). Writes that leave a longer
    /// row as long as it is, or make it shorter, are not refused: by merging, a row can become longer.
    #[error(
        "a row of table `{table}` would be too large: keep large data in files, and their paths in the row"
    )]
    TooLarge {
        /// The table's stored name.
        table: String,
    },

    /// A row was to be written whose latest change has the last stamp there is, in the year 4335: a device
    /// forged it. Nothing can come after it.
    #[error(
        "a row of table `{table}` cannot be changed any more, as a device has stamped it with the end of time: create another row"
    )]
    EndOfTime {
        /// The table's stored name.
        table: String,
    },

    /// A [`Text`](https://docs.rs/ara/latest/ara/struct.Text.html) was to be edited at a place that it does not have, in a
    /// row that is not there, or with bytes that are no update of it.
    #[error("text `{table}.{column}` {reason}")]
    Text {
        /// The table's stored name.
        table: &'static str,
        /// The column's stored name.
        column: &'static str,
        /// Why it cannot be edited, and what to do about it.
        reason: &'static str,
    },

    /// [`create`](crate::Database::create) was called with the id of a row that exists or that was deleted.
    #[error(
        "table `{table}` has a row with this id already: use `upsert` to write it anyway, or `restore` if it was deleted"
    )]
    Exists {
        /// The table's stored name.
        table: &'static str,
    },

    /// A table or a column in the file is missing or is not declared as ara declares it, because
    /// another program created or changed it.
    #[error("table `{table}` in the file is not as ara made it: {reason}")]
    Shape {
        /// The table's stored name.
        table: String,
        /// What is missing or differs.
        reason: String,
    },

    /// A table that a struct declares is not in the file, or lacks a column or its full-text search,
    /// and the database was opened by [`Options::read_only`](crate::Options::read_only), so that it
    /// cannot be created.
    #[error(
        "table `{table}` {lacks}, and this database was opened to be read only: open it to write once"
    )]
    NotMade {
        /// The table's stored name.
        table: &'static str,
        /// What is missing.
        lacks: &'static str,
    },

    /// A table would have more columns than SQLite allows.
    #[error(
        "table `{table}` would have {columns} columns, those of ara among them, and SQLite holds {limit}: split the struct in two"
    )]
    TooManyColumns {
        /// The table's stored name.
        table: &'static str,
        /// The number of columns that it would have, including ara's own and those of other versions of
        /// the app.
        columns: usize,
        /// The number of columns that a table can have.
        limit: usize,
    },

    /// The file knows 8,388,607 nodes, which are as many as it can, and was to go on under a new one: it is a copy
    /// of another file, or the end of its log is damaged.
    #[error(
        "the file knows as many nodes as it can, and cannot go on under a new one: bring the rows into a new file by `export_json` and `import_json`"
    )]
    TooManyNodes,

    /// A query that must return exactly one row, by `one`, found none or more than one.
    #[error("{} where `one` expects exactly one: change the filter, or use `first`", if *count == 0 { "no row" } else { "several rows" })]
    NotOne {
        /// The number of rows that were found: 0, or 2 for any larger number.
        count: usize,
    },

    /// `rank` or `snippet` was called on a query without a `search`.
    #[error("`rank` and `snippet` are of a search: call `search` on the query")]
    NotSearched,

    /// The database was used inside the closure of its own
    /// [`transaction`](crate::Database::transaction), which would wait for itself.
    #[error(
        "the database was used inside its own transaction: use the transaction that the closure is given, and no \
         database in a closure that is given none, such as that of `import_json_with` or `vacuum_with`"
    )]
    InsideTransaction,

    /// The transaction cannot be committed because of an earlier error inside it, which the closure of
    /// [`transaction`](crate::Database::transaction) ignored. Nothing was written.
    #[error(
        "an earlier error broke this transaction, and nothing was written: return it from the closure"
    )]
    Broken,

    /// A query is larger than SQLite takes: it has more than 32,766 values, or is nested too deeply.
    #[error(
        "the query is larger than SQLite takes ({reason}): ask for a part at a time, and put the rows together"
    )]
    QueryTooLarge {
        /// The message of SQLite.
        reason: String,
    },

    /// A sum of integers does not fit into an `i64`.
    #[error(
        "a sum of integers does not fit into 64 bits: sum up fewer rows, or take `avg`, which gives a floating-point number"
    )]
    Overflow,

    /// Raw SQL is not valid: it has a typing error, or names what is not there.
    #[error("SQL that is written by hand is not valid: {reason}")]
    RawSql {
        /// What is wrong with it. It never contains a value.
        reason: String,
    },

    /// Raw SQL is not a statement that only reads.
    #[error(
        "SQL that is written by hand can only read: write by `create`, `update`, `upsert` and `delete`, so that the change is logged"
    )]
    RawWrite,

    /// Raw SQL returns another number of columns than the type has values as which its rows are read.
    #[error("the SQL gives {found} columns, and the row has {expected} values: select as many")]
    RawShape {
        /// The number of columns that the SQL returns.
        found: usize,
        /// The number of values that the type has.
        expected: usize,
    },

    /// Raw SQL returned a value that cannot be read as the requested type.
    #[error(
        "column `{column}` of the SQL holds {found}, which is not read as `{expected}`: read it as `Option<{expected}>`, which is `None` then, or as another type"
    )]
    RawValue {
        /// The name of the column, or its number from 1 if it has no name.
        column: String,
        /// The requested type.
        expected: String,
        /// The storage class of the value: `NULL`, `INTEGER`, `REAL`, `TEXT` or `BLOB`.
        found: &'static str,
    },

    /// Raw SQL has more or fewer parameters than values were bound.
    #[error(
        "the SQL has {parameters} parameters, and {given} values are bound: `bind` one for each"
    )]
    RawParameters {
        /// The number of values that were bound.
        given: usize,
        /// The number of parameters that the SQL has.
        parameters: usize,
    },

    /// A query inside a transaction, or of the past, was to be watched. The results of neither can change.
    #[error(
        "a query of a transaction, or of the past, cannot be watched: watch a query of the database"
    )]
    WatchedTransaction,

    /// A query of a transaction was run in another thread than the transaction's.
    #[error(
        "a query of a transaction can be run only in the thread of the transaction: run it there, or ask the database"
    )]
    OtherThread,

    /// A query of the past needs what is not in the log: a search, or the rows of a local table.
    #[error("{what} is of the present alone: ask the database itself, and not `at` a time")]
    OnlyNow {
        /// What the query needs.
        what: String,
    },

    /// A query of the past asks for a time before the date of a transaction that
    /// [`compact`](crate::Database::compact) has compacted, so that changes may be missing. If a device whose
    /// clock was ahead wrote that transaction, its date can lie in the future.
    #[error(
        "the log was compacted up to a transaction dated {until}, and cannot show what was before: ask `at` this time or a later one, or the database itself"
    )]
    Compacted {
        /// The latest date of a transaction that was compacted.
        until: Timestamp,
    },

    /// [`undo`](crate::Database::undo) was called with a transaction in the compacted part of the log,
    /// where the values that it overwrote may be missing.
    #[error(
        "the log was compacted up to {until}, and what this transaction overwrote may be gone: instead of an undo, write by `update`, `delete` or `restore` what should be there"
    )]
    CompactedTransaction {
        /// The latest date of a transaction of the same device that was compacted.
        until: Timestamp,
    },

    /// [`undo`](crate::Database::undo) was called with a transaction that is not in the log of this
    /// database. It may be one of another device that was not merged, or an id that
    /// [`Transaction::id`](crate::Transaction::id) returned before the last write of the transaction.
    #[error(
        "this database knows of no such transaction: merge it first if another device made it, and take its id from `last_transaction`, `transactions` or `history`, or from `tx.id()` after the last write of its closure"
    )]
    UnknownTransaction,

    /// The row was [forgotten](crate::Database::forget), so that nothing can be written into it.
    #[error(
        "table `{table}` has forgotten the row with this id, for good: create one with another id or key"
    )]
    Forgotten {
        /// The table.
        table: String,
    },

    /// A line that [`import_json`](crate::Database::import_json) read is not a row of the table.
    #[error("line {line} {reason}; nothing was imported")]
    Line {
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it. It never contains a value.
        reason: String,
    },

    /// What is to be [imported](crate::Importer) cannot be read, or has no column of the name that the app asks for.
    /// What was imported before that stays.
    #[error("the source cannot be imported: {reason}")]
    Source {
        /// What is wrong with it. It contains names, and never a value.
        reason: String,
    },

    /// A row of what is to be [imported](crate::Importer) cannot be, and all were to be or none.
    #[error("row {row} of the source cannot be imported, so nothing was: {reason}")]
    Row {
        /// The number of the row in the source, from 1. In CSV, it is the number of its first line.
        row: u64,
        /// Why it cannot be imported. It contains names, and never a value.
        reason: String,
    },

    /// An [export](https://docs.rs/ara/latest/ara/struct.Exporter.html) was given more or fewer headers than it has
    /// columns.
    #[error("the export has {columns} columns, and {given} headers are given: give one for each")]
    Headers {
        /// The number of headers that were given.
        given: usize,
        /// The number of columns.
        columns: usize,
    },

    /// A watch ended because the last handle of its database was dropped.
    #[error("the database was closed: keep a handle of it for as long as it is watched")]
    Closed,

    /// Bytes that should be changes or a version vector cannot be read: they are something else, or
    /// they were damaged or cut off on their way.
    #[error("these bytes are no {what} of ara's: {reason}")]
    Unreadable {
        /// What was to be read: `changes` or `version vector`.
        what: &'static str,
        /// What is wrong, and what to do about it.
        reason: &'static str,
    },

    /// Changes or a version vector were written by a newer version of ara, in a format that this
    /// version cannot read.
    #[error(
        "the {what} came in format {found}, and this version of ara reads formats up to {known}: update the app"
    )]
    NewerChanges {
        /// What was to be read: `changes` or `version vector`.
        what: &'static str,
        /// The format of the bytes.
        found: u32,
        /// The newest format that this version of ara reads.
        known: u32,
    },

    /// The reader or writer that changes go through failed.
    #[error(
        "changes could not be passed on ({reason}): check the disk or the connection, then try again"
    )]
    Transfer {
        /// The message of the reader or writer.
        reason: String,
    },

    /// The file is in a space already, and a file is in one at most.
    #[error(
        "the file is in a space already: leave that first, or use another file; `leave_without_relay` takes the file out of one whose relay or keys are gone"
    )]
    InASpace,

    /// The file is in no space, so there is nobody to sync with.
    #[error("the file is in no space: start syncing to found one, or join one by a code")]
    NotInASpace,

    /// Sync was told to refuse what is of a newer schema than the app's, and the app's schema has no version.
    #[error(
        "`refuse_newer` compares versions of the schema, and this app's schema has none: declare it by `ara::schema!`, record its first release by `cargo ara lock`, and compile the app anew"
    )]
    NothingReleased,

    /// Another session syncs this file already, in this process or in another one.
    #[error("the file is synced by another session already: use that one, or end it first")]
    SyncedAlready,

    /// The file is in a space, and the keys of this device are gone from where they were kept.
    #[error(
        "the file is in a space, and the keys of this device are gone: put them back, join the space again from another device, or recover it with the words; `leave_without_relay` takes the file out of the space"
    )]
    KeysMissing,

    /// The keys of this device are there, and cannot be read or written.
    #[error(
        "the keys of this device cannot be used ({reason}): if they are damaged, join the space again from another device, or recover it with the words; if they are not, allow this user to read and write them; `leave_without_relay` takes the file out of the space"
    )]
    KeysUnreadable {
        /// What is wrong. It never contains a key.
        reason: String,
    },

    /// The relay cannot be reached, or does not answer as a relay does. While a space is synced, what is written
    /// meanwhile is sent later.
    #[error(
        "the relay cannot be used ({reason}): check its address and the connection, then try again"
    )]
    Relay {
        /// What the relay, or the system, said.
        reason: String,
    },

    /// The space has used up what the relay grants it. Writing goes on here, and what waits is sent when there
    /// is room.
    #[error(
        "the relay has no room for what is to be sent, as the space uses {used} bytes of {limit}: have the limit raised, or change to another relay; what waits is sent when there is room"
    )]
    RelayFull {
        /// How many bytes the space uses at the relay.
        used: u64,
        /// How many it may use.
        limit: u64,
    },

    /// The disk of the relay is full, so that it takes nothing of any space. Writing goes on here, what others have sent
    /// is read, and what waits is sent when there is room.
    #[error(
        "the disk of the relay is full, so that it takes nothing: tell whoever runs it; what waits is sent when there is room"
    )]
    RelayDiskFull,

    /// The relay has had more from this network than one may ask, or found, in a time. While a space is synced, it is
    /// tried again by itself.
    #[error(
        "the relay has had too many requests or new spaces from this network, and takes others in {}: what waits is sent then, and whoever runs the relay can raise the limit",
        span(*seconds)
    )]
    RelayLimited {
        /// After how many seconds it takes others.
        seconds: u32,
    },

    /// The relay takes a space that it does not have only from those to whom its operator has given a token: one that is
    /// new, or that it has lost.
    #[error(
        "the relay does not have this space, or has lost it, and takes it only with a token, of which it was given none, or one that it does not know: ask whoever runs the relay for one, and enter it in this app, which passes it to `admission`; what waits is sent then"
    )]
    AdmissionNeeded,

    /// Whoever runs the relay has closed the space there, or is moving it to another store. What this device has is left as
    /// it is. While a space is synced, it is tried again by itself.
    #[error(
        "whoever runs the relay has closed the space, or is moving it: ask them when it is open again; what waits is sent then, and `leave_without_relay` takes the file out of the space"
    )]
    SpaceClosed,

    /// A member has deleted the space at the relay. What this device has is left as it is.
    #[error(
        "a member has deleted the space at the relay, and what this file holds is left as it is: leave the space to go on alone, or start over to found it anew"
    )]
    SpaceDeleted,

    /// Another member has removed this device from the space. What this device has is left as it is.
    #[error(
        "this device was removed from the space, and what the file holds is left as it is: join it again by a code of another device, or leave it to go on alone"
    )]
    RemovedFromSpace,

    /// The clock of this device is so far off that no certificate of a relay is valid by it.
    #[error(
        "the clock of this device is wrong, so that the certificate of the relay is not valid by it: set the clock, then try again"
    )]
    ClockWrong,

    /// The code to join a space is none, or none that is valid any more.
    #[error("the code to join a space cannot be used: {reason}")]
    PairingCode {
        /// What is wrong, and what to do about it. It never contains the code.
        reason: String,
    },

    /// The digits that a joining device shows were typed wrongly.
    #[error(
        "the digits are not those of the joining device: {reason}; {}",
        match tries_left {
            0 => "no try is left: begin again with a new code".to_owned(),
            1 => "one try is left".to_owned(),
            tries => format!("{tries} tries are left"),
        }
    )]
    PairingDigits {
        /// What is wrong. It never contains digits.
        reason: String,
        /// How often they can still be typed.
        tries_left: u8,
    },

    /// Pairing two devices failed: one of them gave up, or what arrived is not what it should be.
    #[error("the devices could not be paired ({reason}): begin again with a new code")]
    PairingFailed {
        /// What went wrong.
        reason: String,
    },

    /// The other device did not do its part of pairing in time.
    #[error("the other device did not answer in time: begin again with a new code")]
    PairingTimedOut,

    /// The recovery words are not those that were shown, or open no space at this relay.
    #[error(
        "the recovery words cannot be used: {}{reason}",
        word.map(|word| format!("word {word} ")).unwrap_or_default()
    )]
    RecoveryWords {
        /// What is wrong, and what to do about it. It never contains a word.
        reason: String,
        /// The position of the word that is wrong, from 1, if it is a single one.
        word: Option<usize>,
    },

    /// No device of the space has this id.
    #[error("the space has no such device: take the id from the devices of the status")]
    NoSuchDevice,

    /// Sync has stopped, as going on would be unsafe. Nothing is lost.
    #[error(
        "sync has stopped ({reason}), and nothing is lost: look at the alarms of the status; if histories of members differ, `start_over` founds the space anew from this file"
    )]
    SyncStopped {
        /// Why it has stopped.
        reason: String,
    },

    /// The deadline that was given passed before the work was done. What was done until then is kept.
    #[error("the deadline passed before all was done: call it again, and it goes on from there")]
    DeadlinePassed,

    /// Another member, or the relay, uses a format of sync that this version of ara does not know.
    #[error("{what} is of a newer version of ara than this app has: update the app")]
    SyncUpdateNeeded {
        /// What is newer.
        what: String,
    },

    /// SQLite returned an error that no other variant stands for.
    #[error(
        "SQLite refused: {reason} (code {code}); if no other program changed the file, and the query names what is there, please report it"
    )]
    Sqlite {
        /// The extended result code of SQLite, or 0 if it is rusqlite that failed.
        code: i32,
        /// The message of SQLite.
        reason: String,
    },
}
