//! Tests of the file, and of how commits are shared.

use std::thread;

use ara_protocol::MailboxId;
use rusqlite::StatementStatus;

use super::*;
use crate::store::tests::{count, found, found_at_once};

#[test]
fn what_was_written_is_there_when_the_file_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    found(&SqliteStore::open(&path).unwrap(), 1, Ending::Keep).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(count(&store), 1);
    assert!(store.size().unwrap() > 4096);
    store.shrink().unwrap();
}

#[test]
fn what_is_no_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    std::fs::write(&path, "a text that is long enough to be looked at".repeat(100)).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::NotAStore);

    let path = folder.path().join("app.db");
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::NotAStore);

    let path = folder.path().join("newer.db");
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::Newer);
    let nowhere = folder.path().join("missing/relay.db");
    assert!(matches!(SqliteStore::open(nowhere), Err(StoreError::Failed { .. })));
}

#[test]
fn a_copy_is_made_while_it_is_written_and_over_nothing() {
    let (store, folder) = in_folder();
    found(&store, 1, Ending::Keep).unwrap();
    let path = folder.path().join("copy.db");
    thread::scope(|scope| {
        let writing =
            scope.spawn(|| (2..50).for_each(|at| found(&store, at, Ending::Keep).unwrap()));
        store.back_up(&path, Earlier::Keep).unwrap();
        writing.join().unwrap();
    });
    let copy = SqliteReader::open(&path).unwrap();
    assert!((1..50).contains(&count(&copy)));
    assert_eq!(store.back_up(&path, Earlier::Keep), Err(BackupError::AlreadyThere));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let memory = SqliteStore::memory().unwrap();
    memory.back_up(folder.path().join("memory.db"), Earlier::Keep).unwrap();
    assert_eq!(count(&SqliteStore::open(folder.path().join("memory.db")).unwrap()), 0);
}

#[test]
fn only_a_copy_is_replaced() {
    let (store, folder) = in_folder();
    let path = |name: &str| folder.path().join(name);
    store.back_up(path("copy.db"), Earlier::Replace).unwrap();
    found(&store, 1, Ending::Keep).unwrap();
    store.back_up(path("copy.db"), Earlier::Replace).unwrap();
    assert_eq!(count(&SqliteReader::open(path("copy.db")).unwrap()), 1);

    std::fs::write(path("notes.txt"), "my notes").unwrap();
    drop(SqliteStore::open(path("other.db")).unwrap());
    for kept in ["relay.db", "notes.txt", "other.db", "."] {
        let refused = store.back_up(path(kept), Earlier::Replace);
        assert_eq!(refused, Err(BackupError::NoBackup), "{kept}");
    }
    // A copy that a relay has taken over is a store.
    drop(SqliteStore::open(path("copy.db")).unwrap());
    assert_eq!(store.back_up(path("copy.db"), Earlier::Replace), Err(BackupError::NoBackup));

    std::fs::write(path("gone.db-wal"), "the log of a file that is gone").unwrap();
    let refused = store.back_up(path("gone.db"), Earlier::Keep);
    assert_eq!(refused, Err(BackupError::LogLeft { log: path("gone.db-wal") }));
    assert_eq!(parts(&folder), 0);
}

#[test]
fn what_is_left_of_a_copy_that_failed_is_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |_: &str| Err(StoreError::BrokeOff);
    let failed = backup::back_up(&folder.path().join("copy.db"), Earlier::Keep, copy);
    assert_eq!(failed, Err(BackupError::Store(StoreError::BrokeOff)));
    let full =
        backup::back_up(&folder.path().join("copy.db"), Earlier::Keep, |_| Err(StoreError::Full));
    assert!(full.unwrap_err().to_string().contains("cannot be written: its disk is full"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let nowhere = backup::back_up(&folder.path().join("missing/copy.db"), Earlier::Keep, copy);
    assert!(matches!(nowhere, Err(BackupError::NotWritten { .. })), "{nowhere:?}");
}

/// How many files there are of copies that are not whole.
fn parts(folder: &tempfile::TempDir) -> usize {
    let files = std::fs::read_dir(folder.path()).unwrap();
    files
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|it| it == "part"))
        .count()
}

