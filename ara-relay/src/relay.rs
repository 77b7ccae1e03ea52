//! The relay: requests in, answers out.
//!
//! It is synchronous, and takes time and randomness from its [options](RelayOptions), so that it runs the same way in
//! a server and in a test.

mod access;
mod asked;
mod delete;
mod entries;
mod fault;
mod find;
mod health;
mod limits;
mod mailbox;
mod members;
mod mending;
mod news;
mod order;
mod placing;
mod push;
mod segments;
mod standing;
mod sync;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ara_protocol::message::{Answer, Endpoint, LONGEST_REQUEST, Refusal};
use ara_protocol::request::Challenge;
use ara_protocol::{Error, MailboxId, SpaceId};

use crate::options::RelayOptions;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::health::Health;
use crate::relay::limits::Limits;
use crate::relay::members::KnownMembers;
use crate::relay::news::Listeners;
use crate::store::{Ending, Result, SpaceSize, Store, StoreError, Topic, Transaction};

pub(crate) use crate::relay::limits::network_of;
pub(crate) use crate::relay::members::{PAGE_OF_RECORDS, read as read_members, records_after};
pub(crate) use crate::relay::mending::is_of;
pub use crate::relay::news::{News, Subscription};
pub(crate) use crate::relay::order::check_node;
pub(crate) use crate::relay::push::STUB_SIZE;

/// How many seconds a challenge counts.
const CHALLENGE_LIFE: u64 = 600;

/// A relay over a store.
///
/// ```
/// use ara_protocol::message::{Answer, Endpoint};
/// use ara_relay::{Relay, RelayOptions, SqliteStore};
///
/// let options =
///     RelayOptions { origins: vec!["http://relay.example".to_owned()], ..RelayOptions::default() };
/// let relay = Relay::new(SqliteStore::memory()?, options)?;
///
/// let answer = relay.answer(Endpoint::Challenge, &[0; 16], None);
/// assert_eq!(answer.status, 200);
/// assert_eq!(Answer::read(&answer.body)?.challenge.len(), 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Relay {
    store: Arc<dyn Store>,
    options: RelayOptions,
    secret: [u8; 32],
    limits: Option<Limits>,
    /// How many spaces an address may found.
    new_spaces: Option<Limits>,
    health: Health,
    known: KnownMembers,
    listeners: Arc<Listeners>,
    /// The origin for which the last request was signed, which is likely that of the next.
    last_origin: AtomicUsize,
}

/// What a relay answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayAnswer {
    /// The status of HTTP.
    pub status: u16,
    /// The bytes of an [`Answer`].
    pub body: Vec<u8>,
    /// For how many seconds a server may wait until the same request has another answer: one for a box of a mailbox
    /// that is still empty. It is 0 for all others.
    pub wait_seconds: u8,
}

/// What was made of a request that is not refused.
struct Done {
    content: Vec<u8>,
    wait_seconds: u8,
}

impl From<Vec<u8>> for Done {
    fn from(content: Vec<u8>) -> Self {
        Self { content, wait_seconds: 0 }
    }
}

impl Relay {
    /// Makes a relay over a store.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails, or if there is no randomness for a store that is new.
    pub fn new(store: impl Store + 'static, options: RelayOptions) -> Result<Self> {
        Self::over(Arc::new(store), options)
    }

    /// Makes a relay over a store that others hold too.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn over(store: Arc<dyn Store>, options: RelayOptions) -> Result<Self> {
        let mut secret = None;
        store.write(None, &mut |transaction| {
            secret = transaction.secret()?;
            if secret.is_none() {
                let mut new = [0; 32];
                if !(options.entropy)(&mut new) {
                    return Err(StoreError::Failed { reason: "no randomness".to_owned() });
                }
                transaction.put_secret(&new)?;
                secret = Some(new);
            }
            Ok(Ending::Keep)
        })?;
        let listeners = Arc::<Listeners>::default();
        let told = Arc::downgrade(&listeners);
        store.on_news(Box::new(move |topic| {
            if let Some(listeners) = told.upgrade() {
                listeners.tell(topic);
            }
        }));
        Ok(Self {
            store,
            secret: secret.ok_or(StoreError::BrokeOff)?,
            limits: options.rate.map(Limits::of_requests),
            new_spaces: options.new_spaces.map(Limits::of_new_spaces),
            health: Health::default(),
            options,
            known: KnownMembers::default(),
            listeners,
            last_origin: AtomicUsize::new(0),
        })
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Answers the body of a request to an endpoint. `peer` is the address that it came from, if it is to be limited.
    ///
    /// A request to [`Endpoint::Events`] that is not refused is answered by nothing: see
    /// [`subscribe`](Self::subscribe).
    #[must_use]
    pub fn answer(&self, endpoint: Endpoint, body: &[u8], peer: Option<IpAddr>) -> RelayAnswer {
        let limited = peer.and_then(|peer| self.limited(peer));
        limited.unwrap_or_else(|| self.answer_counted(endpoint, body, peer))
    }

