//! Who is a member, and what follows from it.

use std::sync::Arc;

use ara_protocol::keys::SecretKeys;
use ara_protocol::message::{Endpoint, SignedRequest, SpaceRequest};

use crate::engine::base::{Engine, Outcome};
use crate::engine::tests::world::{OTHER_URL, URL, World, converge, settings};
use crate::fault::Fault;
use crate::state::{Alarm, facts};

#[test]
fn every_change_of_members_is_told_on_the_other_devices() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    let [one, two, three] = [&laptop, &phone, &tablet].map(|device| device.engine.own_key());
    assert_eq!(laptop.alarms(), [Alarm::DeviceAdded { device: three.into(), by: two.into() }]);
    assert_eq!(phone.alarms(), []);
    laptop.engine.dismiss(&laptop.alarms()[0]).unwrap();
    assert_eq!(laptop.alarms(), []);
    let words = SecretKeys::generate(&mut crate::random::Random::seeded(99));
    phone.engine.set_recovery(&words).unwrap();
    tablet.engine.remove(&[one]).unwrap();
    phone.sync();
    assert_eq!(phone.alarms(), [Alarm::DeviceRemoved { device: one.into(), by: three.into() }]);
    assert!(matches!(laptop.try_sync(), Err(Fault::Stopped)));
    assert!(laptop.alarms().contains(&Alarm::Removed));
    assert!(matches!(laptop.try_sync(), Err(Fault::Stopped)));
    let plan = phone.engine.removal_plan(one);
    assert!(plan.let_in.contains(&two) && plan.let_in.contains(&three));
    let mut let_in = vec![three, words.public().member()];
    let_in.sort_unstable();
    assert_eq!(phone.engine.removal_plan(two).let_in, let_in);
}

#[test]
fn the_list_of_devices_has_what_each_says() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    let devices = laptop.engine.devices().unwrap();
    let name = |own: bool| {
        let device = devices.iter().find(|device| device.is_own == own).unwrap();
        device.said.as_ref().unwrap().name.clone()
    };
    assert_eq!((name(true), name(false)), ("Laptop".to_owned(), "Phone".to_owned()));
    world.wait(10);
    phone.write("news");
    phone.sync();
    laptop.sync();
    let devices = laptop.engine.devices().unwrap();
    let vector =
        &devices.iter().find(|device| !device.is_own).unwrap().said.as_ref().unwrap().vector;
    assert_eq!(*vector, phone.db.version_vector().unwrap());
}

#[test]
fn who_has_left_is_out_and_the_others_rotate() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    // It is sent before the device leaves.
    phone.write("phone");
    let (db, keys) = (phone.db.clone(), Arc::clone(&phone.keys));
    phone.engine.leave().unwrap();
    let opened = Engine::open(&db, keys, URL, world.net.connect(), settings("Phone")).unwrap();
    assert!(opened.is_none());
    let epoch = laptop.engine.members().epoch();
    laptop.write("laptop");
    laptop.sync();
    assert!(!laptop.engine.members().needs_rotation());
    assert_ne!(laptop.engine.members().epoch(), epoch);
    // Nothing more of it counts than was there.
    let left = laptop.db.sync_read(|sync| facts::under(sync, facts::LEFT)).unwrap().unwrap();
    assert!(left.iter().all(|(_, end)| end.len() == 8) && left.len() == 1);
    let mut tablet = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut tablet]);
    assert_eq!(tablet.titles(), ["laptop", "phone"]);
}

#[test]
fn the_space_moves_with_all_that_it_has() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("before");
    converge(&mut [&mut laptop, &mut phone]);
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.write("after");
    laptop.sync();
    // The phone has written meanwhile, and finds the way by the old relay.
    phone.write("meanwhile");
    phone.sync();
    assert_eq!(phone.engine.url(), OTHER_URL);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.alarms(), [Alarm::Moved { relay: OTHER_URL.to_owned() }]);
    assert_eq!(laptop.alarms(), []);
    world.net.take(URL);
    world.reopen(&mut phone);
    phone.write("later");
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 4);
}

