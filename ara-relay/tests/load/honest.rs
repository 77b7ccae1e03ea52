//! Two devices of a space, as an app has them, which go on while others attack.

use std::thread;
use std::time::{Duration, Instant};

use ara::Database;
use ara::prelude::*;
use ara::sync::{Session, join};

use crate::noise;
use crate::relay::Relay;

/// How long to wait for what should come soon.
const PATIENCE: Duration = Duration::from_secs(180);

/// A note, as an app would keep it.
#[derive(Table)]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}

ara::schema! { pub App: Note }

/// The devices. Sessions are dropped before their databases.
pub struct Honest {
    sessions: [Session; 2],
    databases: [Database; 2],
    commits: u64,
}

impl Honest {
    /// Has a device found a space, and let another one in.
    pub fn new(relay: &Relay) -> Self {
        let url = relay.url();
        let databases = [Database::memory().unwrap(), Database::memory().unwrap()];
        let first = databases[0].sync::<App>(&url).device_name("First").start().unwrap();
        let invitation = first.invite().unwrap();
        let code = invitation.code().to_owned();
        let joining = thread::spawn(move || join(&url, code).device_name("Second").begin());
        let mut request = invitation.wait(PATIENCE).unwrap();
        let joining = joining.join().unwrap().unwrap();
        request.accept(&joining.digits()).unwrap();
        let second = joining.finish::<App>(&databases[1]).unwrap();
        let mut honest = Self { sessions: [first, second], databases, commits: 0 };
        honest.go_on();
        honest
    }

    /// Commits on each device, and waits until the other one has it.
    pub fn go_on(&mut self) {
        for from in [0, 1] {
            self.commit(from, "a note");
        }
    }

    /// Commits a text so long that it takes several requests.
    pub fn go_on_with_much(&mut self) {
        self.commit(0, &noise(3 << 20));
    }

    fn commit(&mut self, from: usize, text: &str) {
        self.databases[from].create(Note::draft().text(text)).unwrap();
        self.commits += 1;
        let begun = Instant::now();
        let mut watch = self.databases[1 - from].query::<Note>().select(Note::id).watch().unwrap();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            let status = || self.sessions.each_ref().map(Session::status);
            let found = watch.recv_timeout(left).unwrap();
            let found = found.unwrap_or_else(|| panic!("it did not come: {:?}", status()));
            if found.len() as u64 == self.commits {
                return;
            }
        }
    }
}
