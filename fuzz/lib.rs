//! What the targets share.

use xxhash_rust::xxh3::xxh3_64;

/// A record of this kind with this payload, with the right checksum.
pub fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut record = vec![b'a', b'r', b'a', kind, 2, 0, 0, 0];
    record.extend((payload.len() as u64).to_le_bytes());
    let checksum = xxh3_64(&[&record, payload].concat());
    record.extend(checksum.to_le_bytes());
    record.extend(payload);
    record
}
