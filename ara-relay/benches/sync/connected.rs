//! What devices cost the relay that are connected, and wait for news.
//!
//! They are light: members that speak with the relay by bytes, each with a stream of events and a connection for requests,
//! as a device has them that has just synced. A thousand databases would not fit into this process.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use ara::Result;
use ara_measure::{Figure, Report, median, part};
use ara_protocol::SegmentId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Endpoint;

use crate::light::{Events, From, Line, Space};
use crate::relay::Relay;
use crate::store::Store;

const MEMORY: &str = "memory of the relay, 1,000 connected devices in 400 spaces";
const EACH: &str = "from a push until the space has heard, of 1,000 devices: median";
const MOST: &str = "from a push until the space has heard, of 1,000 devices: 99 of 100";
const ALL: &str = "400 pushes in 400 spaces, until 1,000 devices have heard";
const ONE_SPACE: &str = "from a push until all 250 devices of one space have heard: median";
const RAN: &str = "from a push until all 250 devices of one space have heard: processor";

const DEVICES: usize = 1000;

const SPACES: usize = 400;

/// The most devices that a space of these rows has. It may have 256 members.
const OF_ONE: usize = 250;

/// A space with devices that are connected.
struct Connected {
    space: Space,
    last: Option<SegmentId>,
    count: u64,
    lines: Vec<Line>,
    streams: Vec<Events>,
}

impl Connected {
    /// Founds a space of some devices, of which each syncs once, and then waits for news.
    fn new(relay: SocketAddr, seed: usize, devices: usize) -> io::Result<Self> {
        let here = From::Here(Ipv4Addr::LOCALHOST);
        // A database may have the spaces of earlier runs.
        let mut space = Space::new(u64::from(std::process::id()) << 16 | seed as u64);
        let others: Vec<_> = (1..devices).map(|_| space.add()).collect();
        let mut line = Line::open(relay, here)?;
        ask(&mut line, Endpoint::Access, &space.founding(), &space.first)?;
        let (mut lines, mut streams) = (vec![], vec![]);
        for keys in [&space.first].into_iter().chain(&others) {
            let mut line = Line::open(relay, here)?;
            ask(&mut line, Endpoint::Sync, &space.sync(&[], 2 << 20), keys)?;
            lines.push(line);
            let stream = Line::open(relay, here)?.listen(space.id(), keys)?;
            let mut stream = stream.map_err(|_| io::ErrorKind::PermissionDenied)?;
            assert_eq!(stream.next()?, 0, "there is nothing in the space yet");
            streams.push(stream);
        }
        Ok(Self { space, last: None, count: 0, lines, streams })
    }

    /// Pushes a segment.
    fn push(&mut self) -> io::Result<()> {
        let sealed = self.space.seal(1, self.last, &[7; 300]);
        let request = self.space.sync(&[&sealed], 0);
        self.last = Some(sealed.head.id());
        self.count += 1;
        ask(&mut self.lines[0], Endpoint::Sync, &request, &self.space.first)
    }

    /// Waits until each device has heard of the last segment.
    fn hear(&mut self) -> io::Result<()> {
        self.streams.iter_mut().try_for_each(|stream| stream.wait_for(self.count))
    }
}

/// Measures the memory of the relay, and how soon devices hear.
pub fn connected(report: &mut Report, store: &Store) -> Result<()> {
    if report.wants_any(&[MEMORY, EACH, MOST, ALL]) {
        many_spaces(report, store).expect("the relay answers");
    }
    if report.wants_any(&[ONE_SPACE, RAN]) {
        one_space(report, store).expect("the relay answers");
    }
    Ok(())
}

fn many_spaces(report: &mut Report, store: &Store) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let relay = Relay::start(folder.path(), store, &[]);
    allow_files();
    let (devices, spaces) = (report.size(DEVICES), report.size(SPACES));
    let of = |number| devices / spaces + usize::from(number < devices % spaces);
    let spaces = (0..spaces).map(|number| Connected::new(relay.address(), number, of(number)));
    let mut spaces = spaces.collect::<io::Result<Vec<_>>>()?;
    let mut times = vec![];
    for space in &mut spaces {
        let start = Instant::now();
        space.push()?;
        space.hear()?;
        times.push(start.elapsed());
    }
    let start = Instant::now();
    spaces.iter_mut().try_for_each(Connected::push)?;
    spaces.iter_mut().try_for_each(Connected::hear)?;
    let all = start.elapsed();
    if let Some(usage) = relay.usage() {
        report.add(MEMORY, Figure::Memory(usage.peak), Some(Figure::megabytes(100)));
    }
    report.add(EACH, Figure::Time(median(&times)), None);
    report.add(MOST, Figure::Time(part(&times, 0.99)), None);
    report.add(ALL, Figure::Time(all), None);
    Ok(())
}

fn one_space(report: &mut Report, store: &Store) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let relay = Relay::start(folder.path(), store, &[]);
    allow_files();
    let mut space = Connected::new(relay.address(), SPACES, report.size(OF_ONE))?;
    let before = relay.usage();
    let mut times = vec![];
    for _ in 0..report.size(200) {
        let start = Instant::now();
        space.push()?;
        space.hear()?;
        times.push(start.elapsed());
    }
    report.add(ONE_SPACE, Figure::Time(median(&times)), None);
    if let (Some(before), Some(after)) = (before, relay.usage()) {
        let each = (after.ran - before.ran) / u32::try_from(times.len()).expect("a few");
        report.add(RAN, Figure::Time(each), None);
    }
    Ok(())
}

/// Sends a request that must be answered.
fn ask(line: &mut Line, endpoint: Endpoint, content: &[u8], keys: &SecretKeys) -> io::Result<()> {
    let (status, _) = line.ask(endpoint, content, keys)?;
    assert_eq!(status, 200, "{endpoint:?}");
    Ok(())
}

/// Lets this process have as many connections as it needs, if the system allows it.
#[cfg(unix)]
fn allow_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

#[cfg(not(unix))]
const fn allow_files() {}
