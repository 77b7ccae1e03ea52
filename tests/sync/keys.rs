//! The keys of a device: kept, lost, damaged, copied.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, KeptKeys, KeyStore, recover};

use crate::device::{
    App, Device, LONG, Place, add, has_alarm, names, titles, wait_for, wait_sent, wait_until,
};
use crate::test_relay::TestRelay;

/// Opens the database again, and syncs it.
fn again(place: &Place, relay: &TestRelay) -> ara::Result<Device> {
    let db = place.open();
    let session = db.sync::<App>(relay.url()).device_name("Laptop").start()?;
    Ok(Device { db, session })
}

#[test]
fn a_device_stays_the_same_from_session_to_session() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    let id = wait_sent(&laptop.session).this_device().map(|device| device.id);
    drop(laptop);
    let laptop = again(&place, &relay).unwrap();
    add(&laptop.db, "two");
    let status = wait_sent(&laptop.session);
    assert_eq!(status.this_device().map(|device| device.id), id);
    assert_eq!(status.devices.len(), 1);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one", "two"]);
}

#[cfg(unix)]
#[test]
fn only_the_user_can_read_them_and_a_backup_has_none() {
    use std::os::unix::fs::PermissionsExt;
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    wait_sent(&laptop.session);
    let mode = fs::metadata(place.keys()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let backup = place.folder().join("backup.db");
    laptop.db.backup(&backup).unwrap();
    let file = fs::read(place.keys()).unwrap();
    let secret = &file[file.len() - 40..file.len() - 16];
    for database in [place.file(), backup.clone()] {
        let bytes = fs::read(database).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    assert!(!backup.with_file_name("backup.db.keys").exists());
}

#[test]
fn a_database_in_memory_keeps_them_as_long_as_itself() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let id = wait_sent(&laptop.session).this_device().map(|device| device.id);
    let Device { db, session } = laptop;
    drop(session);
    let laptop = Device::start(db, &relay, "Laptop");
    assert_eq!(wait_sent(&laptop.session).this_device().map(|device| device.id), id);
}

#[test]
fn without_them_the_file_joins_its_space_again() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    wait_sent(&laptop.session);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
    drop(laptop);
    fs::remove_file(place.keys()).unwrap();
    let error = again(&place, &relay).err().unwrap();
    assert!(matches!(error, Error::KeysMissing), "{error}");
    // What was written meanwhile is brought along.
    let db = place.open();
    add(&db, "two");
    let laptop = phone.let_in(db, &relay, "Laptop again");
    wait_for(&phone.db, &["one", "two"]);
    add(&phone.db, "three");
    wait_for(&laptop.db, &["one", "three", "two"]);
}

#[test]
fn without_them_the_words_help_too() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    let words = laptop.session.new_recovery_words().unwrap();
    wait_sent(&laptop.session);
    drop(laptop);
    fs::remove_file(place.keys()).unwrap();
    let recovery = recover(relay.url(), &words).device_name("Laptop").begin().unwrap();
    let db = place.open();
    let session = recovery.finish::<App>(&db).unwrap();
    add(&db, "two");
    wait_until(&session, |status| status.devices.len() == 1 && status.is_up_to_date());
    assert_eq!(titles(&db), ["one", "two"]);
}

#[test]
fn what_is_damaged_is_not_taken_for_missing() {
    let (relay, place) = (TestRelay::start(), Place::new());
    drop(Device::start(place.open(), &relay, "Laptop"));
    let mut bytes = fs::read(place.keys()).unwrap();
    let at = bytes.len() - 20;
    bytes[at] ^= 1;
    fs::write(place.keys(), &bytes).unwrap();
    let error = again(&place, &relay).err().unwrap();
    assert!(matches!(error, Error::KeysUnreadable { .. }), "{error}");
    assert_eq!(fs::read(place.keys()).unwrap(), bytes);
    // Once they are put back, it goes on.
    bytes[at] ^= 1;
    fs::write(place.keys(), &bytes).unwrap();
    wait_sent(&again(&place, &relay).unwrap().session);
}

