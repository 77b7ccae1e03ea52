//! Files that have a key, which the command reads from a file.

use ara::prelude::*;
use ara_core::{Key, Options};

use crate::support::Folder;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: String,
}

fn write(folder: &Folder, name: &str, key: Key) {
    let db = Options::default().key(key).open(folder.at(name)).expect("it can be made");
    let milk = db.create(Todo::draft().title("Milk")).expect("it is sound");
    db.delete(milk).expect("it is there");
}

#[test]
fn the_key_is_read_from_a_file() {
    let folder = Folder::empty();
    write(&folder, "typed.db", Key::passphrase("a secret"));
    write(&folder, "raw.db", Key::raw([b'r'; 32]));
    folder.write("passphrase", "a secret\nand a note\n");
    folder.write("raw", &"r".repeat(32));
    for (file, option, key) in
        [("typed.db", "--key-file", "passphrase"), ("raw.db", "--raw-key-file", "raw")]
    {
        for command in ["inspect", "verify", "history", "vacuum"] {
            let ran = folder.ara(&[command, file, option, key]);
            assert_eq!(ran.code, Some(0), "{command}: {ran:?}");
        }
        let forget = ["forget", file, "--deleted-before", "2999-01-01", "--yes", option, key];
        let ran = folder.ara(&forget);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

#[test]
fn what_is_wrong_with_the_key_is_told() {
    let folder = Folder::empty();
    write(&folder, "typed.db", Key::passphrase("a secret"));
    folder.write("other", "another secret\n");
    for (option, key, reason) in [
        ("--key-file", "other", "cannot be read with this key"),
        ("--raw-key-file", "other", "has not 32 bytes"),
        ("--key-file", "missing", "missing cannot be read"),
    ] {
        let ran = folder.ara(&["verify", "typed.db", option, key]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(reason), "{ran:?}");
        assert!(!ran.stderr.contains("secret"), "{ran:?}");
    }
}
