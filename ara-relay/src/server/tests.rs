//! Tests over sockets of this machine.

mod http;

use std::sync::Arc;
use std::time::Duration;

use ara_protocol::MailboxId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::AccessRequest;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::{Answer, Endpoint, LONGEST_REQUEST, Refusal};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::server::tests::http::{Client, Events, Response};
use crate::server::{Server, ServerOptions};
use crate::store::{Job, Store, StoreError, Topic};
use crate::testing::failing::Failing;
use crate::testing::{TestSpace, copy, fixed, node, options};
use crate::{Relay, SqliteStore};

/// A relay that serves a space, on a port of its own.
struct Serving {
    space: TestSpace,
    client: Client,
    metrics: Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Serving {
    async fn new(change: impl FnOnce(&mut ServerOptions)) -> Self {
        Self::of(TestSpace::new(), change).await
    }

    async fn of(space: TestSpace, change: impl FnOnce(&mut ServerOptions)) -> Self {
        let mut options = ServerOptions::default();
        change(&mut options);
        let server = Server::new(space.relay.clone(), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let metrics = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let [client, metrics_client] =
            [&listener, &metrics].map(|listener| Client(listener.local_addr().unwrap()));
        let (stop, stopped) = oneshot::channel();
        let other = server.clone();
        tokio::spawn(async move { other.serve_metrics(metrics, std::future::pending()).await });
        let served = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            server.serve(listener, stopped).await
        });
        Self { space, client, metrics: metrics_client, stop, served }
    }

    /// Sends a signed request, and returns its answer.
    async fn ask(&self, endpoint: Endpoint, content: &[u8], keys: &SecretKeys) -> (u16, Answer) {
        let signed = self.space.signed(endpoint, content, keys);
        answer(&self.client.post(endpoint.path(), signed).await)
    }

    async fn events(&self, keys: &SecretKeys) -> Events {
        let content = *self.space.id().as_bytes();
        let signed = self.space.signed(Endpoint::Events, &content, keys);
        self.client.events(signed).await
    }
}

fn answer(response: &Response) -> (u16, Answer) {
    assert_eq!(response.header("content-type"), Some("application/octet-stream"));
    (response.status, Answer::read(&response.body).unwrap())
}

#[tokio::test]
async fn requests_are_answered() {
    let serving = Serving::new(|_| {}).await;
    let space = *serving.space.id().as_bytes();
    let (status, challenged) =
        answer(&serving.client.post(Endpoint::Challenge.path(), space.to_vec()).await);
    assert_eq!((status, challenged.challenge.len()), (200, 40));
    let content = serving.space.request().to_bytes().unwrap();
    let (status, answered) = serving.ask(Endpoint::Sync, &content, &serving.space.laptop).await;
    assert_eq!((status, answered.outcome.is_ok()), (200, true));
    let stranger = SecretKeys::generate(&mut fixed(8));
    let (status, answered) = serving.ask(Endpoint::Sync, &content, &stranger).await;
    assert_eq!((status, answered.outcome), (403, Err(Refusal::Unknown)));
}

#[tokio::test]
async fn what_cannot_be_read_is_answered_so_that_a_client_reads_it() {
    let serving = Serving::new(|_| {}).await;
    let sync = Endpoint::Sync.path();
    for (path, body, status, refusal) in [
        (sync, vec![], 400, Refusal::Malformed),
        (sync, vec![1; 40], 400, Refusal::Malformed),
        (sync, vec![9; 300], 426, Refusal::UpdateNeeded),
        ("/v1/challenge", vec![1; 15], 400, Refusal::Malformed),
        ("/v2/sync", vec![], 426, Refusal::UpdateNeeded),
    ] {
        let (found, answered) = answer(&serving.client.post(path, body).await);
        assert_eq!((found, answered.outcome), (status, Err(refusal)), "{path}");
    }
    assert_eq!(serving.client.get("/").await.status, 404);
    assert_eq!(serving.client.get(sync).await.status, 405);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let serving = Serving::new(|_| {}).await;
    // Only the head is sent.
    let head = serving.client.head(Endpoint::Sync.path(), LONGEST_REQUEST + 1);
    let (status, answered) = answer(&serving.client.send(head.into_bytes()).await);
    assert_eq!((status, answered.outcome), (413, Err(Refusal::TooLarge)));
    // One whose length is not told.
    let (status, answered) =
        answer(&serving.client.post_chunked(Endpoint::Sync.path(), LONGEST_REQUEST + 1).await);
    assert_eq!((status, answered.outcome), (413, Err(Refusal::TooLarge)));
    let (status, answered) =
        answer(&serving.client.post_chunked(Endpoint::Sync.path(), LONGEST_REQUEST).await);
    assert_eq!((status, answered.outcome), (400, Err(Refusal::Malformed)));
}

