//! Members without a database, which speak with a relay by bytes: light ones, of which there may be thousands.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use ara_protocol::access::{Members, Record};
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::AccessRequest;
use ara_protocol::message::sync::{PushedSegment, SyncRequest};
use ara_protocol::message::{Answer, Endpoint, SignedRequest, SpaceRequest};
use ara_protocol::rand_core::SeedableRng;
use ara_protocol::segment::{Bounds, Draft, Point, Position, Sealed};
use ara_protocol::{Cursor, NodeId, SegmentId, SpaceId};
use chacha20::ChaCha20Rng;
use socket2::{Domain, Socket, Type};

/// How long to wait for what should come soon.
const PATIENCE: Duration = Duration::from_secs(120);

/// A space, as its members know it.
pub struct Space {
    pub members: Members,
    pub log: Vec<Record>,
    pub first: SecretKeys,
    random: ChaCha20Rng,
}

impl Space {
    /// Makes a space of which no relay knows.
    pub fn new(seed: u64) -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let first = SecretKeys::generate(&mut random);
        let genesis = Record::genesis(&first, None, &mut random).unwrap();
        Self { members: Members::found(&genesis).unwrap(), log: vec![genesis], first, random }
    }

    pub fn id(&self) -> SpaceId {
        self.members.space()
    }

    /// Adds a device, of which no relay knows yet.
    pub fn add(&mut self) -> SecretKeys {
        let device = SecretKeys::generate(&mut self.random);
        let record = self.members.add(&self.first, &device.public(), &mut self.random).unwrap();
        self.members.apply(&record).unwrap();
        self.log.push(record);
        device
    }

    /// A request that brings all access records.
    pub fn founding(&self) -> Vec<u8> {
        let records = self.log.iter().map(|record| record.as_bytes().to_vec()).collect();
        let cursor = Cursor::start(self.id());
        let admission = String::new();
        let request = AccessRequest { space: self.id(), after: None, cursor, admission, records };
        request.to_bytes().unwrap()
    }

    /// A segment of a node, which follows another.
    pub fn seal(&mut self, node: u8, previous: Option<SegmentId>, changes: &[u8]) -> Sealed {
        let space = self.id();
        let keys = self.members.epoch_keys(&self.first).unwrap();
        let bounds = Bounds { from: Point::default(), to: Point { number: 1, digest: 2 } };
        let stood = Position { cursor: Cursor::start(space), access: self.members.head() };
        let node = NodeId::from_bytes([node; 16]);
        let draft = Draft { space, node, previous, replaces: &[], bounds, stood, changes };
        draft.seal(&self.first, keys.newest(), &mut self.random).unwrap()
    }

    /// A request that brings segments, and asks for so many bytes from the beginning of the log.
    pub fn sync(&self, pushes: &[&Sealed], budget: u32) -> Vec<u8> {
        let pushed = |sealed: &&Sealed| {
            let part = sealed.parts.first().filter(|_| sealed.parts.len() == 1);
            vec![PushedSegment { head: sealed.head.as_bytes().to_vec(), part: part.cloned() }]
        };
        let request = SyncRequest {
            space: self.id(),
            cursor: Cursor::start(self.id()),
            access: self.members.head(),
            slots_seen: 0,
            budget,
            slot: vec![],
            pushes: pushes.iter().map(pushed).collect(),
        };
        request.to_bytes().unwrap()
    }
}

/// From where a connection comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// From an address of this machine.
    Here(Ipv4Addr),
    /// From a reverse proxy on this machine, which names an address.
    Proxy(Ipv4Addr),
}

/// A connection to a relay.
pub struct Line {
    stream: BufReader<TcpStream>,
    relay: SocketAddr,
    from: From,
    /// The challenge that the last answer brought, for requests about the same space.
    challenge: Option<(SpaceId, Vec<u8>)>,
}

