//! What both sides derive from the code.

use std::fmt;

use zeroize::Zeroizing;

use crate::ids::MailboxId;
use crate::keys::SecretKeys;
use crate::pairing::PairingCode;
use crate::seal::derive;

/// The mailbox of a code: its id, and the keys that go with it. Who does not know the code cannot find,
/// read or fill it; the relay, which stores it, cannot read it.
pub struct Mailbox {
    id: MailboxId,
    talk: Zeroizing<[u8; 32]>,
    signer: SecretKeys,
}

impl Mailbox {
    pub(super) fn of(code: &PairingCode) -> Self {
        let id = derive(code.bits(), b"ara-sync 1 mailbox id");
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *id;
        let mut keys = Zeroizing::new([0; 64]);
        let (signing, agreement) = keys.split_at_mut(32);
        signing.copy_from_slice(derive(code.bits(), b"ara-sync 1 mailbox signs").as_ref());
        agreement.copy_from_slice(derive(code.bits(), b"ara-sync 1 mailbox is unused").as_ref());
        Self {
            id: MailboxId::from_bytes(id),
            talk: derive(code.bits(), b"ara-sync 1 mailbox talks"),
            signer: SecretKeys::from_bytes(&keys),
        }
    }

    /// Returns the id by which the relay keeps the mailbox.
    #[must_use]
    pub const fn id(&self) -> MailboxId {
        self.id
    }

    /// Returns the keys that sign [requests](crate::request::Request) for the mailbox, since the joining
    /// device is no member yet. Who opens the mailbox tells the relay their public half.
    #[must_use]
    pub const fn signer(&self) -> &SecretKeys {
        &self.signer
    }

    /// Returns the key under which both sides talk.
    pub(super) fn talk(&self) -> &[u8; 32] {
        &self.talk
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailbox")
    }
}
