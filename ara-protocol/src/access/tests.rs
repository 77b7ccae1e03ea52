//! Tests of the access log.

use proptest::prelude::*;

use super::body::{Body, RecoveryKey};
use super::grant::Grant;
use super::rules::consented;
use super::*;
use crate::epoch::{EpochKey, WrappedKey};
use crate::error::{Error, Result};
use crate::ids::SpaceId;
use crate::keys::{Label, PublicKeys, SecretKeys};
use crate::slot::{Slot, SlotContent};
use crate::testing::{Fixed, assert_only_whole};

/// A space under test, with its log.
struct Space {
    random: Fixed,
    laptop: SecretKeys,
    members: Members,
    log: Vec<Record>,
}

impl Space {
    fn new(seed: u64) -> Self {
        let mut random = Fixed::new(seed);
        let laptop = SecretKeys::generate(&mut random);
        let genesis = Record::genesis(&laptop, None, &mut random).unwrap();
        let members = Members::found(&genesis).unwrap();
        Self { random, laptop, members, log: vec![genesis] }
    }

    fn apply(&mut self, record: Result<Record>) {
        let record = record.unwrap();
        self.members.apply(&record).unwrap();
        self.log.push(record);
    }

    fn add(&mut self) -> SecretKeys {
        let device = SecretKeys::generate(&mut self.random);
        let record = self.members.add(&self.laptop, &device.public(), &mut self.random);
        self.apply(record);
        device
    }

    fn set_recovery(&mut self) -> SecretKeys {
        let words = SecretKeys::generate(&mut self.random);
        let record = self.members.set_recovery(&self.laptop, &words, &mut self.random);
        self.apply(record);
        words
    }

    fn remove(&mut self, out: &[&SecretKeys]) {
        let out: Vec<_> = out.iter().map(|keys| keys.public().member()).collect();
        let record = self.members.remove(&self.laptop, &out, &mut self.random);
        self.apply(record);
    }

    fn rotate(&mut self) {
        let record = self.members.rotate(&self.laptop, &mut self.random);
        self.apply(record);
    }

    /// Writes a record that no rule was asked about.
    fn forge(&self, author: &SecretKeys, epoch: crate::EpochId, body: &Body) -> Record {
        let after = (self.members.space(), self.members.head());
        Record::write(Some(after), epoch, author, body).unwrap()
    }

    fn refuses(&self, record: &Record) -> Error {
        let mut members = self.members.clone();
        let error = members.apply(record).unwrap_err();
        assert_eq!(members, self.members, "what is refused changes nothing");
        error
    }

    fn wrap(&mut self, keys: &PublicKeys) -> WrappedKey {
        let key = self.members.newest_key(&self.laptop).unwrap();
        WrappedKey::wrap(&key, keys, self.members.next_place(), &mut self.random).unwrap()
    }

    fn grant(&mut self, readers: &[&SecretKeys]) -> (crate::EpochId, Grant) {
        let old = self.members.newest_key(&self.laptop).unwrap();
        let new = EpochKey::generate(&mut self.random);
        let readers: Vec<_> = readers.iter().map(|keys| keys.public()).collect();
        let place = self.members.next_place();
        (new.id(), Grant::new(&new, &old, &readers, place, &mut self.random).unwrap())
    }
}

/// A log with a record of each kind.
fn whole_life() -> (Space, [SecretKeys; 3]) {
    let mut space = Space::new(1);
    let phone = space.add();
    let old_words = space.set_recovery();
    let tablet = space.add();
    space.rotate();
    let words = space.set_recovery();
    space.remove(&[&tablet]);
    space.apply(space.members.move_to(&phone, "https://relay.example:4040"));
    assert!(space.members.removed_in(old_words.public().member()).is_some());
    (space, [phone, words, tablet])
}

#[test]
fn all_who_read_the_log_agree() -> Result<()> {
    let (space, [phone, words, tablet]) = whole_life();
    let mut records = space.log.iter().map(|record| Record::read(record.as_bytes()).unwrap());
    let mut members = Members::found(&records.next().unwrap())?;
    for record in records {
        members.apply(&record)?;
    }
    assert_eq!(members, space.members);
    assert_eq!(members.space(), space.log[0].space());
    assert_eq!(members.relay(), Some("https://relay.example:4040"));
    assert_eq!(members.iter().count(), 3);
    assert_eq!(members.recovery().map(|it| it.keys().member()), Some(words.public().member()));
    assert_eq!(members.removed_in(tablet.public().member()), Some(space.log[6].hash()));
    assert_eq!(members.removed_in(phone.public().member()), None);
    Ok(())
}

