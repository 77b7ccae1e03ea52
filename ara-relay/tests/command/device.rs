//! Devices that write.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::{Session, join};
use support::random::Random;

/// How long to wait for what is a matter of seconds.
pub const LONG: Duration = Duration::from_secs(300);

/// How long a device waits before it tries again though nothing tells it to.
const IMPATIENT: Duration = Duration::from_millis(300);

/// How many letters do not fit into one part of a segment.
pub const MANY: usize = 1_500_000;

/// What is synced.
#[derive(Table)]
pub struct Note {
    /// Its id.
    pub id: Id<Note>,
    /// What no other one has.
    pub title: Option<String>,
    /// What others write, too.
    pub body: Option<String>,
    /// How often it was written.
    pub edits: Counter,
}

ara::schema! { pub App: Note }

/// A device that syncs in the background.
pub struct Device {
    pub name: String,
    pub db: Database,
    pub session: Session,
    /// The titles that it wrote.
    pub written: BTreeSet<String>,
    /// How often it edited a note.
    pub edits: i64,
}

impl Device {
    /// The first device of a space.
    pub fn first(name: String, url: &str) -> Self {
        let db = Database::memory().unwrap();
        let session = db.sync::<App>(url).device_name(&name).start().unwrap();
        Self { name, db, session, written: BTreeSet::new(), edits: 0 }
    }

    /// Lets another device in.
    pub fn let_in(&self, name: String, url: &str) -> Self {
        self.try_to_let_in(name, url).unwrap()
    }

    pub fn try_to_let_in(&self, name: String, url: &str) -> ara::Result<Self> {
        let invitation = self.session.invite()?;
        let code = invitation.code().to_owned();
        let (session, db) = thread::scope(|scope| -> ara::Result<_> {
            let joining = scope.spawn(|| join(url, code).device_name(&name).begin());
            let mut request = invitation.wait(LONG)?;
            let joining = joining.join().unwrap()?;
            request.accept(&joining.digits())?;
            let db = Database::memory()?;
            Ok((joining.finish::<App>(&db)?, db))
        })?;
        Ok(Self { name, db, session, written: BTreeSet::new(), edits: 0 })
    }

    /// Writes a note, and into another one, in a transaction.
    pub fn write(&mut self, letters: usize, random: &mut Random) {
        let title = format!("{} {}", self.name, self.written.len());
        let letter = |_| char::from(b'0' + u8::try_from(random.below(64)).unwrap());
        let body: String = (0..letters).map(letter).collect();
        let others = self.db.query::<Note>().select(Note::id).all().unwrap();
        self.db
            .transaction(|tx| {
                tx.create(Note::draft().title(&title).body(body).edits(0))?;
                if !others.is_empty() {
                    let other = others[random.below(others.len())];
                    let body = format!("by {title}");
                    tx.update(Note::patch(other).body(body).edits(Counter::add(1)))?;
                }
                Ok(())
            })
            .unwrap();
        self.written.insert(title);
        self.edits += i64::from(!others.is_empty());
    }

    /// Deletes and forgets a note.
    pub fn forget_one(&self) {
        let notes = self.db.query::<Note>().select(Note::id).all().unwrap();
        self.db.delete(notes[0]).unwrap();
        self.db.forget(notes[0]).unwrap();
    }

    /// Waits until it is told that all is sent, and that nothing is new.
    pub fn settle(&self) {
        let begun = Instant::now();
        let is_right = |status: &ara::sync::Status| status.is_up_to_date();
        while self.session.watch_status().wait_until(IMPATIENT, is_right).is_none() {
            let status = self.session.status();
            assert!(begun.elapsed() < LONG, "{}: {status:?}", self.name);
            self.session.sync_now();
        }
    }

    /// Sends and receives all that there is now.
    pub fn sync(&self) {
        let begun = Instant::now();
        while let Err(error) = self.session.run_once(begun + LONG) {
            assert!(begun.elapsed() < LONG, "{}: {error}", self.name);
            self.session.watch_status().wait_until(IMPATIENT, |_| false);
        }
    }

    /// All that it has, in order.
    pub fn rows(&self) -> Vec<String> {
        let mut bytes = vec![];
        self.db.export_json::<Note>(&mut bytes).unwrap();
        let mut rows: Vec<_> =
            String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect();
        rows.sort_unstable();
        rows
    }

    /// The titles that it has, and how often notes were edited in all.
    pub fn titles(&self) -> (BTreeSet<String>, i64) {
        let notes = self.db.query::<Note>().all().unwrap();
        let edits = notes.iter().map(|note| note.edits.map_or(0, i64::from)).sum();
        (notes.into_iter().filter_map(|note| note.title).collect(), edits)
    }
}
