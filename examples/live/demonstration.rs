//! What the terminals show, without terminals.

use std::error::Error;
use std::sync::mpsc::channel;
use std::thread;

use ara::prelude::*;

use crate::{Note, newest};

pub fn run() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    println!("two connections to one file:");
    write_and_watch(Database::open(&path)?, &Database::open(&path)?)?;
    #[cfg(feature = "sync")]
    two_devices::run(folder.path())?;
    Ok(())
}

/// Another thread writes, and this one watches, through a database of its own.
fn write_and_watch(writer: Database, reader: &Database) -> Result<(), Box<dyn Error>> {
    let (next, asked) = channel();
    let writing = thread::spawn(move || -> ara::Result<()> {
        for text in asked {
            writer.create(Note::draft().text(text))?;
        }
        Ok(())
    });
    let mut notes = newest(reader)?;
    assert!(notes.recv()?.is_empty());
    for text in ["Buy milk", "Water the plants", "Call home"] {
        next.send(text)?;
        let notes = notes.recv()?;
        assert_eq!(notes.first().map(|note| &**note), Some(text));
        println!("{}", notes.iter().map(|note| &**note).collect::<Vec<_>>().join(" < "));
    }
    drop(next);
    writing.join().map_err(|_| "the thread that writes panicked")??;
    Ok(())
}

#[cfg(feature = "sync")]
mod two_devices {
    use std::env::{self, consts::EXE_SUFFIX};
    use std::error::Error;
    use std::io::{self, BufRead, BufReader};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::channel;
    use std::thread;

    use ara::prelude::*;
    use ara::sync::{Joining, Session};

    use super::write_and_watch;
    use crate::devices::{App, let_in};

    /// One device writes, and another one watches. Between them is a relay.
    pub fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
        let relay = Relay::start(folder)?;
        let (laptop, phone) = (Database::memory()?, Database::memory()?);
        let first = laptop.sync::<App>(&relay.url).device_name("Laptop").start()?;
        let _second = pair(&first, &relay.url, &phone)?;
        println!("two devices and a relay:");
        write_and_watch(laptop, &phone)
    }

    /// Lets the second device in, as the users of two screens would.
    fn pair(first: &Session, url: &str, db: &Database) -> Result<Session, Box<dyn Error>> {
        let invitation = first.invite()?;
        let join = ara::sync::join(url, invitation.code()).device_name("Phone");
        let (show, shown) = channel();
        let joining = thread::spawn(move || -> ara::Result<Joining> {
            let joining = join.begin()?;
            // Who reads the digits may have given up.
            let _ = show.send(joining.digits());
            Ok(joining)
        });
        let_in(invitation, || shown.recv().map_err(io::Error::other))?;
        let joining = joining.join().map_err(|_| "the thread that joins panicked")??;
        Ok(joining.finish::<App>(db)?)
    }

    /// The program `ara-relay`, until this is dropped.
    struct Relay {
        program: Child,
        url: String,
    }

    impl Relay {
        /// Starts the one that was built beside this example, at a port that is free.
        fn start(folder: &Path) -> Result<Self, Box<dyn Error>> {
            let example = env::current_exe()?;
            let built = example.parent().and_then(Path::parent).ok_or("there is no folder")?;
            let path = built.join(format!("ara-relay{EXE_SUFFIX}"));
            if !path.exists() {
                return Err("run `cargo build -p ara-relay` first".into());
            }
            let mut program = Command::new(path)
                .args(["--listen", "127.0.0.1:0", "--log", "error", "--store"])
                .arg(folder)
                .stdout(Stdio::piped())
                .spawn()?;
            let output = program.stdout.take();
            let mut relay = Self { program, url: String::new() };
            let mut line = String::new();
            BufReader::new(output.ok_or("the relay has no output")?).read_line(&mut line)?;
            let url = line.split(' ').find(|word| word.starts_with("http://"));
            relay.url = url.ok_or("the relay did not start")?.to_owned();
            Ok(relay)
        }
    }

    impl Drop for Relay {
        fn drop(&mut self) {
            // It may have ended already.
            let _ = self.program.kill();
            let _ = self.program.wait();
        }
    }
}
