//! A device, as the test sees it: a process that is told what to do, and can be killed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use support::child;

use crate::device_process::WHO;

/// How long a device may take for an answer: longer than it waits itself.
const LONG: Duration = Duration::from_secs(120);

/// What a device answers.
pub type Answer = Result<String, String>;

/// A device, which is killed when this is dropped.
pub struct Device {
    pub name: String,
    pub file: PathBuf,
    version: u8,
    url: String,
    child: Child,
    stdin: ChildStdin,
    told: Receiver<String>,
}

impl Device {
    /// Starts a device with a version of the app, for the relay at a URL.
    pub fn start(name: &str, version: u8, file: &Path, url: &str) -> Self {
        let mut command = child::command("device_process::device", file).unwrap();
        let mut child = command.env(WHO, format!("{version}|{name}|{url}")).spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let (sender, told) = channel();
        let lines = child::told(&mut child);
        thread::spawn(move || {
            for line in lines {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let (name, file, url) = (name.to_owned(), file.to_owned(), url.to_owned());
        let device = Self { name, file, version, url, child, stdin, told };
        assert_eq!(device.told.recv_timeout(LONG).as_deref(), Ok("ready"));
        device
    }

    /// Starts it again, and its session.
    pub fn restart(&mut self) {
        self.restart_without_session();
        self.ask("start");
    }

    pub fn restart_without_session(&mut self) {
        self.kill();
        *self = Self::start(&self.name, self.version, &self.file, &self.url);
    }

    /// Gets the device on with another version of the app.
    pub fn update_to(&mut self, version: u8) {
        self.version = version;
        self.restart();
    }

    pub const fn version(&self) -> u8 {
        self.version
    }

    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to do something.
    pub fn tell(&mut self, command: &str) {
        // One that was killed hears nothing.
        let _ = writeln!(self.stdin, "{command}");
    }

    /// Waits for the answer to what it was told. `None` if there is none within this time, as it does it still, or
    /// was killed.
    pub fn answer(&self, within: Duration) -> Option<Answer> {
        let line = match self.told.recv_timeout(within) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        };
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        Some(if word == "ok" { Ok(rest.to_owned()) } else { Err(rest.to_owned()) })
    }

    /// Tells it to do something, and waits until that is done, or has failed.
    pub fn try_to(&mut self, command: &str) -> Answer {
        self.tell(command);
        let answer = self.answer(LONG);
        answer.unwrap_or_else(|| panic!("{} does not answer to {command}", self.name))
    }

    /// Tells it to do something, and waits until that is done.
    #[track_caller]
    pub fn ask(&mut self, command: &str) -> String {
        let answer = self.try_to(command);
        answer.unwrap_or_else(|error| panic!("{} {command}: {error}", self.name))
    }

    /// Kills it, and returns what it had told until then.
    pub fn kill(&mut self) -> Vec<Answer> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::iter::from_fn(|| self.answer(LONG)).collect()
    }

    /// Lets another device in.
    #[track_caller]
    pub fn let_in(&mut self, other: &mut Self) {
        self.try_to_let_in(other).unwrap_or_else(|error| panic!("{}: {error}", other.name));
    }

    /// Lets another device in, whatever happens meanwhile. After a failure, both begin anew.
    pub fn let_in_at_last(&mut self, other: &mut Self, mut before_each: impl FnMut()) {
        before_each();
        while let Err(error) = self.try_to_let_in(other) {
            println!("{} is not in yet: {error}", other.name);
            self.restart();
            other.restart_without_session();
            before_each();
        }
    }

    fn try_to_let_in(&mut self, other: &mut Self) -> Result<(), String> {
        let code = self.try_to("invite")?;
        self.tell("await");
        let digits = other.try_to(&format!("join {code}"))?;
        self.answer(LONG).expect("is there")?;
        self.try_to(&format!("accept {digits}"))?;
        other.try_to("finish").map(drop)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
