//! Packages in temporary folders, and the command run in them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use serde_json::Value;
use tempfile::TempDir;

/// The folder of the `ara` crate.
pub const ARA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A table and a schema of it.
pub const TODO: &str = "\
use ara::prelude::*;

#[derive(Table)]
pub struct Todo {
    pub id: Id<Todo>,
    pub title: NonEmptyString<100>,
}

ara::schema! { pub App: Todo }
";

/// As [`TODO`], of a binary.
pub fn main_of_todo() -> String {
    format!("{TODO}\nfn main() {{}}\n")
}

/// A package, or a workspace, in a folder that is gone with it.
pub struct Folder(TempDir);

/// What the command did.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    /// A folder with nothing in it.
    pub fn empty() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A package `app` that depends on ara, with these files.
    pub fn app(files: &[(&str, &str)]) -> Self {
        let folder = Self::empty();
        folder.write("Cargo.toml", &format!("{}\n[workspace]\n", manifest("app", "")));
        folder.with_lock(files)
    }

    /// A workspace of these members, each a name and what is in its library.
    pub fn workspace(members: &[(&str, &str)]) -> Self {
        let folder = Self::empty();
        let names: Vec<_> = members.iter().map(|(name, _)| *name).collect();
        let root = format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n");
        folder.write("Cargo.toml", &root);
        for (name, code) in members {
            folder.write(&format!("{name}/Cargo.toml"), &manifest(name, ""));
            folder.write(&format!("{name}/src/lib.rs"), code);
        }
        folder.with_lock(&[])
    }

    fn with_lock(self, files: &[(&str, &str)]) -> Self {
        let lock = fs::read_to_string(format!("{ARA}/Cargo.lock")).expect("the workspace's");
        self.write("Cargo.lock", &lock);
        for (path, text) in files {
            self.write(path, text);
        }
        self
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("it can be written");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).expect("it is there")
    }

    /// Runs `cargo ara`, as cargo does.
    pub fn ara(&self, arguments: &[&str]) -> Ran {
        self.ara_in("", arguments)
    }

    /// As [`ara`](Self::ara), in a folder of it.
    pub fn ara_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        ran(self.command(folder, env!("CARGO_BIN_EXE_cargo-ara")).arg("ara").args(arguments))
    }

    /// Runs cargo itself.
    pub fn cargo(&self, arguments: &[&str]) -> Ran {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        ran(self.command("", cargo).args(arguments))
    }

    /// Runs git, which must be fine.
    pub fn git(&self, arguments: &[&str]) {
        let ran = ran(self.command("", "git").args(arguments));
        assert_eq!(ran.code, Some(0), "git {arguments:?}: {ran:?}");
    }

    /// Commits all there is.
    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "a"]);
    }

    /// A command in a folder of this one, that sees nothing of how the tests are run.
    pub fn command(&self, folder: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.at(folder))
            // Shared, so that ara is compiled once.
            .env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cli-tests"))
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_NET_OFFLINE", "true")
            .env("SOURCE_DATE_EPOCH", "1795392000")
            .env("GIT_CONFIG_GLOBAL", "")
            .env_remove("GIT_DIR")
            .env_remove("ARA_LOCK")
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .env_remove("CARGO_TERM_COLOR");
        command
    }

    /// The tables of the schema that the command finds, nothing being released.
    pub fn tables(&self, arguments: &[&str]) -> Vec<String> {
        let ran = self.ara(&[&["diff", "--json"], arguments].concat());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        let json = ran.json();
        let facts = json["unrecorded"].as_array().expect("facts").iter();
        let tables = facts.filter(|fact| fact["kind"] == "table");
        tables.map(|fact| fact["table"].as_str().expect("a name").to_owned()).collect()
    }

    /// What the command says on standard error where it cannot do it.
    pub fn error(&self, arguments: &[&str]) -> String {
        let ran = self.ara(arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert_eq!(ran.stdout, "");
        ran.stderr
    }
}

impl Ran {
    /// What it printed, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The manifest of a package that depends on ara, with more lines of dependencies. Its version is like
/// no other: cargo would take packages of different folders for one, as they share a target folder.
pub fn manifest(name: &str, dependencies: &str) -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let (process, count) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.{process}.{count}\"\nedition = \"2024\"\n\n\
         [features]\nextra = []\n\n[dependencies]\nara = {{ path = {ARA:?} }}\n{dependencies}",
    )
}

pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("it can be run");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
