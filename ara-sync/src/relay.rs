//! Typed calls of the relay: challenges, signatures, and answers.

mod calls;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use ara_protocol::SpaceId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::{Answer, Endpoint, LONGEST_ANSWER, Refusal, SignedRequest};
use ara_protocol::request::origin;

use crate::fault::{Fault, Result};
use crate::transport::{Response, Transport};

/// A relay at a URL.
pub(crate) struct Relay {
    transport: Arc<dyn Transport>,
    /// The origin of the URL, for which requests are signed.
    audience: String,
    /// The challenge for the next request, and the space that it is for.
    challenge: Mutex<Option<(SpaceId, Vec<u8>)>>,
}

/// The space of requests that are about none.
const NO_SPACE: SpaceId = SpaceId::from_bytes([0; 16]);

impl Relay {
    /// Makes the relay at a URL, to which the transport leads.
    ///
    /// # Errors
    ///
    /// Returns an error if this is no URL of a relay.
    pub(crate) fn new(url: &str, transport: Arc<dyn Transport>) -> Result<Self> {
        let audience = origin(url)?;
        Ok(Self { transport, audience, challenge: Mutex::new(None) })
    }

    /// Returns the origin of the relay's URL.
    pub(crate) fn audience(&self) -> &str {
        &self.audience
    }

    /// Sends a request, and returns the content of the answer. If the relay wants a newer challenge, the request is
    /// sent once more.
    pub(crate) fn call(
        &self,
        endpoint: Endpoint,
        space: SpaceId,
        content: &[u8],
        keys: &SecretKeys,
    ) -> Result<Vec<u8>> {
        for _ in 0..2 {
            let body = self.signed(endpoint, space, content, keys)?;
            let response = self.transport.post(endpoint.path(), &body, LONGEST_ANSWER)?;
            match self.open(space, &response)? {
                Err(Refusal::ChallengeNeeded) => {}
                outcome => return outcome.map_err(Fault::Refused),
            }
        }
        Err(Fault::Refused(Refusal::ChallengeNeeded))
    }

    /// Signs a request with the challenge that is at hand, or a new one.
    pub(super) fn signed(
        &self,
        endpoint: Endpoint,
        space: SpaceId,
        content: &[u8],
        keys: &SecretKeys,
    ) -> Result<Vec<u8>> {
        let held = self.take_challenge(space);
        let challenge = match held {
            Some(challenge) => challenge,
            None => self.ask_challenge(space)?,
        };
        Ok(SignedRequest::sign(endpoint, &self.audience, &challenge, content, keys)?)
    }

    /// Reads an answer, and keeps its challenge for the next request.
    pub(super) fn open(
        &self,
        space: SpaceId,
        response: &Response,
    ) -> Result<std::result::Result<Vec<u8>, Refusal>> {
        let no_relay = Fault::NoRelay { status: response.status };
        let answer = match Answer::read(&response.body) {
            Ok(answer) => answer,
            Err(error @ ara_protocol::Error::UpdateNeeded { .. }) if response.status == 200 => {
                return Err(error.into());
            }
            Err(_) => return Err(no_relay),
        };
        let expected = answer.outcome.as_ref().map_or_else(Refusal::status, |_| 200);
        if response.status != expected {
            return Err(no_relay);
        }
        if !answer.challenge.is_empty() {
            *self.challenge() = Some((space, answer.challenge));
        }
        Ok(answer.outcome)
    }

    fn ask_challenge(&self, space: SpaceId) -> Result<Vec<u8>> {
        let path = Endpoint::Challenge.path();
        let response = self.transport.post(path, space.as_bytes(), LONGEST_ANSWER)?;
        self.open(space, &response)?.map_err(Fault::Refused)?;
        self.take_challenge(space).ok_or(Fault::Lied { what: "it gives no challenge" })
    }

    fn take_challenge(&self, space: SpaceId) -> Option<Vec<u8>> {
        let (of, challenge) = self.challenge().take()?;
        (of == space).then_some(challenge)
    }

    fn challenge(&self) -> std::sync::MutexGuard<'_, Option<(SpaceId, Vec<u8>)>> {
        // Whatever is in there is valid at every step.
        self.challenge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
