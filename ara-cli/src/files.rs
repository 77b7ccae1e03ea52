//! Files that are read or replaced as a whole.

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::time::SystemTime;

use anyhow::{Context, Result};
use cargo_metadata::camino::Utf8Path;
use tempfile::Builder;

/// Returns the text of a file, or `None` if it does not exist.
pub fn read_if_there(path: &Utf8Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{path} cannot be read")),
    }
}

/// Replaces a file by one that was written beside it, so that nobody ever finds half of it. A symbolic link
/// to the file stays a link.
pub fn replace(path: &Utf8Path, bytes: &[u8]) -> Result<()> {
    let linked = path.canonicalize_utf8();
    let path = linked.as_deref().unwrap_or(path);
    let mut builder = Builder::new();
    builder.prefix(".ara-");
    if let Some(permissions) = permissions_of(path) {
        builder.permissions(permissions);
    }
    let mut file = builder.tempfile_in(path.parent().unwrap_or(Utf8Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Makes a file look changed to cargo, which then compiles again what it is part of. Its content stays.
pub fn touch(path: &Utf8Path) -> Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_modified(SystemTime::now())?;
    Ok(())
}

/// Returns the permissions of a file, or those of a new one. Without them, only its owner could read the
/// file, as is usual for temporary files.
#[cfg(unix)]
fn permissions_of(path: &Utf8Path) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(path).map(|file| file.permissions());
    Some(permissions.unwrap_or_else(|_| Permissions::from_mode(0o666)))
}

#[cfg(not(unix))]
fn permissions_of(_: &Utf8Path) -> Option<Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let folder = Utf8Path::from_path(folder.path()).context("a path in UTF-8")?;
        let path = folder.join("a");
        assert_eq!(read_if_there(&path)?, None);
        for text in ["one", "another"] {
            replace(&path, text.as_bytes())?;
            assert_eq!(read_if_there(&path)?.as_deref(), Some(text));
            assert_eq!(fs::read_dir(folder)?.count(), 1);
        }
        assert!(read_if_there(folder).is_err());
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it() -> Result<()> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir()?;
        let folder = Utf8Path::from_path(folder.path()).context("a path in UTF-8")?;
        let (path, plain) = (folder.join("a"), folder.join("b"));
        fs::write(&plain, "")?;
        replace(&path, b"one")?;
        let mode = |path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode());
        assert_eq!(mode(&path)?, mode(&plain)?);
        fs::set_permissions(&path, Permissions::from_mode(0o640))?;
        replace(&path, b"two")?;
        assert_eq!(mode(&path)? & 0o777, 0o640);
        Ok(())
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_to_it_still() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let folder = Utf8Path::from_path(folder.path()).context("a path in UTF-8")?;
        fs::create_dir(folder.join("elsewhere"))?;
        let (path, link) = (folder.join("elsewhere/a"), folder.join("b"));
        fs::write(&path, "one")?;
        std::os::unix::fs::symlink("elsewhere/a", &link)?;
        replace(&link, b"two")?;
        assert_eq!(fs::read_to_string(&path)?, "two");
        assert!(link.is_symlink());
        Ok(())
    }
}
