//! What is in the boxes.

use crate::bytes::{Reader, hash, put_text};
use crate::error::{Error, Result};
use crate::ids::{MailboxId, RecordHash, SpaceId};
use crate::keys::{MemberKey, PublicKeys, Signature};
use crate::pairing::LONGEST_NAME;
use crate::pairing::envelope::Kind;

/// What the member answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) member: MemberKey,
    pub(super) nonce: [u8; 32],
}

impl Answer {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        [*self.member.as_bytes(), self.nonce].concat()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, Kind::Answer.what());
        let answer = Self { member: MemberKey::read(&mut reader)?, nonce: reader.array()? };
        reader.end()?;
        Ok(answer)
    }
}

/// What the joining device commits to, and then reveals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reveal {
    pub(super) device: PublicKeys,
    pub(super) nonce: [u8; 32],
    pub(super) name: String,
}

impl Reveal {
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = self.device.to_bytes().to_vec();
        bytes.extend(self.nonce);
        put_text(&mut bytes, &self.name, LONGEST_NAME, "device's name")?;
        Ok(bytes)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, Kind::Reveal.what());
        let device = PublicKeys::read(&mut reader)?;
        let nonce = reader.array()?;
        let name = reader.text()?.to_owned();
        reader.end()?;
        if name.len() > LONGEST_NAME.into() {
            return Err(Error::TooLarge { what: "device's name" });
        }
        Ok(Self { device, nonce, name })
    }

    pub(super) fn commitment(&self, mailbox: MailboxId) -> Result<[u8; 32]> {
        Ok(hash(b"ara-sync 1 commits\0", &[mailbox.as_bytes(), &self.to_bytes()?]))
    }

    /// Returns the hash of all that both sides said.
    pub(super) fn transcript(&self, mailbox: MailboxId, answer: Answer) -> Result<[u8; 32]> {
        let commitment = self.commitment(mailbox)?;
        let (answered, revealed) = (answer.to_bytes(), self.to_bytes()?);
        let said = [&mailbox.as_bytes()[..], &commitment, &answered, &revealed];
        Ok(hash(b"ara-sync 1 transcript\0", &said))
    }
}

/// The result, without its signature: a space and the head of its access log, or that the device was
/// refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict(pub(super) Option<(SpaceId, RecordHash)>);

impl Verdict {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        match self.0 {
            Some((space, head)) => [&[1][..], space.as_bytes(), head.as_bytes()].concat(),
            None => vec![0],
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Result<(Self, Signature)> {
        let mut reader = Reader::new(bytes, Kind::Result.what());
        let verdict = if reader.flag()? {
            let space = SpaceId::from_bytes(reader.array()?);
            Some((space, RecordHash::from_bytes(reader.array()?)))
        } else {
            None
        };
        let signature = Signature::from_bytes(reader.array()?);
        reader.end()?;
        Ok((Self(verdict), signature))
    }

    /// Returns what the member signs.
    pub(super) fn signed(self, transcript: &[u8; 32]) -> Vec<u8> {
        [&transcript[..], &self.to_bytes()].concat()
    }
}
