//! Keys in a file beside the database.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use ara_core::{Error, FileIdentity, Result};
use zeroize::Zeroizing;

use crate::keys::device_keys::unreadable;
use crate::keys::{KeptKeys, KeyStore};

/// What the file begins with. The identity of the file follows, a line break, and the keys.
const MAGIC: &[u8] = b"ara keys 1 ";

/// More than the file ever has.
const LONGEST: u64 = 4096;

/// Keeps the keys of a device in a file, beside the database by default: those of `todo.db` are in `todo.db.keys`.
///
/// Only the user who runs the app can read it. It is written as a whole, so that a power failure leaves the old keys
/// or the new ones. The file knows itself: if it was copied together with the database, the copy makes keys of its
/// own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKeyStore {
    path: PathBuf,
}

impl FileKeyStore {
    /// Keeps the keys in the file at a path.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Keeps the keys beside the database that is at a path.
    #[must_use]
    pub fn beside(database: &Path) -> Self {
        Self::at(with_suffix(database, ".keys"))
    }

    fn written_first(&self) -> PathBuf {
        with_suffix(&self.path, ".new")
    }

    fn write_new(&self, path: &Path, secret: &[u8]) -> io::Result<()> {
        let mut file = create(path)?;
        // Moving the file does not change what it is.
        let identity = FileIdentity::of(path);
        let header = [MAGIC, identity.as_text().as_bytes(), b"\n"].concat();
        let bytes = Zeroizing::new([&header[..], secret].concat());
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(path, &self.path)?;
        sync_folder(&self.path)
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::Io { reason: format!("{} cannot be written: {error}", self.path.display()) }
    }
}

impl KeyStore for FileKeyStore {
    fn load(&self) -> Result<Option<KeptKeys>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize));
        let read =
            File::open(&self.path).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
        match read {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(unreadable(&format!("{}: {error}", self.path.display())));
            }
            Ok(_) => {}
        }
        let is_end = |byte: &u8| *byte == b'\n';
        let parts = bytes.strip_prefix(MAGIC).and_then(|rest| {
            let end = rest.iter().position(is_end)?;
            Some((std::str::from_utf8(rest.get(..end)?).ok()?, rest.get(end + 1..)?))
        });
        let Some((identity, secret)) = parts else {
            let reason = format!("{} is damaged, or no file with keys", self.path.display());
            return Err(unreadable(&reason));
        };
        let kept = KeptKeys::new(secret.to_vec());
        let is_copied = FileIdentity::from_text(identity).is_copied_to(&self.path);
        Ok(Some(if is_copied { kept.copied() } else { kept }))
    }

    fn save(&self, secret: &[u8]) -> Result<()> {
        let path = self.written_first();
        self.write_new(&path, secret).map_err(|error| {
            // What it holds is secret. It is not there, or this fails as what came before did.
            let _ = fs::remove_file(&path);
            self.failed(&error)
        })
    }

    fn remove(&self) -> Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut whole = path.as_os_str().to_owned();
    whole.push(suffix);
    whole.into()
}

/// Creates a file that only this user can read. What a crash left in its place goes first.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            options.open(path)
        }
        opened => opened,
    }
}

/// Makes the name of a file durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// Elsewhere a folder cannot be opened, and the file system sees to it.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tested = std::result::Result<(), Box<dyn std::error::Error>>;

    fn secret(store: &FileKeyStore) -> Result<Option<(Vec<u8>, bool)>> {
        Ok(store.load()?.map(|kept| (kept.secret.to_vec(), kept.is_copy)))
    }

    #[test]
    fn what_was_saved_last_is_there() -> Tested {
        let folder = tempfile::tempdir()?;
        let store = FileKeyStore::beside(&folder.path().join("todo.db"));
        assert_eq!(store, FileKeyStore::at(folder.path().join("todo.db.keys")));
        assert_eq!(secret(&store)?, None);
        for bytes in [&b"one"[..], b"\n", b"", b"other"] {
            store.save(bytes)?;
            assert_eq!(secret(&store)?, Some((bytes.to_vec(), false)));
        }
        store.remove()?;
        store.remove()?;
        assert_eq!(secret(&store)?, None);
        assert_eq!(fs::read_dir(folder.path())?.count(), 0);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_reads_it() -> Tested {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir()?;
        let store = FileKeyStore::at(folder.path().join("keys"));
        // A crash left this.
        fs::write(store.written_first(), "old")?;
        store.save(b"secret")?;
        assert_eq!(fs::metadata(&store.path)?.permissions().mode() & 0o777, 0o600);
        assert!(!store.written_first().exists());
        Ok(())
    }

    #[test]
    fn a_copy_is_told_and_a_moved_file_is_none() -> Tested {
        let folder = tempfile::tempdir()?;
        let [one, copy, moved] =
            ["one", "copy", "moved"].map(|name| FileKeyStore::at(folder.path().join(name)));
        one.save(b"secret")?;
        fs::copy(&one.path, &copy.path)?;
        fs::rename(&one.path, &moved.path)?;
        assert_eq!(secret(&moved)?, Some((b"secret".to_vec(), false)));
        assert_eq!(secret(&copy)?, Some((b"secret".to_vec(), true)));
        copy.save(b"other")?;
        assert_eq!(secret(&copy)?, Some((b"other".to_vec(), false)));
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_not_missing() -> Tested {
        let folder = tempfile::tempdir()?;
        let store = FileKeyStore::at(folder.path().join("keys"));
        for bytes in [&b""[..], b"ara keys", b"ara keys 1 7:", b"ara keys 2 7:\nsecret", b"{}\n"] {
            fs::write(&store.path, bytes)?;
            assert!(matches!(store.load(), Err(Error::KeysUnreadable { .. })), "{bytes:?}");
        }
        fs::remove_file(&store.path)?;
        fs::create_dir(&store.path)?;
        assert!(matches!(store.load(), Err(Error::KeysUnreadable { .. })));
        assert!(matches!(store.save(b"secret"), Err(Error::Io { .. })));
        assert!(!store.written_first().exists());
        Ok(())
    }
}
