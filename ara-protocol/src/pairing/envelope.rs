//! A box in the mailbox.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::bytes::Reader;
use crate::error::{Error, Result};
use crate::pairing::{LONGEST_BOX, Mailbox};
use crate::seal::{open, seal};

const VERSION: u8 = 1;

/// Which of the four boxes it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commitment = 32,
    Answer = 33,
    Reveal = 34,
    Result = 35,
}

impl Kind {
    /// Returns what errors call it.
    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Commitment => "pairing's commitment",
            Self::Answer => "pairing's answer",
            Self::Reveal => "pairing's reveal",
            Self::Result => "pairing's result",
        }
    }

    pub(super) fn seal(
        self,
        mailbox: &Mailbox,
        bytes: &[u8],
        random: &mut impl CryptoRng,
    ) -> Result<Vec<u8>> {
        let sealed = seal(mailbox.talk(), &self.bound(mailbox), bytes, self.what(), random)?;
        Ok([&[VERSION, self as u8][..], &sealed].concat())
    }

    pub(super) fn open(self, mailbox: &Mailbox, envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        if envelope.len() > LONGEST_BOX {
            return Err(Error::TooLarge { what: self.what() });
        }
        let mut reader = Reader::new(envelope, self.what());
        reader.begin(VERSION, self as u8)?;
        let sealed = reader.slice(reader.left())?;
        open(mailbox.talk(), &self.bound(mailbox), sealed, self.what())
    }

    fn bound(self, mailbox: &Mailbox) -> Vec<u8> {
        [&[VERSION, self as u8][..], mailbox.id().as_bytes()].concat()
    }
}
