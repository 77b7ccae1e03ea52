//! Many devices that commit at the same time.

use std::thread;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::join;
use ara::{Database, Result};
use ara_measure::{Figure, Random, Report};

use crate::devices::{Device, LONG};
use crate::relay::Relay;
use crate::store::Store;
use crate::tables::{App, task};

const ALONE: &str = "small commits of 50 devices in 50 spaces, synced";
const SHARED: &str = "small commits of 50 devices in 20 spaces, synced";
const SINGLE: &str = "commits of 50 devices in 20 spaces, each synced alone";

const DEVICES: usize = 50;

const SPACES: usize = 20;

/// From the first commit until the relay has the last one. All devices are in this process.
pub fn crowd(report: &mut Report, store: &Store) -> Result<()> {
    if report.wants(ALONE) {
        let each = report.size(200);
        let time = measure(store, DEVICES, each, each)?;
        report.add(ALONE, Figure::rate(each * DEVICES, time), None);
    }
    if report.wants(SHARED) {
        let each = report.size(200);
        let time = measure(store, SPACES, each, each)?;
        report.add(
            SHARED,
            Figure::rate(each * DEVICES, time),
            Some(Figure::PerSecond(shared_target(store))),
        );
    }
    if report.wants(SINGLE) {
        let each = report.size(40);
        let time = measure(store, SPACES, each, 1)?;
        report.add(SINGLE, Figure::rate(each * DEVICES, time), None);
    }
    Ok(())
}

/// How many small commits a second a relay should take.
const fn shared_target(store: &Store) -> f64 {
    match store {
        Store::Sqlite => 5_000.0,
        Store::Postgres(_) => 2_000.0,
    }
}

/// Has each device commit so often, and wait each time after some commits until the relay has them.
fn measure(store: &Store, spaces: usize, each: usize, at_once: usize) -> Result<Duration> {
    let folder = tempfile::tempdir().expect("a folder for files");
    let relay = Relay::start(folder.path(), store, &[]);
    let mut devices = vec![];
    for n in 0..DEVICES {
        devices.push(match n.checked_sub(spaces).map(|_| &devices[n % spaces]) {
            None => found(n, &relay.url)?,
            Some(first) => let_in(first, n, &relay.url)?,
        });
    }
    devices.iter().for_each(Device::settle);
    let start = Instant::now();
    thread::scope(|scope| {
        let commit = |device: &Device, n: usize| -> Result<()> {
            let mut random = Random::new(n as u64);
            for number in 1..=each {
                device.db.create(task(&mut random))?;
                if number % at_once == 0 {
                    device.sync()?;
                }
            }
            device.sync()
        };
        let running: Vec<_> = devices
            .iter()
            .enumerate()
            .map(|(n, device)| scope.spawn(move || commit(device, n)))
            .collect();
        running.into_iter().try_for_each(|one| one.join().expect("does not panic"))
    })?;
    Ok(start.elapsed())
}

fn found(n: usize, url: &str) -> Result<Device> {
    let db = Database::memory()?;
    let session = db.sync::<App>(url).device_name(format!("Device {n}")).start()?;
    Ok(Device { session, db })
}

fn let_in(first: &Device, n: usize, url: &str) -> Result<Device> {
    let invitation = first.session.invite()?;
    let (code, url) = (invitation.code().to_owned(), url.to_owned());
    let joining = thread::spawn(move || join(url, code).device_name(format!("Device {n}")).begin());
    let mut request = invitation.wait(LONG)?;
    let joining = joining.join().expect("does not panic")?;
    request.accept(&joining.digits())?;
    let db = Database::memory()?;
    let session = joining.finish::<App>(&db)?;
    Ok(Device { session, db })
}
