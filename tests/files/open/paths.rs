//! Paths at which there can be no database.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ara::Error;

use crate::open::{TestResult, id, make_notes, note, notes};
use support::disk;
use support::folder::files;

/// Opens what cannot be opened: the reason.
fn refusal(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    match disk::open(path) {
        Err(Error::Open { reason, .. }) => reason,
        Err(error) => panic!("{}: {error:?}", path.display()),
        Ok(_) => panic!("{} was opened", path.display()),
    }
}

#[test]
fn a_directory_is_no_file() -> TestResult {
    let folder = tempfile::tempdir()?;
    assert_eq!(refusal(folder.path()), "it is a directory: give the path of a file in it");
    assert_eq!(refusal("."), "it is a directory: give the path of a file in it");
    assert!(files(folder.path())?.is_empty());
    Ok(())
}

#[test]
fn a_missing_folder_is_told() -> TestResult {
    let folder = tempfile::tempdir()?;
    let told = "its folder does not exist: create the folder first";
    assert_eq!(refusal(folder.path().join("no/notes.db")), told);
    assert_eq!(refusal(folder.path().join("no/such/folder/notes.db")), told);
    std::fs::write(folder.path().join("file"), "text")?;
    assert_eq!(refusal(folder.path().join("file/notes.db")), told);
    assert_eq!(files(folder.path())?.len(), 1);
    Ok(())
}

#[test]
fn no_path_is_no_place() {
    assert_eq!(refusal(""), "the path is empty: give the path of a file");
    assert!(refusal("a\0b").contains("give another path"));
    assert_eq!(refusal(":memory:"), "it is no file: use `Database::memory()`");
}

/// What SQLite takes for something else is the name of a file to ara.
#[test]
fn names_that_mean_something_to_sqlite_are_names() -> TestResult {
    let folder = tempfile::tempdir()?;
    for name in [":memory:", "file:notes.db?mode=memory", "notes.db?mode=ro", "100%41", "a'b\"c #d"]
    {
        // As a path of its own, it would be seen from the folder that the tests run in.
        let path = folder.path().join(name);
        make_notes(&path, 3)?;
        assert!(path.is_file(), "{name}");
        assert_eq!(notes(&disk::open(&path)?)?.len(), 3, "{name}");
    }
    Ok(())
}