#[test]
fn who_stays_reads_all_epochs_and_who_is_out_none() -> Result<()> {
    let (space, [phone, words, tablet]) = whole_life();
    let epochs: Vec<_> = space.log.iter().map(Record::epoch).collect();
    for member in [&space.laptop, &phone, &words] {
        let keys = space.members.epoch_keys(member)?;
        assert!(keys.is_complete());
        assert_eq!(keys.newest().id(), space.members.epoch());
        for epoch in &epochs {
            assert_eq!(keys.get(*epoch).map(EpochKey::id), Some(*epoch));
        }
    }
    assert_eq!(space.members.epoch_keys(&tablet).unwrap_err(), Error::NotAMember);
    Ok(())
}

#[test]
fn epochs_have_an_order() {
    let (space, _) = whole_life();
    let mut epochs: Vec<_> = space.log.iter().map(Record::epoch).collect();
    epochs.dedup();
    let never = EpochKey::generate(&mut Fixed::new(9)).id();
    assert!(epochs.len() > 2);
    for (at, epoch) in epochs.iter().enumerate() {
        for (place, other) in epochs.iter().enumerate() {
            assert_eq!(space.members.is_epoch_before(*epoch, *other), at < place);
        }
        assert!(!space.members.is_epoch_before(*epoch, never));
        assert!(!space.members.is_epoch_before(never, *epoch));
    }
}

#[test]
fn a_wrong_key_of_the_epoch_before_leaves_the_newest() -> Result<()> {
    let mut space = Space::new(1);
    let [new, wrong] = std::array::from_fn(|_| EpochKey::generate(&mut space.random));
    let readers = [space.laptop.public()];
    let place = space.members.next_place();
    let grant = Grant::new(&new, &wrong, &readers, place, &mut space.random)?;
    let record = space.forge(&space.laptop, new.id(), &Body::Rotate { grant });
    space.apply(Ok(record));
    let keys = space.members.epoch_keys(&space.laptop)?;
    assert_eq!(keys.newest(), &new);
    assert!(!keys.is_complete());
    Ok(())
}

#[test]
fn only_members_sign() {
    let mut space = Space::new(1);
    let phone = space.add();
    let stranger = SecretKeys::generate(&mut space.random);
    let members = space.members.clone();
    assert_eq!(members.rotate(&stranger, &mut Fixed::new(2)).unwrap_err(), Error::NotAMember);
    let (epoch, grant) = space.grant(&[&space.laptop.clone_for_test(), &phone]);
    let rotate = space.forge(&stranger, epoch, &Body::Rotate { grant });
    assert_eq!(space.refuses(&rotate), Error::NotAMember);
    let words = space.set_recovery();
    // The words are the owner.
    space.apply(space.members.add(&words, &stranger.public(), &mut Fixed::new(2)));
    space.remove(&[&phone]);
    let moved =
        space.forge(&phone, space.members.epoch(), &Body::Moved { relay: "http://a".into() });
    assert_eq!(space.refuses(&moved), Error::NotAMember);
}

#[test]
fn keys_never_come_back() {
    let mut space = Space::new(1);
    let phone = space.add();
    let words = space.set_recovery();
    let random = &mut Fixed::new(9);
    let again = |space: &Space, keys: &SecretKeys| {
        space.members.add(&space.laptop, &keys.public(), &mut Fixed::new(2)).unwrap_err()
    };
    assert_eq!(again(&space, &phone), Error::KeyUsedBefore);
    assert_eq!(again(&space, &words), Error::KeyUsedBefore);
    space.remove(&[&phone]);
    assert_eq!(again(&space, &phone), Error::KeyUsedBefore);
    let recovery = space.members.set_recovery(&space.laptop, &phone, random);
    assert_eq!(recovery.unwrap_err(), Error::KeyUsedBefore);
    assert_eq!(
        space.members.set_recovery(&space.laptop, &words, random).unwrap_err(),
        Error::KeyUsedBefore
    );
    // Nor does one half.
    let new = SecretKeys::generate(random).public();
    let mixed = PublicKeys::new(new.member(), *phone.public().agreement()).unwrap();
    let mixed = space.members.add(&space.laptop, &mixed, random);
    assert_eq!(mixed.unwrap_err(), Error::KeyUsedBefore);
    let gone = space.members.remove(&space.laptop, &[phone.public().member()], random);
    assert_eq!(gone.unwrap_err(), Error::NotAMember);
    let nobody = space.members.remove(&space.laptop, &[], random);
    assert!(matches!(nobody, Err(Error::Malformed { .. })));
}

