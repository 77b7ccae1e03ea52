//! What the operator has decided for one space, as a store keeps it.
//!
//! It is kept with its checksum, and one that is damaged counts as none: a bit that flips on the disk must not close a
//! space, nor leave it without room.

use ara_protocol::SpaceId;
use ara_protocol::request::hash_body;

use crate::store::kept::SpaceState;

/// How many bytes of a hash show that it is what was written.
const CHECKSUM: usize = 8;

/// Returns what is kept of a quota and a state, or `None` if the operator has decided nothing.
pub(super) fn write(space: SpaceId, quota: Option<u64>, state: SpaceState) -> Option<Vec<u8>> {
    if quota.is_none() && state == SpaceState::Open {
        return None;
    }
    let state = match state {
        SpaceState::Open => 0,
        SpaceState::Closed => 1,
        SpaceState::Arriving => 2,
    };
    let mut decided = vec![state];
    decided.extend(quota.iter().flat_map(|quota| quota.to_be_bytes()));
    decided.extend(checksum(space, &decided));
    Some(decided)
}

/// Reads what is kept.
pub(super) fn read(space: SpaceId, decided: Option<&[u8]>) -> (Option<u64>, SpaceState) {
    const NOTHING: (Option<u64>, SpaceState) = (None, SpaceState::Open);
    let Some((decided, sum)) = decided.and_then(|it| it.split_last_chunk()) else { return NOTHING };
    let [state, quota @ ..] = decided else { return NOTHING };
    if *sum != checksum(space, decided) {
        return NOTHING;
    }
    let state = match state {
        0 => SpaceState::Open,
        2 => SpaceState::Arriving,
        // What a newer version has closed in its way.
        _ => SpaceState::Closed,
    };
    (quota.try_into().ok().map(u64::from_be_bytes), state)
}

fn checksum(space: SpaceId, decided: &[u8]) -> [u8; CHECKSUM] {
    let hash = hash_body(&[space.as_bytes(), decided].concat());
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_or_not_at_all() {
        let id = SpaceId::from_bytes([3; 16]);
        assert_eq!(write(id, None, SpaceState::Open), None);
        for state in [SpaceState::Open, SpaceState::Closed, SpaceState::Arriving] {
            for quota in [None, Some(0), Some(u64::MAX)] {
                let written = write(id, quota, state);
                assert_eq!(read(id, written.as_deref()), (quota, state));
                let Some(written) = written else { continue };
                for bit in 0..written.len() * 8 {
                    let mut damaged = written.clone();
                    damaged[bit / 8] ^= 1 << (bit % 8);
                    assert_eq!(read(id, Some(&damaged)), (None, SpaceState::Open));
                }
                let other = SpaceId::from_bytes([4; 16]);
                assert_eq!(read(other, Some(&written)), (None, SpaceState::Open));
            }
        }
        assert_eq!(read(id, Some(&[])), (None, SpaceState::Open));
    }
}
