//! Backups, and what else is done with the file of a relay that has stopped.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use ara::prelude::*;
use tempfile::TempDir;

use crate::admin::{App, LONG, add, done, failed, only_space, sync};
use crate::running::{Running, command};

/// A relay that has something of a device.
struct Kept {
    folder: TempDir,
    relay: Option<Running>,
    db: Database,
}

impl Kept {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Database::open(folder.path().join("app.db")).unwrap();
        let mut kept = Self { folder, relay: None, db };
        kept.start();
        kept.write("one");
        kept
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn start(&mut self) {
        self.relay = Some(Running::on(&self.name("relay.db")));
    }

    /// Writes something, and has the relay take it.
    fn write(&self, title: &str) {
        add(&self.db, title);
        let url = self.relay.as_ref().unwrap().url();
        sync(&self.db.sync::<App>(&url).device_name("Laptop").open().unwrap()).unwrap();
    }

    fn stop(&mut self) {
        self.relay.take().unwrap().stop();
    }

    /// Ends the relay as if the machine had lost its power.
    fn kill(&mut self) {
        self.relay = None;
    }

    fn files(&self) -> Vec<(String, Vec<u8>)> {
        files(self.folder.path())
    }
}

/// The files of a folder, with what is in them.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let entries = entries.filter(|entry| entry.file_type().unwrap().is_file());
    let mut files: Vec<_> = entries
        .map(|entry| {
            // What is there no more has nothing in it.
            let content = fs::read(entry.path()).unwrap_or_default();
            (entry.file_name().into_string().unwrap(), content)
        })
        .collect();
    files.sort_unstable();
    files
}

#[test]
fn the_file_alone_is_whole_once_the_relay_has_stopped() {
    let mut kept = Kept::new();
    kept.stop();
    let alone = tempfile::tempdir().unwrap();
    let copy = alone.path().join("relay.db");
    fs::copy(kept.path("relay.db"), &copy).unwrap();
    let told = done(copy.to_str().unwrap(), &["check"]);
    assert!(told.contains("1 space checked, 0 with"), "{told}");
    let log = fs::metadata(kept.path("relay.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0);
}

#[test]
fn a_backup_that_is_killed_leaves_nothing_under_its_name() {
    let mut kept = Kept::new();
    kept.stop();
    // So that it takes a while.
    let file = rusqlite::Connection::open(kept.path("relay.db")).unwrap();
    let fill = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 64)
        INSERT INTO blob (bytes) SELECT randomblob(1 << 20) FROM n";
    file.execute(fill, []).unwrap();
    drop(file);
    let backups = tempfile::tempdir().unwrap();
    let backup = backups.path().join("backup.db");
    let (to, from) = (backup.to_str().unwrap(), kept.name("relay.db"));
    let mut command = command(&["admin", "backup", to, "--store", &from]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while files(backups.path()).is_empty() && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < LONG);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let left = fs::read_dir(backups.path()).unwrap().map(|file| file.unwrap().path());
    let left: Vec<_> = left.collect();
    if backup.exists() {
        // It was faster.
        assert!(done(to, &["check"]).contains("1 space checked, 0 with"));
    }
    for path in left.iter().filter(|path| **path != backup) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with(".backup.db.") && name.contains(".part"), "{name}");
    }
    // What is left is in nobody's way.
    done(&from, &["backup", "--replace", to]);
    assert!(done(to, &["check"]).contains("1 space checked, 0 with"));
}

#[test]
fn a_backup_replaces_another_one_if_it_is_told_to_and_nothing_else() {
    let kept = Kept::new();
    let (store, backup, notes) =
        (kept.name("relay.db"), kept.name("backup.db"), kept.name("notes.txt"));
    done(&store, &["backup", &backup]);
    let before = fs::read(&backup).unwrap();
    let refused = failed(&store, &["backup", &backup]);
    assert!(refused.contains("backup.db") && refused.contains("--replace"), "{refused}");
    assert!(fs::read(&backup).unwrap() == before);

    kept.write("two");
    done(&store, &["backup", "--replace", &backup]);
    assert!(fs::read(&backup).unwrap() != before);
    assert!(done(&backup, &["check"]).contains("1 space checked, 0 with"));

    fs::write(&notes, "my notes").unwrap();
    for other in [&store, &notes] {
        let refused = failed(&store, &["backup", "--replace", other]);
        assert!(refused.contains("is no backup, so it was not replaced"), "{refused}");
    }
    assert_eq!(fs::read_to_string(&notes).unwrap(), "my notes");
    assert!(done(&store, &["check"]).contains("1 space checked, 0 with"));
}

