//! What stands between the devices and the relays: a network that loses, cuts, delays and doubles, as its seed says. Where
//! several relays share what they keep, each request goes to another one of them, as behind a load balancer.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::http::{Head, read_body, read_head};
use crate::random::Random;
use crate::traffic::{Pushes, Traffic, pushes};

/// How long one hangs that is about to be dropped.
const HANGING: usize = 400;

/// How the network treats requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// How many of a thousand meet with a mishap.
    pub per_mille: usize,
    /// How long each one and its answer take at least, in milliseconds.
    pub delay: u64,
    /// Whether each one is answered by somebody else, who has no idea.
    pub is_broken: bool,
}

impl Faults {
    pub const NONE: Self = Self { per_mille: 0, delay: 0, is_broken: false };
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Passed,
    /// It comes late, after others that were sent later.
    Late(u64),
    /// The relay gets a beginning of it.
    Cut(usize),
    /// The relay gets it, and nobody hears what it answers.
    Lost,
    /// A beginning of the answer comes back.
    AnswerCut(usize),
    /// The relay gets it twice, the second time late.
    Doubled(u64),
    /// Somebody else answers.
    Broken,
    /// Nobody answers, and it takes a while until the connection ends.
    Hung(u64),
}

/// A network between the devices and the relays. It ends when this is dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
}

/// Connections by their numbers, and the relay to which each is, if it is to one.
type Connections = BTreeMap<u64, (Option<SocketAddr>, TcpStream)>;

struct Shared {
    relays: Mutex<Vec<SocketAddr>>,
    /// How often a relay was chosen.
    turns: AtomicUsize,
    faults: Mutex<Faults>,
    random: Mutex<Random>,
    traffic: Mutex<Traffic>,
    /// How many there were, and those that are open.
    connections: Mutex<(u64, Connections)>,
    is_over: AtomicBool,
    /// Ends what waits when it is over.
    over: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            relays: Mutex::default(),
            turns: AtomicUsize::new(0),
            faults: Mutex::default(),
            random: Mutex::new(Random::new()),
            traffic: Mutex::default(),
            connections: Mutex::default(),
            is_over: AtomicBool::new(false),
            over: Condvar::new(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&accepting);
                thread::spawn(move || serving.serve_until_its_end(client));
            }
        });
        Self { shared, address }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to these relays from now on, to each in turn. What is open to others is cut.
    pub fn lead_to(&self, relays: &[SocketAddr]) {
        *lock(&self.shared.relays) = relays.to_vec();
        for (relay, connection) in lock(&self.shared.connections).1.values() {
            if relay.is_some_and(|relay| !relays.contains(&relay)) {
                let _ = connection.shutdown(Shutdown::Both);
            }
        }
    }

    pub fn set_faults(&self, faults: Faults) {
        *lock(&self.shared.faults) = faults;
    }

    /// Cuts all that is open.
    pub fn cut(&self) {
        for (_, connection) in std::mem::take(&mut lock(&self.shared.connections).1).into_values() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Returns what went over the wire until now.
    pub fn traffic(&self) -> Traffic {
        lock(&self.shared.traffic).clone()
    }

    /// Counts anew.
    pub fn forget_traffic(&self) {
        *lock(&self.shared.traffic) = Traffic::default();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.shared.over.notify_all();
        self.cut();
        // The thread that accepts looks whether it is over.
        let _ = TcpStream::connect(self.address);
    }
}

/// The connections to relays of a client, of which it is the only one.
type Open<'a> = BTreeMap<SocketAddr, Known<'a>>;

/// A connection that is known to [`Proxy::cut`].
struct Known<'a> {
    shared: &'a Shared,
    number: u64,
    stream: BufReader<TcpStream>,
}

impl<'a> Known<'a> {
    fn new(shared: &'a Shared, stream: TcpStream, relay: Option<SocketAddr>) -> io::Result<Self> {
        let _ = stream.set_nodelay(true);
        let mut connections = lock(&shared.connections);
        let number = connections.0;
        connections.0 += 1;
        connections.1.insert(number, (relay, stream.try_clone()?));
        Ok(Self { shared, number, stream: BufReader::new(stream) })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }
}

impl Drop for Known<'_> {
    fn drop(&mut self) {
        let _ = self.stream.get_ref().shutdown(Shutdown::Both);
        lock(&self.shared.connections).1.remove(&self.number);
    }
}

impl Shared {
    fn serve_until_its_end(&self, client: TcpStream) {
        // Who is cut off, is.
        let _ = Known::new(self, client, None).and_then(|mut client| self.serve(&mut client));
    }

    fn serve(&self, client: &mut Known<'_>) -> io::Result<()> {
        let mut open = Open::new();
        while let Some(head) = read_head(&mut client.stream)? {
            let body = read_body(&mut client.stream, head.length.unwrap_or(0))?;
            let pushes = pushes(&head.what, &body);
            lock(&self.traffic).ask(&head.what, head.bytes.len() + body.len(), &pushes);
            let fate = self.fate(body.len());
            let request = [head.bytes.as_slice(), &body].concat();
            self.pass(client, &mut open, &request, &pushes, fate)?;
        }
        Ok(())
    }