impl Line {
    pub fn open(relay: SocketAddr, from: From) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let here = match from {
            From::Here(address) => address,
            From::Proxy(_) => Ipv4Addr::LOCALHOST,
        };
        // So that thousands of connections need not each have a port of its own.
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((here, 0)).into())?;
        // Who does not read shall not have the system read for it.
        socket.set_recv_buffer_size(64 << 10)?;
        socket.connect(&relay.into())?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), relay, from, challenge: None })
    }

    /// The head of a request with a body of so many bytes.
    pub fn head(&self, path: &str, length: usize) -> String {
        let forwarded = match self.from {
            From::Here(_) => String::new(),
            From::Proxy(address) => format!("X-Forwarded-For: {address}\r\n"),
        };
        let host = self.relay;
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\n{forwarded}Content-Length: {length}\r\n\r\n"
        )
    }

    /// Sends whatever bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Sends a request, without waiting for what is answered.
    pub fn send(&mut self, path: &str, body: &[u8]) -> io::Result<()> {
        let head = self.head(path, body.len());
        self.write(&[head.as_bytes(), body].concat())
    }

    /// Reads what is answered: its status, and its body.
    pub fn receive(&mut self) -> io::Result<(u16, Vec<u8>)> {
        let (status, length) = self.read_head()?;
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    pub fn post(&mut self, path: &str, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        self.send(path, body)?;
        self.receive()
    }

    /// Asks for a challenge for requests about a space, and returns the status.
    pub fn challenge(&mut self, space: SpaceId) -> io::Result<u16> {
        let (status, answer) = self.post(Endpoint::Challenge.path(), space.as_bytes())?;
        self.challenge = Some((space, read(&answer)?.challenge));
        Ok(status)
    }

    /// Signs the content of a request, for which it may ask for a challenge.
    pub fn sign(
        &mut self,
        endpoint: Endpoint,
        content: &[u8],
        keys: &SecretKeys,
    ) -> io::Result<Vec<u8>> {
        let begin = content.get(..16).and_then(|space| space.try_into().ok());
        let space = SpaceId::from_bytes(begin.expect("a content begins with a space"));
        if self.challenge.as_ref().is_none_or(|(known, _)| *known != space) {
            self.challenge(space)?;
        }
        let challenge = self.challenge.as_ref().map_or(&[][..], |(_, challenge)| challenge);
        let audience = format!("http://{}", self.relay);
        Ok(SignedRequest::sign(endpoint, &audience, challenge, content, keys).unwrap())
    }

    /// Sends a signed request, and returns the status and the answer.
    pub fn ask(
        &mut self,
        endpoint: Endpoint,
        content: &[u8],
        keys: &SecretKeys,
    ) -> io::Result<(u16, Answer)> {
        let signed = self.sign(endpoint, content, keys)?;
        let (status, answer) = self.post(endpoint.path(), &signed)?;
        Ok((status, read(&answer)?))
    }

    /// Begins to listen to the news of a space, unless that is refused: then the status is returned.
    pub fn listen(mut self, space: SpaceId, keys: &SecretKeys) -> io::Result<Result<Events, u16>> {
        let content = SpaceRequest { space }.to_bytes();
        let signed = self.sign(Endpoint::Events, &content, keys)?;
        self.send(Endpoint::Events.path(), &signed)?;
        let (status, _) = self.read_head()?;
        Ok(if status == 200 { Ok(Events(self)) } else { Err(status) })
    }

    /// Reads until the other side ends the connection, and returns how many bytes came.
    pub fn drain(&mut self) -> io::Result<usize> {
        let mut bytes = vec![];
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes.len()),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(bytes.len()),
            Err(error) => Err(error),
        }
    }

    /// Reads a byte.
    pub fn read_byte(&mut self) -> io::Result<()> {
        self.stream.get_mut().read_exact(&mut [0])
    }

    fn read_head(&mut self) -> io::Result<(u16, Option<usize>)> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let status = line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or(ErrorKind::UnexpectedEof)?;
        let mut length = None;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim_end().is_empty() {
                return Ok((status, length));
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
    }
}

/// A stream of events.
pub struct Events(Line);

impl Events {
    /// Returns the number of the last segment of the space, as the next event tells it.
    pub fn next(&mut self) -> io::Result<u64> {
        loop {
            let mut line = String::new();
            if self.0.stream.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let data = line.strip_prefix("data: ");
            if let Some(number) = data.and_then(|data| data.split(' ').next()?.parse().ok()) {
                return Ok(number);
            }
        }
    }

    /// Reads events until one tells that the space has so many segments.
    pub fn wait_for(&mut self, number: u64) -> io::Result<()> {
        while self.next()? < number {}
        Ok(())
    }
}

fn read(answer: &[u8]) -> io::Result<Answer> {
    Answer::read(answer).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}