#[test]
fn a_new_epoch_is_wrapped_for_exactly_those_who_stay() {
    let mut space = Space::new(1);
    let [phone, tablet] = [space.add(), space.add()];
    let words = space.set_recovery();
    let laptop = space.laptop.clone_for_test();
    let stranger = SecretKeys::generate(&mut space.random);
    let out = vec![tablet.public().member()];
    for readers in [
        &[&laptop, &phone][..],
        &[&phone, &words],
        &[&laptop, &phone, &words, &tablet],
        &[&laptop, &phone, &words, &stranger],
        &[&laptop, &phone, &stranger],
        &[],
    ] {
        let (epoch, grant) = space.grant(readers);
        let record = space.forge(&laptop, epoch, &Body::Remove { out: out.clone(), grant });
        assert_eq!(space.refuses(&record), Error::NotWrappedForAll);
    }
    for readers in [&[&laptop, &phone, &tablet][..], &[&laptop, &phone, &words]] {
        let (epoch, grant) = space.grant(readers);
        let record = space.forge(&laptop, epoch, &Body::Rotate { grant });
        assert_eq!(space.refuses(&record), Error::NotWrappedForAll);
    }
    let (_, grant) = space.grant(&[&laptop, &phone, &words]);
    let old = space.forge(&laptop, space.log[0].epoch(), &Body::Remove { out, grant });
    assert_eq!(space.refuses(&old), Error::OtherEpoch);
    let relay = "http://a".to_owned();
    let other = space.forge(&laptop, crate::EpochId::from_bytes([1; 16]), &Body::Moved { relay });
    assert_eq!(space.refuses(&other), Error::OtherEpoch);
}

#[test]
fn a_recovery_key_consents_to_its_space_and_place() {
    let mut space = Space::new(1);
    let laptop = space.laptop.clone_for_test();
    let words = SecretKeys::generate(&mut space.random);
    let recovery = words.public();
    let wrapped = space.wrap(&recovery);
    let [space_id, head] = [SpaceId::from_bytes([9; 16]), space.members.space()];
    let other_agreement = PublicKeys::new(recovery.member(), *laptop.public().agreement()).unwrap();
    for (signer, consent) in [
        (&laptop, consented(head, space.members.head(), &recovery)),
        (&words, consented(space_id, space.members.head(), &recovery)),
        (&words, consented(head, crate::RecordHash::from_bytes([0; 32]), &recovery)),
        (&words, consented(head, space.members.head(), &other_agreement)),
    ] {
        let consent = signer.sign(Label::Recovery, &consent);
        let body = Body::Recovery { recovery, consent, key: RecoveryKey::First(wrapped) };
        let record = space.forge(&laptop, space.members.epoch(), &body);
        assert!(matches!(space.refuses(&record), Error::WrongSignature { .. }));
    }
}

#[test]
fn other_words_begin_an_epoch_and_the_first_ones_none() {
    let mut space = Space::new(1);
    let laptop = space.laptop.clone_for_test();
    let words = SecretKeys::generate(&mut space.random);
    let consent = |space: &Space, words: &SecretKeys| {
        let bytes = consented(space.members.space(), space.members.head(), &words.public());
        words.sign(Label::Recovery, &bytes)
    };
    let (epoch, grant) = space.grant(&[&laptop, &words]);
    let key = RecoveryKey::Replaces(grant);
    let body = Body::Recovery { recovery: words.public(), consent: consent(&space, &words), key };
    assert_eq!(space.refuses(&space.forge(&laptop, epoch, &body)), Error::NotWrappedForAll);

    let old = space.set_recovery();
    let key = RecoveryKey::First(space.wrap(&words.public()));
    let body = Body::Recovery { recovery: words.public(), consent: consent(&space, &words), key };
    let record = space.forge(&laptop, space.members.epoch(), &body);
    assert_eq!(space.refuses(&record), Error::NotWrappedForAll);
    let (epoch, grant) = space.grant(&[&laptop, &words, &old]);
    let key = RecoveryKey::Replaces(grant);
    let body = Body::Recovery { recovery: words.public(), consent: consent(&space, &words), key };
    assert_eq!(space.refuses(&space.forge(&laptop, epoch, &body)), Error::NotWrappedForAll);
}

