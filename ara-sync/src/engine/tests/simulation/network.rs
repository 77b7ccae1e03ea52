//! The network of a story: relays in memory, and what goes wrong between them and devices.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ara_protocol::message::Endpoint;
use ara_relay::{Relay, RelayOptions, SqliteStore};

use crate::engine::settings::Connect;
use crate::engine::tests::dice::Dice;
use crate::transport::{Events, Response, Transport, TransportError};

/// How many requests are kept, to be sent once more later.
const MOST_PAST: usize = 24;

/// What happens while a request is on its way.
pub(super) type Interruption = Box<dyn FnMut() + Send>;

/// The network.
pub(super) struct Network {
    inner: Mutex<Inner>,
    /// The clock of all relays, in seconds.
    pub(super) seconds: Arc<AtomicU64>,
}

struct Inner {
    relays: BTreeMap<String, Place>,
    dice: Dice,
    /// How many of a hundred requests something happens to.
    faults: usize,
    /// Requests that arrive later.
    late: Vec<Sent>,
    /// Requests that have arrived.
    past: Vec<Sent>,
    /// What happens before a request, and before how many others.
    interruption: Option<(usize, Interruption)>,
    /// The requests since the last time that was asked.
    sent: Vec<Endpoint>,
}

struct Place {
    store: Arc<SqliteStore>,
    relay: Arc<Relay>,
}

#[derive(Clone)]
struct Sent {
    url: String,
    endpoint: Endpoint,
    body: Vec<u8>,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    None,
    Lost,
    Late,
    Twice,
    AnswerLost,
    AnswerCut(usize),
    /// Something in between answers.
    Proxy,
    /// Others arrive again before it.
    Replay,
}

impl Network {
    pub(super) fn new(seed: u64) -> Arc<Self> {
        let inner = Inner {
            relays: BTreeMap::new(),
            dice: Dice::new(seed),
            faults: 0,
            late: vec![],
            past: vec![],
            interruption: None,
            sent: vec![],
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            seconds: Arc::new(AtomicU64::new(1_700_000_000)),
        })
    }

    /// Puts an empty relay at a URL.
    pub(super) fn put_empty(&self, url: &str) {
        self.put(url, Arc::new(SqliteStore::memory().unwrap()), u64::MAX >> 1);
    }

    /// Puts an empty relay at a URL, unless there is one.
    pub(super) fn put_if_none(&self, url: &str) {
        if self.with(|inner| !inner.relays.contains_key(url)) {
            self.put_empty(url);
        }
    }

    fn put(&self, url: &str, store: Arc<SqliteStore>, quota: u64) {
        let seconds = Arc::clone(&self.seconds);
        let mut filled = self.with(|inner| inner.dice.clone());
        self.with(|inner| inner.dice.next());
        let key: [u8; 8] = filled.next().to_le_bytes();
        let options = RelayOptions {
            origins: vec![url.to_owned()],
            quota,
            clock: Arc::new(move || seconds.load(Ordering::SeqCst)),
            entropy: Arc::new(move |bytes| {
                bytes.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte = *key);
                true
            }),
            ..RelayOptions::default()
        };
        let store_of = Arc::clone(&store);
        let relay = Arc::new(Relay::over(store_of, options).unwrap());
        self.with(|inner| inner.relays.insert(url.to_owned(), Place { store, relay }));
    }

    /// Lets a relay have room for no more than so many bytes in a space.
    pub(super) fn limit(&self, url: &str, quota: u64) {
        self.put(url, self.store(url), quota);
    }

    pub(super) fn back_up(&self, url: &str, path: &Path) {
        self.store(url).backup_to(path).unwrap();
    }

    pub(super) fn restore(&self, url: &str, path: &Path) {
        let store = self.store(url);
        store.restore_from(path).unwrap();
        self.put(url, store, u64::MAX >> 1);
    }

    fn store(&self, url: &str) -> Arc<SqliteStore> {
        self.with(|inner| Arc::clone(&inner.relays[url].store))
    }

    /// Sets to how many of a hundred requests something happens.
    pub(super) fn set_faults(&self, faults: usize) {
        self.with(|inner| inner.faults = faults);
    }

    pub(super) fn interrupt(&self, after: usize, interruption: Interruption) {
        self.with(|inner| inner.interruption = Some((after, interruption)));
    }

    pub(super) fn do_not_interrupt(&self) {
        self.with(|inner| inner.interruption = None);
    }

    /// Lets requests arrive that are on their way, in another order. Their answers reach nobody.
    pub(super) fn deliver_late(&self, most: usize) {
        for _ in 0..most {
            let late = self.with(|inner| {
                let count = inner.late.len();
                (count > 0).then(|| {
                    let at = inner.dice.below(count);
                    inner.late.swap_remove(at)
                })
            });
            let Some(sent) = late else { return };
            self.deliver(&sent);
        }
    }

    /// Lets a request arrive that has arrived before.
    pub(super) fn replay(&self) {
        let past = self.with(|inner| {
            let count = inner.past.len();
            (count > 0).then(|| inner.past[inner.dice.below(count)].clone())
        });
        if let Some(sent) = past {
            self.deliver(&sent);
        }
    }

    /// Returns which requests were sent since the last time.
    pub(super) fn sent(&self) -> Vec<Endpoint> {
        self.with(|inner| std::mem::take(&mut inner.sent))
    }

    pub(super) fn connect(self: &Arc<Self>) -> Connect {
        let network = Arc::clone(self);
        Arc::new(move |url: &str| {
            let wire: Arc<dyn Transport> =
                Arc::new(Wire { network: Arc::clone(&network), url: url.to_owned() });
            Ok(wire)
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Inner) -> R) -> R {
        act(&mut self.inner.lock().unwrap())
    }

    fn deliver(&self, sent: &Sent) -> Option<Response> {
        let relay = self.with(|inner| {
            if sent.endpoint != Endpoint::Challenge {
                inner.past.push(sent.clone());
                if inner.past.len() > MOST_PAST {
                    let at = inner.dice.below(MOST_PAST);
                    inner.past.swap_remove(at);
                }
            }
            inner.relays.get(&sent.url).map(|place| Arc::clone(&place.relay))
        })?;
        let answer = relay.answer(sent.endpoint, &sent.body, None);
        Some(Response { status: answer.status, body: answer.body })
    }

    fn take_interruption(&self) -> Option<Interruption> {
        self.with(|inner| {
            let (after, _) = inner.interruption.as_mut()?;
            if let Some(less) = after.checked_sub(1) {
                *after = less;
                return None;
            }
            inner.interruption.take().map(|(_, interruption)| interruption)
        })
    }
}

