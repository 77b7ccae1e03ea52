//! A record of the access log: bytes, and what they say.

use crate::access::body::{Body, Change};
use crate::access::{LONGEST_RECORD, WHAT};
use crate::bytes::{Reader, hash};
use crate::error::{Error, Result};
use crate::ids::{EpochId, RecordHash, SpaceId};
use crate::keys::{Label, MemberKey, SecretKeys, Signature};

const VERSION: u8 = 1;
const ZERO_SPACE: SpaceId = SpaceId::from_bytes([0; 16]);
const ZERO_HASH: RecordHash = RecordHash::from_bytes([0; 32]);

/// A record of the access log, whose signature was checked. Whether its author may say what it says is
/// checked by [`Members`](crate::access::Members).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    bytes: Vec<u8>,
    hash: RecordHash,
    space: SpaceId,
    previous: Option<RecordHash>,
    pub(super) epoch: EpochId,
    author: MemberKey,
    pub(super) body: Body,
}

impl Record {
    /// Reads a record, and checks its signature.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if it has more than [`LONGEST_RECORD`] bytes, [`Error::UpdateNeeded`]
    /// if its version or kind is a newer one, [`Error::WrongSignature`] if its author did not sign it,
    /// and [`Error::Malformed`], [`Error::WeakKey`], [`Error::TooManyMembers`] or [`Error::RelayUrl`] if
    /// the bytes are not a record.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > LONGEST_RECORD {
            return Err(Error::TooLarge { what: WHAT });
        }
        let mut reader = Reader::new(bytes, WHAT);
        reader.version(VERSION)?;
        let kind = reader.u8()?;
        let named_space = SpaceId::from_bytes(reader.array()?);
        let named_previous = RecordHash::from_bytes(reader.array()?);
        let epoch = EpochId::from_bytes(reader.array()?);
        let author = MemberKey::read(&mut reader)?;
        let body = Body::read(kind, &mut reader)?;
        let signed = bytes.get(..bytes.len() - reader.left()).ok_or(reader.malformed())?;
        let signature = Signature::from_bytes(reader.array()?);
        reader.end()?;
        author.verify(Label::Record, signed, &signature)?;

        let hash = RecordHash::from_bytes(hash(&[], &[bytes]));
        let (space, previous) = if let Body::Genesis { .. } = body {
            if named_space != ZERO_SPACE || named_previous != ZERO_HASH {
                return Err(reader.malformed());
            }
            (space_of(hash), None)
        } else {
            (named_space, Some(named_previous))
        };
        Ok(Self { bytes: bytes.to_vec(), hash, space, previous, epoch, author, body })
    }

    /// Writes and signs a record. One that continues a chain names the space and the record before.
    pub(super) fn write(
        after: Option<(SpaceId, RecordHash)>,
        epoch: EpochId,
        author: &SecretKeys,
        body: &Body,
    ) -> Result<Self> {
        let (space, previous) = after.unwrap_or((ZERO_SPACE, ZERO_HASH));
        let mut bytes = vec![VERSION, body.kind()];
        bytes.extend(space.as_bytes());
        bytes.extend(previous.as_bytes());
        bytes.extend(epoch.as_bytes());
        bytes.extend(author.public().member().as_bytes());
        body.write(&mut bytes)?;
        let signature = author.sign(Label::Record, &bytes);
        bytes.extend(signature.as_bytes());
        Self::read(&bytes)
    }

    /// Returns the bytes, which are what was signed and what is sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the SHA-256 of the bytes, by which the next record names this one.
    #[must_use]
    pub const fn hash(&self) -> RecordHash {
        self.hash
    }

    /// Returns the space that it is of. For a genesis, this is the space that it founds.
    #[must_use]
    pub const fn space(&self) -> SpaceId {
        self.space
    }

    /// Returns the hash of the record before, or `None` for a genesis.
    #[must_use]
    pub const fn previous(&self) -> Option<RecordHash> {
        self.previous
    }

    /// Returns the epoch from this record on.
    #[must_use]
    pub const fn epoch(&self) -> EpochId {
        self.epoch
    }

    /// Returns who signed it.
    #[must_use]
    pub const fn author(&self) -> MemberKey {
        self.author
    }

    /// Returns what it changes.
    #[must_use]
    pub fn change(&self) -> Change<'_> {
        self.body.change(self.author)
    }
}

/// The id of the space that a genesis founds.
fn space_of(genesis: RecordHash) -> SpaceId {
    let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *genesis.as_bytes();
    SpaceId::from_bytes(id)
}
