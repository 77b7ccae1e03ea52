//! Who did something, or to whom it was done.

use std::fmt;

use ara_protocol::keys::MemberKey;

/// Who did something, or to whom it was done: a device of the space, one that was, or the recovery words. `Display` tells
/// it to a user by name.
///
/// Two are equal if they have the same id: what is known of a device may become more.
#[derive(Debug, Clone, Eq)]
#[non_exhaustive]
pub struct Who {
    /// The id. Of a device that is still in the space, the [devices](crate::Status::devices) tell more.
    pub id: MemberKey,
    /// The name of the device as last heard, also of one that is out. It is empty if none was heard.
    pub name: String,
    /// The version of its app, as last heard. It is empty if the device is out, or none was heard.
    pub app_version: String,
    /// Whether it is this device.
    pub is_this: bool,
    /// Whether these are the recovery words: somebody who has them did it.
    pub is_recovery_words: bool,
}

impl PartialEq for Who {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl PartialEq<MemberKey> for Who {
    fn eq(&self, other: &MemberKey) -> bool {
        self.id == *other
    }
}

/// Of whom nothing but the id is known.
impl From<MemberKey> for Who {
    fn from(id: MemberKey) -> Self {
        let (name, app_version) = (String::new(), String::new());
        Self { id, name, app_version, is_this: false, is_recovery_words: false }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A device chooses its name itself, and must not move the cursor of a terminal.
        let name: String = self.name.chars().filter(|letter| !letter.is_control()).collect();
        match name.trim() {
            _ if self.is_this => f.write_str("this device"),
            _ if self.is_recovery_words => f.write_str("whoever has the recovery words"),
            "" => f.write_str("a device that has not told its name"),
            name => f.write_str(name),
        }
    }
}
