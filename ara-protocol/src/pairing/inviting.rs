//! The side of the member.

use rand_core::CryptoRng;

use crate::bytes::Reader;
use crate::error::{Error, Result};
use crate::ids::{RecordHash, SpaceId};
use crate::keys::{Label, MemberKey, PublicKeys, SecretKeys};
use crate::pairing::envelope::Kind;
use crate::pairing::message::{Answer, Reveal, Verdict};
use crate::pairing::{Mailbox, PairingCode, digits};

/// How often the user may mistype the digits.
const TRIES: u8 = 3;

/// An invitation: the code is shown, and the mailbox waits for a commitment.
#[derive(Debug)]
pub struct Invitation {
    code: PairingCode,
    mailbox: Mailbox,
}

impl Invitation {
    /// Begins with a new code, which serves for one pairing.
    #[must_use]
    pub fn new(code: PairingCode) -> Self {
        let mailbox = Mailbox::of(&code);
        Self { code, mailbox }
    }

    /// Returns the code, to be shown.
    #[must_use]
    pub const fn code(&self) -> &PairingCode {
        &self.code
    }

    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Reads the commitment, and returns the box with the answer. `member` is the key of this device.
    ///
    /// # Errors
    ///
    /// Returns [`Error::DoesNotOpen`], [`Error::Malformed`], [`Error::UpdateNeeded`] or
    /// [`Error::TooLarge`] if this is no commitment for this mailbox.
    pub fn answer(
        self,
        commitment: &[u8],
        member: MemberKey,
        random: &mut impl CryptoRng,
    ) -> Result<(Answered, Vec<u8>)> {
        let opened = Kind::Commitment.open(&self.mailbox, commitment)?;
        let mut reader = Reader::new(&opened, Kind::Commitment.what());
        let commitment = reader.array()?;
        reader.end()?;
        let mut nonce = [0; 32];
        random.fill_bytes(&mut nonce);
        let answer = Answer { member, nonce };
        let envelope = Kind::Answer.seal(&self.mailbox, &answer.to_bytes(), random)?;
        Ok((Answered { mailbox: self.mailbox, commitment, answer }, envelope))
    }
}

/// The member has answered, and waits for what the joining device committed to.
#[derive(Debug)]
pub struct Answered {
    mailbox: Mailbox,
    commitment: [u8; 32],
    answer: Answer,
}

impl Answered {
    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Reads what the joining device reveals.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotCommitted`] if it is not what was committed to: somebody is in the middle. Returns
    /// [`Error::DoesNotOpen`], [`Error::Malformed`], [`Error::UpdateNeeded`], [`Error::WeakKey`] or
    /// [`Error::TooLarge`] if this is no reveal for this mailbox.
    pub fn read_reveal(self, reveal: &[u8]) -> Result<JoinRequest> {
        let reveal = Reveal::read(&Kind::Reveal.open(&self.mailbox, reveal)?)?;
        if reveal.commitment(self.mailbox.id())? != self.commitment {
            return Err(Error::NotCommitted);
        }
        let transcript = reveal.transcript(self.mailbox.id(), self.answer)?;
        let Self { mailbox, answer, .. } = self;
        Ok(JoinRequest { mailbox, answer, reveal, transcript, tries: TRIES })
    }
}

/// A device wants to join, and shows digits.
#[derive(Debug)]
pub struct JoinRequest {
    mailbox: Mailbox,
    answer: Answer,
    reveal: Reveal,
    transcript: [u8; 32],
    tries: u8,
}

impl JoinRequest {
    /// Returns the mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &Mailbox {
        &self.mailbox
    }

    /// Returns the name of the device, which whoever saw the code may have chosen.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.reveal.name
    }

    /// Returns how often digits may still be typed.
    #[must_use]
    pub const fn tries_left(&self) -> u8 {
        self.tries
    }

    /// Takes the digits that the user read on the device and typed here.
    ///
    /// # Errors
    ///
    /// Returns [`Error::DigitsForm`] if they are not six digits, [`Error::WrongDigits`] if they are others,
    /// and [`Error::TooManyTries`] after three of those. If the digits were typed as shown and are wrong,
    /// somebody is in the middle.
    pub fn confirm(&mut self, typed: &str) -> Result<Accepted<'_>> {
        if self.tries == 0 {
            return Err(Error::TooManyTries);
        }
        let checked = digits::check(&self.transcript, typed);
        if checked == Err(Error::WrongDigits) {
            self.tries -= 1;
        }
        checked.map(|()| Accepted(self))
    }

    /// Returns the box that tells the device that it was refused.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotAMember`] if these are not the keys that the member answered with.
    pub fn refuse(&self, member: &SecretKeys, random: &mut impl CryptoRng) -> Result<Vec<u8>> {
        self.result(member, Verdict(None), random)
    }

    fn result(
        &self,
        member: &SecretKeys,
        verdict: Verdict,
        random: &mut impl CryptoRng,
    ) -> Result<Vec<u8>> {
        if member.public().member() != self.answer.member {
            return Err(Error::NotAMember);
        }
        let signature = member.sign(Label::Pairing, &verdict.signed(&self.transcript));
        let bytes = [&verdict.to_bytes()[..], signature.as_bytes()].concat();
        Kind::Result.seal(&self.mailbox, &bytes, random)
    }
}

/// The user typed the right digits: the device may be added.
#[derive(Debug)]
pub struct Accepted<'a>(&'a JoinRequest);

impl Accepted<'_> {
    /// Returns the keys of the device, which are to be added to the access log.
    #[must_use]
    pub const fn device(&self) -> &PublicKeys {
        &self.0.reveal.device
    }

    /// Returns the box that tells the device which space it joins. `access` is the head of the access
    /// log after the record that added it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotAMember`] if these are not the keys that the member answered with.
    pub fn result(
        &self,
        member: &SecretKeys,
        space: SpaceId,
        access: RecordHash,
        random: &mut impl CryptoRng,
    ) -> Result<Vec<u8>> {
        self.0.result(member, Verdict(Some((space, access))), random)
    }
}
