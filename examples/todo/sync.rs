//! Syncing the list with the user's other devices: `todo sync`, `pair`, `devices`, `leave`, `words`
//! and `recover`.
//!
//! `edition` says what sync needs to know of this year's and of last year's app, `pairing` and `recovery` let devices
//! in, `screen` shows what happens while the list is being synced, and `told` has the words for it.

mod edition;
mod pairing;
mod recovery;
mod screen;
mod told;

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::SyncBuilder;

use self::edition::Edition;
pub use self::edition::{LastYear, ThisYear};
use self::screen::Screen;
use crate::{Failure, table, usage};

const USAGE: &str = "To sync the list with other devices:
  todo sync [RELAY]            keep it in step with them, and let one in if there is none yet
  todo pair [RELAY] CODE       join them, by the code that `sync` shows, or the text of its QR code
  todo devices [RELAY]         show them
  todo leave [RELAY]           sync it no more: it stays here, and `sync` would begin anew
  todo words [RELAY]           make 24 words that bring the list back when all devices are lost
  todo recover [RELAY]         bring it back: the words are read from here

  --invite                     with `sync`: let one more device in
  --once                       with `sync`, `pair`, `recover`: end when all is sent and received

The other devices call this one as its file is called.
RELAY is the URL of one, http://127.0.0.1:4040 or what TODO_RELAY names. `cargo run -p ara-relay` runs it there.
If it wants a token, TODO_TOKEN is that.
What is told with a `!` is told once, unless its cause goes on.
";

/// How long what must come to an end may take.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run<E: Edition>(path: &Path, args: &[&str]) -> Result<(), Failure> {
    if args.contains(&"--help") {
        return say(USAGE);
    }
    let (setting, command) = Setting::take(path, args)?;
    match command[..] {
        ["sync"] => sync::<E>(&setting),
        ["pair", code] => pairing::join::<E>(&setting, code),
        ["devices"] => devices::<E>(&setting),
        ["leave"] => leave::<E>(&setting),
        ["words"] => recovery::make_words::<E>(&setting),
        ["recover"] => recovery::recover::<E>(&setting),
        _ => Err(usage(format!("this is not how it is used:\n\n{USAGE}"))),
    }
}

/// What was said besides the command.
struct Setting<'a> {
    path: &'a Path,
    relay: String,
    /// By which the relay takes a space that it does not have, if it wants one.
    token: String,
    name: String,
    once: bool,
    invite: bool,
}

impl<'a> Setting<'a> {
    /// Takes the options and the relay out of the arguments.
    fn take(path: &'a Path, args: &[&'a str]) -> Result<(Self, Vec<&'a str>), Failure> {
        let relay = std::env::var("TODO_RELAY").ok().filter(|relay| !relay.is_empty());
        let token = std::env::var("TODO_TOKEN").unwrap_or_default();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let relay = relay.unwrap_or_else(|| "http://127.0.0.1:4040".to_owned());
        let mut setting = Self { path, relay, token, name, once: false, invite: false };
        let mut rest = Vec::new();
        for &arg in args {
            match arg {
                "--once" => setting.once = true,
                "--invite" => setting.invite = true,
                url if url.starts_with("http://") || url.starts_with("https://") => {
                    setting.relay = url.to_owned();
                }
                option if option.starts_with("--") => {
                    return Err(usage(format!("there is no option `{option}`:\n\n{USAGE}")));
                }
                other => rest.push(other),
            }
        }
        if setting.once && setting.invite {
            return Err(usage(
                "`--invite` waits for a device, and `--once` for nobody: leave one of them out"
                    .to_owned(),
            ));
        }
        Ok((setting, rest))
    }

    fn builder<'d, E: Edition>(&self, db: &'d Database) -> SyncBuilder<'d, E> {
        let builder = db.sync::<E>(&self.relay).device_name(&self.name).app_version(E::VERSION);
        builder.admission(&self.token)
    }

    /// Opens the file, if it takes part in sync.
    fn open(&self) -> Result<Database, Failure> {
        let db = self.path.exists().then(|| Database::open(self.path)).transpose()?;
        if let Some(db) = db
            && db.space()?.is_some()
        {
            return Ok(db);
        }
        let path = self.path.display();
        Err(usage(format!("{path} is not synced yet: `todo sync` begins")))
    }
}

fn sync<E: Edition>(setting: &Setting<'_>) -> Result<(), Failure> {
    let db = Database::open(setting.path)?;
    let screen = Screen::of::<E>(&db)?;
    if setting.once {
        return screen.finish(setting.builder::<E>(&db).open()?);
    }
    let session = setting.builder::<E>(&db).start()?;
    let is_alone = session.status().devices.len() < 2;
    screen.show(session, is_alone || setting.invite)
}

/// Shows the devices as this one knows them, also without a network, and by which id whoever runs the relay knows the list.
fn devices<E: Edition>(setting: &Setting<'_>) -> Result<(), Failure> {
    let db = setting.open()?;
    let status = setting.builder::<E>(&db).open()?.status();
    let rows: Vec<_> = status.devices.iter().map(told::device).collect();
    say(table::aligned(["name", "app", "last heard of", ""], &rows).trim_end())?;
    let Some(space) = db.space()? else { return Ok(()) };
    say(&format!("\nspace {}", space.id))
}

/// Takes the list out of sync. Nothing begins that again but `todo sync`.
fn leave<E: Edition>(setting: &Setting<'_>) -> Result<(), Failure> {
    let db = setting.open()?;
    setting.builder::<E>(&db).open()?.leave()?;
    say("the list is synced no more, and stays here")
}

/// The time at which what must come to an end is given up.
fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

fn say(text: &str) -> Result<(), Failure> {
    // What others have written must not be able to command the terminal.
    let text = text.lines().map(table::printable).collect::<Vec<_>>().join("\n");
    writeln!(io::stdout(), "{text}").map_err(|error| Failure::File(error.to_string()))
}

/// Reads what the user answers; `None` at the end of the input.
fn ask(question: &str) -> Result<Option<String>, Failure> {
    say(question)?;
    let answer = io::stdin().lines().next().transpose();
    answer.map_err(|error| Failure::File(format!("cannot read the answer: {error}")))
}

/// Asks for a yes. Without an answer, it is a no.
fn is_confirmed(question: &str) -> Result<bool, Failure> {
    let answer = ask(&format!("{question} [y/N]"))?.unwrap_or_default();
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
