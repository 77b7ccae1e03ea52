//! Who saw a pairing code, alone and with the relay's help.

use ara_protocol::access::{Members, Record};
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Refusal;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::pairing::{Invitation, Joining, Mailbox, PairingCode};
use ara_protocol::{Error, MailboxId};

use crate::engine::base::{Engine, Invitation as Invited};
use crate::engine::tests::world::{Device, URL, World, settings};
use crate::fault::{Fault, Result};
use crate::random::Random;

fn put(member: &Device, mailbox: &Mailbox, index: u8, sealed: Vec<u8>) -> Result<Vec<u8>> {
    let request = MailboxRequest::Put { mailbox: mailbox.id(), index, sealed };
    member.relay().mailbox(&request, mailbox.signer())
}

fn get(member: &Device, mailbox: &Mailbox, index: u8) -> Vec<u8> {
    let request = MailboxRequest::Get { mailbox: mailbox.id(), index, wait: 0 };
    member.relay().mailbox(&request, mailbox.signer()).unwrap()
}

fn open(member: &Device, mailbox: &Mailbox) -> Result<Vec<u8>> {
    let (space, signer) = (member.engine.space(), mailbox.signer().public().member());
    let request = MailboxRequest::Open { space, mailbox: mailbox.id(), signer };
    member.relay().mailbox(&request, &member.keys)
}

/// A member that shows a code, and the code.
fn invite(world: &World) -> (Device, Invitation, PairingCode) {
    let mut laptop = world.found();
    laptop.sync();
    let invitation = Invitation::new(PairingCode::generate(&mut Random::seeded(9200)));
    let code = PairingCode::parse(&invitation.code().text()).unwrap();
    open(&laptop, invitation.mailbox()).unwrap();
    (laptop, invitation, code)
}

#[test]
fn who_is_first_is_found_out_by_the_digits() {
    let world = World::new();
    let (laptop, invitation, code) = invite(&world);
    let mut random = Random::seeded(9201);
    let [thief, phone] = std::array::from_fn(|_| SecretKeys::generate(&mut random));
    let (begun, commitment) = Joining::begin(&code, thief.public(), "Phone", &mut random).unwrap();
    put(&laptop, begun.mailbox(), 0, commitment).unwrap();
    // The phone comes second, and finds that somebody was there.
    let (late, commitment) = Joining::begin(&code, phone.public(), "Phone", &mut random).unwrap();
    assert!(matches!(
        put(&laptop, late.mailbox(), 0, commitment),
        Err(Fault::Refused(Refusal::Malformed))
    ));
    let member = laptop.engine.own_key();
    let theirs = get(&laptop, invitation.mailbox(), 0);
    let (answered, answer) = invitation.answer(&theirs, member, &mut random).unwrap();
    put(&laptop, answered.mailbox(), 1, answer.clone()).unwrap();
    // The phone goes on with the answer that was meant for the thief.
    let (shown, reveal) = late.reveal(&answer, &mut random).unwrap();
    assert_eq!(
        put(&laptop, shown.mailbox(), 2, reveal.clone()).map_err(|_| ()),
        Ok(vec![]),
        "the box is free, so the phone's reveal comes first"
    );
    assert_eq!(answered.read_reveal(&reveal).unwrap_err(), Error::NotCommitted);
    assert_eq!(laptop.engine.members().iter().count(), 1);
}

#[test]
fn who_reveals_is_in_only_by_the_digits_that_it_cannot_show() {
    let world = World::new();
    let (mut laptop, invitation, code) = invite(&world);
    let mut random = Random::seeded(9202);
    let thief = SecretKeys::generate(&mut random);
    let (begun, commitment) = Joining::begin(&code, thief.public(), "Phone", &mut random).unwrap();
    let member = laptop.engine.own_key();
    let (answered, answer) = invitation.answer(&commitment, member, &mut random).unwrap();
    let (revealed, reveal) = begun.reveal(&answer, &mut random).unwrap();
    let mut request = answered.read_reveal(&reveal).unwrap();
    // The user types what the phone shows, which is none of the thief's.
    let digits = revealed.digits();
    let other = if digits.starts_with('1') { "000 000" } else { "111 111" };
    for _ in 0..3 {
        assert_eq!(request.confirm(other).unwrap_err(), Error::WrongDigits);
    }
    assert_eq!(request.confirm(&digits).unwrap_err(), Error::TooManyTries);
    let refusal = request.refuse(&laptop.keys, &mut random).unwrap();
    let refused = revealed.confirmed_by_user().read_result(&refusal).unwrap_err();
    assert_eq!(refused, Error::PairingRefused);
    laptop.sync();
    assert_eq!(laptop.engine.members().iter().count(), 1);
}