    /// Answers a request that [`limited`](Self::limited) has counted already. What else an address is limited in still
    /// counts.
    #[must_use]
    pub fn answer_counted(
        &self,
        endpoint: Endpoint,
        body: &[u8],
        peer: Option<IpAddr>,
    ) -> RelayAnswer {
        match self.try_answer(endpoint, body, peer) {
            Ok((challenge, done)) => encode(challenge, Ok(done.content), done.wait_seconds),
            Err((challenge, fault)) => refuse(challenge, fault),
        }
    }

    /// Returns the answer that refuses whatever comes from an address, if it has asked too often. It counts as a
    /// request, so what is asked then is answered by [`answer_counted`](Self::answer_counted).
    #[must_use]
    pub fn limited(&self, peer: IpAddr) -> Option<RelayAnswer> {
        self.limit(Some(peer)).err().map(|fault| refuse(vec![], fault))
    }

    /// Answers a request that [`Endpoint::Events`] got.
    ///
    /// # Errors
    ///
    /// Returns the answer that refuses it.
    pub fn subscribe(
        &self,
        body: &[u8],
        peer: Option<IpAddr>,
    ) -> std::result::Result<Subscription, RelayAnswer> {
        let space = peek_space(body);
        let subscribed = self.limit(peer).and_then(|()| {
            let asked = self.asked(Endpoint::Events, body, peer)?;
            self.mending(&asked, || self.subscribe_asked(&asked))
        });
        subscribed.map_err(|fault| refuse(self.challenge_for(space), fault))
    }

