//! One round of sync after the other.

mod device;
mod recovery;
mod settings;

use std::sync::Arc;

use ara_core::Database;
use ara_protocol::access::Members;
use ara_protocol::keys::{MemberKey, PublicKeys, SecretKeys};
use ara_protocol::{RecordHash, SpaceId};

pub(crate) use device::Device;
pub(crate) use recovery::Recovery;
pub(crate) use settings::{Connect, Settings};

use crate::fault::{Fault, Result};
use crate::state::Alarm;

/// What keeps a database equal to those of the other devices.
pub(crate) struct Engine {
    database: Database,
    keys: Arc<SecretKeys>,
    members: Members,
}

/// What a round did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How many changes arrived.
    pub(crate) received: u64,
    /// How many segments the relay took.
    pub(crate) sent: u64,
    /// Whether members or what devices say of themselves changed.
    pub(crate) devices_changed: bool,
    /// Whether the alarms changed.
    pub(crate) alarms_changed: bool,
    /// Whether nothing is left to send or to read.
    pub(crate) is_complete: bool,
}

/// How far a round has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Up to which number of the relay's log this device has read.
    pub(crate) read: u64,
    /// The end of the relay's log.
    pub(crate) end: u64,
}

/// What lets a device join: what the pairing told it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invitation {
    /// The space.
    pub(crate) space: SpaceId,
    /// A record that the access log must contain.
    pub(crate) access: RecordHash,
    /// The member that let this device in.
    pub(crate) by: MemberKey,
}

/// What the removal of a member should take with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemovalPlan {
    /// The member.
    pub(crate) member: MemberKey,
    /// Whom it let in, and whom they let in.
    pub(crate) let_in: Vec<MemberKey>,
}

const NOT_YET: Fault = Fault::NotNow("sync is not built yet");

impl Engine {
    /// Opens sync of a file. Returns `None` if the file is in no space. If the space has not moved, `url` is where its
    /// relay is.
    pub(crate) fn open(
        _database: &Database,
        _keys: Arc<SecretKeys>,
        _url: &str,
        _connect: Connect,
        _settings: Settings,
    ) -> Result<Option<Self>> {
        Err(NOT_YET)
    }

    /// Founds a space with this file. This works without a relay: the first round brings it there.
    pub(crate) fn found(
        _database: &Database,
        _keys: Arc<SecretKeys>,
        _url: &str,
        _connect: Connect,
        _settings: Settings,
    ) -> Result<Self> {
        Err(NOT_YET)
    }

    /// Joins a space, of which another device has made this one a member.
    pub(crate) fn join(
        _database: &Database,
        _keys: Arc<SecretKeys>,
        _url: &str,
        _connect: Connect,
        _settings: Settings,
        _invitation: Invitation,
    ) -> Result<Self> {
        Err(NOT_YET)
    }

    /// Sends and reads until nothing is left, or `is_stopped` says so, which is asked between requests.
    pub(crate) fn round(
        &mut self,
        _is_stopped: &dyn Fn() -> bool,
        _on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome> {
        Err(NOT_YET)
    }

    /// Returns the members.
    pub(crate) const fn members(&self) -> &Members {
        &self.members
    }

    /// Returns the keys of this device.
    pub(crate) const fn keys(&self) -> &Arc<SecretKeys> {
        &self.keys
    }

    /// Returns the devices.
    pub(crate) fn devices(&self) -> Result<Vec<Device>> {
        Err(NOT_YET)
    }

    /// Makes a device a member.
    pub(crate) fn add(&mut self, _device: &PublicKeys) -> Result<()> {
        Err(NOT_YET)
    }

    /// Returns whom the removal of a member should take with it.
    pub(crate) fn removal_plan(&self, member: MemberKey) -> RemovalPlan {
        RemovalPlan { member, let_in: self.members.let_in_by(member) }
    }

    /// Removes members.
    pub(crate) fn remove(&mut self, _out: &[MemberKey]) -> Result<()> {
        Err(NOT_YET)
    }

    /// Begins a new epoch.
    pub(crate) fn rotate(&mut self) -> Result<()> {
        Err(NOT_YET)
    }

    /// Sets the recovery words.
    pub(crate) fn set_recovery(&mut self, _recovery: &SecretKeys) -> Result<()> {
        Err(NOT_YET)
    }

    /// Moves the space to another relay.
    pub(crate) fn move_to(&mut self, _url: &str) -> Result<()> {
        Err(NOT_YET)
    }

    /// Deletes the space at the relay, for ever. Sync stops.
    pub(crate) fn delete_at_relay(&mut self) -> Result<()> {
        Err(NOT_YET)
    }

    /// Leaves the space, and forgets that the file was in it.
    pub(crate) fn leave(self) -> Result<()> {
        Err(NOT_YET)
    }

    /// Founds a space that succeeds this one, with new keys.
    pub(crate) fn start_over(self, _keys: Arc<SecretKeys>) -> Result<Self> {
        Err(NOT_YET)
    }

    /// Gives this device new keys, as its old ones were copied: the old pair makes the new one a member.
    pub(crate) fn replace_own_keys(&mut self, _keys: Arc<SecretKeys>) -> Result<()> {
        Err(NOT_YET)
    }

    /// Returns about how many bytes are to be sent.
    pub(crate) fn bytes_to_send(&self) -> Result<u64> {
        Err(NOT_YET)
    }

    /// Returns the alarms.
    pub(crate) fn alarms(&self) -> Result<Vec<Alarm>> {
        Err(NOT_YET)
    }

    /// Takes an alarm away.
    pub(crate) fn dismiss(&mut self, _alarm: &Alarm) -> Result<()> {
        Err(NOT_YET)
    }

    /// Returns the database.
    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }
}
