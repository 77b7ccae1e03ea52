//! The operator's command, on a relay that runs and has a device.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::{Connection, Session};

use crate::damaged::Schema;
use crate::running::{Running, command};
use crate::sql::ask;

/// What is synced.
#[derive(Table)]
pub struct Task {
    /// Its id.
    pub id: Id<Task>,
    /// What is to be done.
    pub title: Option<String>,
}

ara::schema! { pub App: Task }

/// How long to wait for what is a matter of seconds.
pub const LONG: Duration = Duration::from_secs(300);

fn admin(store: &str, arguments: &[&str]) -> Output {
    command(&[&["admin"], arguments, &["--store", store]].concat()).output().unwrap()
}

/// Runs a command that finds nothing wrong, and returns what it says.
pub fn done(store: &str, arguments: &[&str]) -> String {
    let output = admin(store, arguments);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && error.is_empty(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that fails, and returns why.
pub fn failed(store: &str, arguments: &[&str]) -> String {
    let output = admin(store, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The only space of a store.
pub fn only_space(store: &str) -> String {
    let listed = done(store, &["spaces", "--json"]);
    assert_eq!(listed.lines().count(), 1, "{listed}");
    listed.split('"').nth(3).unwrap().to_owned()
}

pub fn add(db: &Database, title: &str) {
    db.create(Task::draft().title(title)).unwrap();
}

pub fn sync(session: &Session) -> ara::Result<()> {
    session.run_once(Instant::now() + LONG)
}

/// A relay that runs on a store, and a device that has synced with it.
fn with_a_device(store: &str, folder: &Path) -> (Running, Database, Session) {
    let relay = Running::on(store);
    let db = Database::open(folder.join("app.db")).unwrap();
    let session = db.sync::<App>(&relay.url()).device_name("Laptop").open().unwrap();
    add(&db, "one");
    sync(&session).unwrap();
    (relay, db, session)
}

fn settle(session: &Session) {
    let settled = session
        .watch_status()
        .wait_until(LONG, |status| status.last_success.is_some() && status.is_up_to_date());
    assert!(settled.is_some(), "{:?}", session.status());
}

#[test]
fn a_device_says_that_its_space_is_closed_and_goes_on_once_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap().to_owned();
    let relay = Running::on(&store);
    let db = Database::open(folder.path().join("app.db")).unwrap();
    let session = db.sync::<App>(&relay.url()).device_name("Laptop").start().unwrap();
    add(&db, "one");
    settle(&session);
    let space = only_space(&store);

    done(&store, &["close", &space]);
    assert!(done(&store, &["spaces"]).contains("closed"));
    add(&db, "two");
    let said = session.watch_status().wait_until(LONG, |status| {
        status.error().is_some_and(|error| matches!(error, ara::Error::SpaceClosed))
    });
    let said = said.unwrap_or_else(|| panic!("{:?}", session.status()));
    // It is not taken for a deletion: it is tried again, and the data stays.
    assert!(matches!(said.connection, Connection::Failing { .. }) && said.alarms.is_empty());
    assert_eq!(db.query::<Task>().count().unwrap(), 2);

    done(&store, &["open", &space]);
    settle(&session);
    // Nothing of it was lost, and nothing was made anew.
    assert_eq!(only_space(&store), space);
    assert!(session.status().alarms.is_empty());
    assert!(done(&store, &["check"]).contains("1 space checked, 0 with"));
}

#[test]
fn it_lists_limits_copies_and_checks_spaces() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (store, export) = (path("relay.db"), path("export.db"));
    let (relay, db, session) = with_a_device(&store, folder.path());
    let space = only_space(&store);

    done(&store, &["quota", &space, "5GB"]);
    let json = done(&store, &["spaces", "--json", "--by", "age", "--most", "1"]);
    let expected = format!(r#"{{"space":"{space}","bytes":"#);
    assert!(json.starts_with(&expected) && json.contains(r#""quota":5368709120,"#), "{json}");
    assert!(json.contains(r#""members":1,"#) && json.ends_with("\"state\":\"open\"}\n"), "{json}");
    assert!(done(&store, &["spaces"]).contains("  5.0 GB  "));
    done(&store, &["quota", &space, "default"]);
    // What the relay was told is not known here.
    assert!(done(&store, &["spaces"]).contains("   default  "));
    assert!(done(&store, &["spaces", "--json"]).contains(r#""quota":null,"#));

    let backup = path("backup.db");
    done(&store, &["backup", &backup]);
    assert!(done(&backup, &["check"]).contains("1 space checked, 0 with"));

    // While the relay runs, a space is closed first.
    for named in [&[&*space][..], &[]] {
        let refused = failed(&store, &[&["copy", "--to", &export], named].concat());
        assert!(refused.contains("close it first") && !Path::new(&export).exists(), "{refused}");
    }
    let itself = format!("sqlite:{}", path("./relay.db"));
    assert!(failed(&store, &["copy", "--to", &itself]).contains("name another one"));
    done(&store, &["close", &space]);
    assert_eq!(done(&store, &["copy", "--to", &export, &space]), "1 space copied\n");
    assert!(failed(&store, &["copy", "--to", &export, &space]).contains("there already"));
    assert!(done(&store, &["copy", "--to", &export]).contains("0 spaces copied"));
    assert!(failed(&export, &["drop-copy", &space]).contains("nothing of it was dropped"));
    done(&store, &["vacuum"]);
    // The space goes on here, so the copy is not the same any more.
    done(&store, &["open", &space]);
    add(&db, "more");
    sync(&session).unwrap();
    assert!(failed(&store, &["copy", "--stopped", "--to", &export]).contains("a relay runs on"));
    done(&store, &["close", &space]);
    let refused = admin(&store, &["copy", "--to", &export]);
    let told = String::from_utf8(refused.stdout).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    let is_named = told.contains(&format!("{space}: the space is there already, as it was before"));
    assert!(is_named && told.contains("1 space there already and not the same"), "{told}");
    assert!(failed(&export, &["delete", &space]).contains("--yes"));
    done(&export, &["delete", "--yes", &space]);
    assert_eq!(done(&store, &["copy", "--to", &export]), "1 space copied\n");

    // The relay is lost, and the export is all that there is.
    let listen = relay.address("http://");
    drop((session, relay));
    let again = path("again.db");
    assert_eq!(done(&export, &["copy", "--to", &again]), "1 space copied\n");
    done(&again, &["open", &space]);
    assert!(done(&again, &["check", &space]).contains("1 space checked, 0 with"));
    let relay = Running::start(command(&["--listen", &listen, "--store", &again, "--log", "warn"]));
    let session = db.sync::<App>(&relay.url()).device_name("Laptop").open().unwrap();
    add(&db, "two");
    sync(&session).unwrap();
    assert!(session.status().alarms.is_empty());
}

#[test]
fn a_space_that_the_operator_has_deleted_comes_again_with_its_devices() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("relay.db").to_str().unwrap().to_owned();
    let (_relay, db, session) = with_a_device(&store, folder.path());
    let space = only_space(&store);
    assert!(failed(&store, &["delete", "--yes", &space]).contains("`admin close` first"));
    done(&store, &["close", &space]);
    done(&store, &["delete", "--yes", &space]);
    assert_eq!(done(&store, &["spaces", "--json"]), "");
    assert!(failed(&store, &["delete", "--yes", &space]).contains("no such space"));
    // It is not taken for a deletion by a member.
    add(&db, "two");
    sync(&session).unwrap();
    assert_eq!(only_space(&store), space);
    assert!(done(&store, &["check"]).contains("1 space checked, 0 with"));
    assert_eq!(db.query::<Task>().count().unwrap(), 2);
}

#[test]
fn a_check_exits_with_1_if_something_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("relay.db");
    let name = store.to_str().unwrap();
    drop(with_a_device(name, folder.path()));
    let space = only_space(name);
    let file = rusqlite::Connection::open(&store).unwrap();
    file.execute("UPDATE segment SET part = zeroblob(length(part))", []).unwrap();
    let output = admin(name, &["check"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("{space}: part 0 of segment 1 is not whole")), "{told}");
}

#[test]
fn what_is_not_there_is_said_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    let name = missing.to_str().unwrap();
    assert!(failed(name, &["spaces"]).contains("is not there"));
    assert!(!Path::new(name).exists());
    for (wrong, why) in [
        ("mysql://a:hidden@b/c", "mysql://"),
        ("host=a password=hidden", "a form that is not known"),
        ("postgres:/a:hidden@b/c", "a form that is not known"),
    ] {
        let start = command(&["--listen", "127.0.0.1:0", "--store", wrong])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let started = String::from_utf8(start.stderr).unwrap();
        assert!(!start.status.success() && start.stdout.is_empty());
        for refused in [started, failed(wrong, &["spaces"])] {
            let is_clear = refused.contains("postgres://USER:PASSWORD@HOST/DATABASE");
            assert!(is_clear && refused.contains(why) && !refused.contains("hidden"), "{refused}");
        }
    }
    for unnamed in ["", "sqlite:"] {
        assert!(failed(unnamed, &["spaces"]).contains("the store has no name"));
        let start = command(&["--listen", "127.0.0.1:0", "--store", unnamed])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let refused = String::from_utf8(start.stderr).unwrap();
        assert!(!start.status.success() && refused.contains("the store has no name"), "{refused}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let store = folder.path().join("relay.db");
    let name = store.to_str().unwrap();
    drop(Running::on(name));
    let space = "00".repeat(16);
    for arguments in [&["close", &space][..], &["open", &space], &["quota", &space, "1GB"]] {
        assert!(failed(name, arguments).contains("no such space"), "{arguments:?}");
    }
    let wrong = admin(name, &["close", "1234"]);
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("32 hexadecimal digits"));
    assert_eq!(done(name, &["check"]), "0 spaces checked, 0 with something wrong\n");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn in_a_database_that_no_relay_uses_nothing_is_made() {
    let schema = Schema::new("empty");
    let space = "00".repeat(16);
    for action in
        [&["spaces"][..], &["check"], &["vacuum"], &["close", &space], &["copy", "--to", "a.db"]]
    {
        let refused = failed(&schema.url, action);
        assert!(refused.contains("no relay's tables are here"), "{refused}");
    }
    let made = "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema()";
    assert_eq!(ask(&schema.url, made).len(), 0);
    assert!(!Path::new("a.db").exists());
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn a_space_goes_from_a_file_into_a_database_and_back() {
    let url = std::env::var("ARA_TEST_POSTGRES").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let store = path("relay.db");
    drop(with_a_device(&store, folder.path()));
    let space = only_space(&store);
    // Without a relay, nothing has to be closed.
    assert_eq!(done(&store, &["copy", "--to", &url, &space]), "1 space copied\n");
    assert!(failed(&url, &["copy", "--to", &path("back.db"), &space]).contains("--stopped"));
    let back = path("back.db");
    let copied = done(&url, &["copy", "--stopped", "--to", &back, &space]);
    assert_eq!(copied, "1 space copied\n");
    assert!(done(&url, &["check", &space]).contains("0 with something wrong"));
    assert!(done(&back, &["check"]).contains("1 space checked, 0 with"));
    done(&url, &["vacuum"]);
    assert!(failed(&url, &["backup", &path("backup.db")]).contains("pg_dump"));
}
