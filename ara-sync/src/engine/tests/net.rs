//! The way between devices and relays, on which requests and answers get lost or changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ara_protocol::message::{Answer, Endpoint};
use ara_relay::{Relay, RelayAnswer};

use crate::engine::settings::Connect;
use crate::transport::{Events, Response, Transport, TransportError};

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It does not arrive.
    Lost,
    /// It arrives, and its answer does not.
    AnswerLost,
    /// It arrives twice.
    Twice,
}

/// When something happens while a request is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the relay has it.
    Asked,
    /// When the relay has answered it, and the answer has not arrived.
    Answered,
}

/// What happens while a request is on its way.
type Interruption = Box<dyn FnOnce() + Send>;

/// Changes the answer to a request.
pub(crate) type Tamper = Box<dyn FnMut(Endpoint, &mut Vec<u8>) + Send>;

/// Sees each request, and answers it in place of the relay or changes its answer.
pub(crate) type Twist = Box<dyn FnMut(Endpoint, &[u8], RelayAnswer) -> RelayAnswer + Send>;

/// The network.
#[derive(Default)]
pub(crate) struct Net {
    relays: Mutex<BTreeMap<String, Arc<Relay>>>,
    /// How many requests were sent, but for challenges.
    sent: Mutex<Vec<Endpoint>>,
    /// What happens to the request of this number, counted from now.
    mishap: Mutex<Option<(usize, Mishap)>>,
    /// What happens at the request of this number, counted from now.
    interruption: Mutex<Option<(usize, Moment, Interruption)>>,
    tamper: Mutex<Option<Tamper>>,
    twist: Mutex<Option<Twist>>,
    /// How many bytes went to the relay.
    pub(crate) bytes: Mutex<usize>,
}

impl Net {
    pub(crate) fn put(&self, url: &str, relay: Relay) {
        self.relays.lock().unwrap().insert(url.to_owned(), Arc::new(relay));
    }

    pub(crate) fn take(&self, url: &str) -> Option<Arc<Relay>> {
        self.relays.lock().unwrap().remove(url)
    }

    pub(crate) fn connect(self: &Arc<Self>) -> Connect {
        let net = Arc::clone(self);
        Arc::new(move |url: &str| {
            let wire: Arc<dyn Transport> =
                Arc::new(Wire { net: Arc::clone(&net), url: url.to_owned() });
            Ok(wire)
        })
    }

    /// Lets something happen to the request after `after` others.
    pub(crate) fn plan(&self, after: usize, mishap: Mishap) {
        *self.mishap.lock().unwrap() = Some((after, mishap));
    }

    /// Returns whether what was planned is still to come.
    pub(crate) fn is_planned(&self) -> bool {
        self.mishap.lock().unwrap().take().is_some()
    }

    /// Lets something happen at the request after `after` others. Requests that it sends itself do not count.
    pub(crate) fn interrupt(
        &self,
        (after, moment): (usize, Moment),
        act: impl FnOnce() + Send + 'static,
    ) {
        *self.interruption.lock().unwrap() = Some((after, moment, Box::new(act)));
    }

    /// Returns whether what was to interrupt a request is still to come, and lets it not come.
    pub(crate) fn is_to_interrupt(&self) -> bool {
        self.interruption.lock().unwrap().take().is_some()
    }

    fn happen(&self, now: Moment) {
        let act = {
            let mut planned = self.interruption.lock().unwrap();
            match planned.as_mut() {
                Some((after, moment, _)) if *moment == now => match after.checked_sub(1) {
                    Some(less) => {
                        *after = less;
                        None
                    }
                    None => planned.take(),
                },
                _ => None,
            }
        };
        if let Some((_, _, act)) = act {
            act();
        }
    }

    pub(crate) fn tamper(&self, tamper: impl FnMut(Endpoint, &mut Vec<u8>) + Send + 'static) {
        *self.tamper.lock().unwrap() = Some(Box::new(tamper));
    }

    pub(crate) fn twist(
        &self,
        twist: impl FnMut(Endpoint, &[u8], RelayAnswer) -> RelayAnswer + Send + 'static,
    ) {
        *self.twist.lock().unwrap() = Some(Box::new(twist));
    }

    /// Returns the relay at a URL.
    pub(crate) fn relay(&self, url: &str) -> Arc<Relay> {
        Arc::clone(&self.relays.lock().unwrap()[url])
    }

    /// Lets another relay answer at a URL, and returns the one before.
    pub(crate) fn swap(&self, url: &str, relay: &Arc<Relay>) -> Option<Arc<Relay>> {
        self.relays.lock().unwrap().insert(url.to_owned(), Arc::clone(relay))
    }

    pub(crate) fn behave(&self) {
        *self.tamper.lock().unwrap() = None;
        *self.twist.lock().unwrap() = None;
    }

    /// Returns which requests were sent since the last time.
    pub(crate) fn sent(&self) -> Vec<Endpoint> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    fn mishap(&self) -> Option<Mishap> {
        let mut planned = self.mishap.lock().unwrap();
        let (after, mishap) = planned.as_mut()?;
        if let Some(less) = after.checked_sub(1) {
            *after = less;
            return None;
        }
        let mishap = *mishap;
        *planned = None;
        Some(mishap)
    }
}

struct Wire {
    net: Arc<Net>,
    url: String,
}

impl Wire {
    fn relay(&self) -> Result<Arc<Relay>, TransportError> {
        let relay = self.net.relays.lock().unwrap().get(&self.url).cloned();
        relay.ok_or_else(unreachable)
    }
}

fn unreachable() -> TransportError {
    TransportError::Unreachable { reason: "no route".to_owned() }
}

impl Transport for Wire {
    fn post(&self, path: &str, body: &[u8], most: usize) -> Result<Response, TransportError> {
        let endpoint = Endpoint::at(path).expect("a path of the relay");
        if endpoint != Endpoint::Challenge {
            self.net.happen(Moment::Asked);
        }
        let relay = self.relay()?;
        *self.net.bytes.lock().unwrap() += body.len();
        let mut mishap = None;
        if endpoint != Endpoint::Challenge {
            self.net.sent.lock().unwrap().push(endpoint);
            mishap = self.net.mishap();
        }
        if mishap == Some(Mishap::Lost) {
            return Err(unreachable());
        }
        if mishap == Some(Mishap::Twice) {
            let _ = relay.answer(endpoint, body, None);
        }
        let mut answer = relay.answer(endpoint, body, None);
        if let Some(twist) = &mut *self.net.twist.lock().unwrap() {
            answer = twist(endpoint, body, answer);
        }
        if endpoint != Endpoint::Challenge {
            self.net.happen(Moment::Answered);
        }
        if mishap == Some(Mishap::AnswerLost) {
            return Err(TransportError::TimedOut);
        }
        let mut body = answer.body;
        if let Some(tamper) = &mut *self.net.tamper.lock().unwrap()
            && let Ok(Answer { challenge, outcome: Ok(mut content) }) = Answer::read(&body)
        {
            tamper(endpoint, &mut content);
            body = Answer { challenge, outcome: Ok(content) }.to_bytes().unwrap();
        }
        if body.len() > most {
            return Err(TransportError::TooLarge);
        }
        Ok(Response { status: answer.status, body })
    }

    fn events(&self, _path: &str, _body: &[u8]) -> Result<Box<dyn Events>, TransportError> {
        Err(unreachable())
    }
}