#[test]
fn who_is_in_the_middle_shows_other_digits() {
    let world = World::new();
    let (laptop, invitation, code) = invite(&world);
    let mut random = Random::seeded(9203);
    let [thief, phone] = std::array::from_fn(|_| SecretKeys::generate(&mut random));
    // With the relay's help, each side has a mailbox of its own, and the thief plays the other side in each.
    let to_phone = Invitation::new(PairingCode::parse(&code.text()).unwrap());
    let (true_phone, commitment) =
        Joining::begin(&code, phone.public(), "Phone", &mut random).unwrap();
    let (fake_member, fake_answer) =
        to_phone.answer(&commitment, thief.public().member(), &mut random).unwrap();
    let (at_phone, reveal) = true_phone.reveal(&fake_answer, &mut random).unwrap();
    let (fake_phone, commitment) =
        Joining::begin(&code, thief.public(), "Phone", &mut random).unwrap();
    let member = laptop.engine.own_key();
    let (at_laptop, answer) = invitation.answer(&commitment, member, &mut random).unwrap();
    let (_, fake_reveal) = fake_phone.reveal(&answer, &mut random).unwrap();
    // It cannot reveal the phone's keys, since it had to commit before.
    let mut request = at_laptop.read_reveal(&fake_reveal).unwrap();
    assert_eq!(request.confirm(&at_phone.digits()).unwrap_err(), Error::WrongDigits);
    // Nor what the phone revealed, to a member that it did not commit to.
    let seen = fake_member.read_reveal(&reveal).unwrap();
    assert_eq!(seen.name(), "Phone");
}

#[test]
fn another_space_cannot_be_put_in_after_the_digits() {
    let world = World::new();
    let (mut laptop, invitation, code) = invite(&world);
    let mut random = Random::seeded(9204);
    let [thief, phone] = std::array::from_fn(|_| SecretKeys::generate(&mut random));
    let (begun, commitment) = Joining::begin(&code, phone.public(), "Phone", &mut random).unwrap();
    let member = laptop.engine.own_key();
    let (answered, answer) = invitation.answer(&commitment, member, &mut random).unwrap();
    let (revealed, reveal) = begun.reveal(&answer, &mut random).unwrap();
    let mut request = answered.read_reveal(&reveal).unwrap();
    let accepted = request.confirm(&revealed.digits()).unwrap();
    // The thief's space, in which it has made the phone a member.
    let genesis = Record::genesis(&thief, None, &mut random).unwrap();
    let mut members = Members::found(&genesis).unwrap();
    let added = members.add(&thief, &phone.public(), &mut random).unwrap();
    members.apply(&added).unwrap();
    // It has no key with which to sign a result.
    assert_eq!(
        accepted.result(&thief, members.space(), members.head(), &mut random).unwrap_err(),
        Error::NotAMember
    );
    // A true result joins the true space only, whatever log the relay shows for it.
    laptop.engine.add(&phone.public()).unwrap();
    let (space, head) = (laptop.engine.space(), laptop.engine.members().head());
    let result = accepted.result(&laptop.keys, space, head, &mut random).unwrap();
    let outcome = revealed.confirmed_by_user().read_result(&result).unwrap();
    assert_eq!(outcome.space, space);
    let invited = |access, by| Invited { space, access, by };
    let keys = std::sync::Arc::new(phone);
    let join = |invited| {
        let db = world.database();
        let connect = world.net.connect();
        Engine::join(&db, std::sync::Arc::clone(&keys), URL, connect, settings("Phone"), invited)
    };
    // A log that ends before the phone was let in, or that does not know who did it, is not the one.
    assert!(join(invited(added.hash(), outcome.member)).is_err());
    assert!(join(invited(outcome.access, thief.public().member())).is_err());
    assert!(join(invited(outcome.access, outcome.member)).is_ok());
}

#[test]
fn a_mailbox_is_for_who_has_the_code() {
    let world = World::new();
    let (laptop, invitation, code) = invite(&world);
    let mut random = Random::seeded(9205);
    let stranger = world.found();
    let (begun, commitment) =
        Joining::begin(&code, stranger.keys.public(), "Phone", &mut random).unwrap();
    let mailbox = begun.mailbox();
    put(&laptop, mailbox, 0, commitment).unwrap();
    let relay = laptop.relay();
    let of_it = [
        MailboxRequest::Get { mailbox: mailbox.id(), index: 0, wait: 0 },
        MailboxRequest::Put { mailbox: mailbox.id(), index: 1, sealed: vec![1] },
        MailboxRequest::Get { mailbox: MailboxId::from_bytes([7; 16]), index: 0, wait: 0 },
    ];
    // Not even a member gets at it by its own keys, nor does anybody know whether it is there.
    for request in &of_it {
        for keys in [&laptop.keys, &stranger.keys] {
            let refused = relay.mailbox(request, keys);
            assert!(matches!(refused, Err(Fault::Refused(Refusal::Unknown))));
        }
    }
    // Who has no space there opens none.
    let none = Invitation::new(PairingCode::generate(&mut random));
    assert!(open(&stranger, none.mailbox()).is_err());
    // What is in it is gone after ten minutes.
    assert!(!get(&laptop, mailbox, 0).is_empty());
    world.wait(600);
    let late = MailboxRequest::Get { mailbox: mailbox.id(), index: 0, wait: 0 };
    assert!(matches!(
        relay.mailbox(&late, invitation.mailbox().signer()),
        Err(Fault::Refused(Refusal::Unknown))
    ));
}