#[test]
fn a_file_is_read_without_changing_it_or_making_others() {
    let (store, folder) = in_folder();
    found(&store, 1, Ending::Keep).unwrap();
    let copy = folder.path().join("copy.db");
    store.back_up(&copy, Earlier::Keep).unwrap();
    drop(store);
    let content = || {
        let mut files: Vec<_> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| (std::fs::read(&path).unwrap(), path))
            .collect();
        files.sort_unstable();
        files
    };
    let before = content();
    // One that was written by a relay, and one that never was.
    for path in [folder.path().join("relay.db"), copy] {
        let reader = SqliteReader::open(&path).unwrap();
        assert_eq!((count(&reader), reader.faults()), (1, Ok(vec![])));
        assert!(reader.size().unwrap() > 4096);
        let written = reader.write(None, &mut |_| Ok(Ending::Keep));
        assert_eq!(
            [written, reader.shrink(), reader.vacuum()],
            [const { Err(StoreError::ReadOnly) }; 3]
        );
    }
    assert!(content() == before);
}

#[test]
fn who_reads_sees_what_is_written_meanwhile() {
    let (store, folder) = in_folder();
    let path = folder.path().join("relay.db");
    found(&store, 1, Ending::Keep).unwrap();
    drop(store);
    let reader = SqliteReader::open(&path).unwrap();
    assert_eq!(count(&reader), 1);
    // First without a log beside it, then with one.
    let store = SqliteStore::open(&path).unwrap();
    found(&store, 2, Ending::Keep).unwrap();
    assert_eq!(count(&reader), 2);
    found(&store, 3, Ending::Keep).unwrap();
    store.vacuum().unwrap();
    assert_eq!(count(&reader), 3);
    drop(store);
    assert_eq!(count(&reader), 3);
}

#[test]
fn a_file_that_is_not_whole_is_told_as_such_and_left_as_it_is() {
    let (store, folder) = in_folder();
    found(&store, 1, Ending::Keep).unwrap();
    let whole = folder.path().join("copy.db");
    store.back_up(&whole, Earlier::Keep).unwrap();
    let bytes = std::fs::read(&whole).unwrap();
    let part = folder.path().join("part.db");
    for (length, expected) in [
        (0, StoreError::Empty),
        (bytes.len() / 2, StoreError::NotWhole),
        (4096, StoreError::NotWhole),
    ] {
        std::fs::write(&part, &bytes[..length]).unwrap();
        assert_eq!(SqliteReader::open(&part).unwrap_err(), expected);
        assert_eq!(SqliteStore::existing(&part).unwrap_err(), expected);
        assert_eq!(std::fs::read(&part).unwrap(), bytes[..length]);
    }
    assert_eq!(SqliteStore::open(&part).unwrap_err(), StoreError::NotWhole);

    // A page in the middle was lost.
    let file = Connection::open(&whole).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'space_recovery'";
    let root: u16 = file.query_row(root, [], |row| row.get(0)).unwrap();
    let root = usize::from(root);
    drop(file);
    let mut damaged = bytes.clone();
    damaged[(root - 1) * 4096..root * 4096].fill(0);
    std::fs::write(&part, damaged).unwrap();
    let found = SqliteReader::open(&part).unwrap().faults();
    assert!(found == Err(StoreError::NotWhole) || found.is_ok_and(|faults| !faults.is_empty()));
}