/// A process of its own, because a working directory is a process's.
#[test]
fn a_relative_path_stays_what_it_was() -> TestResult {
    if let Ok(folder) = std::env::var("ARA_TEST_FOLDER") {
        let folder = PathBuf::from(folder);
        std::env::set_current_dir(&folder)?;
        let name = "file:notes.db?mode=memory";
        make_notes(Path::new(name), 3)?;
        assert!(folder.join(name).is_file(), "{name}");
        let db = disk::open("notes.db")?;
        std::env::set_current_dir("/")?;
        db.create(note(1))?;
        assert_eq!(notes(&db)?.len(), 1);
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let child = std::process::Command::new(std::env::current_exe()?)
        .args(["open::paths::a_relative_path_stays_what_it_was", "--exact", "--nocapture"])
        .env("ARA_TEST_FOLDER", folder.path())
        .output()?;
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    assert_eq!(files(folder.path())?.len(), 2);
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn what_is_neither_file_nor_directory_is_refused() -> TestResult {
        let folder = tempfile::tempdir()?;
        let told = "it is not a file: give the path of a file";
        let _listener = UnixListener::bind(folder.path().join("socket"))?;
        assert_eq!(refusal(folder.path().join("socket")), told);
        assert_eq!(refusal("/dev/null"), told);
        // To open one would wait for somebody to write into it.
        let pipe = folder.path().join("pipe");
        if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|made| made.success())
        {
            assert_eq!(refusal(&pipe), told);
        }
        Ok(())
    }

    /// Even root cannot write there.
    #[cfg(target_os = "linux")]
    #[test]
    fn where_nothing_can_be_written_nothing_is_opened() {
        for path in ["/proc/notes.db", "/proc/self/notes.db", "/proc/version", "/sys/notes.db"] {
            assert!(refusal(path).contains("allow this user"), "{path}: {}", refusal(path));
        }
    }

    #[test]
    fn a_file_that_may_not_be_written_is_told() -> TestResult {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        make_notes(&path, 3)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444))?;
        if fs::OpenOptions::new().write(true).open(&path).is_ok() {
            println!("skipped: nothing is read-only to this user");
            return Ok(());
        }
        let before = files(folder.path())?;
        assert!(refusal(&path).contains("allow this user to write it"));
        assert_eq!(files(folder.path())?, before);
        Ok(())
    }

    /// The two would have a log each, and would overwrite each other's pages.
    #[test]
    fn a_file_with_two_names_is_not_written() -> TestResult {
        let folder = tempfile::tempdir()?;
        let [path, other] = ["notes.db", "other.db"].map(|name| folder.path().join(name));
        make_notes(&path, 3)?;
        let open = disk::open(&path)?;
        fs::hard_link(&path, &other)?;
        for name in [&path, &other] {
            assert!(refusal(name).starts_with("the file has a second name (a hard link)"));
        }
        open.create(note(3))?;
        drop(open);
        let reading = disk::options().read_only().open(&other)?;
        assert_eq!(notes(&reading)?.len(), 4);
        drop(reading);
        fs::remove_file(&other)?;
        assert_eq!(notes(&disk::open(&path)?)?.len(), 4);
        Ok(())
    }

    #[test]
    fn a_path_that_is_too_long_is_told() -> TestResult {
        let folder = tempfile::tempdir()?;
        let folder = folder.path().canonicalize()?;
        let mut deep = folder.clone();
        while deep.as_os_str().len() < 440 {
            deep.push("d".repeat(40));
        }
        fs::create_dir_all(&deep)?;
        let of = |length: usize| deep.join("f".repeat(length - deep.as_os_str().len() - 1));
        make_notes(&of(504), 3)?;
        assert_eq!(notes(&disk::open(of(504))?)?.len(), 3);
        for length in [505, 508, 512, 513, 600] {
            let told = refusal(of(length));
            assert!(
                told.starts_with(&format!("the path has {length} bytes, and SQLite opens")),
                "{told}"
            );
        }
        // What counts is where a link leads to.
        let link = folder.join("link.db");
        symlink(of(510), &link)?;
        fs::write(of(510), [])?;
        assert!(refusal(&link).starts_with("the path has 510 bytes"));

        let name = |length| folder.join("n".repeat(length));
        make_notes(&name(247), 3)?;
        for length in [248, 255, 256, 300] {
            assert_eq!(
                refusal(name(length)),
                "the path, or a name in it, is too long: give a shorter one"
            );
        }
        Ok(())
    }

    #[test]
    fn a_symlink_is_the_file_it_leads_to() -> TestResult {
        let folder = tempfile::tempdir()?;
        let [path, link] = ["notes.db", "link.db"].map(|name| folder.path().join(name));
        symlink(&path, &link)?;
        make_notes(&link, 3)?;
        assert!(path.is_file());
        let (one, other) = (disk::open(&path)?, disk::open(&link)?);
        one.create(note(3))?;
        other.create(note(4))?;
        assert_eq!(notes(&one)?, notes(&other)?);
        assert!(one.verify()?.holds());
        assert!(!folder.path().join("link.db-wal").exists());

        let round = folder.path().join("round.db");
        symlink(&round, &round)?;
        assert!(refusal(&round).contains("give another path"));
        Ok(())
    }
}

#[test]
fn a_timeout_of_any_length_is_taken() -> TestResult {
    for timeout in [Duration::ZERO, Duration::from_secs(1 << 40), Duration::MAX] {
        let db = disk::options().busy_timeout(timeout).memory()?;
        assert_eq!(db.create(note(1))?, id(1));
    }
    Ok(())
}

#[test]
fn there_is_a_reader_even_if_none_is_wanted() -> TestResult {
    let folder = tempfile::tempdir()?;
    let db = disk::options().readers(0).open(folder.path().join("notes.db"))?;
    for n in 0..3 {
        db.create(note(n))?;
        assert_eq!(notes(&db)?.len() as i64, n + 1);
    }
    Ok(())
}