#[test]
fn a_copy_of_the_folder_becomes_a_device_of_its_own() {
    let (relay, place, copy) = (TestRelay::start(), Place::new(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    let id = wait_sent(&laptop.session).this_device().map(|device| device.id);
    drop(laptop);
    for file in fs::read_dir(place.folder()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.folder().join(file.file_name())).unwrap();
    }
    let copied = Device::start(copy.open(), &relay, "Copy");
    let status = wait_until(&copied.session, |status| {
        has_alarm(status, |alarm| *alarm == Alarm::KeysReplaced) && status.is_up_to_date()
    });
    assert_ne!(status.this_device().map(|device| device.id), id);
    // The original keeps its name.
    assert_eq!(names(&status), ["Copy", "Laptop"]);
    // Both go on, also in their next sessions.
    drop(copied);
    let [original, copied] = [&place, &copy].map(|place| again(place, &relay).unwrap());
    assert_eq!(wait_sent(&original.session).this_device().map(|device| device.id), id);
    add(&original.db, "two");
    add(&copied.db, "three");
    for device in [&original, &copied] {
        wait_for(&device.db, &["one", "three", "two"]);
    }
    assert_eq!(copied.session.status().devices.len(), 2);
}

#[test]
fn a_file_has_one_session() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    let error = again(&place, &relay).err().unwrap();
    assert!(matches!(error, Error::SyncedAlready), "{error}");
    drop(laptop);
    again(&place, &relay).unwrap();
}

/// Keeps keys where the app says.
#[derive(Debug, Clone, Default)]
struct Vault(Arc<Mutex<Option<Vec<u8>>>>);

impl KeyStore for Vault {
    fn load(&self) -> ara::Result<Option<KeptKeys>> {
        Ok(self.0.lock().unwrap().clone().map(KeptKeys::new))
    }

    fn save(&self, secret: &[u8]) -> ara::Result<()> {
        *self.0.lock().unwrap() = Some(secret.to_vec());
        Ok(())
    }

    fn remove(&self) -> ara::Result<()> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

#[test]
fn an_app_keeps_them_where_it_likes() {
    let (relay, place, vault) = (TestRelay::start(), Place::new(), Vault::default());
    let db = place.open();
    for _ in 0..2 {
        let session = db.sync::<App>(relay.url()).keys(vault.clone()).start().unwrap();
        assert_eq!(wait_sent(&session).devices.len(), 1);
    }
    assert!(!Path::new(&place.keys()).exists());
    let session = db.sync::<App>(relay.url()).keys(vault.clone()).start().unwrap();
    session.leave().unwrap();
    assert!(vault.load().unwrap().is_none());
}

/// A place that can be locked, so that it takes nothing new.
#[derive(Debug, Clone, Default)]
struct Locked(Vault, Arc<AtomicBool>);

impl KeyStore for Locked {
    fn load(&self) -> ara::Result<Option<KeptKeys>> {
        self.0.load()
    }

    fn save(&self, secret: &[u8]) -> ara::Result<()> {
        match self.1.load(Ordering::SeqCst) {
            true => Err(Error::Io { reason: "locked".to_owned() }),
            false => self.0.save(secret),
        }
    }

    fn remove(&self) -> ara::Result<()> {
        self.0.remove()
    }
}

#[test]
fn a_session_goes_on_in_its_space_where_new_keys_cannot_be_kept() {
    let (relay, store) = (TestRelay::start(), Locked::default());
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(relay.url()).keys(store.clone()).start().unwrap();
    wait_sent(&session);
    store.1.store(true, Ordering::SeqCst);
    let error = session.start_over().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
    add(&db, "one");
    session.run_once(Instant::now() + LONG).unwrap();
    assert_eq!(session.status().bytes_to_send, 0);
    store.1.store(false, Ordering::SeqCst);
    session.start_over().unwrap();
    session.run_once(Instant::now() + LONG).unwrap();
}
