//! What the user should hear of.

use ara_core::Uuid;
use ara_protocol::keys::MemberKey;

/// Something that the status tells until it is dismissed, or is over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Alarm {
    /// The relay had less than it had before: it was put back, wiped or swapped, or some of it was damaged. What it lost
    /// is sent again.
    RelayWentBack,
    /// Another device has seen more at the relay than this one is shown.
    Withheld,
    /// The relay shows another access log than this device knows, or records that do not verify. Sync has stopped.
    AccessForked,
    /// The relay lacks changes of a node, or shows them in a wrong order.
    Incomplete {
        /// The node.
        node: Uuid,
    },
    /// Changes of a node could not be opened.
    NotOpened {
        /// The node.
        node: Uuid,
    },
    /// Changes of a node that arrived were refused.
    Refused {
        /// The node.
        node: Uuid,
        /// Why.
        reason: String,
    },
    /// Changes of a node were written under a newer schema than this app's, and wait for an update.
    Held {
        /// The node.
        node: Uuid,
    },
    /// Something at the relay was made by a newer version of ara.
    UpdateNeeded,
    /// A device became a member.
    DeviceAdded {
        /// The device.
        device: MemberKey,
        /// Who let it in.
        by: MemberKey,
    },
    /// A member is out.
    DeviceRemoved {
        /// Who is out.
        device: MemberKey,
        /// Who did it.
        by: MemberKey,
    },
    /// There are new recovery words.
    RecoveryWordsSet {
        /// Who made them.
        by: MemberKey,
    },
    /// The space has moved to another relay.
    Moved {
        /// Its URL.
        relay: String,
    },
    /// The space was deleted at the relay. Sync has stopped.
    DeletedAtRelay {
        /// Who did it.
        by: MemberKey,
    },
    /// This device is no member any more. Sync has stopped.
    Removed,
    /// There is no room for more in this space at the relay.
    Full {
        /// How many bytes it has.
        used: u64,
        /// How many it may have.
        limit: u64,
    },
    /// Changes of a node cannot be sent, as they are too much at once or the relay refuses them. Those of other nodes are
    /// sent and read all the same.
    NotSent {
        /// The node.
        node: Uuid,
        /// Why, and what to do.
        reason: String,
    },
    /// The keys of this device were found copied, and it has new ones.
    KeysReplaced,
}