#[test]
fn a_chain_takes_only_what_continues_it() {
    let mut space = Space::new(1);
    let [one, twin] =
        [2, 3].map(|seed| space.members.rotate(&space.laptop, &mut Fixed::new(seed)).unwrap());
    assert_eq!(one.previous(), twin.previous());
    space.apply(Ok(one.clone()));
    assert_eq!(space.refuses(&twin), Error::OtherPredecessor);
    assert_eq!(space.refuses(&one), Error::OtherPredecessor);
    assert_eq!(space.refuses(&space.log[0]), Error::OtherPredecessor);
    let other = Space::new(2);
    assert_eq!(space.refuses(&other.log[0]), Error::OtherSpace);
    assert_eq!(Members::found(&one).unwrap_err(), Error::OtherPredecessor);
}

#[test]
fn who_leaves_makes_the_others_rotate() {
    let mut space = Space::new(1);
    let phone = space.add();
    space.set_recovery();
    let own = [phone.public().member()];
    space.apply(space.members.remove(&phone, &own, &mut Fixed::new(3)));
    assert!(space.members.needs_rotation());
    space.rotate();
    assert!(!space.members.needs_rotation());
    let all: Vec<_> = space.members.iter().map(|member| member.keys().member()).collect();
    space.apply(space.members.remove(&space.laptop, &all, &mut Fixed::new(4)));
    assert!(space.members.is_closed());
}

#[test]
fn whom_a_member_let_in_is_told() {
    let mut space = Space::new(1);
    let [phone, tablet, thief] =
        std::array::from_fn(|seed| SecretKeys::generate(&mut Fixed::new(100 + seed as u64)));
    for (author, added) in
        [(&space.laptop.clone_for_test(), &phone), (&phone, &tablet), (&tablet, &thief)]
    {
        space.apply(space.members.add(author, &added.public(), &mut Fixed::new(7)));
    }
    let names = |keys: &[&SecretKeys]| {
        let mut names: Vec<_> = keys.iter().map(|keys| keys.public().member()).collect();
        names.sort_unstable();
        names
    };
    let let_in = |keys: &SecretKeys| space.members.let_in_by(keys.public().member());
    assert_eq!(let_in(&phone), names(&[&tablet, &thief]));
    assert_eq!(let_in(&space.laptop), names(&[&phone, &tablet, &thief]));
    assert_eq!(let_in(&thief), []);
}

#[test]
fn whom_a_member_let_in_by_way_of_one_that_is_out_is_told() {
    let mut space = Space::new(1);
    let thief = space.add();
    let [middle, hidden, words] = std::array::from_fn(|_| SecretKeys::generate(&mut space.random));
    let add = |space: &mut Space, by: &SecretKeys, device: &SecretKeys| {
        let record = space.members.add(by, &device.public(), &mut space.random);
        space.apply(record);
    };
    add(&mut space, &thief, &middle);
    let record = space.members.set_recovery(&middle, &words, &mut space.random);
    space.apply(record);
    add(&mut space, &words, &hidden);
    // What led from the thief to the one that it hides is gone.
    space.remove(&[&middle, &words]);
    let let_in = space.members.let_in_by(thief.public().member());
    assert_eq!(let_in, [hidden.public().member()]);
    let record = space.members.remove(
        &space.laptop,
        &[&[thief.public().member()], &let_in[..]].concat(),
        &mut space.random,
    );
    space.apply(record);
    assert_eq!(space.members.iter().count(), 1);
}