#[tokio::test]
async fn who_is_slow_is_left_and_stops_nobody() {
    let serving = Serving::new(|options| {
        options.head_patience = Duration::from_secs(2);
        options.body_patience = Duration::from_millis(20);
    })
    .await;
    // Neither sends what it announces.
    let slow_head = serving.client.begin(b"POST /v1/sync HTTP/1.1\r\nHost: a".to_vec()).await;
    let head = serving.client.head(Endpoint::Sync.path(), 1000);
    let slow_body = serving.client.begin(head.into_bytes()).await;
    assert_eq!(serving.client.get("/health").await.status, 200);
    let (status, answered) = answer(&slow_body.response().await);
    assert_eq!((status, answered.outcome), (503, Err(Refusal::Busy)));
    slow_head.ended().await;
}

#[tokio::test]
async fn events_tell_of_news_until_the_member_is_out() {
    let mut serving = Serving::new(|_| {}).await;
    let phone = serving.space.add_device();
    let mut events = serving.events(&phone).await;
    assert_eq!(events.next().await.as_deref(), Some("0 2 0"));
    let first = serving.space.append(node(1), None);
    assert_eq!(events.next().await.as_deref(), Some("1 2 0"));
    serving.space.append(node(1), Some(first));
    assert_eq!(events.next().await.as_deref(), Some("2 2 0"));
    let mut others = serving.events(&copy(&serving.space.laptop)).await;
    assert_eq!(others.next().await.as_deref(), Some("2 2 0"));

    serving.space.remove(&phone);
    assert_eq!(events.next().await, None);
    assert_eq!(others.next().await.as_deref(), Some("2 3 0"));
    let content = *serving.space.id().as_bytes();
    let (status, answered) = serving.ask(Endpoint::Events, &content, &phone).await;
    assert_eq!((status, answered.outcome), (403, Err(Refusal::Unknown)));
}

/// A store into which another relay writes, which tells nobody.
struct Shared(Arc<SqliteStore>);

