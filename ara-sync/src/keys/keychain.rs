//! Keys in the keychain of the platform.

use std::fmt;

use ara_core::{Error, Result};
use keyring::Entry;

use crate::keys::{KeptKeys, KeyStore};

/// Keeps the keys of a device in the keychain of the platform: Keychain Services on macOS, the Credential Manager on
/// Windows, and the Secret Service elsewhere. With the feature `keyring`.
///
/// It does not notice that the database was copied: give the databases of one user different names.
///
/// ```no_run
/// use ara::prelude::*;
/// use ara::sync::Keychain;
///
/// # #[derive(Table)]
/// # struct Todo { id: Id<Todo>, title: Option<String> }
/// # ara::schema! { App: Todo }
/// let db = Database::open("todo.db")?;
/// let keys = Keychain::new("com.example.todo", "todo.db");
/// let session = db.sync::<App>("https://relay.example").keys(keys).start()?;
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Keychain {
    service: String,
    name: String,
}

impl Keychain {
    /// Keeps the keys under the id of an app, such as `com.example.todo`, and a name for the database.
    #[must_use]
    pub fn new(app: impl Into<String>, database: impl Into<String>) -> Self {
        Self { service: app.into(), name: database.into() }
    }

    fn entry(&self) -> Result<Entry> {
        if let Err(error) = Entry::store_status() {
            return Err(no_keychain(error));
        }
        Entry::new(&self.service, &self.name).map_err(|error| no_keychain(&error))
    }
}

impl KeyStore for Keychain {
    fn load(&self) -> Result<Option<KeptKeys>> {
        match self.entry()?.get_secret() {
            Ok(secret) => Ok(Some(KeptKeys::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(no_keychain(&error)),
        }
    }

    fn save(&self, secret: &[u8]) -> Result<()> {
        self.entry()?.set_secret(secret).map_err(|error| no_keychain(&error))
    }

    fn remove(&self) -> Result<()> {
        match self.entry()?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(no_keychain(&error)),
        }
    }
}

/// The names are the app's, and no secret.
impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, name } = self;
        f.debug_struct("Keychain").field("app", service).field("database", name).finish()
    }
}

/// Tells why there is no keychain, without what the error may hold of an entry.
fn no_keychain(error: &keyring::Error) -> Error {
    use keyring::Error as Keyring;
    let reason = match error {
        Keyring::PlatformFailure(error) | Keyring::NoStorageAccess(error) => error.to_string(),
        Keyring::TooLong(..) => "it takes no entry that long".to_owned(),
        Keyring::Ambiguous(_) => "several entries have this name".to_owned(),
        Keyring::NoDefaultStore => "the platform has none".to_owned(),
        Keyring::Invalid(what, reason) => format!("{what} {reason}"),
        _ => "its entry is damaged".to_owned(),
    };
    Error::KeysUnreadable {
        reason: format!(
            "the platform's keychain cannot be used ({reason}): unlock it, or keep the keys in a file by `FileKeyStore`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_there_is_no_keychain_is_told() {
        let failed = Box::<dyn std::error::Error + Send + Sync>::from("no bus");
        let error = no_keychain(&keyring::Error::NoStorageAccess(failed));
        let told = error.to_string();
        assert!(told.contains("no bus") && told.contains("FileKeyStore"), "{told}");
        let entry = keyring::Error::BadEncoding(b"secret".to_vec());
        assert!(!format!("{:?}", no_keychain(&entry)).contains("secret"));
    }
}
