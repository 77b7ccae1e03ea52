//! Syncular's client, with a file.

use ara_measure::{Random, Usage, timed};
use syncular_client::{
    ClientLimits, SegmentRequest, SyncClient, SyncOutcome, Transport, TransportError,
};

use crate::rows::{OWNER, TABLE, schema, task};

/// How many rows an app writes in one transaction.
const AT_ONCE: usize = 100;

/// Requests by HTTP, and how many bytes their bodies have, both ways.
struct Http {
    agent: ureq::Agent,
    url: String,
    bytes: usize,
}

impl Transport for Http {
    fn sync(&mut self, request: &[u8]) -> Result<Vec<u8>, TransportError> {
        let failed =
            |error: ureq::Error| TransportError::new("transport.failed", error.to_string());
        let mut answer = self.agent.post(&self.url).send(request).map_err(failed)?;
        let limit = u64::MAX;
        let answer = answer.body_mut().with_config().limit(limit).read_to_vec().map_err(failed)?;
        self.bytes += request.len() + answer.len();
        Ok(answer)
    }

    fn realtime_sync(&mut self, request: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sync(request)
    }

    fn realtime_connect(&mut self) -> Result<(), TransportError> {
        Err(none())
    }

    fn realtime_send(&mut self, _: &str) -> Result<(), TransportError> {
        Err(none())
    }

    fn realtime_close(&mut self) -> Result<(), TransportError> {
        Ok(())
    }

    fn download_segment(
        &mut self,
        _: &SegmentRequest,
        _: &mut dyn FnMut(u64),
    ) -> Result<Vec<u8>, TransportError> {
        Err(none())
    }
}

fn none() -> TransportError {
    TransportError::new("transport.none", "there are only requests and answers")
}

/// Creates rows, and then measures how they are sent.
pub fn push(file: &str, url: &str, count: usize) {
    let mut client = open(file, "first");
    let mut random = Random::new(count as u64);
    for start in (0..count).step_by(AT_ONCE) {
        let some = count.min(start + AT_ONCE) - start;
        let rows = (0..some).map(|_| task(&mut random)).collect();
        client.mutate(rows).expect("rows are created");
    }
    measure(client, url, count, "push 100,000 changes", "pushed", "that pushes");
}

/// Measures how a device that has nothing is sent all rows.
pub fn pull(file: &str, url: &str, count: usize) {
    let client = open(file, "second");
    let row = "pull 100,000 changes into an empty device";
    measure(client, url, count, row, "pulled", "at its first sync of");
}

fn open(file: &str, name: &str) -> SyncClient {
    let limits = ClientLimits::default();
    let mut client =
        SyncClient::open_path_with_identity(Some(name.to_owned()), &schema(), limits, file)
            .expect("a file opens");
    let scopes = vec![("owner".to_owned(), vec![OWNER.to_owned()])];
    client
        .subscribe("all".to_owned(), TABLE.to_owned(), scopes, None)
        .expect("a table is subscribed to");
    client
}

/// Sends and receives until nothing is left. It gives up after some rounds, and says so.
fn sync(client: &mut SyncClient, http: &mut Http) {
    loop {
        match client.sync_until_idle_with_deadline(http, None, None) {
            SyncOutcome::Ok(_) => return,
            SyncOutcome::BudgetExhausted(_) => {}
            failed => panic!("{failed:?}"),
        }
    }
}

fn measure(mut client: SyncClient, url: &str, count: usize, row: &str, done: &str, memory: &str) {
    let mut http = Http { agent: ureq::Agent::new_with_defaults(), url: url.to_owned(), bytes: 0 };
    let (time, ()) = timed(|| sync(&mut client, &mut http));
    assert!(client.pending_commit_ids().is_empty(), "all is sent");
    let rows =
        client.query(&format!("SELECT count(*) AS n FROM {TABLE}"), &[]).expect("it can be read");
    assert_eq!(rows[0]["n"], count, "all rows are there");
    println!("per-second {:.0} {row}", count as f64 / time.as_secs_f64());
    let bytes = http.bytes as f64 / count as f64;
    println!("bytes {bytes:.1} bytes on the wire, a change: {done} in bulk");
    if let Some(usage) = Usage::now() {
        println!("memory {} memory of a client {memory} 100,000 changes", usage.peak);
    }
}
