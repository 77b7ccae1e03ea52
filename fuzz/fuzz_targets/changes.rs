//! Bytes to changes and vectors: what is read comes back from what it is written as.
#![no_main]

use ara::{Changes, VersionVector};
use ara_fuzz::record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    let _ = Changes::from_bytes(payload);
    let _ = Changes::read_from(payload).count();
    if let Ok(changes) = Changes::from_bytes(&record(b'c', payload)) {
        let bytes = changes.to_bytes();
        let again = Changes::from_bytes(&bytes).expect("was just written");
        assert_eq!(again.to_bytes(), bytes);
    }
    if let Ok(vector) = VersionVector::from_bytes(&record(b'v', payload)) {
        let again = VersionVector::from_bytes(&vector.to_bytes());
        assert_eq!(again.expect("was just written"), vector);
    }
});