#[test]
fn a_full_space_can_let_somebody_out() {
    let mut space = Space::new(1);
    for _ in 1..MOST_MEMBERS {
        space.add();
    }
    let more = SecretKeys::generate(&mut space.random).public();
    let refused = space.members.add(&space.laptop, &more, &mut space.random).unwrap_err();
    assert_eq!(refused, Error::TooManyMembers);
    let words = SecretKeys::generate(&mut space.random);
    let refused = space.members.set_recovery(&space.laptop, &words, &mut space.random);
    assert_eq!(refused.unwrap_err(), Error::TooManyMembers);
    let members = space.members.iter().map(|member| member.keys().member());
    let out: Vec<_> = members.filter(|key| *key != space.laptop.public().member()).collect();
    space.apply(space.members.remove(&space.laptop, &out[..1], &mut Fixed::new(2)));
    space.apply(space.members.remove(&space.laptop, &out[1..], &mut Fixed::new(3)));
    assert!(space.log.iter().all(|record| record.as_bytes().len() <= LONGEST_RECORD));
}

#[test]
fn only_whole_records_are_read() {
    for record in &whole_life().0.log {
        assert_only_whole(record.as_bytes(), |bytes| Record::read(bytes).is_ok());
    }
}

#[test]
fn what_is_newer_needs_an_update() {
    let space = Space::new(1);
    let mut bytes = space.log[0].as_bytes().to_vec();
    bytes[0] = 2;
    assert_eq!(Record::read(&bytes), Err(Error::UpdateNeeded { what: WHAT }));
    bytes[0] = 1;
    bytes[1] = 7;
    assert_eq!(Record::read(&bytes), Err(Error::UpdateNeeded { what: WHAT }));
    bytes[1] = 0;
    assert_eq!(Record::read(&bytes), Err(Error::Malformed { what: WHAT }));
    let large = vec![1; LONGEST_RECORD + 1];
    assert_eq!(Record::read(&large), Err(Error::TooLarge { what: WHAT }));
}

#[test]
fn the_url_of_a_relay_is_one() {
    let space = Space::new(1);
    let long = format!("https://{}", "a".repeat(2048));
    for url in
        ["", "ftp://a", "https://", "http:///a", "https://a b", "https://a\n", "https://ä", &long]
    {
        let moved = space.members.move_to(&space.laptop, url);
        assert_eq!(moved.unwrap_err(), Error::RelayUrl, "{url}");
    }
}

#[test]
fn a_successor_names_the_space_that_it_succeeds() -> Result<()> {
    let space = Space::new(1);
    let random = &mut Fixed::new(2);
    let genesis = Record::genesis(&space.laptop, Some(space.members.space()), random)?;
    let successor = Members::found(&Record::read(genesis.as_bytes())?)?;
    assert_eq!(successor.succeeds(), Some(space.members.space()));
    assert_ne!(successor.space(), space.members.space());
    Ok(())
}

proptest! {
    #[test]
    fn no_bytes_panic(kind in 0_u8..9, bytes: Vec<u8>) {
        prop_assert!(Record::read(&bytes).is_err());
        prop_assert!(Record::read(&[&[1, kind][..], &bytes].concat()).is_err());
    }

    #[test]
    fn no_body_panics(kind in 0_u8..9, from in 0_usize..8, at: prop::sample::Index, bytes: Vec<u8>) {
        let log = &LOG;
        let record = log[from % log.len()].as_bytes();
        let at = 98 + at.index(record.len() - 98);
        let mut reader = crate::bytes::Reader::new(&record[98..at], "body");
        let _ = Body::read(kind, &mut reader);
        let mixed = [&record[98..at], &bytes].concat();
        let _ = Body::read(kind, &mut crate::bytes::Reader::new(&mixed, "body"));
    }
}

static LOG: std::sync::LazyLock<Vec<Record>> = std::sync::LazyLock::new(|| whole_life().0.log);

#[test]
fn what_members_seal_counts_until_they_are_out() -> Result<()> {
    let mut space = Space::new(1);
    let phone = space.add();
    let seal = |space: &Space, author: &SecretKeys| {
        let content = SlotContent::default();
        let keys = space.members.epoch_keys(author).unwrap();
        let random = &mut Fixed::new(3);
        Slot::seal(&content, space.members.space(), 1, author, keys.newest(), random)
    };
    let [from_laptop, from_phone] = [seal(&space, &space.laptop)?, seal(&space, &phone)?];
    assert_eq!(space.members.check_write(&from_phone), Ok(()));
    assert_eq!(Space::new(2).members.check_read(&from_phone), Err(Error::OtherSpace));
    let earlier = Members::found(&space.log[0])?;
    assert_eq!(earlier.check_read(&from_phone), Err(Error::NotAMember));

    let own = [phone.public().member()];
    space.apply(space.members.remove(&phone, &own, &mut Fixed::new(4)));
    assert_eq!(space.members.check_read(&from_phone), Err(Error::NotAMember));
    assert_eq!(space.members.check_read(&from_laptop), Ok(()));
    assert_eq!(space.members.check_write(&from_laptop), Err(Error::OtherEpoch));
    let late = seal(&space, &space.laptop)?;
    assert_eq!(space.members.check_write(&late), Err(Error::RotateFirst));
    space.rotate();
    assert_eq!(space.members.check_write(&seal(&space, &space.laptop)?), Ok(()));

    // An epoch that never was.
    let (other, random) = (EpochKey::generate(&mut Fixed::new(8)), &mut Fixed::new(3));
    let content = SlotContent::default();
    let other = Slot::seal(&content, space.members.space(), 1, &space.laptop, &other, random)?;
    assert_eq!(space.members.check_read(&other), Err(Error::OtherEpoch));
    Ok(())
}

