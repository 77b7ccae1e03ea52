//! A relay on a loopback socket, which can be taken away, put back and made to fail.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::{Endpoint, SignedRequest};
use ara_relay::store::{self, Job, Store, StoreError, Topic};
use ara_relay::{Admission, News, Relay, RelayAnswer, RelayOptions, SqliteStore};
use tempfile::TempDir;

/// How the relay behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// As a relay does.
    Serving,
    /// Nobody answers.
    Gone,
    /// Somebody takes the connection and the request, and never answers.
    Silent,
    /// As a relay does, but it tells of news without end that there are not.
    Flooding,
    /// Something answers that is no relay.
    Portal(u16, String),
}

/// A relay on a loopback socket. It ends when this is dropped.
pub struct TestRelay {
    served: Arc<Served>,
    address: SocketAddr,
    folder: TempDir,
}

struct Served {
    relay: Mutex<Arc<Relay>>,
    mode: Mutex<Mode>,
    /// After how many requests the relay is gone.
    left: AtomicUsize,
    /// The boxes of pairings that were put, if the answers to those who put them are lost at first.
    boxes: Mutex<Option<BTreeSet<u8>>>,
    /// The path of which the next answer is lost.
    lost: Mutex<Option<String>>,
    asked: Mutex<Vec<String>>,
    connections: Mutex<Vec<TcpStream>>,
    /// How often there was news.
    news: Mutex<u64>,
    told: Condvar,
    is_over: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TestRelay {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    /// Starts a relay of other options.
    pub fn start_with(change: impl Fn(&mut RelayOptions)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let relay = open(&folder.path().join("relay.db"), address, change);
        let served = Arc::new(Served {
            relay: Mutex::new(Arc::new(relay)),
            mode: Mutex::new(Mode::Serving),
            left: AtomicUsize::new(usize::MAX),
            boxes: Mutex::default(),
            lost: Mutex::default(),
            asked: Mutex::default(),
            connections: Mutex::default(),
            news: Mutex::new(0),
            told: Condvar::new(),
            is_over: AtomicBool::new(false),
        });
        served.listen();
        let serving = Arc::clone(&served);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                if serving.is_over.load(Ordering::SeqCst) {
                    return;
                }
                lock(&serving.connections).extend(stream.try_clone());
                let serving = Arc::clone(&serving);
                thread::spawn(move || serving.serve(stream));
            }
        });
        Self { served, address, folder }
    }

    /// A relay that has room for so many bytes of each space.
    pub fn with_quota(quota: u64) -> Self {
        Self::start_with(|options| options.quota = quota)
    }

    /// A relay that founds spaces for a token.
    pub fn with_token(token: &str) -> Self {
        let admission = Admission::Token(vec![token.to_owned()]);
        Self::start_with(|options| options.admission = admission.clone())
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Changes how the relay behaves. All connections are cut.
    pub fn set_mode(&self, mode: Mode) {
        *lock(&self.served.mode) = mode;
        self.served.cut();
    }

    /// Is gone after so many other requests.
    pub fn vanish_after(&self, requests: usize) {
        self.served.left.store(requests, Ordering::SeqCst);
    }

    /// Is there again.
    pub fn come_back(&self) {
        self.served.left.store(usize::MAX, Ordering::SeqCst);
        self.set_mode(Mode::Serving);
    }

    /// Loses the first answer to who puts a box of a pairing, but for the first box, and to who then asks who is a member.
    pub fn lose_answers_of_a_pairing(&self) {
        *lock(&self.served.boxes) = Some(BTreeSet::new());
    }

    /// Loses the next answer to what is asked at a path.
    pub fn lose_answer(&self, path: &str) {
        *lock(&self.served.lost) = Some(path.to_owned());
    }

    /// Copies what the relay has.
    pub fn back_up(&self) -> PathBuf {
        let copy = self.folder.path().join("backup.db");
        let relay = rusqlite::Connection::open(self.folder.path().join("relay.db")).unwrap();
        relay.execute("VACUUM INTO ?1", [copy.to_str()]).unwrap();
        copy
    }

    /// Goes on with another file, and with other options.
    pub fn go_on_with(&self, file: &Path, change: impl Fn(&mut RelayOptions)) {
        self.go_on_as(open(file, self.address, change));
    }

    /// Goes on with what it has on a disk that is full.
    pub fn fill_disk(&self) {
        let file = self.folder.path().join("relay.db");
        let store = FullDisk(SqliteStore::open(file).unwrap());
        self.go_on_as(Relay::new(store, options(self.address)).unwrap());
    }

    fn go_on_as(&self, relay: Relay) {
        *lock(&self.served.relay) = Arc::new(relay);
        self.served.listen();
        self.served.cut();
    }

    /// Goes on with nothing.
    pub fn wipe(&self) {
        self.go_on_with(&self.folder.path().join("new.db"), |_| {});
    }

    /// Goes on with what it has, and other options.
    pub fn change(&self, change: impl Fn(&mut RelayOptions)) {
        self.go_on_with(&self.folder.path().join("relay.db"), change);
    }

    /// Waits until a path is asked for.
    pub fn wait_asked(&self, path: &str) {
        self.wait_asked_often(path, 1);
    }

    /// Waits until a path is asked for so often.
    pub fn wait_asked_often(&self, path: &str, times: usize) {
        let end = Instant::now() + Duration::from_secs(60);
        let mut heard = 0;
        while lock(&self.served.asked).iter().filter(|asked| *asked == path).count() < times {
            assert!(Instant::now() < end, "{path} is not asked for");
            heard = self.served.wait(heard);
        }
    }

    /// Returns the paths that were asked for since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.served.asked))
    }
}

