//! Encrypting what is in a file without a key, and back.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use ara::{Error, Key};
use support::{Outcome, agree, dump};

use crate::{Note, create, file, key, numbers, open};

/// A file that has something of everything.
fn make(path: &Path) -> Outcome {
    let db = Database::open(path)?;
    create(&db, 0..300)?;
    let first = db.query::<Note>().filter(Note::number.eq(0)).one()?.id;
    db.update(Note::patch(first).number(7))?;
    db.delete(first)?;
    let other = Database::memory()?;
    create(&other, 300..320)?;
    support::send(&other, &db)?;
    Ok(())
}

#[test]
fn nothing_is_lost_on_the_way_and_back() -> Outcome {
    let (_folder, path) = file()?;
    make(&path)?;
    let [encrypted, again, plain] =
        ["encrypted.db", "again.db", "plain.db"].map(|name| path.with_file_name(name));
    let plainly = Database::open(&path)?;
    plainly.backup_with_key(&encrypted, &Key::passphrase("a secret"))?;
    let db = open(&encrypted, &Key::passphrase("a secret"))?;
    agree(&plainly, &db)?;
    assert_eq!(db.query::<Note>().search("Bombardiermotte").count()?, 319);
    let id = plainly.query::<Note>().only_deleted().one()?.id;
    assert_eq!(db.history(id)?, plainly.history(id)?);
    db.backup_with_key(&again, &key(2))?;
    let db = open(&again, &key(2))?;
    agree(&plainly, &db)?;
    db.backup_without_key(&plain)?;
    let db = Database::open(&plain)?;
    agree(&plainly, &db)?;
    // It writes as a new device, and both can be merged.
    create(&db, 400..401)?;
    create(&plainly, 401..402)?;
    support::send(&db, &plainly)?;
    support::send(&plainly, &db)?;
    agree(&plainly, &db)?;
    assert_eq!(numbers(&db)?.len(), 321);
    Ok(())
}

#[test]
fn the_copy_has_every_table_index_and_row() -> Outcome {
    let (_folder, path) = file()?;
    make(&path)?;
    let db = Database::open(&path)?;
    let [by_pages, by_rows, encrypted, back] =
        ["pages.db", "rows.db", "encrypted.db", "back.db"].map(|name| path.with_file_name(name));
    db.backup(&by_pages)?;
    db.backup_without_key(&by_rows)?;
    let whole = dump::dump(&by_pages)?;
    assert!(whole.lines().count() > 600);
    assert_eq!(dump::dump(&by_rows)?, whole);
    // A file that is opened to be read is left as it is.
    db.backup_with_key(&encrypted, &key(1))?;
    let read_only = Database::options().key(key(1)).read_only().open(&encrypted)?;
    read_only.backup_without_key(&back)?;
    assert_eq!(dump::dump(&back)?, whole);
    Ok(())
}

#[test]
fn a_database_in_memory_is_saved_with_a_key() -> Outcome {
    let (_folder, path) = file()?;
    let db = Database::memory()?;
    create(&db, 0..10)?;
    db.backup_with_key(&path, &key(1))?;
    create(&db, 10..11)?;
    assert_eq!(numbers(&open(&path, &key(1))?)?.len(), 10);
    assert!(matches!(db.backup_with_key(&path, &key(1)), Err(Error::Open { .. })));
    Ok(())
}

#[test]
fn a_backup_has_the_key_of_the_file_and_is_put_back_by_it() -> Outcome {
    let (_folder, path) = file()?;
    let backup = path.with_file_name("backup.db");
    let db = open(&path, &key(1))?;
    create(&db, 0..10)?;
    db.backup(&backup)?;
    create(&db, 10..20)?;
    let options = || Database::options().key(key(1));
    assert!(options().restore_backup(&backup, &path).is_err(), "it is in use");
    drop(db);
    let refused = |result: ara::Result<()>| result.expect_err("the key is another one").name();
    assert_eq!(refused(Database::restore_backup(&backup, &path)), "Encrypted");
    let other = Database::options().key(key(2));
    assert_eq!(refused(other.restore_backup(&backup, &path)), "WrongKey");
    assert_eq!(numbers(&open(&path, &key(1))?)?.len(), 20);
    options().restore_backup(&backup, &path)?;
    assert_eq!(numbers(&open(&path, &key(1))?)?.len(), 10);
    Ok(())
}

#[test]
fn a_file_is_encrypted_in_its_place_and_back() -> Outcome {
    let (_folder, path) = file()?;
    make(&path)?;
    let copy = path.with_file_name("copy.db");
    let db = Database::open(&path)?;
    let vector = db.version_vector()?;
    db.backup_with_key(&copy, &key(1))?;
    drop(db);
    let options = Database::options().key(key(1));
    options.restore_backup(&copy, &path)?;
    fs::remove_file(&copy)?;
    let db = open(&path, &key(1))?;
    assert_eq!(db.version_vector()?, vector);
    db.backup_without_key(&copy)?;
    drop(db);
    options.restore_backup(&copy, &path)?;
    assert_eq!(Database::open(&path)?.version_vector()?, vector);
    assert_eq!(numbers(&Database::open(&path)?)?.len(), 319);
    Ok(())
}

/// Its first page is damaged, or its key was changed since the backup: it is told by its salt.
#[test]
fn a_backup_is_put_in_the_place_of_what_it_is_a_backup_of() -> Outcome {
    let (_folder, path) = file()?;
    let backup = path.with_file_name("backup.db");
    let db = open(&path, &key(1))?;
    create(&db, 0..10)?;
    db.backup(&backup)?;
    db.change_key(&key(2))?;
    drop(db);
    let options = Database::options().key(key(1));
    options.restore_backup(&backup, &path)?;
    let mut bytes = fs::read(&path)?;
    bytes[100..200].fill(0);
    fs::write(&path, bytes)?;
    options.restore_backup(&backup, &path)?;
    assert_eq!(numbers(&open(&path, &key(1))?)?.len(), 10);
    // Another file with another key is left.
    let other = path.with_file_name("other.db");
    create(&open(&other, &key(2))?, 0..3)?;
    let refused = options.restore_backup(&backup, &other).expect_err("it is another file");
    assert_eq!(refused.name(), "WrongKey");
    let plain = path.with_file_name("plain.db");
    open(&path, &key(1))?.backup_without_key(&plain)?;
    assert!(options.restore_backup(&plain, &other).is_err());
    assert_eq!(numbers(&open(&other, &key(2))?)?.len(), 3);
    Ok(())
}
