//! Tests of pairing.

use proptest::prelude::*;

use super::envelope::Kind;
use super::message::{Answer, Reveal, Verdict};
use super::*;
use crate::error::{Error, Result};
use crate::ids::{RecordHash, SpaceId};
use crate::keys::{Label, SecretKeys};
use crate::testing::{Fixed, assert_only_whole};

const SPACE: SpaceId = SpaceId::from_bytes([1; 16]);
const HEAD: RecordHash = RecordHash::from_bytes([2; 32]);

fn code() -> PairingCode {
    PairingCode::parse("K7QP-3MTX-9WDR-2HVC").unwrap()
}

/// Both sides, and the four boxes.
struct Pair {
    laptop: SecretKeys,
    phone: SecretKeys,
    random: Fixed,
}

impl Pair {
    fn new() -> Self {
        let mut random = Fixed::new(1);
        let [laptop, phone] = std::array::from_fn(|_| SecretKeys::generate(&mut random));
        Self { laptop, phone, random }
    }

    fn begin(&mut self) -> (Joining, Vec<u8>) {
        Joining::begin(&code(), self.phone.public(), "Pixel 9", &mut self.random).unwrap()
    }

    fn answer(&self, commitment: &[u8]) -> Result<(Answered, Vec<u8>)> {
        let member = self.laptop.public().member();
        // The same each time, so that what a changed box leads to can be compared.
        Invitation::new(code()).answer(commitment, member, &mut Fixed::new(2))
    }

    /// Up to the digits.
    fn meet(&mut self) -> (Revealed, JoinRequest) {
        let (joining, commitment) = self.begin();
        let (answered, answer) = self.answer(&commitment).unwrap();
        let (revealed, reveal) = joining.reveal(&answer, &mut self.random).unwrap();
        (revealed, answered.read_reveal(&reveal).unwrap())
    }
}

#[test]
fn a_device_that_is_accepted_joins() -> Result<()> {
    let mut pair = Pair::new();
    let (revealed, mut request) = pair.meet();
    assert_eq!(request.name(), "Pixel 9");
    let accepted = request.confirm(&revealed.digits())?;
    assert_eq!(accepted.device(), &pair.phone.public());
    let result = accepted.result(&pair.laptop, SPACE, HEAD, &mut pair.random)?;
    let member = pair.laptop.public().member();
    let outcome = revealed.confirmed_by_user().read_result(&result)?;
    assert_eq!(outcome, Outcome { space: SPACE, access: HEAD, member });
    Ok(())
}

#[test]
fn a_device_that_is_refused_is_told() -> Result<()> {
    let mut pair = Pair::new();
    let (revealed, request) = pair.meet();
    let result = request.refuse(&pair.laptop, &mut pair.random)?;
    let refused = revealed.confirmed_by_user().read_result(&result);
    assert_eq!(refused, Err(Error::PairingRefused));
    Ok(())
}

#[test]
fn digits_may_be_mistyped_three_times() {
    let (revealed, mut request) = Pair::new().meet();
    let wrong = if revealed.digits() == "000 000" { "000 001" } else { "000 000" };
    assert_eq!(request.confirm("12").err(), Some(Error::DigitsForm));
    assert_eq!(request.confirm(wrong).err(), Some(Error::WrongDigits));
    assert_eq!(request.confirm(wrong).err(), Some(Error::WrongDigits));
    assert!(request.confirm(&revealed.digits()).is_ok());
    assert_eq!(request.confirm(wrong).err(), Some(Error::WrongDigits));
    assert_eq!(request.confirm(&revealed.digits()).err(), Some(Error::TooManyTries));
}

#[test]
fn only_whole_boxes_are_taken() -> Result<()> {
    let mut pair = Pair::new();
    let (_, commitment) = pair.begin();
    assert_only_whole(&commitment, |bytes| pair.answer(bytes).is_ok());

    let (joining, commitment) = pair.begin();
    let (answered, answer) = pair.answer(&commitment)?;
    assert_only_whole(&answer, |bytes| Kind::Answer.open(joining.mailbox(), bytes).is_ok());
    let (revealed, reveal) = joining.reveal(&answer, &mut pair.random)?;
    assert_only_whole(&reveal, |bytes| {
        let again = pair.answer(&commitment).unwrap().0;
        again.read_reveal(bytes).is_ok()
    });
    let mut request = answered.read_reveal(&reveal)?;
    let accepted = request.confirm(&revealed.digits())?;
    let result = accepted.result(&pair.laptop, SPACE, HEAD, &mut pair.random)?;
    assert_only_whole(&result, |bytes| Kind::Result.open(revealed.mailbox(), bytes).is_ok());
    Ok(())
}

#[test]
fn a_box_is_of_its_kind_and_mailbox() {
    let mut pair = Pair::new();
    let (joining, commitment) = pair.begin();
    let (_, answer) = pair.answer(&commitment).unwrap();
    assert!(pair.answer(&answer).is_err());
    let mut renamed = answer.clone();
    renamed[1] = Kind::Commitment as u8;
    assert!(pair.answer(&renamed).is_err());
    let other = PairingCode::parse("K7QP-3MTX-9WDR-2HVD").unwrap();
    let member = pair.laptop.public().member();
    let other = Invitation::new(other);
    assert_ne!(other.mailbox().id(), joining.mailbox().id());
    assert!(other.answer(&commitment, member, &mut Fixed::new(2)).is_err());
    let large = vec![1; LONGEST_BOX + 1];
    assert!(matches!(pair.answer(&large), Err(Error::TooLarge { .. })));
    let mut newer = commitment;
    newer[0] = 2;
    assert!(matches!(pair.answer(&newer), Err(Error::UpdateNeeded { .. })));
}

