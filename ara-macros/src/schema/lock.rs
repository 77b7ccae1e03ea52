//! What was released, as `ara.lock` says.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::{env, fs};

use ara_schema::{LOCK_FILE, Lock, Snapshot};

use crate::cargo::{is_primary_package, package_folder};

/// The beginning of the `ARA_LOCK` with which `cargo ara` asks a package for its schema. The folder of
/// the package follows.
const EMIT: &str = "emit:";

/// What `ara::schema!` has to do.
pub enum Task {
    /// Give the schema to `cargo ara`.
    Emit,
    /// Hold the schema against what was released.
    Hold(Released),
    /// Declare the schema and nothing else, as nothing was released.
    Free,
}

/// What was released.
pub struct Released {
    /// The lock.
    pub path: PathBuf,
    /// The latest version.
    pub version: u32,
    /// The tables of all versions.
    pub schema: Snapshot,
}

impl Task {
    /// Reads the lock of the package that is being compiled. That is the file beside its manifest, unless
    /// the environment variable `ARA_LOCK` names another one.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the lock, in words for the user.
    pub fn of_package() -> Result<Self, String> {
        // Without Cargo there is no package, and so no lock.
        let Some(package) = package_folder() else {
            return Ok(Self::Free);
        };
        let own = package.join(LOCK_FILE);
        let named = env::var("ARA_LOCK").unwrap_or_default();
        if named.is_empty() {
            return Self::hold(own);
        }
        match named.strip_prefix(EMIT) {
            Some(asked) if Path::new(asked) == package => Ok(Self::Emit),
            Some(_) => Self::hold(own),
            None => Self::hold_named(package.join(named)),
        }
    }

    /// Reads the lock that `ARA_LOCK` names, which must exist: with a mistyped path nothing would be
    /// checked. A dependency may lack it, as a relative path is meant for the package that the user asked
    /// for.
    fn hold_named(path: PathBuf) -> Result<Self, String> {
        let task = Self::hold(path.clone())?;
        if matches!(task, Self::Free) && is_primary_package() {
            let path = path.display();
            return Err(format!(
                "ARA_LOCK names {path}, and there is no such file: unset it, or give it the path of \
                 a lock, from the folder of the package"
            ));
        }
        Ok(task)
    }

    fn hold(path: PathBuf) -> Result<Self, String> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            // A link that leads nowhere is an error: somebody meant there to be a lock.
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
                return Ok(Self::Free);
            }
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        let lock = Lock::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::Hold(Released { version: lock.version(), schema: lock.schema(), path }))
    }
}
