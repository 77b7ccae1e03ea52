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
        store.back_up(&path).unwrap();
        writing.join().unwrap();
    });
    let copy = SqliteStore::open(&path).unwrap();
    assert!((1..50).contains(&count(&copy)));
    drop(copy);
    let again = store.back_up(&path);
    assert!(matches!(again, Err(StoreError::Failed { .. })), "{again:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let memory = SqliteStore::memory().unwrap();
    memory.back_up(folder.path().join("memory.db")).unwrap();
    assert_eq!(count(&SqliteStore::open(folder.path().join("memory.db")).unwrap()), 0);
}

#[test]
fn a_file_of_the_format_before_is_upgraded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    found(&SqliteStore::open(&path).unwrap(), 1, Ending::Keep).unwrap();
    let before = "ALTER TABLE space DROP COLUMN decided; PRAGMA user_version = 1";
    Connection::open(&path).unwrap().execute_batch(before).unwrap();
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
