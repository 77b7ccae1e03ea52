//! Tests of what only a database of PostgreSQL has: tables that several processes make, connections that are lost.

use std::sync::mpsc::channel;
use std::sync::{Barrier, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ara_protocol::SpaceId;

use super::*;
use crate::store::Ending;
use crate::testing::stores::Schema;

const SPACE: SpaceId = SpaceId::from_bytes([1; 16]);
const ABOUT: Option<Topic> = Some(Topic::Space(SPACE));

/// How long to wait for what is a matter of milliseconds.
const LONG: Duration = Duration::from_secs(60);

/// Adds one to what a space has used, and founds it first if it is not there.
fn add_one(store: &PostgresStore) -> Result<()> {
    store.write(ABOUT, &mut |transaction| {
        let space = transaction.space(SPACE)?;
        let mut space = space.map_or_else(|| transaction.found(SPACE), Ok)?;
        space.used += 1;
        transaction.put_space(&space)?;
        Ok(Ending::Keep)
    })
}

fn used(store: &PostgresStore) -> u64 {
    let mut used = 0;
    let read = store.read(&mut |transaction| {
        used = transaction.space(SPACE)?.map_or(0, |space| space.used);
        Ok(Ending::Keep)
    });
    read.unwrap();
    used
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn processes_that_start_at_once_make_the_tables_once() {
    let schema = Schema::new();
    let start = Barrier::new(6);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                start.wait();
                add_one(&schema.store()).unwrap();
            });
        }
    });
    let store = schema.store();
    assert_eq!(used(&store), 6);
    assert!(store.size().unwrap() > 0);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn tables_that_need_a_newer_relay_are_left_alone() {
    let schema = Schema::new();
    drop(schema.store());
    // A newer version has added something that this one need not know.
    schema.run("UPDATE ara_schema SET version = 99");
    drop(schema.store());
    assert_eq!(schema.ask("SELECT version FROM ara_schema"), ["99"]);
    schema.run("UPDATE ara_schema SET least = 99");
    assert_eq!(PostgresStore::connect(&schema.url()).unwrap_err(), StoreError::Newer);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn who_needs_tables_makes_none() {
    let schema = Schema::new();
    let tables =
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()";
    let open = || PostgresStore::existing(&schema.url(), 1).map(drop);
    assert_eq!(open(), Err(StoreError::NoTables));
    assert_eq!(schema.ask(tables), ["0"]);
    drop(schema.store());
    assert_eq!(open(), Ok(()));
    for (version, least, expected) in
        [(0, 0, StoreError::NoTables), (1, 1, StoreError::Older), (99, 99, StoreError::Newer)]
    {
        schema.run(&format!("UPDATE ara_schema SET version = {version}, least = {least}"));
        assert_eq!(open(), Err(expected));
        assert_eq!(schema.ask("SELECT version FROM ara_schema"), [version.to_string()]);
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn tables_of_the_version_before_are_upgraded() {
    let schema = Schema::new();
    add_one(&schema.store()).unwrap();
    schema.run("ALTER TABLE ara_space DROP COLUMN decided; UPDATE ara_schema SET version = 1");
    let store = schema.store();
    assert_eq!(schema.ask("SELECT version FROM ara_schema"), ["2"]);
    crate::admin::close(&store, SPACE).unwrap();
    // A process of that version still founds spaces.
    schema.run(
        "INSERT INTO ara_space VALUES ('\\x02020202020202020202020202020202', 0, '', 0, 0, '', NULL, 0, 0, 0,
         false)",
    );
    assert_eq!(schema.ask("SELECT count(*) FROM ara_space WHERE decided IS NULL"), ["1"]);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn jobs_of_several_processes_about_a_space_come_one_after_the_other() {
    let schema = Schema::new();
    let stores = [schema.store(), schema.store(), schema.store()];
    let before: u64 = stores.iter().map(PostgresStore::commits).sum();
    thread::scope(|scope| {
        for store in stores.iter().flat_map(|store| [store; 4]) {
            scope.spawn(move || (0..25).for_each(|_| add_one(store).unwrap()));
        }
    });
    assert_eq!(used(&stores[0]), 300);
    let commits = stores.iter().map(PostgresStore::commits).sum::<u64>() - before;
    assert!(commits < 300, "{commits} commits");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn jobs_whose_connections_are_lost_are_repeated() {
    let schema = Schema::new();
    let name = schema.ask("SELECT current_schema()").remove(0);
    let store =
        PostgresStore::connect(&format!("{}&application_name={name}", schema.url())).unwrap();
    thread::scope(|scope| {
        let adding = [&store; 4]
            .map(|store| scope.spawn(move || (0..50).for_each(|_| add_one(store).unwrap())));
        for added in (20..180).step_by(20) {
            let count = "SELECT coalesce(max(used), 0) FROM ara_space";
            while schema.ask(count)[0].parse::<u64>().unwrap() < added
                && adding.iter().any(|one| !one.is_finished())
            {}
            schema.run(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
            ));
        }
    });
    // One whose commit was made though the connection was lost is made again: here it counts twice.
    assert!(used(&store) >= 200);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn news_reach_other_processes_and_not_the_own() {
    let schema = Schema::new();
    let (one, other) = (schema.store(), schema.store());
    let heard = Arc::new(Mutex::new(vec![]));
    let (sender, arrived) = channel();
    other.on_news(Box::new(move |topic| sender.send(topic).unwrap()));
    let (lag, lags) = channel();
    one.on_lag(Box::new(move |took| {
        // The test may be over.
        let _ = lag.send(took);
    }));
    let own = heard.clone();
    one.on_news(Box::new(move |topic| own.lock().unwrap().push(topic)));
    // Until both listen, what is told is lost.
    let topic = Topic::Space(SPACE);
    let begun = Instant::now();
    while arrived.recv_timeout(Duration::from_millis(50)) != Ok(topic) {
        assert!(begun.elapsed() < LONG);
        one.tell(topic);
    }
    let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(heard.is_empty());
    // It hears itself only to know how long that takes.
    assert!(lags.recv_timeout(LONG).unwrap() < LONG);
}

#[test]
fn what_is_wrong_with_a_url_is_told_without_it() {
    for url in [
        "postgres://user:hidden@localhost/db?unknown=1",
        "postgres://user:hidden@localhost/db?sslmode=prefer",
        "postgres://user:hidden@localhost/db?sslrootcert=%2Fa",
        "postgres://user:hidden@localhost/db?sslmode=verify-full&sslrootcert=%2Fnowhere%2Fa.pem",
        "postgres://user:hidden@:port/db",
        "postgres://user:pass@hidden@localhost/db",
        "postgres://user:pass?hidden@localhost/db",
        "postgres:///db",
        "hidden",
    ] {
        let error = PostgresStore::connect(url).unwrap_err();
        assert!(matches!(error, StoreError::WrongAddress { .. }), "{url}: {error}");
        assert!(!error.to_string().contains("hidden"));
    }
}

#[test]
fn a_database_that_is_not_there_is_told_without_its_password() {
    // Nobody listens at this port of the machine.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = PostgresStore::connect(&format!("postgres://user:hidden@127.0.0.1:{port}/db"));
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::Failed { .. }));
    let told = format!("{error} {error:?}");
    assert!(told.contains(&format!("the PostgreSQL database db at 127.0.0.1:{port}: ")), "{told}");
    assert!(!told.contains("hidden"));
}

#[test]
fn the_port_is_told_that_is_asked_if_the_url_names_none() {
    let address = Address::read("postgres://user:hidden@db.example/ara").unwrap();
    assert_eq!(address.to_string(), "the PostgreSQL database ara at db.example:5432");
}

#[test]
fn who_does_not_speak_as_a_database_does_is_told_as_such() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://user:hidden@{}/db", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // Who has not read what came would end the connection in another way.
            let _ = std::io::Read::read(&mut stream, &mut [0; 1024]);
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = PostgresStore::connect(&url).unwrap_err().to_string();
    assert!(error.contains("does not speak as PostgreSQL does"), "{error}");
}

#[test]
fn a_file_of_certificates_is_named_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.pem");
    std::fs::write(&wrong, "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n").unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for (path, why) in [
        (folder.path().join("missing.pem"), "No such file"),
        (wrong, "something else than certificates"),
        (empty, "has no certificate"),
    ] {
        let path = path.to_str().unwrap();
        let url = format!("postgres://a@localhost/b?sslmode=verify-full&sslrootcert={path}");
        let error = PostgresStore::connect(&url).unwrap_err().to_string();
        let is_named = error.contains("sslrootcert") && error.contains(path);
        assert!(is_named && error.contains(why), "{error}");
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn a_disk_that_is_full_is_told_as_that() {
    let schema = Schema::new();
    let store = schema.store();
    add_one(&store).unwrap();
    // As the database says it.
    schema.run(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER full_disk BEFORE UPDATE ON ara_space EXECUTE FUNCTION full_disk()",
    );
    thread::scope(|scope| {
        let writing: Vec<_> = (0..8).map(|_| scope.spawn(|| add_one(&store))).collect();
        for written in writing {
            assert_eq!(written.join().unwrap(), Err(StoreError::Full));
        }
    });
    assert_eq!(used(&store), 1);
    schema.run("DROP TRIGGER full_disk ON ara_space");
    add_one(&store).unwrap();
    assert_eq!(used(&store), 2);
}
