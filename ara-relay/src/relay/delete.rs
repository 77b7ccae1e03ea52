//! Deleting a space for ever.

use ara_protocol::message::SpaceRequest;

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::news::Topic;
use crate::relay::standing::Standing;
use crate::store::Tombstone;

impl Relay {
    pub(super) fn delete(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        SpaceRequest::read(asked.content())?;
        let tombstone =
            Tombstone { audience: asked.audience.clone(), request: asked.body.to_vec() };
        self.write(|transaction| {
            let Standing { mut space, .. } = self.standing(transaction, asked)?;
            transaction.delete(space.key, &tombstone)?;
            space.is_deleted = true;
            space.used = space.records_size;
            Ok(transaction.put_space(&space)?)
        })?;
        self.tell(Topic::Space(asked.space()));
        Ok(vec![])
    }
}
