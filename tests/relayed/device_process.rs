//! A device: the process that has the database and the session, and does what it is told, a line for each.

use std::env;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ara::prelude::*;
use ara::sync::{
    Connection, DeviceId, Invitation, JoinRequest, Joining, Session, Status, join, recover,
};
use support::random::Random;
use support::{Outcome, There, child};

use crate::apps::{App, v1, v2, v3};

/// Where the process is told who it is: the version of the app, the name, and the relay's URL, each after a `|`.
pub const WHO: &str = "ARA_TEST_DEVICE";

/// How long it waits for what is a matter of milliseconds.
const LONG: Duration = Duration::from_secs(60);

/// The process.
#[test]
fn device() -> Outcome {
    let (Some(file), Ok(who)) = (child::file(), env::var(WHO)) else { return Ok(()) };
    let mut who = who.splitn(3, '|').map(str::to_owned);
    let [version, name, url] = [who.next().there()?, who.next().there()?, who.next().there()?];
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&ahead);
    let now = move || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_millis());
        Timestamp::from_millis(now as i64 + clock.load(Ordering::SeqCst))
    };
    let db = Database::options().clock(now).open(file)?;
    let (session, invitation, request, joining) = (None, None, None, None);
    let running = Running { db, name, url, ahead, session, invitation, request, joining };
    match &*version {
        "1" => running.obey::<v1::Notes>(),
        "2" => running.obey::<v2::Notes>(),
        _ => running.obey::<v3::Notes>(),
    }
}

/// What the process has.
struct Running {
    db: Database,
    name: String,
    url: String,
    /// How far its clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
    session: Option<Session>,
    invitation: Option<Invitation>,
    request: Option<JoinRequest>,
    joining: Option<Joining>,
}

impl Running {
    /// Does what it is told until it is told no more.
    fn obey<A: App>(mut self) -> Outcome {
        child::tell("ready");
        for line in std::io::stdin().lock().lines() {
            let line = line?;
            let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let done = self.members::<A>(command, rest);
            let done = done.or_else(|| self.rows::<A>(command, rest));
            let done = done.or_else(|| self.sync::<A>(command, rest));
            match done {
                Some(Ok(answer)) => child::tell(&format!("ok {answer}")),
                Some(Err(error)) => child::tell(&format!("failed {error}")),
                None => return Err(format!("unknown: {line}").into()),
            }
        }
        Ok(())
    }

    /// What is about who is in the space.
    fn members<A: App>(&mut self, command: &str, rest: &str) -> Option<Outcome<String>> {
        Some(match command {
            "invite" => self.invite(),
            "await" => self.wait_for_request(),
            "accept" => self.accept(rest),
            "join" => self.join(rest),
            "finish" => self.finish::<A>(),
            "remove" => self.remove(rest),
            "words" => self.session().and_then(|it| Ok(it.new_recovery_words()?.to_string())),
            "recover" => self.recover::<A>(rest),
            _ => return None,
        })
    }

    /// What is about rows.
    fn rows<A: App>(&self, command: &str, rest: &str) -> Option<Outcome<String>> {
        let words: Vec<&str> = rest.split(' ').collect();
        let done = match command {
            "add" => A::add(&self.db, rest, "").map_err(Into::into),
            "bulk" => self.bulk::<A>(&words),
            "edit" => self.edit::<A>(&words),
            "forget" => A::forget(&self.db, rest).map_err(Into::into),
            "verify" => support::verified(&self.db),
            "backup" => self.db.backup(rest).map_err(Into::into),
            "clock" => self.set_clock(rest),
            "titles" => {
                return Some(A::titles(&self.db).map_err(Into::into).map(|it| it.join(",")));
            }
            "export" => return Some(A::export(&self.db).map_err(Into::into)),
            "vector" => return Some(self.vector()),
            "count" => return Some(self.count::<A>(rest)),
            _ => return None,
        };
        Some(done.map(|()| String::new()))
    }

    /// What is about sync.
    fn sync<A: App>(&mut self, command: &str, rest: &str) -> Option<Outcome<String>> {
        let done = match command {
            "start" => self.start::<A>(),
            "pause" => self.session().map(Session::pause),
            "resume" => self.session().and_then(|session| Ok(session.resume()?)),
            "sync" => self.session().map(Session::sync_now),
            "once" => self.session().and_then(|it| Ok(it.run_once(Instant::now() + LONG)?)),
            "move" => self.session().and_then(|session| Ok(session.change_relay(rest)?)),
            "start_over" => self.session().and_then(|session| Ok(session.start_over()?)),
            "news" => return Some(self.news()),
            "until" => return Some(self.until(rest)),
            "status" => return Some(self.session().map(|it| format!("{:?}", it.status()))),
            _ => return None,
        };
        Some(done.map(|()| String::new()))
    }

    fn session(&self) -> Outcome<&Session> {
        self.session.as_ref().there()
    }

    fn start<A: App>(&mut self) -> Outcome {
        let builder = self.db.sync::<A>(self.url.as_str()).device_name(self.name.as_str());
        self.session = Some(builder.start()?);
        Ok(())
    }

    fn invite(&mut self) -> Outcome<String> {
        let invitation = self.session()?.invite()?;
        let code = invitation.code().to_owned();
        self.invitation = Some(invitation);
        Ok(code)
    }

