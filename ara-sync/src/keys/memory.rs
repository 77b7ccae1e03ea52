//! Keys that are kept in memory.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use ara_core::Result;
use zeroize::Zeroizing;

use crate::keys::{KeptKeys, KeyStore};

/// Keeps the keys of a database in memory as long as the database itself. For a database in a file it is of no use
/// but in tests: once the process ends, the device is no member any more.
#[derive(Default)]
pub struct MemoryKeyStore(Mutex<Option<Zeroizing<Vec<u8>>>>);

impl KeyStore for MemoryKeyStore {
    fn load(&self) -> Result<Option<KeptKeys>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.as_ref().map(|secret| KeptKeys::new(secret.to_vec())))
    }

    fn save(&self, secret: &[u8]) -> Result<()> {
        let kept = Zeroizing::new(secret.to_vec());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(())
    }

    fn remove(&self) -> Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

impl fmt::Debug for MemoryKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryKeyStore")
    }
}