    fn fate(&self, length: usize) -> Fate {
        let Faults { per_mille, delay, is_broken } = *lock(&self.faults);
        let mut random = lock(&self.random);
        if is_broken {
            return Fate::Broken;
        }
        if random.below(1000) >= per_mille {
            return if delay == 0 { Fate::Passed } else { Fate::Late(delay) };
        }
        match random.below(7) {
            0 => Fate::Late(random.below(HANGING) as u64),
            1 => Fate::Cut(random.below(length + 1)),
            2 => Fate::Lost,
            3 => Fate::AnswerCut(random.below(600)),
            4 => Fate::Doubled(random.below(HANGING) as u64),
            5 => Fate::Broken,
            _ => Fate::Hung(random.below(HANGING) as u64),
        }
    }

    fn pass<'a>(
        &'a self,
        client: &mut Known<'_>,
        open: &mut Open<'a>,
        request: &[u8],
        pushes: &Pushes,
        fate: Fate,
    ) -> io::Result<()> {
        const PAGE: &[u8] = b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nOops!";
        let mut most = usize::MAX;
        match fate {
            Fate::Broken => return client.write(PAGE),
            Fate::Hung(millis) => {
                self.wait(millis);
                return Err(ErrorKind::TimedOut.into());
            }
            Fate::Cut(length) => {
                self.connect(self.turn())?.write(&request[..length.min(request.len() - 1)])?;
                return Err(ErrorKind::ConnectionReset.into());
            }
            Fate::Lost => {
                let mut relay = self.connect(self.turn())?;
                relay.write(request)?;
                let _ = read_head(&mut relay.stream)?;
                return Err(ErrorKind::ConnectionReset.into());
            }
            Fate::Late(millis) => self.wait(millis),
            Fate::AnswerCut(length) => most = length,
            Fate::Doubled(millis) => self.repeat(request, millis),
            Fate::Passed => {}
        }
        let relay = self.relay(open)?;
        relay.write(request)?;
        let head = read_head(&mut relay.stream)?.ok_or(ErrorKind::ConnectionReset)?;
        match head.length {
            Some(length) => self.pass_answer(client, relay, &head, length.min(most), pushes),
            None => pass_stream(client, relay, &head, most),
        }
    }

    fn pass_answer(
        &self,
        client: &mut Known<'_>,
        relay: &mut Known<'_>,
        head: &Head,
        most: usize,
        pushes: &Pushes,
    ) -> io::Result<()> {
        let body = read_body(&mut relay.stream, head.length.unwrap_or(0))?;
        client.write(&head.bytes)?;
        client.write(&body[..most])?;
        if most < body.len() {
            return Err(ErrorKind::ConnectionReset.into());
        }
        lock(&self.traffic).answer(&body, pushes);
        Ok(())
    }

    /// The relays, of which the first one is that whose turn it is.
    fn turn(&self) -> Vec<SocketAddr> {
        let mut relays = lock(&self.relays).clone();
        let turn = self.turns.fetch_add(1, Ordering::SeqCst);
        let first = turn % relays.len().max(1);
        relays.rotate_left(first);
        relays
    }

    /// The connection of a client to the relay whose turn it is, or to the next one that can be reached.
    fn relay<'a, 'b>(&'a self, open: &'b mut Open<'a>) -> io::Result<&'b mut Known<'a>> {
        let relays = self.turn();
        open.retain(|address, _| relays.contains(address));
        let is_open = relays.first().is_some_and(|first| open.contains_key(first));
        let address = if is_open {
            relays[0]
        } else {
            let relay = self.connect(relays)?;
            let address = relay.stream.get_ref().peer_addr()?;
            open.insert(address, relay);
            address
        };
        open.get_mut(&address).ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Connects to the first relay that can be reached.
    fn connect(&self, relays: Vec<SocketAddr>) -> io::Result<Known<'_>> {
        let mut reached = relays.iter().filter_map(|relay| TcpStream::connect(relay).ok());
        let stream = reached.next().ok_or(ErrorKind::ConnectionRefused)?;
        let address = stream.peer_addr()?;
        Known::new(self, stream, Some(address))
    }

    /// Sends a request once more, later, and hears nothing of it.
    fn repeat(&self, request: &[u8], millis: u64) {
        let (request, address) = (request.to_vec(), self.turn().first().copied());
        thread::spawn(move || -> io::Result<()> {
            thread::sleep(Duration::from_millis(millis));
            let mut relay = TcpStream::connect(address.ok_or(ErrorKind::ConnectionRefused)?)?;
            relay.write_all(&request)?;
            read_head(&mut BufReader::new(relay)).map(drop)
        });
    }

    fn wait(&self, millis: u64) {
        let faults = lock(&self.faults);
        let is_on = |_: &mut Faults| !self.is_over.load(Ordering::SeqCst);
        drop(self.over.wait_timeout_while(faults, Duration::from_millis(millis), is_on));
    }
}

/// Passes on what comes, as long as it comes, or until so many bytes have.
fn pass_stream(
    client: &mut Known<'_>,
    relay: &mut Known<'_>,
    head: &Head,
    mut most: usize,
) -> io::Result<()> {
    client.write(&head.bytes)?;
    loop {
        let bytes = relay.stream.fill_buf()?;
        let length = bytes.len().min(most);
        client.stream.get_mut().write_all(&bytes[..length])?;
        if length == 0 {
            return Err(ErrorKind::ConnectionReset.into());
        }
        relay.stream.consume(length);
        most -= length;
    }
}