impl Drop for TestRelay {
    fn drop(&mut self) {
        self.served.is_over.store(true, Ordering::SeqCst);
        self.served.cut();
        // The thread that accepts looks whether it is over.
        let _ = TcpStream::connect(self.address);
    }
}

/// A store that keeps nothing of a space or a mailbox, as its disk is full.
struct FullDisk(SqliteStore);

impl Store for FullDisk {
    fn read(&self, job: Job<'_>) -> store::Result<()> {
        self.0.read(job)
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> store::Result<()> {
        if about.is_some() { Err(StoreError::Full) } else { self.0.write(about, job) }
    }

    fn shrink(&self) -> store::Result<()> {
        self.0.shrink()
    }

    fn size(&self) -> store::Result<u64> {
        self.0.size()
    }
}

fn options(address: SocketAddr) -> RelayOptions {
    RelayOptions { origins: vec![format!("http://{address}")], ..RelayOptions::default() }
}

fn open(file: &Path, address: SocketAddr, change: impl Fn(&mut RelayOptions)) -> Relay {
    let mut options = options(address);
    change(&mut options);
    Relay::new(SqliteStore::open(file).unwrap(), options).unwrap()
}

impl Served {
    /// Hears of news.
    fn listen(self: &Arc<Self>) {
        let told = Arc::downgrade(self);
        lock(&self.relay).on_news(move |_| {
            if let Some(served) = told.upgrade() {
                *lock(&served.news) += 1;
                served.told.notify_all();
            }
        });
    }

    fn cut(&self) {
        for connection in lock(&self.connections).drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        *lock(&self.news) += 1;
        self.told.notify_all();
    }

    fn relay(&self) -> Arc<Relay> {
        Arc::clone(&lock(&self.relay))
    }

    fn is_serving(&self) -> bool {
        matches!(*lock(&self.mode), Mode::Serving | Mode::Flooding)
    }