    /// Drops what has expired or was deleted, and gives room back to the disk. A server does this now and then.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub fn tidy(&self) -> Result<()> {
        if let Err(Fault::Store(error)) = self.drop_remains() {
            return Err(error);
        }
        self.drop_expired()?;
        self.store.shrink()
    }

    /// Checks that the store can be read. [`check_writing`](Self::check_writing) checks that it can be written.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Replaced`] if the file of the store was replaced or removed,
    /// and another error if the store fails.
    pub fn check(&self) -> Result<()> {
        self.check_place()?;
        self.store.read(&mut |transaction| transaction.secret().map(|_| Ending::Keep))
    }

    /// Returns how many spaces are here.
    ///
    /// # Errors
    ///
    /// Returns an error if the store fails.
    pub fn count_spaces(&self) -> Result<u64> {
        let mut count = 0;
        self.store.read(&mut |transaction| {
            count = transaction.count_spaces()?;
            Ok(Ending::Keep)
        })?;
        Ok(count)
    }

    /// Returns how large each space is.
    pub(crate) fn space_sizes(&self) -> Result<Vec<SpaceSize>> {
        let mut sizes = vec![];
        self.store.read(&mut |transaction| {
            sizes = transaction.space_sizes()?;
            Ok(Ending::Keep)
        })?;
        Ok(sizes)
    }

    fn try_answer(
        &self,
        endpoint: Endpoint,
        body: &[u8],
        peer: Option<IpAddr>,
    ) -> std::result::Result<(Vec<u8>, Done), (Vec<u8>, Fault)> {
        if endpoint == Endpoint::Challenge {
            let space = body.try_into().map(SpaceId::from_bytes);
            let space = space.map_err(|_| (vec![], Refusal::Malformed.into()))?;
            return Ok((self.challenge(space), vec![].into()));
        }
        let challenge = self.challenge_for(peek_space(body));
        let done = self
            .asked(endpoint, body, peer)
            .and_then(|asked| self.mending(&asked, || self.act(endpoint, &asked)));
        match done {
            Ok(done) => Ok((challenge, done)),
            Err(fault) => Err((challenge, fault)),
        }
    }

    fn limit(&self, peer: Option<IpAddr>) -> std::result::Result<(), Fault> {
        self.take_of(self.limits.as_ref(), peer)
    }

    /// Takes what an address may have once, if it is limited.
    fn take_of(
        &self,
        limits: Option<&Limits>,
        peer: Option<IpAddr>,
    ) -> std::result::Result<(), Fault> {
        let (Some(limits), Some(peer)) = (limits, peer) else { return Ok(()) };
        let retry_after = limits.take(peer, self.now());
        if retry_after == 0 { Ok(()) } else { Err(Refusal::Limited { retry_after }.into()) }
    }

    /// Reads a request, and checks its challenge and its signature.
    fn asked<'a>(
        &self,
        endpoint: Endpoint,
        body: &'a [u8],
        peer: Option<IpAddr>,
    ) -> std::result::Result<Asked<'a>, Fault> {
        if body.len() > LONGEST_REQUEST {
            return Err(Refusal::TooLarge.into());
        }
        let asked = asked::read(body)?;
        Challenge::check(asked.challenge(), &self.secret, asked.space(), self.now())
            .map_err(|_| Refusal::ChallengeNeeded)?;
        let origins = &self.options.origins;
        let first = self.last_origin.load(Ordering::Relaxed);
        let likely = origins.iter().enumerate().skip(first).take(1);
        for (at, origin) in likely.chain(origins.iter().enumerate().filter(|(at, _)| *at != first))
        {
            match asked.verify(endpoint, origin) {
                Ok(signer) => {
                    self.last_origin.store(at, Ordering::Relaxed);
                    return Ok(Asked::new(asked, (body, peer), signer, origin.clone()));
                }
                Err(Error::WrongSignature { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Refusal::WrongSignature.into())
    }

    fn act(&self, endpoint: Endpoint, asked: &Asked<'_>) -> std::result::Result<Done, Fault> {
        match endpoint {
            Endpoint::Sync => self.sync(asked).map(Done::from),
            Endpoint::Access => self.access(asked).map(Done::from),
            Endpoint::Heads => self.heads(asked).map(Done::from),
            Endpoint::Parts => self.parts(asked).map(Done::from),
            Endpoint::Stage => self.stage(asked).map(Done::from),
            Endpoint::Find => self.find(asked).map(Done::from),
            Endpoint::Delete => self.delete(asked).map(Done::from),
            Endpoint::Events => self.subscribe_asked(asked).map(|_| vec![].into()),
            Endpoint::Mailbox => self.mailbox(asked),
            _ => Err(Refusal::UpdateNeeded.into()),
        }
    }

    fn challenge(&self, space: SpaceId) -> Vec<u8> {
        let expiry = self.now().saturating_add(CHALLENGE_LIFE);
        Challenge::new(&self.secret, space, expiry).as_bytes().to_vec()
    }

    fn challenge_for(&self, space: Option<SpaceId>) -> Vec<u8> {
        space.map_or(vec![], |space| self.challenge(space))
    }

    fn now(&self) -> u64 {
        (self.options.clock)()
    }

    /// Runs a job that reads.
    fn read<T>(
        &self,
        job: impl FnMut(&mut dyn Transaction) -> std::result::Result<T, Fault>,
    ) -> std::result::Result<T, Fault> {
        run(|job| self.store.read(job), job)
    }

    /// Runs a job that writes. If it is refused, what it wrote is undone.
    fn write<T>(
        &self,
        about: Option<Topic>,
        job: impl FnMut(&mut dyn Transaction) -> std::result::Result<T, Fault>,
    ) -> std::result::Result<T, Fault> {
        let written = run(|job| self.store.write(about, job), job);
        if let Err(Fault::Store(error)) = &written {
            self.health.note(error, self.now());
        }
        written
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Returns which mailbox a request is about, before anything of it is checked.
pub(crate) fn peek_mailbox(body: &[u8]) -> Option<MailboxId> {
    peek_space(body).map(|space| MailboxId::from_bytes(*space.as_bytes()))
}

/// Returns which space or mailbox a request is about, before anything of it is checked.
fn peek_space(body: &[u8]) -> Option<SpaceId> {
    asked::read(body).ok().map(|asked| asked.space())
}

fn run<T>(
    store: impl FnOnce(crate::store::Job<'_>) -> Result<()>,
    mut job: impl FnMut(&mut dyn Transaction) -> std::result::Result<T, Fault>,
) -> std::result::Result<T, Fault> {
    let mut outcome = None;
    store(&mut |transaction| match job(transaction) {
        Err(Fault::Store(error)) => Err(error),
        ended => {
            let ending = if ended.is_ok() { Ending::Keep } else { Ending::Undo };
            outcome = Some(ended);
            Ok(ending)
        }
    })?;
    outcome.unwrap_or(Err(Fault::Store(StoreError::BrokeOff)))
}

fn refuse(challenge: Vec<u8>, fault: Fault) -> RelayAnswer {
    let refusal = match fault {
        Fault::Refused(refusal) => refusal,
        Fault::Store(error) => {
            tracing::error!(%error, "the store fails");
            if error == StoreError::Full { Refusal::DiskFull } else { Refusal::Busy }
        }
        Fault::Damaged(_) => {
            tracing::error!("more is damaged than is mended at once");
            Refusal::Busy
        }
    };
    encode(challenge, Err(refusal), 0)
}

/// The status of an answer that has what was asked for.
const OK: u16 = 200;

fn encode(
    challenge: Vec<u8>,
    outcome: std::result::Result<Vec<u8>, Refusal>,
    wait_seconds: u8,
) -> RelayAnswer {
    let status = outcome.as_ref().map_or_else(Refusal::status, |_| OK);
    // Only what is larger than 4 GB cannot be written, and nothing here is.
    let body = Answer { challenge, outcome }.to_bytes().unwrap_or_default();
    RelayAnswer { status, body, wait_seconds }
}

/// Returns the answer that refuses a request before the relay sees it.
pub(crate) fn refusal(refusal: Refusal) -> RelayAnswer {
    encode(vec![], Err(refusal), 0)
}