#[test]
fn the_log_of_another_file_is_not_taken_for_its_own() {
    let (store, folder) = in_folder();
    let path = |name: &str| folder.path().join(name);
    found(&store, 1, Ending::Keep).unwrap();
    store.back_up(path("copy.db"), Earlier::Keep).unwrap();
    found(&store, 2, Ending::Keep).unwrap();
    // As if the machine had stopped.
    let log = std::fs::read(path("relay.db-wal")).unwrap();
    assert!(!log.is_empty());
    drop(store);

    std::fs::copy(path("copy.db"), path("relay.db")).unwrap();
    let emptied = path("empty.db");
    std::fs::write(&emptied, "").unwrap();
    for file in [path("relay.db"), emptied, path("missing.db")] {
        let beside = state::log_of(&file);
        std::fs::write(&beside, &log).unwrap();
        let before = std::fs::read(&file).ok();
        let expected = StoreError::ForeignLog { log: beside.clone() };
        assert_eq!(SqliteStore::open(&file).unwrap_err(), expected);
        assert_eq!(SqliteReader::open(&file).unwrap_err(), expected);
        assert!(expected.to_string().contains(beside.to_str().unwrap()));
        assert_eq!(
            (std::fs::read(&file).ok(), std::fs::read(&beside).unwrap()),
            (before, log.clone())
        );
        std::fs::remove_file(beside).unwrap();
    }
    // Once a relay has taken it over, a log beside it is its own.
    let store = SqliteStore::open(path("relay.db")).unwrap();
    found(&store, 3, Ending::Keep).unwrap();
    let again = SqliteStore::open(path("relay.db")).unwrap();
    assert_eq!((count(&again), count(&store)), (2, 2));
    assert_eq!(again.faults(), Ok(vec![]));
}

#[test]
fn a_file_is_whole_by_itself_once_it_rests() {
    let (store, folder) = in_folder();
    let path = |name: &str| folder.path().join(name);
    (1..20).for_each(|at| found(&store, at, Ending::Keep).unwrap());
    // Who has read keeps a connection.
    assert_eq!(count(&store), 19);

    // As long as somebody else reads, not all can be put into the file, and nothing is lost.
    let reader = schema::open_reader(&path("relay.db")).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let read = reader.query_row("SELECT count(*) FROM space", [], |row| row.get::<_, i64>(0));
    assert_eq!(read, Ok(19));
    found(&store, 20, Ending::Keep).unwrap();
    assert!(matches!(store.rest(), Err(StoreError::Failed { .. })));
    reader.execute_batch("ROLLBACK").unwrap();
    // If it is open and nobody reads, it is all there.
    store.rest().unwrap();
    assert!(state::is_empty(&path("relay.db-wal")));
    found(&store, 21, Ending::Keep).unwrap();
    let log = std::fs::read(path("relay.db-wal")).unwrap();
    drop(reader);
    store.rest().unwrap();
    drop(store);

    std::fs::copy(path("relay.db"), path("alone.db")).unwrap();
    assert_eq!(count(&SqliteReader::open(path("alone.db")).unwrap()), 21);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    assert_eq!(names, ["alone.db", "relay.db"]);
    // So what lies beside it now is not its own.
    std::fs::write(path("alone.db-wal"), log).unwrap();
    let refused = SqliteStore::open(path("alone.db")).unwrap_err();
    assert_eq!(refused, StoreError::ForeignLog { log: path("alone.db-wal") });
    let again = SqliteStore::open(path("relay.db")).unwrap();
    found(&again, 22, Ending::Keep).unwrap();
    assert_eq!(count(&SqliteStore::open(path("relay.db")).unwrap()), 22);
}

#[test]
fn a_file_of_the_format_before_is_upgraded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    found(&SqliteStore::open(&path).unwrap(), 1, Ending::Keep).unwrap();
    let before = "ALTER TABLE space DROP COLUMN decided; PRAGMA user_version = 1";
    Connection::open(&path).unwrap().execute_batch(before).unwrap();
    // Only a relay upgrades it.
    assert_eq!(SqliteReader::open(&path).unwrap_err(), StoreError::Older);
    assert_eq!(SqliteStore::existing(&path).unwrap_err(), StoreError::Older);
    let store = SqliteStore::open(&path).unwrap();
    let mut spaces = vec![];
    let listed = store.read(&mut |transaction| {
        spaces = transaction.spaces(crate::store::Listing::Size, 2)?;
        Ok(Ending::Keep)
    });
    listed.unwrap();
    let id = spaces[0].key.id;
    crate::admin::close(&store, id).unwrap();
    assert_eq!(spaces.len(), 1);
    drop(store);
    drop(SqliteStore::open(&path).unwrap());
}

