//! What the database has of the spaces.

use std::collections::{BTreeMap, BTreeSet};

use ara_protocol::{Cursor, SegmentId, SpaceId};

use crate::sql::ask;

/// All places of all logs.
const PLACES: &str = "SELECT space, number, id, chain FROM ara_segment
    UNION ALL SELECT space, number, id, chain FROM ara_stub ORDER BY space, number";

const ENDS: &str = "SELECT id, number, chain FROM ara_space";

/// Fails unless the numbers of each log are 1, 2, 3 and so on, its hash chain holds, and its end is noted. Returns the
/// segments that are there, or were replaced.
pub fn check_logs(url: &str) -> BTreeSet<[u8; 32]> {
    let mut ends: BTreeMap<SpaceId, Cursor> = BTreeMap::new();
    let mut ids = BTreeSet::new();
    for row in ask(url, PLACES) {
        let space = SpaceId::from_bytes(bytes(row.get(0)));
        let (number, id): (i64, [u8; 32]) = (row.get(1), bytes(row.get(2)));
        let end = ends.entry(space).or_insert_with(|| Cursor::start(space));
        *end = end.after(SegmentId::from_bytes(id));
        assert_eq!(number, i64::try_from(end.number).unwrap(), "of {space}");
        assert!(bytes(row.get(3)) == end.chain, "the chain breaks at {number} of {space}");
        assert!(ids.insert(id), "segment {number} of {space} is there twice");
    }
    for row in ask(url, ENDS) {
        let space = SpaceId::from_bytes(bytes(row.get(0)));
        let end = ends.remove(&space).unwrap_or_else(|| Cursor::start(space));
        assert_eq!(row.get::<_, i64>(1), i64::try_from(end.number).unwrap(), "of {space}");
        assert!(bytes(row.get(2)) == end.chain, "another end is noted of {space}");
    }
    assert!(ends.is_empty(), "{ends:?}");
    ids
}

fn bytes<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap()
}
