//! A sealed slot.

use rand_core::CryptoRng;

use crate::bytes::Reader;
use crate::epoch::{EpochKey, Purpose};
use crate::error::{Error, Result};
use crate::ids::{EpochId, SpaceId};
use crate::keys::{Label, MemberKey, SecretKeys, Signature};
use crate::seal::{OVERHEAD, open, seal};
use crate::slot::{LONGEST_SLOT, SlotContent, WHAT};

const VERSION: u8 = 1;
const KIND: u8 = 17;
const HEADER: usize = 1 + 1 + 16 + 16 + 32 + 8;
const SIGNATURE: usize = 64;

/// A sealed slot, whose signature was checked, now or before it was kept. Whether its author is a member is for the
/// caller to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    bytes: Vec<u8>,
    space: SpaceId,
    epoch: EpochId,
    author: MemberKey,
    number: u64,
}

impl Slot {
    /// Seals and signs a slot. Its number must be above that of the slot that it takes the place of, so
    /// that a relay which gives out an old one is noticed.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if it would have more than [`LONGEST_SLOT`] bytes, or a text in it more
    /// than 256.
    pub fn seal(
        content: &SlotContent,
        space: SpaceId,
        number: u64,
        author: &SecretKeys,
        key: &EpochKey,
        random: &mut impl CryptoRng,
    ) -> Result<Self> {
        let mut bytes = vec![VERSION, KIND];
        bytes.extend(space.as_bytes());
        bytes.extend(key.id().as_bytes());
        bytes.extend(author.public().member().as_bytes());
        bytes.extend(number.to_be_bytes());
        let sealed = seal(&key.derived(Purpose::Slot), &bytes, &content.pack()?, WHAT, random)?;
        bytes.extend(sealed);
        let signature = author.sign(Label::Slot, &bytes);
        bytes.extend(signature.as_bytes());
        Self::read_kept(&bytes)
    }