#[test]
fn what_was_decided_of_a_space_is_read_whatever_it_became() {
    let (store, folder) = in_folder();
    found(&store, 1, Ending::Keep).unwrap();
    let id = crate::admin::all(&store).unwrap()[0];
    crate::admin::close(&store, id).unwrap();
    let file = Connection::open(folder.path().join("relay.db")).unwrap();
    for (value, is_closed) in [
        ("CAST(decided AS TEXT)", true),
        ("CAST(decided AS BLOB)", true),
        ("zeroblob(9)", false),
        ("1", false),
        ("CAST(x'ff' AS TEXT)", false),
    ] {
        file.execute(&format!("UPDATE space SET decided = {value}"), []).unwrap();
        let listed = crate::admin::list(&store, crate::store::Listing::Size, 1).unwrap();
        let state = listed[0].space.state;
        assert_eq!(state == crate::store::SpaceState::Closed, is_closed, "{value}");
    }
}

fn in_folder() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (SqliteStore::open(folder.path().join("relay.db")).unwrap(), folder)
}

#[test]
fn a_statement_is_compiled_once_for_all_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let writer = schema::open(&path).unwrap();
    let connections = [writer, schema::open_reader(&path).unwrap(), schema::in_memory().unwrap()];
    for connection in connections {
        let statement = || {
            let sql = "SELECT number FROM segment WHERE space = ?1 AND (?2 IS NULL OR node = ?2) LIMIT ?3";
            connection.prepare_cached(sql).unwrap()
        };
        for number in 0..5 {
            assert!(!statement().exists([number, number, number]).unwrap());
        }
        let statement = statement();
        assert_eq!(statement.get_status(StatementStatus::Run), 5);
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}

/// How many bytes the file of a store has, as SQLite counts them.
fn pages(store: &SqliteStore) -> u64 {
    let mut pages = 0_u64;
    let count = store.writer.alone(|connection| {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        pages = connection.query_row(sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        Ok(())
    });
    count.unwrap();
    pages
}

#[test]
fn the_size_counts_the_log_too() {
    let (store, folder) = in_folder();
    found(&store, 1, Ending::Keep).unwrap();
    let log = std::fs::metadata(folder.path().join("relay.db-wal")).unwrap().len();
    assert!(log > 0);
    assert_eq!(store.size().unwrap(), pages(&store) + log);
    assert!(SqliteStore::memory().unwrap().size().unwrap() > 0);
}

/// Lets the file of a store have so many more pages, and no more.
fn let_grow(store: &SqliteStore, by: u64) {
    let most = pages(store) / 4096 + by;
    let sql = format!("PRAGMA max_page_count = {most}");
    store.writer.alone(|connection| Ok(connection.execute_batch(&sql)?)).unwrap();
}

/// Fills a box with so many bytes.
fn put(store: &SqliteStore, id: u8, bytes: usize) -> Result<()> {
    store.write(None, &mut |transaction| {
        transaction.put_box(MailboxId::from_bytes([id; 16]), 0, &vec![1; bytes])?;
        Ok(Ending::Keep)
    })
}

#[test]
fn a_disk_that_is_full_is_told_to_all_who_share_a_commit_and_stays_as_it_was() {
    let (store, _folder) = in_folder();
    found(&store, 1, Ending::Keep).unwrap();
    let_grow(&store, 4);
    thread::scope(|scope| {
        let writing: Vec<_> = (0..16)
            .map(|id| {
                scope.spawn({
                    let store = &store;
                    move || put(store, id, 1 << 20)
                })
            })
            .collect();
        for written in writing {
            assert_eq!(written.join().unwrap(), Err(StoreError::Full));
        }
    });
    // What is small has room, and what was written before is there.
    put(&store, 16, 10).unwrap();
    found(&store, 2, Ending::Keep).unwrap();
    assert_eq!(count(&store), 2);
    assert_eq!(put(&store, 17, 1 << 20), Err(StoreError::Full));
    let_grow(&store, 1 << 20);
    put(&store, 17, 1 << 20).unwrap();
}

#[test]
fn those_who_wait_share_a_commit_and_fail_alone() {
    let (store, _folder) = in_folder();
    let (threads, jobs) = (16, 40);
    let before = store.commits();
    found_at_once(&store, (threads, jobs));
    let commits = store.commits() - before;
    assert!(commits < (threads * jobs) as u64, "{commits} commits");
}
