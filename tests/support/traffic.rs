//! What goes over the wire, as it is seen between the devices and the relay.

use std::collections::BTreeMap;

use ara_protocol::message::sync::{PushOutcome, SyncAnswer, SyncRequest};
use ara_protocol::message::{Answer, SignedRequest};
use ara_protocol::segment::Head;

/// What went over the wire.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// How often each path was asked for.
    pub asked: BTreeMap<String, usize>,
    /// How many bytes the devices sent.
    pub up: usize,
    /// How many bytes they were sent.
    pub down: usize,
    /// The segments that were pushed, by their ids.
    pub segments: BTreeMap<[u8; 32], Pushed>,
}

/// How a segment was pushed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pushed {
    /// How often.
    pub times: usize,
    /// How often its sender was told that the relay has it.
    pub told: usize,
}

/// The ids of the segments of each push of a request.
pub type Pushes = Vec<Vec<[u8; 32]>>;

/// Returns what a request pushes.
pub fn pushes(path: &str, body: &[u8]) -> Pushes {
    if path != "/v1/sync" {
        return vec![];
    }
    let read = SignedRequest::read(body).and_then(|signed| SyncRequest::read(signed.content()));
    let id = |head: &[u8]| *Head::read(head).unwrap().id().as_bytes();
    let pushes = read.map_or(vec![], |request| request.pushes);
    pushes.iter().map(|push| push.iter().map(|segment| id(&segment.head)).collect()).collect()
}

impl Traffic {
    /// Counts a request.
    pub fn ask(&mut self, path: &str, length: usize, pushes: &Pushes) {
        *self.asked.entry(path.to_owned()).or_default() += 1;
        self.up += length;
        for id in pushes.iter().flatten() {
            self.segments.entry(*id).or_default().times += 1;
        }
    }

    /// Counts an answer that its reader has got.
    pub fn answer(&mut self, body: &[u8], pushes: &Pushes) {
        self.down += body.len();
        if pushes.is_empty() {
            return;
        }
        let outcome = Answer::read(body).ok().and_then(|answer| answer.outcome.ok());
        let answer = outcome.and_then(|content| SyncAnswer::read(&content).ok());
        for (push, outcome) in pushes.iter().zip(answer.map_or(vec![], |answer| answer.pushes)) {
            for id in push.iter().filter(|_| outcome == PushOutcome::Taken) {
                self.segments.entry(*id).or_default().told += 1;
            }
        }
    }
}
