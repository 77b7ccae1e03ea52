//! The side of the joining device.

use rand_core::CryptoRng;

use crate::error::{Error, Result};
use crate::ids::{RecordHash, SpaceId};
use crate::keys::{Label, MemberKey, PublicKeys};
use crate::pairing::envelope::Kind;
use crate::pairing::message::{Answer, Reveal, Verdict};
use crate::pairing::{Mailbox, PairingCode, digits};

/// The device has committed to its keys, and waits for the answer.
#[derive(Debug)]
pub struct Joining {
    mailbox: Mailbox,
    reveal: Reveal,
}

impl Joining {
    /// Begins with the code that the user typed or scanned. Returns the box with the commitment too.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if the name has more than 256 bytes.
    pub fn begin(
        code: &PairingCode,
        device: PublicKeys,
        name: &str,
        random: &mut impl CryptoRng,
    ) -> Result<(Self, Vec<u8>)> {
        let mailbox = Mailbox::of(code);
        let mut nonce = [0; 32];
        random.fill_bytes(&mut nonce);
        let reveal = Reveal { device, nonce, name: name.to_owned() };
        let commitment = reveal.commitment(mailbox.id())?;
        let envelope = Kind::Commitment.seal(&mailbox, &commitment, random)?;
        Ok((Self { mailbox, reveal }, envelope))
    }

    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Reads the answer, and returns the box that reveals what the device committed to.
    ///
    /// # Errors
    ///
    /// Returns [`Error::DoesNotOpen`], [`Error::Malformed`], [`Error::UpdateNeeded`], [`Error::WeakKey`] or
    /// [`Error::TooLarge`] if this is no answer for this mailbox.
    pub fn reveal(self, answer: &[u8], random: &mut impl CryptoRng) -> Result<(Revealed, Vec<u8>)> {
        let answer = Answer::read(&Kind::Answer.open(&self.mailbox, answer)?)?;
        let transcript = self.reveal.transcript(self.mailbox.id(), answer)?;
        let envelope = Kind::Reveal.seal(&self.mailbox, &self.reveal.to_bytes()?, random)?;
        let member = answer.member;
        Ok((Revealed { mailbox: self.mailbox, member, transcript }, envelope))
    }
}

/// The device has revealed its keys, and shows the digits.
#[derive(Debug)]
pub struct Revealed {
    mailbox: Mailbox,
    member: MemberKey,
    transcript: [u8; 32],
}

impl Revealed {
    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Returns the six digits, such as `482 113`, which the user types at the member.
    #[must_use]
    pub fn digits(&self) -> String {
        digits::digits(&self.transcript)
    }

    /// Goes on after the user confirmed here that the member took the digits. Who saw the code could play
    /// the member, and would take whatever is typed.
    #[must_use]
    pub fn confirmed_by_user(self) -> Waiting {
        Waiting(self)
    }
}

/// The user confirmed that the member took the digits. The result may be read.
#[derive(Debug)]
pub struct Waiting(Revealed);

/// Which space the device joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The space.
    pub space: SpaceId,
    /// A record of its access log, after which the device is a member.
    pub access: RecordHash,
    /// Who let it in. It must be a member there too.
    pub member: MemberKey,
}

impl Waiting {
    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.0.mailbox
    }

    /// Reads the result.
    ///
    /// # Errors
    ///
    /// Returns [`Error::PairingRefused`] if the member refused the device, [`Error::WrongSignature`] if the
    /// result is not by whom the digits were compared with, and [`Error::DoesNotOpen`],
    /// [`Error::Malformed`], [`Error::UpdateNeeded`] or [`Error::TooLarge`] if this is no result for this
    /// mailbox.
    pub fn read_result(self, result: &[u8]) -> Result<Outcome> {
        let Revealed { mailbox, member, transcript } = self.0;
        let (verdict, signature) = Verdict::read(&Kind::Result.open(&mailbox, result)?)?;
        member.verify(Label::Pairing, &verdict.signed(&transcript), &signature)?;
        let (space, access) = verdict.0.ok_or(Error::PairingRefused)?;
        Ok(Outcome { space, access, member })
    }
}

#[cfg(test)]
impl Revealed {
    /// Returns what whoever saw the code can compute too.
    pub(super) const fn transcript_for_test(&self) -> [u8; 32] {
        self.transcript
    }
}
