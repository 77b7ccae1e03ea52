//! The key of an encrypted file: from a file, or from who sits before the terminal.

use std::path::Path;

use anyhow::Result;
use ara_core::{Database, Options};

use crate::args::Unlock;

/// Opens a file as it says itself: without a key, or with one if it is encrypted.
#[cfg(feature = "encryption")]
pub fn unlocked(
    unlock: &Unlock,
    path: &Path,
    open: impl Fn(Options) -> ara_core::Result<Database>,
) -> Result<Database> {
    match open(Options::default()) {
        Err(error @ ara_core::Error::Encrypted { .. }) => {
            let key = key::of(unlock, path).map_err(|reason| reason.context(error))?;
            Ok(open(Options::default().key(key))?)
        }
        opened => Ok(opened?),
    }
}

/// Opens a file. Without the feature `encryption`, there is no key.
#[cfg(not(feature = "encryption"))]
pub fn unlocked(
    _: &Unlock,
    _: &Path,
    open: impl Fn(Options) -> ara_core::Result<Database>,
) -> Result<Database> {
    open(Options::default()).map_err(|error| match error {
        ara_core::Error::Encrypted { .. } => {
            anyhow::anyhow!("{error}; install this command with it, by `--features encryption`")
        }
        error => error.into(),
    })
}

#[cfg(feature = "encryption")]
mod key {
    use std::fs;
    use std::path::Path;
    use std::sync::OnceLock;

    use anyhow::{Context, Result, anyhow};
    use ara_core::Key;
    use zeroize::Zeroizing;

    use crate::args::Unlock;

    /// Returns the key. What was typed is not asked for again, as a command opens its file several times.
    pub fn of(unlock: &Unlock, path: &Path) -> Result<Key> {
        static TYPED: OnceLock<Key> = OnceLock::new();
        if let Some(file) = &unlock.key_file {
            return passphrase_in(file);
        }
        if let Some(file) = &unlock.raw_key_file {
            return raw_in(file);
        }
        if let Some(key) = TYPED.get() {
            return Ok(key.clone());
        }
        let prompt = format!("Passphrase of {}: ", path.display());
        let typed = rpassword::prompt_password(prompt)
            .context("nobody is there to type it: pass --key-file or --raw-key-file")?;
        Ok(TYPED.get_or_init(|| Key::passphrase(typed)).clone())
    }

    fn passphrase_in(file: &Path) -> Result<Key> {
        let text = Zeroizing::new(read(file)?);
        let text = std::str::from_utf8(&text);
        let text = text.map_err(|_| anyhow!("{} is not text: {RAW}", file.display()))?;
        Ok(Key::passphrase(text.lines().next().unwrap_or_default()))
    }

    fn raw_in(file: &Path) -> Result<Key> {
        let bytes = Zeroizing::new(read(file)?);
        let key = <[u8; 32]>::try_from(&**bytes);
        let key = key.map_err(|_| anyhow!("{} has not 32 bytes: {PASSPHRASE}", file.display()))?;
        Ok(Key::raw(key))
    }

    fn read(file: &Path) -> Result<Vec<u8>> {
        fs::read(file).with_context(|| format!("{} cannot be read", file.display()))
    }

    const RAW: &str = "if it holds a raw key, pass --raw-key-file";
    const PASSPHRASE: &str = "if it holds a passphrase, pass --key-file";
}
