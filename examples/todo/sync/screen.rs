//! What is on the screen while the list is being synced.

use std::io;
use std::iter::{from_fn, once};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use ara::prelude::*;
use ara::sync::{Alarm, JoinRequest, Session, Status};

use super::edition::{Edition, Lines};
use super::{deadline, pairing, say, told};
use crate::Failure;

/// What happens. Each kind has a thread that waits for it.
pub enum News {
    /// The user typed a line.
    Typed(String),
    /// The user types nothing more.
    EndOfInput,
    /// A device has used the code.
    WantsIn(Box<JoinRequest>),
    /// No device has used the code.
    NobodyCame(ara::Error),
    /// The status has changed.
    Status(Status),
    /// The list has changed, on another device, or by another program on this one.
    List(ara::Result<Vec<String>>),
}

/// What the user has seen, of which only the news are shown.
pub struct Screen {
    db: Database,
    watch: fn(&Database) -> ara::Result<Lines>,
    list: Vec<String>,
    standing: String,
    alarms: Vec<Alarm>,
}

impl Screen {
    /// Begins with the list as it is.
    pub fn of<E: Edition>(db: &Database) -> Result<Self, Failure> {
        let mut screen = Self {
            db: db.clone(),
            watch: E::watch,
            list: Vec::new(),
            standing: String::new(),
            alarms: Vec::new(),
        };
        screen.list = screen.list_now()?;
        Ok(screen)
    }

    /// Sends and receives until nothing is left, and shows what came.
    pub fn finish(mut self, session: Session) -> Result<(), Failure> {
        let result = session.run_once(deadline());
        let list = self.list_now()?;
        self.show_list(list)?;
        match result {
            Ok(()) => self.show_status(&session.status())?,
            // The alarms may say more than the error.
            Err(error) => {
                self.show_alarms(&session.status())?;
                told::hint(&error).map_or(Ok(()), say)?;
                return Err(error.into());
            }
        }
        self.dismiss_shown(&session)
    }

    /// Shows what happens, until the user presses Enter.
    pub fn show(mut self, session: Session, invites: bool) -> Result<(), Failure> {
        let (tell, news) = channel();
        let typed = from_fn(|| io::stdin().lines().next()?.ok()).map(News::Typed);
        tell_each(typed.chain(once(News::EndOfInput)), &tell);
        tell_each(session.watch_status().into_iter().map(News::Status), &tell);
        tell_each((self.watch)(&self.db)?.map(News::List), &tell);

        say(&format!("syncing through {}; Enter ends it", session.status().relay))?;
        if invites {
            pairing::invite(&session, &tell)?;
        }
        let mut waiting = None;
        for news in news {
            match news {
                News::EndOfInput => break,
                News::Typed(line) if line.trim().is_empty() => break,
                News::Typed(line) => match waiting.take() {
                    Some(request) => waiting = pairing::let_in(request, &line)?,
                    None => say("no device wants in now; Enter ends this")?,
                },
                News::WantsIn(request) => {
                    say(&format!("{} wants in. Type the digits that it shows:", request.name()))?;
                    waiting = Some(request);
                }
                News::NobodyCame(error) => say(&format!("nobody was let in: {error}"))?,
                News::Status(status) => self.show_status(&status)?,
                News::List(list) => self.show_list(list?)?,
            }
        }
        self.dismiss_shown(&session)
    }

    /// Has no alarm told again that the user has seen. One whose cause goes on comes back.
    fn dismiss_shown(&self, session: &Session) -> Result<(), Failure> {
        for alarm in &self.alarms {
            session.dismiss(alarm)?;
        }
        Ok(())
    }

    fn list_now(&self) -> Result<Vec<String>, Failure> {
        Ok((self.watch)(&self.db)?.next().transpose()?.unwrap_or_default())
    }

    /// Shows what is new in the list, and what is not there any more.
    fn show_list(&mut self, list: Vec<String>) -> Result<(), Failure> {
        for line in self.list.iter().filter(|line| !list.contains(line)) {
            say(&format!("- {line}"))?;
        }
        for line in list.iter().filter(|line| !self.list.contains(line)) {
            say(&format!("+ {line}"))?;
        }
        self.list = list;
        Ok(())
    }

    fn show_status(&mut self, status: &Status) -> Result<(), Failure> {
        self.show_alarms(status)?;
        let standing = told::standing(status);
        if standing != self.standing {
            say(&standing)?;
            self.standing = standing;
        }
        Ok(())
    }

    fn show_alarms(&mut self, status: &Status) -> Result<(), Failure> {
        for alarm in &status.alarms {
            if !self.alarms.contains(alarm) {
                say(&format!("! {alarm}"))?;
                self.alarms.push(alarm.clone());
            }
        }
        Ok(())
    }
}

/// Tells what comes, in a thread of its own.
fn tell_each(all: impl Iterator<Item = News> + Send + 'static, tell: &Sender<News>) {
    let tell = tell.clone();
    thread::spawn(move || {
        for news in all {
            // Once the user has gone, nobody hears it.
            if tell.send(news).is_err() {
                return;
            }
        }
    });
}
