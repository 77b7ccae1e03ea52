//! What clients and the relay send each other: what is read is written as the same bytes again. The first byte of an
//! input says which reader takes the rest.
#![no_main]

use ara_protocol::Result;
use ara_protocol::access::Record;
use ara_protocol::keys::RecoveryWords;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::segments::{
    HeadsAnswer, HeadsRequest, PartsAnswer, PartsRequest, StageRequest,
};
use ara_protocol::message::sync::{SyncAnswer, SyncRequest};
use ara_protocol::message::{Answer, SignedRequest};
use ara_protocol::pairing::PairingCode;
use ara_protocol::request::origin;
use ara_protocol::segment::Head;
use ara_protocol::slot::Slot;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    if let Ok(Some(again)) = read(*kind, bytes) {
        assert_eq!(again, bytes, "one value has one encoding");
    }
});

/// Reads bytes, and returns those that it is written as.
fn read(kind: u8, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    Ok(Some(match kind {
        0 => Record::read(bytes)?.as_bytes().to_vec(),
        1 => Head::read(bytes)?.as_bytes().to_vec(),
        2 => Slot::read(bytes)?.as_bytes().to_vec(),
        3 => Answer::read(bytes)?.to_bytes()?,
        4 => SyncRequest::read(bytes)?.to_bytes()?,
        5 => SyncAnswer::read(bytes)?.to_bytes()?,
        6 => AccessRequest::read(bytes)?.to_bytes()?,
        7 => AccessAnswer::read(bytes)?.to_bytes()?,
        8 => HeadsRequest::read(bytes)?.to_bytes(),
        9 => HeadsAnswer::read(bytes)?.to_bytes()?,
        10 => PartsRequest::read(bytes)?.to_bytes(),
        11 => PartsAnswer::read(bytes)?.to_bytes()?,
        12 => StageRequest::read(bytes)?.to_bytes()?,
        _ => {
            // These take more than one form.
            let _ = MailboxRequest::read(bytes);
            let _ = SignedRequest::read(bytes);
            if let Ok(text) = std::str::from_utf8(bytes) {
                let _ = (PairingCode::parse(text), RecoveryWords::parse(text), origin(text));
            }
            return Ok(None);
        }
    }))
}
