//! What is kept with a database for as long as it is open.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::database::Database;

/// What the crate `ara-sync` attaches to a database in memory, which has no file beside which it could lie.
#[derive(Default)]
pub(crate) struct Attached(Mutex<Option<Arc<dyn Any + Send + Sync>>>);

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attached")
    }
}

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Database {
    /// Returns what is attached to the database, which all of its handles share for as long as one of them is there.
    /// It is made by the first call.
    pub fn sync_attached<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let mut attached = self.0.attached.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Ok(found)) = attached.clone().map(Arc::downcast) {
            return found;
        }
        let made = Arc::new(make());
        *attached = Some(Arc::<T>::clone(&made));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Result;

    #[test]
    fn the_handles_of_a_database_share_what_is_attached() -> Result<()> {
        let db = Database::memory()?;
        let first = db.sync_attached(|| 7);
        assert!(Arc::ptr_eq(&first, &db.clone().sync_attached(|| 8)));
        assert_eq!(*Database::memory()?.sync_attached(|| 9), 9);
        Ok(())
    }
}
