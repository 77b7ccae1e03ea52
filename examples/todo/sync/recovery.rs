//! The words that bring the list back.

use ara::prelude::*;
use ara::sync;

use super::edition::Edition;
use super::screen::Screen;
use super::{Setting, ask, deadline, is_confirmed, say};
use crate::Failure;

/// How many words there are.
const WORDS: usize = 24;

pub fn make_words<E: Edition>(setting: &Setting<'_>) -> Result<(), Failure> {
    let db = setting.open()?;
    let session = setting.builder::<E>(&db).open()?;
    // With what is at the relay, the words bring everything back.
    session.run_once(deadline())?;
    let words = session.new_recovery_words()?;
    for line in words.split_whitespace().collect::<Vec<_>>().chunks(6) {
        say(&line.join(" "))?;
    }
    eprintln!("Write them down. They are kept nowhere, and those from before count no more.");
    Ok(())
}

pub fn recover<E: Edition>(setting: &Setting<'_>) -> Result<(), Failure> {
    let mut words = String::new();
    let mut question = "Type the 24 words:";
    while words.split_whitespace().count() < WORDS {
        let Some(line) = ask(question)? else { break };
        words = words + " " + &line;
        question = "And the others:";
    }
    let mut recovery = sync::recover(&setting.relay, &words)
        .device_name(&setting.name)
        .app_version(E::VERSION)
        .admission(&setting.token)
        .begin()?;
    for device in recovery.devices()? {
        if is_confirmed(&format!("Do you still have {}?", device.name))? {
            recovery.keep(device.id);
        }
    }
    let db = Database::open(setting.path)?;
    let screen = Screen::of::<E>(&db)?;
    let session = recovery.finish::<E>(&db)?;
    if setting.once { screen.finish(session) } else { screen.show(session, false) }
}
