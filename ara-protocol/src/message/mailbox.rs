//! The boxes of a pairing.
//!
//! A member opens a mailbox; then both sides put boxes into it and get them, by requests that the
//! [keys of the mailbox](crate::pairing::Mailbox::signer) sign, as the joining device is no member yet. So the
//! *space* of those requests, and of their challenges, is the id of the mailbox.
//!
//! # Layout
//!
//! | content | fields |
//! |---|---|
//! | to open | space (16); 1 (1); mailbox (16); the Ed25519 key of its signer (32) |
//! | to put | mailbox (16); 2 (1); the index of the box, 0 to 3 (1); the box (blob) |
//! | to get | mailbox (16); 3 (1); the index of the box, 0 to 3 (1); how many seconds to wait for it, at most 30 (1) |
//!
//! The answer to the last is the box, or nothing if it is not there; to the others, nothing.

use crate::bytes::{Reader, put_blob};
use crate::error::Result;
use crate::ids::{MailboxId, SpaceId};
use crate::keys::MemberKey;

const WHAT: &str = "mailbox message";

/// How many boxes a mailbox has.
pub const BOXES: u8 = 4;

/// How long a relay waits for a box at most, in seconds.
pub const LONGEST_WAIT: u8 = 30;

/// A step of a pairing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailboxRequest {
    /// Opens a mailbox, as a member of a space.
    Open {
        /// The space.
        space: SpaceId,
        /// The mailbox.
        mailbox: MailboxId,
        /// Who signs the other requests.
        signer: MemberKey,
    },
    /// Puts a box into it. Each is put once: the same again is taken, and another one refused.
    Put {
        /// The mailbox.
        mailbox: MailboxId,
        /// The index of the box.
        index: u8,
        /// The box.
        sealed: Vec<u8>,
    },
    /// Gets a box.
    Get {
        /// The mailbox.
        mailbox: MailboxId,
        /// The index of the box.
        index: u8,
        /// How many seconds to wait for it.
        wait: u8,
    },
}

impl MailboxRequest {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if the box has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes;
        match self {
            Self::Open { space, mailbox, signer } => {
                bytes = space.as_bytes().to_vec();
                bytes.push(1);
                bytes.extend(mailbox.as_bytes());
                bytes.extend(signer.as_bytes());
            }
            Self::Put { mailbox, index, sealed } => {
                bytes = mailbox.as_bytes().to_vec();
                bytes.extend([2, *index]);
                put_blob(&mut bytes, sealed, WHAT)?;
            }
            Self::Get { mailbox, index, wait } => {
                bytes = mailbox.as_bytes().to_vec();
                bytes.extend([3, *index, *wait]);
            }
        }
        Ok(bytes)
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) or [`Error::WeakKey`](crate::Error::WeakKey) if the
    /// bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let first = reader.array()?;
        let mailbox = MailboxId::from_bytes(first);
        let index = |reader: &mut Reader<'_>| {
            let index = reader.u8()?;
            if index < BOXES { Ok(index) } else { Err(reader.malformed()) }
        };
        let request = match reader.u8()? {
            1 => Self::Open {
                space: SpaceId::from_bytes(first),
                mailbox: MailboxId::from_bytes(reader.array()?),
                signer: MemberKey::read(&mut reader)?,
            },
            2 => Self::Put { mailbox, index: index(&mut reader)?, sealed: reader.blob()?.to_vec() },
            3 => {
                let index = index(&mut reader)?;
                Self::Get { mailbox, index, wait: reader.u8()?.min(LONGEST_WAIT) }
            }
            _ => return Err(reader.malformed()),
        };
        reader.end()?;
        Ok(request)
    }
}