impl Store for Shared {
    fn read(&self, job: Job<'_>) -> crate::store::Result<()> {
        self.0.read(job)
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> crate::store::Result<()> {
        self.0.write(about, job)
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn shrink(&self) -> crate::store::Result<()> {
        self.0.shrink()
    }

    fn size(&self) -> crate::store::Result<u64> {
        self.0.size()
    }
}

#[tokio::test]
async fn what_another_process_wrote_is_found_though_nobody_tells_it() {
    let store = Arc::new(SqliteStore::memory().unwrap());
    let (options, clock) = options();
    let [here, elsewhere] =
        [0, 1].map(|_| Arc::new(Relay::new(Shared(store.clone()), options.clone()).unwrap()));
    let space = TestSpace::unfounded(here, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let look_every = Duration::from_millis(5);
    let mut serving = Serving::of(space, |options| options.look_every = look_every).await;
    let mut events = serving.events(&copy(&serving.space.laptop)).await;
    assert_eq!(events.next().await.as_deref(), Some("0 1 0"));
    serving.space.relay = elsewhere;
    serving.space.append(node(1), None);
    assert_eq!(events.next().await.as_deref(), Some("1 1 0"));
}

#[tokio::test]
async fn a_stream_without_news_has_a_heartbeat() {
    let serving = Serving::new(|options| options.heartbeat = Duration::from_millis(5)).await;
    let mut events = serving.events(&copy(&serving.space.laptop)).await;
    assert_eq!(events.next_line().await.as_deref(), Some("data: 0 1 0"));
    assert_eq!(events.next_line().await.as_deref(), Some(":"));
    assert_eq!(events.next_line().await.as_deref(), Some(":"));
}

#[tokio::test]
async fn who_asks_for_a_box_waits_until_it_is_filled() {
    let serving = Arc::new(Serving::new(|_| {}).await);
    let mailbox = MailboxId::from_bytes([5; 16]);
    let keys = SecretKeys::generate(&mut fixed(50));
    let signer = keys.public().member();
    let open = MailboxRequest::Open { space: serving.space.id(), mailbox, signer };
    let open = open.to_bytes().unwrap();
    serving.space.ask(Endpoint::Mailbox, &open, &serving.space.laptop).unwrap();

    let get = |wait| MailboxRequest::Get { mailbox, index: 0, wait }.to_bytes().unwrap();
    let (_, answered) = serving.ask(Endpoint::Mailbox, &get(0), &keys).await;
    assert_eq!(answered.outcome, Ok(vec![]));
    let waiting = {
        let (serving, keys, get) = (serving.clone(), copy(&keys), get(30));
        tokio::spawn(async move { serving.ask(Endpoint::Mailbox, &get, &keys).await.1.outcome })
    };
    // Something else happens in the meantime.
    let put =
        |index, sealed: &[u8]| MailboxRequest::Put { mailbox, index, sealed: sealed.to_vec() };
    for (index, sealed) in [(1, &b"other"[..]), (0, b"hello")] {
        let put = put(index, sealed).to_bytes().unwrap();
        serving.space.ask(Endpoint::Mailbox, &put, &keys).unwrap();
    }
    assert_eq!(waiting.await.unwrap(), Ok(b"hello".to_vec()));
}

#[tokio::test]
async fn who_waits_in_vain_is_told_so_in_time() {
    let serving = Serving::new(|_| {}).await;
    let mailbox = MailboxId::from_bytes([5; 16]);
    let keys = SecretKeys::generate(&mut fixed(50));
    let signer = keys.public().member();
    let open = MailboxRequest::Open { space: serving.space.id(), mailbox, signer };
    let open = open.to_bytes().unwrap();
    serving.space.ask(Endpoint::Mailbox, &open, &serving.space.laptop).unwrap();
    let get = MailboxRequest::Get { mailbox, index: 0, wait: 1 }.to_bytes().unwrap();
    let (_, answered) = serving.ask(Endpoint::Mailbox, &get, &keys).await;
    assert_eq!(answered.outcome, Ok(vec![]));
}

#[tokio::test]
async fn a_server_that_stops_ends_what_waits_and_answers_what_runs() {
    let serving = Serving::new(|_| {}).await;
    let mut events = serving.events(&copy(&serving.space.laptop)).await;
    assert!(events.next().await.is_some());
    let content = serving.space.request().to_bytes().unwrap();
    let signed = serving.space.signed(Endpoint::Sync, &content, &serving.space.laptop);
    // Half of a request was sent before.
    let (first, second) = signed.split_at(signed.len() / 2);
    let head = serving.client.head(Endpoint::Sync.path(), signed.len());
    let mut running = serving.client.begin([head.as_bytes(), first].concat()).await;
    assert_eq!(serving.client.get("/health").await.status, 200);

    serving.stop.send(()).unwrap();
    assert_eq!(events.next().await, None);
    running.write(second.to_vec()).await;
    assert_eq!(answer(&running.response().await).0, 200);
    serving.served.await.unwrap().unwrap();
    assert!(!serving.client.is_listening().await);
}

#[tokio::test]
async fn connections_are_bounded_and_more_wait() {
    let serving = Serving::new(|options| options.most_connections = 1).await;
    let first = serving.client.begin(b"GET /health HTTP/1.1\r\nHost: a\r\n".to_vec()).await;
    let client = serving.client;
    let second = tokio::spawn(async move { client.get("/health").await.status });
    let mut first = first;
    first.write(b"Connection: close\r\n\r\n".to_vec()).await;
    assert_eq!(first.response().await.status, 200);
    assert_eq!(second.await.unwrap(), 200);
}

#[tokio::test]
async fn health_and_metrics_are_told() {
    let mut serving = Serving::new(|_| {}).await;
    let health = serving.client.get("/health").await;
    assert_eq!((health.status, &health.body[..]), (200, &b"ok\n"[..]));
    serving.client.post(Endpoint::Sync.path(), vec![]).await;
    let mut events = serving.events(&copy(&serving.space.laptop)).await;
    assert!(events.next().await.is_some());
    serving.space.append(node(1), None);

    let metrics = serving.metrics.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text"));
    let text = String::from_utf8(metrics.body).unwrap();
    for line in [
        "ara_relay_requests_total{endpoint=\"/v1/sync\",status=\"400\"} 1",
        "ara_relay_request_duration_seconds_count{endpoint=\"/v1/sync\"} 1",
        "ara_relay_event_streams 1",
        "ara_relay_refused_connections_total 0",
        "ara_relay_spaces 1",
        "ara_relay_store_up 1",
        "ara_relay_space_bytes_count 1",
        "ara_relay_space_segments_sum 1.0",
        "ara_relay_received_bytes_total{endpoint=\"/v1/sync\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(text.contains("ara_relay_store_bytes "));
    // The answer that refuses the request has some bytes.
    let sent = "ara_relay_sent_bytes_total{endpoint=\"/v1/sync\"} ";
    let sent = text.lines().find_map(|line| line.strip_prefix(sent)).unwrap();
    assert!(sent.parse::<u64>().unwrap() > 0);
    assert!(!text.contains(&serving.space.id().to_string()));
    // They are on a listener of their own.
    assert_eq!(serving.client.get("/metrics").await.status, 404);
    assert_eq!(serving.metrics.get("/health").await.status, 404);
}

/// A relay over a store that can fail.
async fn failing(change: impl FnOnce(&mut ServerOptions)) -> (Serving, Arc<Failing>) {
    let (options, clock) = options();
    let store = Arc::new(Failing::new());
    let relay = Arc::new(Relay::over(store.clone(), options).unwrap());
    let space = TestSpace::unfounded(relay, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    (Serving::of(space, change).await, store)
}

#[tokio::test]
async fn health_tells_a_store_that_is_full_or_cannot_be_written_or_read() {
    let (serving, store) = failing(|_| {}).await;
    let health = async || {
        let health = serving.client.get("/health").await;
        (health.status, String::from_utf8(health.body).unwrap())
    };
    assert_eq!(health().await, (200, "ok\n".to_owned()));
    let failed = StoreError::Failed { reason: "of db.example".to_owned() };
    for (error, told) in [
        (StoreError::Full, "the disk of the store is full\n"),
        (failed.clone(), "the store cannot be written\n"),
    ] {
        store.fail_writes(Some(error));
        serving.space.pass(30);
        assert_eq!(health().await, (503, told.to_owned()));
        store.fail_writes(None);
        serving.space.pass(1);
        assert_eq!(health().await, (200, "ok\n".to_owned()));
    }
    store.fail_reads(Some(failed));
    assert_eq!(health().await, (503, "the store cannot be read\n".to_owned()));
}

#[tokio::test]
async fn metrics_tell_nothing_of_a_store_that_cannot_be_read() {
    let (serving, store) = failing(|_| {}).await;
    let told = async |name: &str| {
        let metrics = serving.metrics.get("/metrics").await;
        assert_eq!(metrics.status, 200);
        let text = String::from_utf8(metrics.body).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map(str::to_owned)
    };
    let of_store = ["ara_relay_spaces", "ara_relay_store_bytes", "ara_relay_space_bytes_count"];
    for is_down in [true, false, true, false] {
        let failed = StoreError::Failed { reason: "gone".to_owned() };
        store.fail_reads(is_down.then_some(failed));
        let up = if is_down { "0" } else { "1" };
        assert_eq!(told("ara_relay_store_up").await.as_deref(), Some(up));
        for name in of_store {
            assert_eq!(told(name).await.is_none(), is_down, "{name}");
        }
        assert!(told("ara_relay_connections").await.is_some());
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told_in_time() {
    let patience = Duration::from_millis(10);
    let (serving, store) = failing(|options| options.store_patience = patience).await;
    let held = store.hold_reads();
    let health = serving.client.get("/health").await;
    assert_eq!((health.status, &health.body[..]), (503, &b"the store does not answer\n"[..]));
    let metrics = serving.metrics.get("/metrics").await;
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(
        text.contains("ara_relay_store_up 0\n") && !text.contains("ara_relay_spaces "),
        "{text}"
    );
    drop(held);
}

#[tokio::test]
async fn who_has_to_wait_is_told_for_how_long_as_http_does() {
    let space = TestSpace::with_unfounded(|options| options.new_spaces = Some(1));
    let other = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    let serving = Serving::of(space, |options| options.limits_this_machine = true).await;
    let found = async |space: &TestSpace| {
        let records = space.log.iter().map(|record| record.as_bytes().to_vec()).collect();
        let request = AccessRequest { records, ..space.access_request() }.to_bytes().unwrap();
        let signed = space.signed(Endpoint::Access, &request, &space.laptop);
        serving.client.post(Endpoint::Access.path(), signed).await
    };
    let first = found(&serving.space).await;
    assert_eq!((first.status, first.header("retry-after")), (200, None));
    let second = found(&other).await;
    assert_eq!((second.status, second.header("retry-after")), (429, Some("86400")));
}

/// Runs what blocks.
async fn blocking<T: Send + 'static>(action: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(action).await.unwrap()
}

#[tokio::test]
async fn events_end_when_the_operators_command_closes_the_space() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let (options, clock) = options();
    let relay = Arc::new(Relay::new(SqliteStore::open(&path).unwrap(), options).unwrap());
    let space = TestSpace::unfounded(relay, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let look_every = Duration::from_millis(5);
    let serving = Serving::of(space, |options| options.look_every = look_every).await;
    let laptop = copy(&serving.space.laptop);
    let mut events = serving.events(&laptop).await;
    assert_eq!(events.next().await.as_deref(), Some("0 1 0"));
    // As another process does it.
    let command = SqliteStore::open(&path).unwrap();
    crate::admin::close(&command, serving.space.id()).unwrap();
    assert_eq!(events.next().await, None);
    let content = *serving.space.id().as_bytes();
    let (status, answered) = serving.ask(Endpoint::Events, &content, &laptop).await;
    assert_eq!((status, answered.outcome), (403, Err(Refusal::Closed)));
    crate::admin::open(&command, serving.space.id()).unwrap();
    assert_eq!(serving.events(&laptop).await.next().await.as_deref(), Some("0 1 0"));
}

#[tokio::test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
async fn metrics_tell_of_the_database_that_relays_share() {
    let schema = crate::testing::stores::Schema::new();
    let (options, clock) = options();
    let relay = Arc::new(Relay::new(schema.store(), options).unwrap());
    let space = TestSpace::unfounded(relay, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let serving = Serving::of(space, |_| {}).await;
    let metrics = serving.metrics.get("/metrics").await;
    let text = String::from_utf8(metrics.body).unwrap();
    for line in [
        "ara_relay_store_connections_most 8",
        "ara_relay_store_connections_waiting 0",
        "ara_relay_space_segments_sum 0.0",
        "# UNIT ara_relay_news_lag_seconds seconds",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
}
