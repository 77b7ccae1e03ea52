//! Files that were copied, lost or put back, while devices sync.

use std::fs;
use std::path::Path;

use crate::device::Device;
use crate::network::Network;

fn keys(device: &Device) -> std::path::PathBuf {
    device.file.with_file_name("notes.db.keys")
}

/// Copies the files of a device into the folder of another one, without its keys if so told.
fn copy(from: &Path, to: &Path, with_keys: bool) {
    for file in fs::read_dir(from.parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap();
        if with_keys || name != "notes.db.keys" {
            fs::copy(&path, to.with_file_name(name)).unwrap();
        }
    }
}

#[test]
fn a_folder_that_is_copied_while_it_is_synced_is_another_device() {
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add one");
    laptop.ask("once");
    phone.ask("count 1");
    copy(&laptop.file, &network.file_of("copy"), true);
    laptop.ask("add two");
    let mut copied = network.first("copy", 1);
    copied.ask("until alarm KeysReplaced");
    copied.ask("add three");
    laptop.ask("add four");
    let mut devices = [laptop, copied, phone];
    for device in &mut devices {
        device.ask("count 4");
        device.ask("until devices 3");
    }
    // Both are killed, and go on.
    for device in &mut devices {
        device.restart();
        let name = device.name.clone();
        device.ask(&format!("add again {name}"));
    }
    for device in &mut devices {
        device.ask("count 7");
        device.ask("verify");
        device.ask("until devices 3");
    }
    network.check_numbers();
}

#[test]
fn a_database_that_is_copied_while_it_is_synced_joins_by_a_code() {
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    laptop.ask("add one");
    laptop.ask("once");
    copy(&laptop.file, &network.file_of("copy"), false);
    laptop.ask("add two");
    let mut copied = network.device("copy", 1);
    let told = copied.try_to("start").unwrap_err();
    assert!(told.contains("keys"), "{told}");
    copied.ask("add three");
    laptop.let_in(&mut copied);
    for device in [&mut laptop, &mut copied] {
        device.ask("count 3");
        device.ask("verify");
        device.ask("until devices 2");
    }
}

#[test]
fn a_session_that_runs_goes_on_without_its_keys_file_and_the_next_one_says_what_is_missing() {
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    let elsewhere = laptop.file.with_file_name("elsewhere");
    fs::rename(keys(&laptop), &elsewhere).unwrap();
    laptop.ask("add one");
    phone.ask("count 1");
    laptop.restart_without_session();
    let told = laptop.try_to("start").unwrap_err();
    assert!(told.contains("keys"), "{told}");
    assert!(!keys(&laptop).exists(), "nothing is put in their place");
    // What is no such file is left as it is.
    fs::write(keys(&laptop), b"nothing").unwrap();
    let told = laptop.try_to("start").unwrap_err();
    assert!(told.contains("keys"), "{told}");
    assert_eq!(fs::read(keys(&laptop)).unwrap(), b"nothing");
    fs::rename(&elsewhere, keys(&laptop)).unwrap();
    laptop.ask("start");
    laptop.ask("add two");
    phone.ask("count 2");
    phone.ask("until devices 2");
}

#[test]
fn a_database_that_was_put_back_gets_what_came_after_and_loses_nothing_of_its_own() {
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("add one");
    phone.ask("count 1");
    laptop.ask("once");
    let backup = laptop.file.with_file_name("backup");
    laptop.ask(&format!("backup {}", backup.display()));
    laptop.ask("add two");
    phone.ask("add three");
    laptop.ask("count 3");
    laptop.ask("once");
    // This one is lost with the file, as it was not sent.
    laptop.ask("pause");
    laptop.ask("add lost");
    laptop.kill();
    ara::Database::restore_backup(&backup, &laptop.file).unwrap();
    laptop.restart();
    laptop.ask("add four");
    for device in [&mut laptop, &mut phone] {
        device.ask("count 4");
        device.ask("verify");
        device.ask("until devices 2");
    }
    network.check_numbers();
}