#[test]
fn a_space_moves_nowhere_but_to_a_relay_that_answers() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("one");
    // There is none, and one that serves another URL.
    assert!(laptop.engine.move_to(OTHER_URL, "").is_err());
    let other = world.net.relay(URL);
    world.net.swap(OTHER_URL, &other);
    assert!(laptop.engine.move_to(OTHER_URL, "").is_err());
    assert_eq!((laptop.engine.url(), laptop.engine.members().relay()), (URL, None));
    converge(&mut [&mut laptop, &mut phone]);
    // Nor to one at which the space was deleted.
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.sync();
    phone.relay().delete(phone.engine.space(), &phone.keys).unwrap();
    assert!(laptop.engine.move_to(URL, "").is_err());
    assert_eq!(laptop.engine.url(), OTHER_URL);
    converge(&mut [&mut laptop, &mut phone]);
    // To where it is, it may.
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.write("two");
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn a_space_comes_back_to_a_relay_that_it_has_left() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    laptop.write("before");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.sync();
    // What the old relay has missed lets somebody out.
    laptop.engine.remove(&[tablet.engine.own_key()]).unwrap();
    laptop.engine.move_to(URL, "").unwrap();
    laptop.write("after");
    laptop.sync();
    phone.write("meanwhile");
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!((laptop.engine.url(), phone.engine.url()), (URL, URL));
    assert_eq!(phone.titles(), ["after", "before", "meanwhile"]);
}

#[test]
fn who_follows_a_space_knows_the_epochs_that_began_at_the_new_relay() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.engine.rotate().unwrap();
    laptop.write("under a new epoch");
    laptop.sync();
    let outcome = phone.sync();
    assert_eq!(
        (outcome.received > 0, phone.alarms()),
        (true, vec![Alarm::Moved { relay: OTHER_URL.to_owned() }])
    );
    assert_eq!(phone.titles(), ["under a new epoch"]);
}

#[test]
fn what_a_device_sent_before_it_left_reaches_all() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    for at in 0..3 {
        phone.write(&format!("{at}"));
        phone.sync();
        if at < 2 {
            laptop.sync();
        }
    }
    // Nobody has read the last one yet.
    phone.engine.leave().unwrap();
    laptop.sync();
    assert_eq!(laptop.engine.bytes_to_send().unwrap(), 0);
    let mut late = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut late]);
    assert_eq!(late.titles(), ["0", "1", "2"]);
    assert_eq!((laptop.sync().sent, late.sync().sent), (0, 0));
}

#[test]
fn what_one_had_sealed_again_before_it_left_reaches_all() {
    for is_first_known in [false, true] {
        let world = World::new();
        let mut laptop = world.found();
        let mut phone = world.join(&mut laptop);
        let mut tablet = world.join(&mut laptop);
        laptop.sync();
        tablet.write("0");
        tablet.sync();
        if is_first_known {
            laptop.sync();
        }
        tablet.write("1");
        tablet.sync();
        tablet.engine.leave().unwrap();
        // It takes the place of what the tablet had sealed, and nobody else has read either.
        assert!(phone.sync().sent > 0);
        phone.engine.leave().unwrap();
        laptop.sync();
        assert_eq!(laptop.titles(), ["0", "1"]);
        let mut late = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut late]);
        assert_eq!(late.titles(), ["0", "1"]);
        assert_eq!((laptop.sync().sent, late.sync().sent), (0, 0));
    }
}

#[test]
fn what_is_known_of_a_segment_of_who_has_left_reaches_who_comes_later() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.sync();
    phone.write("0");
    let known = laptop.db.version_vector().unwrap();
    for changes in phone.db.changes_since(&known).unwrap() {
        laptop.db.merge(&changes.unwrap()).unwrap();
    }
    phone.write("1");
    phone.sync();
    phone.engine.leave().unwrap();
    // As if the relay had shown the last one only later.
    laptop.engine.repair_access(&mut Outcome::default()).unwrap();
    laptop.db.sync_write(|sync| facts::remove_under(sync, facts::LEFT)).unwrap();
    laptop.sync();
    assert_eq!(laptop.titles(), ["0"]);
    let mut late = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut late]);
    assert_eq!(late.titles(), ["0"]);
}

#[test]
fn who_hears_of_a_leave_before_reading_on_still_takes_what_was_sent() {
    let world = World::new();
    let mut laptop = world.found();
    let phone = world.join(&mut laptop);
    laptop.sync();
    phone.write("0");
    phone.engine.leave().unwrap();
    laptop.engine.repair_access(&mut Outcome::default()).unwrap();
    world.reopen(&mut laptop);
    laptop.sync();
    let mut late = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut late]);
    assert_eq!(late.titles(), ["0"]);
}

#[test]
fn what_a_space_that_moved_had_left_can_go_and_still_leads_to_the_other_relay() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("before");
    converge(&mut [&mut laptop, &mut phone]);
    world.start_relay(OTHER_URL, "other");
    let old = Arc::clone(&laptop.engine.relay);
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.sync();
    old.delete(laptop.engine.space(), &laptop.keys).unwrap();
    phone.write("meanwhile");
    phone.sync();
    assert_eq!(phone.engine.url(), OTHER_URL);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.alarms(), [Alarm::Moved { relay: OTHER_URL.to_owned() }]);
    assert_eq!(laptop.titles().len(), 2);
}

