//! Deleting a space for ever.

use ara_protocol::message::SpaceRequest;

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::standing::Standing;
use crate::store::{Tombstone, Topic};

impl Relay {
    pub(super) fn delete(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        SpaceRequest::read(asked.content())?;
        let tombstone =
            Tombstone { audience: asked.audience.clone(), request: asked.body.to_vec() };
        self.write(asked.topic(), |transaction| {
            // What a space that moved has left here can be deleted, which is nothing to the other relay.
            let Standing { mut space, .. } = self.standing_wherever(transaction, asked)?;
            transaction.put_tombstone(space.key, &tombstone)?;
            space.is_deleted = true;
            space.used = space.records_size;
            Ok(transaction.put_space(&space)?)
        })?;
        self.tell(Topic::Space(asked.space()));
        // If this breaks off, the rest goes when the relay tidies.
        self.drop_remains()?;
        Ok(vec![])
    }

    /// Drops what deleted spaces have left, a little at a time, so that others are answered in between.
    pub(super) fn drop_remains(&self) -> Result<(), Fault> {
        while self.write(None, |transaction| Ok(transaction.drop_some()?))? {}
        Ok(())
    }
}