    /// Waits until there is news, but not for long.
    fn wait(&self, heard: u64) -> u64 {
        let news = lock(&self.news);
        let waited =
            self.told.wait_timeout_while(news, Duration::from_millis(200), |news| *news == heard);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Ok(Some((path, body))) = read_request(&mut reader) {
            lock(&self.asked).push(path.clone());
            let left = &self.left;
            let spent = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                if left == usize::MAX { Some(left) } else { left.checked_sub(1) }
            });
            if spent.is_err() {
                *lock(&self.mode) = Mode::Gone;
            }
            let mode = lock(&self.mode).clone();
            let answered = match mode {
                Mode::Serving if self.is_answer_lost(&path, &body) => {
                    Endpoint::at(&path).map(|endpoint| self.relay().answer(endpoint, &body, None));
                    Err(ErrorKind::ConnectionReset.into())
                }
                Mode::Serving | Mode::Flooding => self.answer(&path, &body, reader.get_mut()),
                Mode::Gone => Err(ErrorKind::ConnectionReset.into()),
                Mode::Silent => {
                    self.keep_silent();
                    Err(ErrorKind::ConnectionReset.into())
                }
                Mode::Portal(status, page) => {
                    write_answer(reader.get_mut(), status, "text/html", page.as_bytes())
                }
            };
            if answered.is_err() {
                break;
            }
        }
        let _ = reader.get_mut().shutdown(Shutdown::Both);
    }

    /// Waits until the relay behaves in another way.
    fn keep_silent(&self) {
        let mut heard = 0;
        while *lock(&self.mode) == Mode::Silent && !self.is_over.load(Ordering::SeqCst) {
            heard = self.wait(heard);
        }
    }

    fn is_answer_lost(&self, path: &str, body: &[u8]) -> bool {
        /// The box with the result, and what stands for the question that follows.
        const RESULT: u8 = 3;
        const ACCESS: u8 = 4;
        if lock(&self.lost).take_if(|lost| lost == path).is_some() {
            return true;
        }
        let mut boxes = lock(&self.boxes);
        let Some(boxes) = &mut *boxes else { return false };
        let content = SignedRequest::read(body).map(|signed| signed.content());
        match (path, content.and_then(MailboxRequest::read)) {
            ("/v1/mailbox", Ok(MailboxRequest::Put { index, .. })) => {
                boxes.insert(index) && index > 0
            }
            ("/v1/access", _) if boxes.contains(&RESULT) => boxes.insert(ACCESS),
            _ => false,
        }
    }

    fn answer(&self, path: &str, body: &[u8], stream: &mut TcpStream) -> std::io::Result<()> {
        const BYTES: &str = "application/octet-stream";
        let Some(endpoint) = Endpoint::at(path) else {
            return write_answer(stream, 404, "text/plain", b"no such path");
        };
        if endpoint == Endpoint::Events {
            return match self.relay().subscribe(body, None) {
                Ok(subscription) => self.events(&subscription, stream),
                Err(refusal) => write_answer(stream, refusal.status, BYTES, &refusal.body),
            };
        }
        let begun = Instant::now();
        loop {
            let heard = *lock(&self.news);
            let answer: RelayAnswer = self.relay().answer(endpoint, body, None);
            let wait = Duration::from_secs(answer.wait_seconds.into());
            if begun.elapsed() >= wait || !self.is_serving() {
                return write_answer(stream, answer.status, BYTES, &answer.body);
            }
            self.wait(heard);
        }
    }

    fn events(
        &self,
        subscription: &ara_relay::Subscription,
        stream: &mut TcpStream,
    ) -> std::io::Result<()> {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
        )?;
        let (mut last, mut flood) = (None, 0);
        loop {
            let heard = *lock(&self.news);
            let news = self.relay().news_for(subscription).ok().flatten();
            let Some(news @ News { number, records, newest_slot }) = news else {
                return Err(ErrorKind::ConnectionReset.into());
            };
            if *lock(&self.mode) == Mode::Flooding {
                // Until the other side reads no more, or ends.
                flood += 1;
                write!(stream, "data: {} {records} {newest_slot}\n\n", number + flood)?;
                continue;
            }
            if last != Some(news) {
                write!(stream, "data: {number} {records} {newest_slot}\n\n")?;
                last = Some(news);
            }
            if self.wait(heard) == heard {
                stream.write_all(b": beat\n\n")?;
            }
            if self.is_over.load(Ordering::SeqCst) || !self.is_serving() {
                return Err(ErrorKind::ConnectionReset.into());
            }
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let (mut first, mut length) = (String::new(), 0);
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| ErrorKind::InvalidData)?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    Ok(Some((path, body)))
}

fn write_answer(
    stream: &mut TcpStream,
    status: u16,
    kind: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())
}