#[test]
fn who_has_not_heard_of_a_move_deletes_the_space_where_it_is() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.sync();
    phone.engine.delete_at_relay().unwrap();
    assert_eq!(phone.engine.url(), OTHER_URL);
    assert!(laptop.try_sync().is_err());
    let by = phone.engine.own_key();
    assert!(laptop.alarms().contains(&Alarm::DeletedAtRelay { by: by.into() }));
}

#[test]
fn a_deletion_stops_all_and_takes_nothing_from_them() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("kept");
    converge(&mut [&mut laptop, &mut phone]);
    laptop.engine.delete_at_relay().unwrap();
    assert!(matches!(laptop.try_sync(), Err(Fault::Stopped)));
    assert!(matches!(phone.try_sync(), Err(Fault::Stopped)));
    let by = laptop.engine.own_key();
    assert_eq!(phone.alarms(), [Alarm::DeletedAtRelay { by: by.into() }]);
    assert_eq!(phone.titles(), ["kept"]);
    // A successor takes the rows along.
    let keys = world.keys();
    phone.engine = phone.engine.start_over(Arc::clone(&keys)).unwrap();
    phone.keys = keys;
    phone.sync();
    assert_eq!(phone.alarms(), []);
    let db = laptop.db.clone();
    let mut laptop = world.join_with(&mut phone, db, world.keys(), settings("Laptop"));
    laptop.write("again");
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn a_relay_that_was_wiped_hears_of_the_space_before_it_is_deleted_there() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    world.put_relay_back("empty");
    laptop.engine.delete_at_relay().unwrap();
    let by = laptop.engine.own_key();
    assert!(matches!(phone.try_sync(), Err(Fault::Stopped)));
    assert!(phone.alarms().contains(&Alarm::DeletedAtRelay { by: by.into() }));
}

#[test]
fn a_file_in_another_space_joins_only_if_it_is_alone_there() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut other = world.found();
    converge(&mut [&mut laptop, &mut phone]);
    other.write("brought along");
    other.sync();
    let db = other.db.clone();
    let mut tablet = world.join_with(&mut laptop, db, world.keys(), settings("Tablet"));
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(phone.titles(), ["brought along"]);
    let keys = world.keys();
    let mut stranger = world.found();
    stranger.engine.add(&keys.public()).unwrap();
    let invitation = crate::engine::base::Invitation {
        space: stranger.engine.space(),
        access: stranger.engine.members().head(),
        by: stranger.engine.own_key(),
    };
    let refused =
        Engine::join(&phone.db, keys, URL, world.net.connect(), settings("Phone"), invitation);
    assert!(matches!(refused, Err(Fault::Database(ara_core::Error::InASpace))));
    phone.sync();
}

#[test]
fn copied_keys_are_replaced_by_new_ones() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    let keys = world.keys();
    phone.engine.replace_own_keys(Arc::clone(&keys)).unwrap();
    phone.keys = keys;
    phone.write("with new keys");
    world.reopen(&mut phone);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(laptop.engine.members().iter().count(), 3);
    assert_eq!(phone.alarms(), [Alarm::KeysReplaced]);
}

#[test]
fn a_file_from_before_its_keys_were_replaced_finds_that_it_is_a_member() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    let [before, also_before] = [world.copy(&phone.db), world.copy(&phone.db)];
    let keys = world.keys();
    phone.engine.replace_own_keys(Arc::clone(&keys)).unwrap();
    phone.keys = Arc::clone(&keys);
    phone.write("with new keys");
    phone.sync();
    phone.db = before;
    world.reopen(&mut phone);
    phone.write("put back");
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles(), ["put back", "with new keys"]);
    // What is asked for before the first round finds it out as well.
    phone.db = also_before.clone();
    world.reopen(&mut phone);
    phone.engine.add(&world.keys().public()).unwrap();
    phone.db = also_before;
    world.reopen(&mut phone);
    phone.engine.leave().unwrap();
    laptop.sync();
    assert!(laptop.engine.members().get(keys.public().member()).is_none());
}

#[test]
fn keys_that_are_no_members_are_told() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    let (right, wrong) = (Arc::clone(&laptop.keys), world.keys());
    laptop.keys = wrong;
    world.reopen(&mut laptop);
    for _ in 0..2 {
        let refused = laptop.try_sync().map_err(|fault| fault.to_error());
        assert!(matches!(refused, Err(ara_core::Error::KeysMissing)), "{refused:?}");
    }
    // Once they are put back, it goes on.
    laptop.keys = right;
    world.reopen(&mut laptop);
    laptop.sync();
    // Those that are out are told as that, also if the file is from before.
    let mut phone = world.join(&mut laptop);
    let before = world.copy(&phone.db);
    converge(&mut [&mut laptop, &mut phone]);
    let keys = world.keys();
    phone.engine.replace_own_keys(Arc::clone(&keys)).unwrap();
    laptop.engine.remove(&[keys.public().member()]).unwrap();
    (phone.keys, phone.db) = (keys, before);
    world.reopen(&mut phone);
    assert!(matches!(phone.try_sync(), Err(Fault::Stopped)));
    assert!(phone.alarms().contains(&Alarm::Removed));
}

