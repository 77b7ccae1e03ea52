//! The compiler, given the very library that this test is linked with: nothing is compiled but the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, io};

use serde_json::Value;
use tempfile::TempDir;

use crate::messages;

/// The folder of the workspace, from which the compiler is started, as Cargo does.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How far a program is compiled.
#[derive(Clone, Copy)]
pub enum Until {
    /// As by `cargo check`.
    Checked,
    /// As by `cargo build`.
    Built,
}

/// The compiler.
pub struct Rustc {
    workspace: PathBuf,
    /// ara, as it was compiled.
    library: PathBuf,
    /// Where the compiled programs go.
    folder: TempDir,
}

impl Rustc {
    /// The compiler that was used to build this test. Cargo tells where the libraries are: the command
    /// is the one that the tests are run with, so that there is nothing to compile.
    pub fn of_this_build() -> io::Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["build", "--workspace", "--all-features", "--test", "compiler", "--quiet"])
            .arg("--message-format=json")
            .current_dir(WORKSPACE)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let library = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|said| said["target"]["name"] == "ara" && said["target"]["kind"][0] == "lib")
            .find_map(|said| {
                let files = said["filenames"].as_array()?.iter().filter_map(Value::as_str);
                files
                    .map(PathBuf::from)
                    .find(|file| file.extension().is_some_and(|it| it == "rlib"))
            })
            .ok_or_else(|| io::Error::other(String::from_utf8_lossy(&output.stderr)))?;
        let workspace = fs::canonicalize(WORKSPACE)?;
        Ok(Self { workspace, library, folder: tempfile::tempdir()? })
    }

    /// What is said of a program that is not to be compiled, or an error if it is.
    pub fn refuse(&self, program: &Path, lock: Option<&Path>, until: Until) -> io::Result<String> {
        let emitted = match until {
            Until::Checked => "metadata",
            Until::Built => "obj",
        };
        let (output, program) = self.compile(program, lock, emitted)?;
        if output.status.success() {
            return Err(io::Error::other("the program is compiled"));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Ok(messages::of(&said, &program, &self.workspace))
    }

    /// Builds and runs a program: whether it ends well.
    pub fn run(&self, program: &Path, lock: Option<&Path>) -> io::Result<bool> {
        let (output, program) = self.compile(program, lock, "link")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(messages::of(&said, &program, &self.workspace)));
        }
        let built = self.built(&program);
        let ran = Command::new(&built).status()?;
        fs::remove_file(built)?;
        Ok(ran.success())
    }

    /// Compiles a program, which is named from the workspace's folder then.
    fn compile(
        &self,
        program: &Path,
        lock: Option<&Path>,
        emitted: &str,
    ) -> io::Result<(Output, String)> {
        let program = fs::canonicalize(program)?;
        let program = program.strip_prefix(&self.workspace).map_err(io::Error::other)?;
        let program = program.to_string_lossy().replace('\\', "/");
        let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command
            .current_dir(&self.workspace)
            .args([&program, "--edition=2024", "--crate-name=program", "--error-format=json"])
            .args(["--diagnostic-width=140", "--verbose", "-Adead_code", "--emit", emitted])
            .arg("-o")
            .arg(self.built(&program))
            .arg("--extern")
            .arg(format!("ara={}", self.library.display()))
            .arg("-L")
            .arg(format!("dependency={}", self.library.with_file_name("").display()))
            // As Cargo does for a package without a lock of its own.
            .env("CARGO_MANIFEST_DIR", &self.workspace)
            .env("CARGO_PKG_NAME", "program")
            .env("CARGO_CRATE_NAME", "program")
            .env_remove("ARA_LOCK");
        if let Some(lock) = lock {
            command.env("ARA_LOCK", lock);
        }
        Ok((command.output()?, program))
    }

    fn built(&self, program: &str) -> PathBuf {
        self.folder
            .path()
            .join(program.replace('/', "-"))
            .with_extension(env::consts::EXE_EXTENSION)
    }
}
