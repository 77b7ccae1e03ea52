//! One function for each endpoint.

use ara_protocol::SpaceId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::segments::{
    HeadsAnswer, HeadsRequest, PartsAnswer, PartsRequest, StageRequest,
};
use ara_protocol::message::sync::{SyncAnswer, SyncRequest};
use ara_protocol::message::{Endpoint, Refusal, SpaceRequest};

use crate::fault::{Fault, Result};
use crate::relay::{NO_SPACE, Relay};
use crate::transport::{Events, TransportError};

impl Relay {
    /// Sends what is new here, and returns what is new there.
    pub(crate) fn sync(&self, request: &SyncRequest, keys: &SecretKeys) -> Result<SyncAnswer> {
        let content = self.call(Endpoint::Sync, request.space, &request.to_bytes()?, keys)?;
        Ok(SyncAnswer::read(&content)?)
    }

    /// Reads and continues the access log.
    pub(crate) fn access(
        &self,
        request: &AccessRequest,
        keys: &SecretKeys,
    ) -> Result<AccessAnswer> {
        let content = self.call(Endpoint::Access, request.space, &request.to_bytes()?, keys)?;
        Ok(AccessAnswer::read(&content)?)
    }

    /// Lists the heads of segments.
    pub(crate) fn heads(&self, request: &HeadsRequest, keys: &SecretKeys) -> Result<HeadsAnswer> {
        let content = self.call(Endpoint::Heads, request.space, &request.to_bytes(), keys)?;
        Ok(HeadsAnswer::read(&content)?)
    }

    /// Reads parts of a segment.
    pub(crate) fn parts(&self, request: &PartsRequest, keys: &SecretKeys) -> Result<PartsAnswer> {
        let content = self.call(Endpoint::Parts, request.space, &request.to_bytes(), keys)?;
        Ok(PartsAnswer::read(&content)?)
    }

    /// Stages a part of a segment.
    pub(crate) fn stage(&self, request: &StageRequest, keys: &SecretKeys) -> Result<()> {
        self.call(Endpoint::Stage, request.space, &request.to_bytes()?, keys)?;
        Ok(())
    }

    /// Returns the spaces whose recovery member these keys are.
    pub(crate) fn find(&self, recovery: &SecretKeys) -> Result<Vec<SpaceId>> {
        let content = SpaceRequest { space: NO_SPACE }.to_bytes();
        let found = self.call(Endpoint::Find, NO_SPACE, &content, recovery)?;
        let (spaces, rest) = found.as_chunks();
        if !rest.is_empty() {
            return Err(Fault::Lied { what: "its list of spaces is cut off" });
        }
        Ok(spaces.iter().map(|space| SpaceId::from_bytes(*space)).collect())
    }

    /// Deletes a space at the relay, for ever.
    pub(crate) fn delete(&self, space: SpaceId, keys: &SecretKeys) -> Result<()> {
        let content = SpaceRequest { space }.to_bytes();
        match self.call(Endpoint::Delete, space, &content, keys) {
            Ok(_) | Err(Fault::Refused(Refusal::Deleted { .. })) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Takes a step of a pairing. The keys are a member's to open a mailbox, and else those of the mailbox. Returns the
    /// box that was asked for, or nothing.
    pub(crate) fn mailbox(&self, request: &MailboxRequest, keys: &SecretKeys) -> Result<Vec<u8>> {
        let about = match request {
            MailboxRequest::Open { space, .. } => *space,
            MailboxRequest::Put { mailbox, .. } | MailboxRequest::Get { mailbox, .. } => {
                SpaceId::from_bytes(*mailbox.as_bytes())
            }
            _ => return Err(Fault::NotNow("this step of a pairing is not known")),
        };
        self.call(Endpoint::Mailbox, about, &request.to_bytes()?, keys)
    }

    /// Opens the stream that tells of news in a space.
    pub(crate) fn events(&self, space: SpaceId, keys: &SecretKeys) -> Result<Box<dyn Events>> {
        let content = SpaceRequest { space }.to_bytes();
        for _ in 0..2 {
            let body = self.signed(Endpoint::Events, space, &content, keys)?;
            match self.transport.events(Endpoint::Events.path(), &body) {
                Err(TransportError::Answered(response)) => match self.open(space, &response)? {
                    Err(Refusal::ChallengeNeeded) => {}
                    Err(refusal) => return Err(Fault::Refused(refusal)),
                    Ok(_) => return Err(Fault::Lied { what: "it opens no stream of events" }),
                },
                stream => return Ok(stream?),
            }
        }
        Err(Fault::Refused(Refusal::ChallengeNeeded))
    }
}
