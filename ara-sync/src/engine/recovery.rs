//! Bringing everything back by the recovery words.

use std::sync::Arc;

use ara_core::Database;
use ara_protocol::SpaceId;
use ara_protocol::keys::{MemberKey, SecretKeys};

use crate::engine::{Connect, Device, Engine, Settings};
use crate::fault::{Fault, Result};

/// A space that recovery words were found to be of.
pub(crate) struct Recovery {
    space: SpaceId,
}

impl Recovery {
    /// Finds the spaces whose recovery words have these keys.
    pub(crate) fn find(
        _words: Arc<SecretKeys>,
        _url: &str,
        _connect: Connect,
        _settings: Settings,
    ) -> Result<Vec<Self>> {
        Err(Fault::NotNow("sync is not built yet"))
    }

    /// Returns the space.
    pub(crate) const fn space(&self) -> SpaceId {
        self.space
    }

    /// Returns the devices of the space.
    pub(crate) fn devices(&self) -> Result<Vec<Device>> {
        Err(Fault::NotNow("sync is not built yet"))
    }

    /// Makes this device a member. Once it has read all, those that were not confirmed are removed.
    pub(crate) fn finish(
        self,
        _database: &Database,
        _keys: Arc<SecretKeys>,
        _confirmed: &[MemberKey],
    ) -> Result<Engine> {
        Err(Fault::NotNow("sync is not built yet"))
    }
}
