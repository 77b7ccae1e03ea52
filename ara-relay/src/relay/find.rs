//! Finding the spaces of recovery words.

use ara_protocol::SpaceId;
use ara_protocol::message::{Refusal, SpaceRequest};

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;

/// The most spaces that are told, those that were used last.
const MOST: usize = 1024;

impl Relay {
    /// Returns the ids of the spaces whose recovery member signed, one behind the other. One that was deleted is among
    /// them, so that its tombstone is found.
    pub(super) fn find(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        let request = SpaceRequest::read(asked.content())?;
        if request.space != SpaceId::from_bytes([0; 16]) {
            return Err(Refusal::Malformed.into());
        }
        let found = self.read(|transaction| Ok(transaction.recovered_by(asked.signer, MOST)?))?;
        Ok(found.iter().flat_map(|space| *space.as_bytes()).collect())
    }
}