impl Inner {
    fn mishap(&mut self) -> Mishap {
        if !self.dice.per_cent(self.faults) {
            return Mishap::None;
        }
        match self.dice.below(8) {
            0 => Mishap::Lost,
            1 | 2 => Mishap::Late,
            3 => Mishap::Twice,
            4 => Mishap::AnswerLost,
            5 => Mishap::AnswerCut(self.dice.below(1 << 20)),
            6 => Mishap::Proxy,
            _ => Mishap::Replay,
        }
    }
}

struct Wire {
    network: Arc<Network>,
    url: String,
}

fn unreachable() -> TransportError {
    TransportError::Unreachable { reason: "no route".to_owned() }
}

impl Transport for Wire {
    fn post(&self, path: &str, body: &[u8], most: usize) -> Result<Response, TransportError> {
        let network = &self.network;
        let endpoint = Endpoint::at(path).expect("a path of the relay");
        let sent = Sent { url: self.url.clone(), endpoint, body: body.to_vec() };
        if let Some(mut interruption) = network.take_interruption() {
            interruption();
        }
        let mishap = network.with(|inner| {
            if endpoint != Endpoint::Challenge {
                inner.sent.push(endpoint);
            }
            inner.mishap()
        });
        match mishap {
            Mishap::Lost => return Err(unreachable()),
            Mishap::Late => {
                network.with(|inner| inner.late.push(sent));
                return Err(TransportError::TimedOut);
            }
            Mishap::Proxy => {
                return Ok(Response { status: 502, body: b"<html>Bad gateway</html>".to_vec() });
            }
            Mishap::Twice => drop(network.deliver(&sent)),
            Mishap::Replay => network.replay(),
            _ => {}
        }
        let mut answer = network.deliver(&sent).ok_or_else(unreachable)?;
        match mishap {
            Mishap::AnswerLost => return Err(TransportError::TimedOut),
            Mishap::AnswerCut(at) => answer.body.truncate(at % answer.body.len().max(1)),
            _ => {}
        }
        if answer.body.len() > most { Err(TransportError::TooLarge) } else { Ok(answer) }
    }

    fn events(&self, _path: &str, _body: &[u8]) -> Result<Box<dyn Events>, TransportError> {
        Err(unreachable())
    }
}