/// A member may sign anything: what is changed and signed again is judged by the rules alone.
#[test]
fn a_changed_record_that_a_member_signed_again_never_panics() {
    let (space, [phone, words, tablet]) = whole_life();
    let members: Vec<_> = [&space.laptop, &phone, &words, &tablet].into();
    let mut before: Option<Members> = None;
    for record in &space.log {
        let author = members.iter().find(|keys| keys.public().member() == record.author()).unwrap();
        let (signed, _) = record.as_bytes().split_at(record.as_bytes().len() - 64);
        for at in 0..signed.len() {
            let mut changed = signed.to_vec();
            changed[at] ^= 1 << (at % 8);
            let signature = author.sign(Label::Record, &changed);
            changed.extend(signature.as_bytes());
            let Ok(changed) = Record::read(&changed) else { continue };
            let Some(mut members) = before.clone() else {
                let _ = Members::found(&changed);
                continue;
            };
            if members.apply(&changed).is_ok() {
                assert_ne!(members.head(), record.hash());
                assert_eq!(members.space(), space.members.space());
            }
        }
        match &mut before {
            None => before = Some(Members::found(record).unwrap()),
            Some(members) => members.apply(record).unwrap(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever members do: who is one reads every epoch, who is out reads none, and who reads the log
    /// later knows the same.
    #[test]
    fn any_life_keeps_the_rules(steps in prop::collection::vec((0_u8..5, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..20)) {
        let mut space = Space::new(1);
        let mut inside = vec![space.laptop.clone_for_test()];
        let mut outside = vec![];
        for (kind, author, other) in steps {
            let author = inside[author.index(inside.len())].clone_for_test();
            let new = SecretKeys::generate(&mut space.random);
            let random = &mut space.random;
            let record = match kind {
                0 => space.members.add(&author, &new.public(), random),
                1 => {
                    let out = inside.swap_remove(other.index(inside.len()));
                    let record = space.members.remove(&author, &[out.public().member()], random);
                    outside.push(out);
                    record
                }
                2 => space.members.rotate(&author, random),
                3 => {
                    let old = space.members.recovery().map(|old| old.keys().member());
                    if let Some(at) = inside.iter().position(|it| Some(it.public().member()) == old) {
                        outside.push(inside.swap_remove(at));
                    }
                    space.members.set_recovery(&author, &new, random)
                }
                _ => space.members.move_to(&author, "https://relay.example"),
            };
            if matches!(kind, 0 | 3) {
                inside.push(new);
            }
            space.apply(record);
            if inside.is_empty() {
                break;
            }
        }
        let mut again = Members::found(&space.log[0]).unwrap();
        for record in &space.log[1..] {
            again.apply(&Record::read(record.as_bytes()).unwrap()).unwrap();
        }
        prop_assert_eq!(&again, &space.members);
        for keys in &inside {
            let keys = again.epoch_keys(keys).unwrap();
            prop_assert!(keys.is_complete());
            prop_assert!(space.log.iter().all(|record| keys.get(record.epoch()).is_some()));
        }
        for keys in &outside {
            prop_assert_eq!(again.epoch_keys(keys).unwrap_err(), Error::NotAMember);
            prop_assert!(again.rotate(keys, &mut Fixed::new(3)).is_err());
            prop_assert!(again.removed_in(keys.public().member()).is_some());
        }
        prop_assert_eq!(again.is_closed(), inside.is_empty());
    }
}
