//! What the user should hear of.

use std::fmt;

use ara_core::Uuid;

use crate::state::who::Who;

/// Something that the status tells until it is dismissed, or is over. `Display` tells it to a user in a sentence, without
/// a full stop.
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
        /// The device that sent them, if it is known, with the version of its app.
        by: Option<Who>,
    },
    /// Something at the relay was made by a newer version of ara.
    UpdateNeeded,
    /// A device became a member.
    DeviceAdded {
        /// The device.
        device: Who,
        /// Who let it in. The recovery words let in a device that comes back by them.
        by: Who,
    },
    /// A member is out.
    DeviceRemoved {
        /// Who is out.
        device: Who,
        /// Who did it. If it is the device itself, it has left.
        by: Who,
    },
    /// There are new recovery words.
    RecoveryWordsSet {
        /// Who made them.
        by: Who,
    },
    /// The space has moved to another relay.
    Moved {
        /// Its URL.
        relay: String,
    },
    /// The space was deleted at the relay. Sync has stopped.
    DeletedAtRelay {
        /// Who did it.
        by: Who,
    },
    /// This device is no member any more. Sync has stopped.
    Removed,
    /// There is no room for what is to be sent. A transaction goes there as a whole, so a large one can lack room where
    /// there is some left.
    Full {
        /// How many bytes the space uses at the relay.
        used: u64,
        /// How many it may use.
        limit: u64,
        /// About how many bytes are to be sent.
        needed: u64,
    },
    /// The disk of the relay is full, so that it takes nothing. What others have sent is read all the same.
    RelayDiskFull,
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

impl Alarm {
    /// Returns all that it names.
    pub(crate) fn named(&mut self) -> Vec<&mut Who> {
        match self {
            Self::DeviceAdded { device, by } | Self::DeviceRemoved { device, by } => {
                vec![device, by]
            }
            Self::RecoveryWordsSet { by } | Self::DeletedAtRelay { by } => vec![by],
            Self::Held { by: Some(by), .. } => vec![by],
            _ => vec![],
        }
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RelayWentBack => f.write_str(
                "the relay was put back or wiped: what it lost is being sent to it again",
            ),
            Self::Withheld => f.write_str(
                "another device has seen more than the relay shows here: if this stays, the relay is faulty or hides something",
            ),
            Self::AccessForked => f.write_str(
                "the relay shows two histories of who belongs to the space, so sync has stopped: start over",
            ),
            Self::Incomplete { node } => {
                write!(f, "the relay lacks some changes ({node}): a device that has them sends them again")
            }
            Self::NotOpened { node } => {
                write!(f, "some changes cannot be opened ({node}); all others are taken")
            }
            Self::Refused { node, reason } => {
                write!(f, "some changes cannot be taken ({node}, {reason}); all others are")
            }
            Self::Held { by: Some(by), .. } if !by.app_version.is_empty() => write!(
                f,
                "changes of {by}, which has version {} of this app, wait here: update the app",
                by.app_version
            ),
            Self::Held { by: Some(by), .. } => {
                write!(f, "changes of {by}, which has a newer version of this app, wait here: update the app")
            }
            Self::Held { by: None, .. } => {
                f.write_str("changes of a newer version of this app wait here: update the app")
            }
            Self::UpdateNeeded => f.write_str(
                "another device has a newer version that this one cannot follow: update the app",
            ),
            Self::DeviceAdded { device, by } => write!(f, "{device} was let in by {by}"),
            Self::DeviceRemoved { device, by } if device == by => write!(f, "{device} has left"),
            Self::DeviceRemoved { device, by } if device.is_recovery_words => {
                write!(f, "the recovery words were put out of use by {by}")
            }
            Self::DeviceRemoved { device, by } => write!(f, "{device} was removed by {by}"),
            Self::RecoveryWordsSet { by } => write!(f, "new recovery words were made by {by}"),
            Self::Moved { relay } => write!(f, "the space has moved to the relay {relay}"),
            Self::DeletedAtRelay { by } => write!(
                f,
                "the space was deleted at the relay by {by}, so sync has stopped; what is here stays"
            ),
            Self::Removed => f.write_str(
                "this device was removed from the space, so sync has stopped; what is here stays",
            ),
            Self::Full { used, limit, needed } => write!(
                f,
                "the relay has no room for the {needed} bytes that are to be sent: the space uses {used} bytes of {limit}"
            ),
            Self::RelayDiskFull => f.write_str(
                "the disk of the relay is full, so that it takes nothing: tell whoever runs it; what waits here is sent once it has room",
            ),
            Self::NotSent { reason, .. } => {
                write!(f, "some of what was written here cannot be sent: {reason}")
            }
            Self::KeysReplaced => f.write_str(
                "this file was copied together with its keys, so this copy takes part as a device of its own",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use ara_protocol::keys::SecretKeys;

    fn who(seed: u64, name: &str) -> Who {
        let key = SecretKeys::generate(&mut Random::seeded(seed)).public().member();
        Who { name: name.to_owned(), ..Who::from(key) }
    }

    #[test]
    fn an_alarm_is_a_sentence_with_names() {
        let (phone, laptop) = (who(1, "Ph\u{1b}one\n"), who(2, "Laptop"));
        let told = |alarm: Alarm| alarm.to_string();
        let (device, by) = (phone.clone(), laptop.clone());
        assert_eq!(told(Alarm::DeviceRemoved { device, by }), "Phone was removed by Laptop");
        let (device, by) = (phone.clone(), phone.clone());
        assert_eq!(told(Alarm::DeviceRemoved { device, by }), "Phone has left");
        let words = Who { is_recovery_words: true, ..who(3, "") };
        let (device, by) = (who(4, ""), words);
        let added = told(Alarm::DeviceAdded { device, by });
        assert_eq!(
            added,
            "a device that has not told its name was let in by whoever has the recovery words"
        );
        let by = Some(Who { app_version: "2.1".to_owned(), ..laptop });
        let held = told(Alarm::Held { node: Uuid::from_bytes([7; 16]), by });
        assert!(held.starts_with("changes of Laptop, which has version 2.1 of this app"), "{held}");
        let by = Who { is_this: true, ..phone };
        let made = told(Alarm::RecoveryWordsSet { by });
        assert_eq!(made, "new recovery words were made by this device");
    }
}