#[test]
fn a_backup_is_looked_at_where_nobody_may_write() {
    let mut kept = Kept::new();
    let locked = tempfile::tempdir().unwrap();
    let path = |name: &str| locked.path().join(name).to_str().unwrap().to_owned();
    let (backup, stopped, export) = (path("backup.db"), path("stopped.db"), kept.name("export.db"));
    done(&kept.name("relay.db"), &["backup", &backup]);
    kept.stop();
    fs::copy(kept.path("relay.db"), &stopped).unwrap();
    let mode = |mode| fs::set_permissions(locked.path(), fs::Permissions::from_mode(mode)).unwrap();
    let before = files(locked.path());
    for store in [&backup, &stopped] {
        mode(0o500);
        let space = only_space(store);
        assert!(done(store, &["check"]).contains("1 space checked, 0 with"));
        assert!(done(store, &["spaces"]).contains(&space));
        mode(0o700);
        // Who may write anywhere, as root, has changed nothing all the same.
        assert!(files(locked.path()) == before);
    }
    assert_eq!(done(&backup, &["copy", "--to", &export]), "1 space copied\n");
}

#[test]
fn a_file_that_is_no_whole_store_is_refused_and_left_as_it_is() {
    let kept = Kept::new();
    let whole = kept.name("backup.db");
    done(&kept.name("relay.db"), &["backup", &whole]);
    let bytes = fs::read(&whole).unwrap();
    for (name, length, why) in
        [("empty.db", 0, "is empty"), ("half.db", bytes.len() / 2, "is a copy that broke off")]
    {
        fs::write(kept.path(name), &bytes[..length]).unwrap();
        let before = kept.files();
        let space = "00".repeat(16);
        for action in [&["check"][..], &["spaces"], &["vacuum"], &["close", &space]] {
            let refused = failed(&kept.name(name), action);
            assert!(refused.contains(name) && refused.contains(why), "{refused}");
        }
        let of_others = |files: Vec<(String, Vec<u8>)>| {
            files.into_iter().filter(|(file, _)| file.starts_with(name)).collect::<Vec<_>>()
        };
        assert!(of_others(kept.files()) == of_others(before));
    }
}

#[test]
fn a_file_of_which_much_is_wrong_is_told_in_few_lines() {
    let mut kept = Kept::new();
    kept.stop();
    let change = |sql: &str| {
        let file = rusqlite::Connection::open(kept.path("relay.db")).unwrap();
        file.execute_batch(sql).unwrap();
    };
    let rule = |from: &str, to: &str| {
        change(&format!(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(sql, 'bytes {from}', 'bytes {to}') WHERE name = 'blob'"
        ));
    };
    rule("BLOB NOT NULL", "BLOB");
    change(
        "INSERT INTO blob (bytes) VALUES (NULL), (NULL), (NULL), (NULL), (NULL), (NULL), (NULL)",
    );
    rule("BLOB", "BLOB NOT NULL");
    let output = command(&["admin", "check", "--store", &kept.name("relay.db")]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert_eq!(told.matches("the file: NULL value in blob.bytes\n").count(), 5, "{told}");
    assert!(told.contains("the file: and 2 more\n1 space checked, 0 with"), "{told}");
    assert!(told.ends_with("\nthe file is damaged: put back a backup that is whole\n"), "{told}");
}

#[test]
fn of_a_damaged_store_no_backup_is_made_and_it_is_named() {
    let mut kept = Kept::new();
    kept.stop();
    let store = kept.name("relay.db");
    let whole = fs::metadata(&store).unwrap().len();
    let file = rusqlite::Connection::open(&store).unwrap();
    let fill = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
        INSERT INTO blob (bytes) SELECT randomblob(1000) FROM n";
    file.execute(fill, []).unwrap();
    drop(file);
    // What the tables are is before that, and can be read.
    let mut bytes = fs::read(&store).unwrap();
    bytes[usize::try_from(whole).unwrap() + (64 << 10)..].fill(0xa5);
    fs::write(&store, bytes).unwrap();
    assert!(failed(&store, &["check"]).contains("this file is damaged"));
    let refused = failed(&store, &["backup", &kept.name("backup.db")]);
    assert!(refused.contains("relay.db: this file is damaged"), "{refused}");
    assert!(!refused.contains("backup.db") && !kept.path("backup.db").exists(), "{refused}");
}

#[test]
fn a_backup_is_put_back_without_the_log_that_was_there() {
    let mut kept = Kept::new();
    let (store, backup) = (kept.name("relay.db"), kept.name("backup.db"));
    done(&store, &["backup", &backup]);
    kept.write("two");
    kept.kill();
    let log = kept.path("relay.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    fs::copy(&backup, &store).unwrap();
    // Neither a relay nor who looks at it takes the two for one.
    let output = command(&["--listen", "127.0.0.1:0", "--store", &store]).output().unwrap();
    let refused = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    for refused in [refused, failed(&store, &["check"]), failed(&store, &["vacuum"])] {
        let names = refused.contains("relay.db-wal holds what was written into another file");
        assert!(names && refused.contains("remove it"), "{refused}");
    }
    fs::remove_file(&log).unwrap();
    let _ = fs::remove_file(kept.path("relay.db-shm"));
    assert!(done(&store, &["check"]).contains("1 space checked, 0 with"));
    kept.start();
    kept.write("three");
    assert!(done(&store, &["check"]).contains("1 space checked, 0 with"));
    // One that is killed is whole with the log that is its own.
    kept.kill();
    kept.start();
    kept.write("four");
    assert_eq!(kept.db.query::<crate::admin::Task>().count().unwrap(), 4);
}