#[test]
fn only_a_member_deletes_and_only_at_this_relay() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    let records = laptop.engine.access.records().to_vec();
    let sign = |keys: &SecretKeys, audience: &str, space| {
        let content = SpaceRequest { space }.to_bytes();
        SignedRequest::sign(Endpoint::Delete, audience, &[1], &content, keys).unwrap()
    };
    let space = phone.engine.space();
    let good = sign(&laptop.keys, URL, space);
    let by = phone.engine.deleted_by(URL, &good, &records).unwrap();
    assert_eq!(by, laptop.engine.own_key());
    let stranger = world.keys();
    for (request, audience) in [
        (sign(&stranger, URL, space), URL),
        (sign(&laptop.keys, OTHER_URL, space), URL),
        (sign(&laptop.keys, OTHER_URL, space), OTHER_URL),
        (sign(&laptop.keys, URL, ara_protocol::SpaceId::from_bytes([1; 16])), URL),
        (vec![1, 2, 3], URL),
    ] {
        assert!(phone.engine.deleted_by(audience, &request, &records).is_err());
    }
    assert!(phone.engine.deleted_by(URL, &good, &[]).is_err());
    let other = world.found();
    let of_other = other.engine.access.records().to_vec();
    assert!(phone.engine.deleted_by(URL, &sign(&other.keys, URL, space), &of_other).is_err());
    // Who has the words is an owner.
    let words = world.keys();
    phone.engine.set_recovery(&words).unwrap();
    let records = phone.engine.access.records().to_vec();
    assert!(laptop.engine.deleted_by(URL, &sign(&words, URL, space), &records).is_ok());
    // Who knows of a removal does not believe it of who is out, whatever the relay shows.
    phone.engine.remove(&[tablet.engine.own_key()]).unwrap();
    let by_removed = sign(&tablet.keys, URL, space);
    assert!(phone.engine.deleted_by(URL, &by_removed, &records).is_err());
    assert!(laptop.engine.deleted_by(URL, &by_removed, &records).is_ok());
}

#[test]
fn a_relay_without_room_is_told_until_there_is_some() {
    let world = World::with_quota(30_000);
    let mut laptop = world.found();
    laptop.write("small");
    laptop.sync();
    laptop.write(&super::bulk::noise(50_000, 1));
    let outcome = laptop.try_sync().unwrap();
    assert!(!outcome.is_complete);
    assert!(matches!(laptop.alarms()[..], [Alarm::Full { limit: 30_000, .. }]));
    // What has parts is refused when they are staged.
    let title = super::bulk::noise(2_000_000, 1);
    laptop.write(&title);
    laptop.try_sync().unwrap();
    world.net.take(URL);
    world.start_relay_of(URL, "relay", 10_000_000);
    laptop.sync();
    assert_eq!(laptop.alarms(), []);
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn what_has_room_is_sent_before_what_has_none() {
    let world = World::with_quota(1_000_000);
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    let of_a_segment = super::bulk::noise(550_000, 1);
    laptop.write(&of_a_segment);
    // This one has several parts, which are refused before the request that would name them.
    laptop.write(&super::bulk::noise(2_000_000, 2));
    let outcome = laptop.try_sync().unwrap();
    assert!(outcome.is_full && outcome.sent == 1, "{outcome:?}");
    let told = laptop.alarms();
    let [Alarm::Full { used, limit: 1_000_000, needed }] = told[..] else { panic!("{told:?}") };
    assert!(used > 300_000 && (1_400_000..4_000_000).contains(&needed), "{told:?}");
    phone.sync();
    assert_eq!(phone.titles(), [of_a_segment]);
}

#[test]
fn the_alarm_about_room_is_over_once_another_has_sent_what_waited() {
    let world = World::with_quota(30_000);
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    phone.write(&super::bulk::noise(50_000, 1));
    phone.try_sync().unwrap();
    assert!(matches!(phone.alarms()[..], [Alarm::Full { .. }]));
    let known = laptop.db.version_vector().unwrap();
    for changes in phone.db.changes_since(&known).unwrap() {
        laptop.db.merge(&changes.unwrap()).unwrap();
    }
    world.net.take(URL);
    world.start_relay_of(URL, "relay", 10_000_000);
    laptop.sync();
    assert_eq!((phone.sync().sent, phone.alarms()), (0, vec![]));
}