    /// Reads a slot, and checks its signature.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if it has more than [`LONGEST_SLOT`] bytes, [`Error::UpdateNeeded`] if
    /// its version is a newer one, [`Error::WrongSignature`] if its author did not sign it, and
    /// [`Error::Malformed`] or [`Error::WeakKey`] if the bytes are not a slot.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let slot = Self::read_kept(bytes)?;
        let (signed, signature) =
            bytes.split_last_chunk().ok_or(Error::Malformed { what: WHAT })?;
        slot.author.verify(Label::Slot, signed, &Signature::from_bytes(*signature))?;
        Ok(slot)
    }

    /// Reads a slot whose signature was checked before it was kept, as to check it takes longer than all else. Who opens
    /// it finds whether it is still as it was sealed.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), but for [`Error::WrongSignature`].
    pub fn read_kept(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > LONGEST_SLOT {
            return Err(Error::TooLarge { what: WHAT });
        }
        let mut reader = Reader::new(bytes, WHAT);
        reader.begin(VERSION, KIND)?;
        let space = SpaceId::from_bytes(reader.array()?);
        let epoch = EpochId::from_bytes(reader.array()?);
        let author = MemberKey::read(&mut reader)?;
        let number = reader.u64()?;
        let sealed = reader.left().checked_sub(SIGNATURE).filter(|length| *length >= OVERHEAD);
        reader.slice(sealed.ok_or(reader.malformed())?)?;
        Ok(Self { bytes: bytes.to_vec(), space, epoch, author, number })
    }

    /// Opens the slot.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherEpoch`] if the key is another epoch's, [`Error::DoesNotOpen`] if it was not
    /// sealed under this key, and [`Error::Malformed`] or [`Error::TooLarge`] if what is in it is not laid out as a slot is.
    pub fn open(&self, key: &EpochKey) -> Result<SlotContent> {
        if key.id() != self.epoch {
            return Err(Error::OtherEpoch);
        }
        let malformed = Error::Malformed { what: WHAT };
        let (header, rest) = self.bytes.split_at_checked(HEADER).ok_or(malformed)?;
        let sealed = rest.len().checked_sub(SIGNATURE).and_then(|length| rest.get(..length));
        let opened = open(&key.derived(Purpose::Slot), header, sealed.ok_or(malformed)?, WHAT)?;
        SlotContent::unpack(&opened)
    }

    /// Returns the bytes, which are what is sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the space that it is of.
    #[must_use]
    pub const fn space(&self) -> SpaceId {
        self.space
    }

    /// Returns the epoch under which it is sealed.
    #[must_use]
    pub const fn epoch(&self) -> EpochId {
        self.epoch
    }

    /// Returns whose slot it is.
    #[must_use]
    pub const fn author(&self) -> MemberKey {
        self.author
    }

    /// Returns its number, which grows by each writing.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{Fixed, assert_only_whole};

    const SPACE: SpaceId = SpaceId::from_bytes([1; 16]);

    fn content() -> SlotContent {
        SlotContent {
            name: "Laptop".to_owned(),
            app_version: "1.2.3".to_owned(),
            schema_version: 4,
            schema_checksum: [5; 32],
            vector: vec![6; 20],
        }
    }

    fn seal_it(content: &SlotContent) -> Result<(Slot, EpochKey)> {
        let random = &mut Fixed::new(1);
        let author = SecretKeys::generate(random);
        let key = EpochKey::generate(random);
        Slot::seal(content, SPACE, 3, &author, &key, random).map(|slot| (slot, key))
    }

    #[test]
    fn only_the_whole_slot_opens() -> Result<()> {
        let (slot, key) = seal_it(&content())?;
        assert_eq!((slot.space(), slot.number(), slot.epoch()), (SPACE, 3, key.id()));
        assert_only_whole(slot.as_bytes(), |bytes| {
            Slot::read(bytes).and_then(|slot| slot.open(&key)) == Ok(content())
        });
        let other = EpochKey::generate(&mut Fixed::new(7));
        assert_eq!(slot.open(&other), Err(Error::OtherEpoch));
        Ok(())
    }

    #[test]
    fn a_changed_slot_that_its_author_signed_again_does_not_open() -> Result<()> {
        let author = SecretKeys::generate(&mut Fixed::new(1));
        let (slot, key) = seal_it(&content())?;
        assert_eq!(slot.author(), author.public().member());
        let (signed, _) = slot.as_bytes().split_at(slot.as_bytes().len() - SIGNATURE);
        for at in 0..signed.len() {
            let mut changed = signed.to_vec();
            changed[at] ^= 1 << (at % 8);
            let signature = author.sign(Label::Slot, &changed);
            changed.extend(signature.as_bytes());
            let opened = Slot::read(&changed).and_then(|slot| slot.open(&key));
            assert!(opened.is_err(), "byte {at}");
        }
        Ok(())
    }

    #[test]
    fn who_reads_a_kept_slot_learns_by_opening_it_that_it_was_changed() -> Result<()> {
        let (slot, key) = seal_it(&content())?;
        let bytes = slot.as_bytes();
        assert_eq!(Slot::read_kept(bytes), Ok(slot.clone()));
        for at in 0..bytes.len() - SIGNATURE {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << (at % 8);
            assert!(Slot::read(&changed).is_err(), "byte {at}");
            let opened = Slot::read_kept(&changed).and_then(|slot| slot.open(&key));
            assert!(opened.is_err(), "byte {at}");
        }
        Ok(())
    }

    #[test]
    fn what_is_newer_needs_an_update() -> Result<()> {
        let mut bytes = seal_it(&content())?.0.as_bytes().to_vec();
        bytes[0] = 2;
        assert_eq!(Slot::read(&bytes), Err(Error::UpdateNeeded { what: WHAT }));
        Ok(())
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let too_large = |content| matches!(seal_it(&content), Err(Error::TooLarge { .. }));
        assert!(too_large(SlotContent { name: "a".repeat(257), ..content() }));
        assert!(too_large(SlotContent { app_version: "a".repeat(257), ..content() }));
        assert!(too_large(SlotContent { vector: vec![0; LONGEST_SLOT], ..content() }));
        assert!(too_large(SlotContent { vector: vec![0; LONGEST_SLOT - 300], ..content() }));
        assert!(!too_large(SlotContent { vector: vec![0; 60_000], ..content() }));
        assert!(matches!(Slot::read(&[1; LONGEST_SLOT + 1]), Err(Error::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn any_content_comes_back(
            name in ".{0,60}",
            app_version in ".{0,60}",
            schema_version: u64,
            schema_checksum: [u8; 32],
            vector: Vec<u8>,
        ) {
            let content =
                SlotContent { name, app_version, schema_version, schema_checksum, vector };
            let (slot, key) = seal_it(&content).unwrap();
            prop_assert_eq!(slot.open(&key), Ok(content));
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            prop_assert!(Slot::read(&bytes).is_err());
            prop_assert!(Slot::read(&[&[1, 17][..], &bytes].concat()).is_err());
            let _ = SlotContent::unpack(&bytes);
        }
    }
}