    fn wait_for_request(&mut self) -> Outcome<String> {
        let request = self.invitation.take().there()?.wait(LONG)?;
        let name = request.name().to_owned();
        self.request = Some(request);
        Ok(name)
    }

    fn accept(&mut self, digits: &str) -> Outcome<String> {
        self.request.as_mut().there()?.accept(digits)?;
        Ok(String::new())
    }

    fn join(&mut self, code: &str) -> Outcome<String> {
        let joining = join(self.url.as_str(), code).device_name(self.name.as_str());
        let joining = joining.timeout(LONG).begin()?;
        let digits = joining.digits();
        self.joining = Some(joining);
        Ok(digits)
    }

    fn finish<A: App>(&mut self) -> Outcome<String> {
        self.session = Some(self.joining.take().there()?.finish::<A>(&self.db)?);
        Ok(String::new())
    }

    fn recover<A: App>(&mut self, words: &str) -> Outcome<String> {
        let mut recovery =
            recover(self.url.as_str(), words).device_name(self.name.as_str()).begin()?;
        for device in recovery.devices()? {
            recovery.keep(device.id);
        }
        self.session = Some(recovery.finish::<A>(&self.db)?);
        Ok(String::new())
    }

    fn remove(&self, name: &str) -> Outcome<String> {
        let session = self.session()?;
        let id = |status: &Status| -> Option<DeviceId> {
            Some(status.devices.iter().find(|device| device.name == name)?.id)
        };
        let id = id(&session.status()).ok_or("there is no such device")?;
        session.remove_device(id)?;
        Ok(String::new())
    }

    /// Adds so many notes in one transaction, each with so much text that cannot be made shorter.
    fn bulk<A: App>(&self, words: &[&str]) -> Outcome {
        let [prefix, count, length, seed] = words else { return Err("four words".into()) };
        let mut random = Random::from_seed(seed.parse()?);
        let length: usize = length.parse()?;
        let notes: Vec<_> = (0..count.parse()?)
            .map(|number: usize| (format!("{prefix}{number}"), text(&mut random, length)))
            .collect();
        Ok(A::add_all(&self.db, &notes)?)
    }

    fn edit<A: App>(&self, words: &[&str]) -> Outcome {
        let [count, seed] = words else { return Err("two words".into()) };
        let mut random = Random::from_seed(seed.parse()?);
        for _ in 0..count.parse::<usize>()? {
            A::edit(&self.db, &mut random)?;
        }
        Ok(())
    }

    fn set_clock(&self, millis: &str) -> Outcome {
        self.ahead.store(millis.parse()?, Ordering::SeqCst);
        Ok(())
    }

    /// Waits until there are so many notes.
    fn count<A: App>(&self, count: &str) -> Outcome<String> {
        let count = count.parse()?;
        let found = A::wait_for(&self.db, count, Instant::now() + LONG)?;
        if found == count {
            return Ok(String::new());
        }
        let status = self.session.as_ref().map(Session::status);
        Err(format!("{found} notes instead of {count}: {status:?}").into())
    }

    /// What it knows of each node, in hexadecimal digits.
    fn vector(&self) -> Outcome<String> {
        let vector = self.db.version_vector()?.to_bytes();
        Ok(vector.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Waits until something happens, but not for long.
    fn news(&self) -> Outcome<String> {
        let mut watch = self.session()?.watch_status();
        let _ = watch.recv();
        let _ = watch.recv_timeout(Duration::from_millis(200));
        Ok(String::new())
    }

    /// Waits until the status says what it should.
    fn until(&self, what: &str) -> Outcome<String> {
        let session = self.session()?;
        let what: Vec<&str> = what.split(' ').collect();
        let found = session.watch_status().wait_until(LONG, |status| is_so(status, &what));
        let found = found.ok_or_else(|| format!("not {what:?}: {:?}", session.status()))?;
        Ok(found.error().map(ToString::to_string).unwrap_or_default())
    }
}

/// Returns text that cannot be made much shorter.
fn text(random: &mut Random, length: usize) -> String {
    /// How many characters of ASCII can be printed, and so many fit into a number by chance.
    const PRINTED: u64 = 94;
    const EACH: usize = 9;
    let mut text = String::with_capacity(length + EACH);
    while text.len() < length {
        let mut number = random.next();
        for _ in 0..EACH {
            text.push(char::from(b'!' + (number % PRINTED) as u8));
            number /= PRINTED;
        }
    }
    text
}

/// Returns whether a status says what these words say.
fn is_so(status: &Status, what: &[&str]) -> bool {
    match what {
        ["sent"] => status.last_success.is_some() && status.is_up_to_date(),
        ["connected"] => status.connection == Connection::Connected,
        // With a word of what it tells, as a connection that is cut is told before what a relay answers afterwards.
        ["failing", words @ ..] => match status.connection {
            Connection::Failing { .. } => {
                let told = status.error().map(ToString::to_string).unwrap_or_default();
                told.contains(&words.join(" "))
            }
            _ => false,
        },
        ["stopped"] => matches!(status.connection, Connection::Stopped { .. }),
        ["relay", url] => status.relay == *url,
        ["devices", count] => status.devices.len().to_string() == *count,
        ["device", name] => status.devices.iter().any(|device| device.name == *name),
        ["alarm", kind] => status.alarms.iter().any(|alarm| format!("{alarm:?}").starts_with(kind)),
        ["no", rest @ ..] => !is_so(status, rest),
        _ => false,
    }
}