#[test]
fn who_saw_the_code_cannot_reveal_other_keys_than_he_committed_to() -> Result<()> {
    let mut pair = Pair::new();
    let (joining, commitment) = pair.begin();
    let (answered, _) = pair.answer(&commitment)?;
    let thief = SecretKeys::generate(&mut pair.random).public();
    let reveal = Reveal { device: thief, nonce: [3; 32], name: "Pixel 9".to_owned() };
    let reveal = Kind::Reveal.seal(joining.mailbox(), &reveal.to_bytes()?, &mut pair.random)?;
    assert_eq!(answered.read_reveal(&reveal).err(), Some(Error::NotCommitted));
    Ok(())
}

#[test]
fn who_is_in_the_middle_shows_other_digits() -> Result<()> {
    let mut pair = Pair::new();
    let thief = SecretKeys::generate(&mut pair.random);
    // He plays the member to the phone, and the phone to the laptop.
    let (joining, commitment) = pair.begin();
    let his = Invitation::new(code());
    let (_, his_answer) = his.answer(&commitment, thief.public().member(), &mut pair.random)?;
    let (his_joining, his_commitment) =
        Joining::begin(&code(), thief.public(), "Pixel 9", &mut pair.random)?;
    let (answered, answer) = pair.answer(&his_commitment)?;
    let (revealed, _) = joining.reveal(&his_answer, &mut pair.random)?;
    let (_, his_reveal) = his_joining.reveal(&answer, &mut pair.random)?;
    let mut request = answered.read_reveal(&his_reveal)?;
    assert_eq!(request.confirm(&revealed.digits()).err(), Some(Error::WrongDigits));
    Ok(())
}

#[test]
fn who_saw_the_code_cannot_put_another_space_in_place() -> Result<()> {
    let mut pair = Pair::new();
    let (revealed, mut request) = pair.meet();
    let thief = SecretKeys::generate(&mut pair.random);
    let accepted = request.confirm(&revealed.digits())?;
    assert_eq!(
        accepted.result(&thief, SPACE, HEAD, &mut pair.random).err(),
        Some(Error::NotAMember)
    );
    // He knows the transcript and the key under which they talk.
    let (mailbox, transcript) = (Mailbox::of(&code()), revealed.transcript_for_test());
    let verdict = Verdict(Some((SpaceId::from_bytes([9; 16]), HEAD)));
    let signature = thief.sign(Label::Pairing, &verdict.signed(&transcript));
    let bytes = [&verdict.to_bytes()[..], signature.as_bytes()].concat();
    let result = Kind::Result.seal(&mailbox, &bytes, &mut pair.random)?;
    let refused = revealed.confirmed_by_user().read_result(&result);
    assert!(matches!(refused, Err(Error::WrongSignature { .. })));
    Ok(())
}

#[test]
fn a_result_of_another_pairing_is_refused() -> Result<()> {
    let mut pair = Pair::new();
    let (revealed, mut request) = pair.meet();
    let (other, _) = pair.meet();
    let accepted = request.confirm(&revealed.digits())?;
    let result = accepted.result(&pair.laptop, SPACE, HEAD, &mut pair.random)?;
    let refused = other.confirmed_by_user().read_result(&result);
    assert!(matches!(refused, Err(Error::WrongSignature { .. })));
    Ok(())
}

#[test]
fn a_long_name_is_refused() {
    let pair = Pair::new();
    let name = "a".repeat(257);
    let refused = Joining::begin(&code(), pair.phone.public(), &name, &mut Fixed::new(1));
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
}

#[test]
fn debug_shows_no_secret() {
    let (revealed, request) = Pair::new().meet();
    let shown = format!("{revealed:?} {request:?} {:?}", Invitation::new(code()));
    assert!(shown.contains("Mailbox,") || shown.contains("Mailbox "));
    assert!(!shown.contains("K7QP"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let mut pair = Pair::new();
        prop_assert!(pair.answer(&bytes).is_err());
        let mailbox = Mailbox::of(&code());
        for kind in [Kind::Commitment, Kind::Answer, Kind::Reveal, Kind::Result] {
            let sealed = kind.seal(&mailbox, &bytes, &mut Fixed::new(1)).unwrap();
            match kind {
                Kind::Commitment => {
                    let taken = pair.answer(&sealed).is_ok();
                    prop_assert_eq!(taken, bytes.len() == 32 && sealed.len() <= LONGEST_BOX);
                }
                Kind::Answer => _ = pair.begin().0.reveal(&sealed, &mut Fixed::new(1)),
                Kind::Reveal => {
                    let (_, commitment) = pair.begin();
                    let answered = pair.answer(&commitment).unwrap().0;
                    prop_assert!(answered.read_reveal(&sealed).is_err());
                }
                Kind::Result => {
                    let waiting = pair.meet().0.confirmed_by_user();
                    prop_assert!(waiting.read_result(&sealed).is_err());
                }
            }
        }
        let _ = (Answer::read(&bytes), Reveal::read(&bytes), Verdict::read(&bytes));
    }
}
