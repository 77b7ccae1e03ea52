//! How many bytes travel, both ways, with all that HTTP adds.

use std::thread;
use std::time::Duration;

use ara::Result;
use ara::prelude::*;
use ara_measure::{Figure, Random, Report};

use crate::devices::{Device, Pair};
use crate::proxy::Proxy;
use crate::store::Store;
use crate::tables::{Task, check_count, create_tasks, task};

const PUSHED: &str = "bytes on the wire, a change: pushed in bulk";
const PULLED: &str = "bytes on the wire, a change: pulled in bulk";
const SENT: &str = "bytes on the wire, one commit: who sends it";
const RECEIVED: &str = "bytes on the wire, one commit: who receives it";

/// How long a connection is quiet after what a commit caused.
const QUIET: Duration = Duration::from_millis(50);

/// Two devices, each behind a proxy.
struct Proxied {
    pair: Pair,
    first: Proxy,
    second: Proxy,
}

impl Proxied {
    fn new(store: &Store) -> Result<Self> {
        let (first, second) = (Proxy::new(), Proxy::new());
        let pair = Pair::new(store, &[&first.url(), &second.url()])?;
        first.lead_to(&pair.relay.url);
        second.lead_to(&pair.relay.url);
        Ok(Self { pair, first, second })
    }
}

/// Many changes at once.
pub fn in_bulk(report: &mut Report, store: &Store) -> Result<()> {
    if !report.wants_any(&[PUSHED, PULLED]) {
        return Ok(());
    }
    let count = report.size(100_000);
    let Proxied { pair, first: sending, second: receiving } = Proxied::new(store)?;
    let most = Some(Figure::Bytes(50.0));
    let first = Device::open(&pair.first(), &sending.url())?;
    create_tasks(&first.db, count)?;
    first.sync()?;
    report.add(PUSHED, Figure::Bytes(sending.take() as f64 / count as f64), most);
    let second = Device::open(&pair.second(), &receiving.url())?;
    second.sync()?;
    check_count(&second.db, count)?;
    report.add(PULLED, Figure::Bytes(receiving.take() as f64 / count as f64), most);
    Ok(())
}

/// One change after another, while both devices are connected.
pub fn one_at_a_time(report: &mut Report, store: &Store) -> Result<()> {
    if !report.wants_any(&[SENT, RECEIVED]) {
        return Ok(());
    }
    let count = report.size(100);
    let Proxied { pair, first: sending, second: receiving } = Proxied::new(store)?;
    let first = Device::start(&pair.first(), &sending.url())?;
    let second = Device::start(&pair.second(), &receiving.url())?;
    let mut random = Random::new(1);
    let mut commit = |count| {
        first.db.create(task(&mut random))?;
        while second.db.query::<Task>().count()? < count {
            thread::sleep(QUIET / 50);
        }
        // Both are quiet once each has heard of what the other did.
        thread::sleep(QUIET);
        Ok::<_, ara::Error>(())
    };
    commit(1)?;
    first.settle();
    second.settle();
    thread::sleep(10 * QUIET);
    sending.take();
    receiving.take();
    for at in 0..count {
        commit(at as u64 + 2)?;
    }
    check_count(&second.db, count + 1)?;
    let most = Some(Figure::Bytes(700.0));
    report.add(SENT, Figure::Bytes(sending.take() as f64 / count as f64), most);
    report.add(RECEIVED, Figure::Bytes(receiving.take() as f64 / count as f64), most);
    Ok(())
}
