//! Where the keys of a device are kept.

pub(crate) mod device_keys;
pub(crate) mod file;
#[cfg(feature = "keyring")]
pub(crate) mod keychain;
pub(crate) mod memory;

use std::fmt;

use ara_core::Result;
use zeroize::Zeroizing;

/// A place that keeps the secret keys by which a device is a member of a space.
///
/// By default they are in a file beside the database: see [`FileKeyStore`](file::FileKeyStore). An app that has a
/// better place implements this trait, and passes it to [`keys`](crate::SyncBuilder::keys). To the store, the keys
/// are bytes, at most 256 of them, which it gives back as they are. They are secret: who has them and the database's
/// relay can read all that is synced. They must not be in a backup that also holds the database.
///
/// ```
/// use std::sync::{Mutex, PoisonError};
///
/// use ara::sync::{KeptKeys, KeyStore};
///
/// /// A place that this app has for secrets.
/// #[derive(Debug, Default)]
/// struct Vault(Mutex<Option<Vec<u8>>>);
///
/// impl KeyStore for Vault {
///     fn load(&self) -> ara::Result<Option<KeptKeys>> {
///         let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///         Ok(kept.clone().map(KeptKeys::new))
///     }
///
///     fn save(&self, secret: &[u8]) -> ara::Result<()> {
///         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret.to_vec());
///         Ok(())
///     }
///
///     fn remove(&self) -> ara::Result<()> {
///         *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
///         Ok(())
///     }
/// }
/// # let vault = Vault::default();
/// # vault.save(b"secret")?;
/// # assert!(vault.load()?.is_some());
/// # vault.remove()?;
/// # assert!(vault.load()?.is_none());
/// # Ok::<(), ara::Error>(())
/// ```
pub trait KeyStore: fmt::Debug + Send + Sync {
    /// Returns what was saved last, or `None` if nothing is there.
    ///
    /// # Errors
    ///
    /// Returns an error if the place cannot be read. It must not be taken for an empty one: the device would
    /// lose its keys.
    fn load(&self) -> Result<Option<KeptKeys>>;

    /// Saves the keys, in the place of what was there. Once this returns, they survive a power failure; if it fails,
    /// those from before are still there.
    ///
    /// # Errors
    ///
    /// Returns an error if the place cannot be written.
    fn save(&self, secret: &[u8]) -> Result<()>;

    /// Removes the keys, if there are any.
    ///
    /// # Errors
    ///
    /// Returns an error if the place cannot be written.
    fn remove(&self) -> Result<()>;
}

/// What a [`KeyStore`] has kept. It is wiped from memory when dropped, and `Debug` does not show it.
pub struct KeptKeys {
    pub(crate) secret: Zeroizing<Vec<u8>>,
    pub(crate) is_copy: bool,
}

impl KeptKeys {
    /// Holds the bytes that were saved.
    #[must_use]
    pub fn new(secret: Vec<u8>) -> Self {
        Self { secret: Zeroizing::new(secret), is_copy: false }
    }

    /// Says that they were copied together with the database, so that another device may have them too. This one
    /// then makes keys of its own, and lets them in by the old ones.
    #[must_use]
    pub fn copied(mut self) -> Self {
        self.is_copy = true;
        self
    }
}

impl fmt::Debug for KeptKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptKeys").field("is_copy", &self.is_copy).finish_non_exhaustive()
    }
}
