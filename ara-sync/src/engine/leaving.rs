//! Leaving a space by the keys alone, without a file that is in it.

use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::AccessRequest;
use ara_protocol::message::sync::SyncRequest;
use ara_protocol::{Cursor, RecordHash, SpaceId};

use crate::engine::joining::read_log;
use crate::fault::{Fault, Result};
use crate::random::Random;
use crate::relay::Relay;

/// How often it is tried, as others were faster.
const TRIES: usize = 8;

/// Tells the others of a space that the device with these keys is out of it. What it has sent still counts. `known` is a
/// record that the access log must contain.
pub(crate) fn leave(
    relay: &Relay,
    space: SpaceId,
    known: RecordHash,
    keys: &SecretKeys,
    random: &mut Random,
) -> Result<()> {
    let own = keys.public().member();
    for _ in 0..TRIES {
        let log = read_log(relay, space, keys)?;
        if !log.has(known) {
            return Err(Fault::Lied {
                what: "its access log is not the one that this device knows",
            });
        }
        if log.members.get(own).is_none() {
            return Ok(());
        }
        let request = SyncRequest {
            space,
            cursor: Cursor::start(space),
            access: log.members.head(),
            slots_seen: 0,
            budget: 0,
            slot: vec![],
            pushes: vec![],
        };
        // Who lets another out has read all that it wrote. What this one wrote, it knows.
        let end = relay.sync(&request, keys)?.end;
        let record = log.members.remove(keys, &[own], random)?;
        let request = AccessRequest {
            space,
            after: Some(log.members.head()),
            cursor: end,
            admission: String::new(),
            records: vec![record.as_bytes().to_vec()],
        };
        if relay.access(&request, keys)?.are_taken {
            return Ok(());
        }
    }
    Err(Fault::NotNow("others change the members at the same time: try again"))
}
