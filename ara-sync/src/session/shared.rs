//! What the handle of a session and its threads share.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ara_core::{Database, Error, Result, Timestamp};
use ara_protocol::keys::{MemberKey, PublicKeys, SecretKeys};
use ara_protocol::{RecordHash, SpaceId};

use crate::engine::base::{Engine, Outcome, Progress};
use crate::engine::settings::Connect;
use crate::fault::{self, Fault};
use crate::keys::KeyStore;
use crate::options::connect;
use crate::pairing::host::Host;
use crate::relay::Relay;
use crate::session::claim::Claim;
use crate::session::closing::Closing;
use crate::session::commits::{Commits, Mark};
use crate::session::own_keys::{self, Opened};
use crate::session::signal::Signal;
use crate::session::turns::Turns;
use crate::state::Alarm;
use crate::status::cell::StatusCell;
use crate::status::{self, Connection, Quota, SendProgress, Status, SyncProgress};
use crate::transport::Events;
use crate::transport::http::HttpSettings;
use crate::transport::http::cutoff::Cutoff;

thread_local! {
    /// Whether this thread is making a round. What it commits then is what has arrived.
    static IS_IN_ROUND: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread is making a round, until it is dropped, also by a panic.
struct InRound;

impl InRound {
    fn begin() -> Self {
        IS_IN_ROUND.set(true);
        Self
    }
}

impl Drop for InRound {
    fn drop(&mut self) {
        IS_IN_ROUND.set(false);
    }
}

/// How long to leave the file to another process that syncs it, too.
pub(super) const AFTER_ANOTHER: Duration = Duration::from_millis(100);

/// What the handle of a session and its threads share.
pub(crate) struct Shared {
    pub(super) database: Database,
    pub(super) store: Arc<dyn KeyStore>,
    /// Ends the requests of rounds.
    pub(super) cutoff: Cutoff,
    /// Ends the stream of events.
    pub(super) stream_cutoff: Cutoff,
    stream_connect: Connect,
    /// Ends the requests of pairings.
    pub(super) pairing_cutoff: Cutoff,
    pairing_connect: Connect,
    http: HttpSettings,
    pub(super) signal: Signal,
    pub(super) status: Arc<StatusCell>,
    commits: Commits,
    /// `None` once the space was left.
    engine: Mutex<Option<Engine>>,
    /// Who wants the engine.
    turns: Turns,
    /// New keys of this device, as the old ones were found copied.
    successor: Mutex<Option<Arc<SecretKeys>>>,
    known: Mutex<Known>,
    /// A space that the file was in before, and that is to be closed.
    closing: Mutex<Option<Closing>>,
    claim: Mutex<Option<Claim>>,
}

/// What a session is made of.
pub(super) struct Parts {
    pub(super) database: Database,
    pub(super) store: Arc<dyn KeyStore>,
    pub(super) cutoff: Cutoff,
    pub(super) streams: (Cutoff, Connect),
    pub(super) pairings: (Cutoff, Connect),
    pub(super) http: HttpSettings,
    /// A space that the file was alone in before.
    pub(super) closing: Option<Closing>,
    pub(super) claim: Claim,
}

/// What is known of the space without asking the engine.
#[derive(Clone)]
struct Known {
    space: SpaceId,
    keys: Arc<SecretKeys>,
    url: String,
}

impl Shared {
    pub(super) fn new(opened: Opened, parts: Parts) -> Self {
        let Opened { mut engine, successor } = opened;
        let Parts { database, store, cutoff, streams, pairings, http, closing, claim } = parts;
        let url = engine.url().to_owned();
        let (space, keys) = (engine.space(), Arc::clone(engine.keys()));
        let shared = Self {
            database,
            store,
            cutoff,
            stream_cutoff: streams.0,
            stream_connect: streams.1,
            pairing_cutoff: pairings.0,
            pairing_connect: pairings.1,
            http,
            closing: Mutex::new(closing),
            signal: Signal::default(),
            status: Arc::new(StatusCell::new(Status::new(url.clone()))),
            commits: Commits::default(),
            engine: Mutex::new(None),
            turns: Turns::default(),
            successor: Mutex::new(successor.map(Arc::new)),
            known: Mutex::new(Known { space, keys, url }),
            claim: Mutex::new(Some(claim)),
        };
        shared.publish(&mut engine, true);
        *shared.lock() = Some(engine);
        shared
    }

    /// Runs a call on the engine. A round that is running gives way.
    pub(super) fn with_engine<R>(
        &self,
        call: impl FnOnce(&mut Engine) -> fault::Result<R>,
    ) -> Result<R> {
        self.with_slot(|slot| match slot {
            Some(engine) => {
                let result = call(engine);
                self.publish(engine, true);
                Ok(result?)
            }
            None => Err(Error::NotInASpace),
        })
    }

    /// Runs a call that may take the engine away, or put another in its place.
    pub(super) fn with_slot<R>(
        &self,
        call: impl FnOnce(&mut Option<Engine>) -> Result<R>,
    ) -> Result<R> {
        let mut slot = self.turns.first(|| self.lock());
        let result = call(&mut slot);
        drop(slot);
        // A round that gave way goes on.
        self.signal.ask();
        result
    }

    /// Makes a round, until all is done, or it is to stop, or another call waits. `tells` says whether it tells at once what
    /// this device has sent, rather than after a while.
    pub(super) fn round(
        &self,
        is_stopped: &dyn Fn() -> bool,
        tells: bool,
    ) -> fault::Result<Outcome> {
        let mut slot = self.turns.last(|| self.lock());
        let engine = slot.as_mut().ok_or(Fault::Database(Error::NotInASpace))?;
        if tells {
            engine.tell_at_once();
        }
        let gives_way = || is_stopped() || self.turns.are_wanted();
        let begun = self.commits.mark();
        let mut on_progress = |progress: Progress| self.tell_progress(progress, begun);
        let members = engine.members().head();
        let in_round = InRound::begin();
        let result = self
            .replace_copied_keys(engine)
            .and_then(|()| engine.round(&gives_way, &mut on_progress));
        drop(in_round);
        let is_same = result.as_ref().is_ok_and(|outcome| !outcome.devices_changed);
        self.publish(engine, !is_same || engine.members().head() != members);
        self.tell_result(&result);
        drop(slot);
        if result.as_ref().is_ok_and(|outcome| outcome.is_complete) {
            self.close_former();
        }
        result
    }

    /// Notes a space that is to be closed.
    pub(super) fn close_later(&self, closing: Closing) {
        *self.closing.lock().unwrap_or_else(PoisonError::into_inner) = Some(closing);
    }

    /// Closes the space that the file was in before, once everything of it is in the one in which it is now.
    fn close_former(&self) {
        let closing = self.closing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(closing) = closing {
            closing.close(&self.database, &self.pairing_connect);
        }
    }

    /// Takes the new keys of a device whose old ones were found copied, once the others know them.
    fn replace_copied_keys(&self, engine: &mut Engine) -> fault::Result<()> {
        let mut successor = self.successor.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(new) = successor.clone() {
            engine.replace_own_keys(Arc::clone(&new))?;
            own_keys::keep(&*self.store, engine.space(), &new)?;
            *successor = None;
        }
        Ok(())
    }

    /// Lets another session have the file, as this one has ended.
    pub(super) fn release(&self) {
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Takes note of a commit, in the thread that has committed.
    pub(super) fn note_commit(&self) {
        if IS_IN_ROUND.get() {
            return;
        }
        self.commits.note();
        // How much it is, a thread works out. Until then, nobody takes it for sent.
        if self.status.get().bytes_to_send == 0 {
            self.status.update(|status| status.bytes_to_send = 1);
        }
        self.signal.commit();
    }

    /// Returns whether there is anything to send.
    pub(super) fn has_to_send(&self) -> bool {
        let mut slot = self.turns.last(|| self.lock());
        let mark = self.commits.mark();
        let bytes = slot.as_mut().map(Engine::bytes_to_send);
        if let Some(Ok(bytes)) = bytes {
            self.status.update(|status| status.note_unsent(self.commits.unsent(bytes, mark)));
        }
        // What cannot be told is found out by a round.
        !matches!(bytes, Some(Ok(0)))
    }

    /// Returns the relay, its URL, and what ends its requests, for a pairing.
    pub(super) fn relay(&self) -> fault::Result<(Relay, String, Cutoff)> {
        let (url, cutoff) = (self.known().url, self.pairing_cutoff.child());
        let transport = connect(&self.http, &cutoff)(&url)?;
        Ok((Relay::new(&url, transport)?, url, cutoff))
    }

    /// Tells the status what the engine knows. `devices_changed` says whether that may concern the devices.
    pub(super) fn publish(&self, engine: &mut Engine, devices_changed: bool) {
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            (known.space, known.keys) = (engine.space(), Arc::clone(engine.keys()));
            engine.url().clone_into(&mut known.url);
        }
        // To read them, what each has signed is checked again.
        let devices = devices_changed.then(|| engine.devices());
        let alarms = engine.told_alarms();
        let mark = self.commits.mark();
        let bytes = engine.bytes_to_send();
        self.status.update(|status| {
            engine.url().clone_into(&mut status.relay);
            status.has_recovery_words = engine.members().recovery().is_some();
            // What cannot be read now stays as it was.
            if let Some(Ok(devices)) = devices {
                let devices = devices.iter().filter(|device| !device.is_recovery);
                status.devices = devices.map(status::Device::of).collect();
            }
            if let Ok(mut alarms) = alarms {
                for who in alarms.iter_mut().flat_map(Alarm::named) {
                    // Who is in the space tells its name itself, as long as this device can read it.
                    let device = status.devices.iter().find(|it| it.id == who.id);
                    if let Some(device) = device.filter(|device| !device.name.is_empty()) {
                        device.name.clone_into(&mut who.name);
                        device.app_version.clone_into(&mut who.app_version);
                    }
                }
                status.alarms = alarms;
            }
            if let Ok(bytes) = bytes {
                status.note_unsent(self.commits.unsent(bytes, mark));
            }
        });
    }

    /// Tells how far a round has come that began at a mark, after an answer of the relay.
    fn tell_progress(&self, Progress { read, end, to_send }: Progress, begun: Mark) {
        let progress = SyncProgress { received: read, total: end };
        self.status.update(|status| {
            // All of a round can take long.
            status.connection = Connection::Connected;
            status.progress = (read < end).then_some(progress);
            if let Some(counted) = to_send {
                status.sending.get_or_insert(SendProgress { sent: 0, total: 0 });
                status.note_unsent(self.commits.unsent(counted, begun));
            }
        });
    }

    /// Says that a thread has ended by a panic, which the app's code has caused: sync calls nothing else that panics.
    pub(super) fn tell_panic(&self) {
        let reason = "a key store or a waker of the app has panicked within it: mend that, then pause and resume the session";
        let error = Arc::new(Error::SyncStopped { reason: reason.to_owned() });
        self.signal.set_online(false);
        self.set_connection(Connection::Stopped { error });
    }

    fn tell_result(&self, result: &fault::Result<Outcome>) {
        let now = Timestamp::from_millis(self.database.now_millis());
        self.status.update(|status| match result {
            Ok(outcome) => {
                status.connection = Connection::Connected;
                if let Some((used, limit)) = outcome.used {
                    status.quota = Some(Quota { used, limit });
                }
                if outcome.is_complete {
                    (status.last_success, status.progress) = (Some(now), None);
                }
                if outcome.is_complete || outcome.is_full {
                    status.sending = None;
                }
            }
            // Another process syncs the file too, and this one goes on from there.
            Err(Fault::Overtaken) => {}
            Err(fault) => status.connection = failed(fault, &status.alarms),
        });
    }

    pub(super) fn set_connection(&self, connection: Connection) {
        self.status.update(|status| status.connection = connection);
    }

    /// Opens the stream of the relay's events. It can be cut off for as long as the relay is kept.
    pub(super) fn events(&self) -> fault::Result<(Relay, Box<dyn Events>)> {
        let Known { space, keys, url } = self.known();
        let relay = Relay::new(&url, (self.stream_connect)(&url)?)?;
        let events = relay.events(space, &keys)?;
        Ok((relay, events))
    }

    /// Returns whether a round has seen all that an event tells of: the end of the relay's log, how many access records
    /// there are, and the newest slot.
    pub(super) fn has_heard(&self, event: &str) -> bool {
        let mut numbers = event.split(' ').map(str::parse::<u64>);
        let (Some(Ok(log)), Some(Ok(records)), Some(Ok(slots))) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        // A round that is running may be about to see it.
        let slot = self.turns.last(|| self.lock());
        slot.as_ref().is_some_and(|engine| engine.has_heard(log, records, slots))
    }

    /// Lets the stream of events begin anew.
    pub(super) fn listen_anew(&self) {
        self.stream_cutoff.shut();
        self.stream_cutoff.reopen();
        self.signal.ask();
    }

    /// Returns a number by chance.
    pub(super) fn chance(&self) -> u32 {
        let mut bytes = [0; 4];
        // Without chance, all wait as long.
        let _ = self.database.sync_entropy(&mut bytes);
        u32::from_ne_bytes(bytes)
    }

    /// Returns whether the relay has no room for what is to be sent.
    pub(super) fn is_full(&self) -> bool {
        let status = self.status.get();
        let is_full = |alarm: &Alarm| matches!(alarm, Alarm::Full { .. } | Alarm::RelayDiskFull);
        status.alarms.iter().any(is_full)
    }

    /// Says that no thread syncs, unless that would hide a failure.
    pub(super) fn set_paused_unless_failing(&self) {
        self.status.update(|status| {
            if status.error().is_none() {
                status.connection = Connection::Paused;
            }
        });
    }

    /// Makes rounds until all is done. Nothing may come after them, so they tell what this device has sent.
    ///
    /// # Errors
    ///
    /// Returns [`Error::DeadlinePassed`] if that is not before the deadline, and [`Error::RelayFull`] or
    /// [`Error::RelayDiskFull`] if the relay has no room for the rest.
    pub(super) fn finish_rounds(&self, deadline: Option<Instant>) -> Result<()> {
        let is_late = || deadline.is_some_and(|deadline| deadline <= Instant::now());
        loop {
            let result = self.round(&is_late, true);
            if result.as_ref().is_ok_and(|outcome| outcome.is_complete) {
                return Ok(());
            }
            if is_late() {
                return Err(Error::DeadlinePassed);
            }
            match result {
                // Another process syncs the file too. It is left to that one for a moment.
                Err(Fault::Overtaken) => thread::sleep(AFTER_ANOTHER),
                Err(fault) => return Err(told(&fault, &self.status.get().alarms)),
                // To ask again at once would be in vain.
                Ok(Outcome { is_disk_full: true, .. }) => return Err(Error::RelayDiskFull),
                Ok(Outcome { is_full: true, used, .. }) => {
                    let (used, limit) = used.unwrap_or_default();
                    return Err(Error::RelayFull { used, limit });
                }
                Ok(_) => {}
            }
        }
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Host for Shared {
    fn space(&self) -> SpaceId {
        self.known().space
    }

    fn keys(&self) -> Arc<SecretKeys> {
        self.known().keys
    }

    fn add(&self, device: &PublicKeys, name: &str) -> Result<RecordHash> {
        self.with_engine(|engine| {
            engine.note_name(device.member(), name)?;
            engine.add(device)?;
            Ok(engine.members().head())
        })
    }

    fn remove(&self, device: MemberKey) -> Result<()> {
        self.with_engine(|engine| engine.remove(&[device]))
    }

    fn is_over(&self) -> bool {
        self.pairing_cutoff.is_shut()
    }
}

/// Returns what the status says after a fault.
fn failed(fault: &Fault, alarms: &[Alarm]) -> Connection {
    let error = Arc::new(told(fault, alarms));
    match fault {
        Fault::Stopped => Connection::Stopped { error },
        _ => Connection::Failing { error },
    }
}

/// Returns what a fault means to the app. The alarms say why sync has stopped.
fn told(fault: &Fault, alarms: &[Alarm]) -> Error {
    let is_stopped = matches!(fault, Fault::Stopped);
    for alarm in alarms.iter().filter(|_| is_stopped) {
        match alarm {
            Alarm::Removed => return Error::RemovedFromSpace,
            Alarm::DeletedAtRelay { .. } => return Error::SpaceDeleted,
            Alarm::AccessForked => {
                let reason = "the relay shows another list of members than this device knows";
                return Error::SyncStopped { reason: reason.to_owned() };
            }
            _ => {}
        }
    }
    fault.to_error()
}
