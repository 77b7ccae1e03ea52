//! Many devices that commit at the same time, each in a space of its own.

use std::thread;
use std::time::Instant;

use ara::prelude::*;
use ara::{Database, Result};
use ara_measure::{Figure, Random, Report};

use crate::devices::Device;
use crate::relay::Relay;
use crate::tables::{App, task};

const NAME: &str = "small commits of 50 devices in 50 spaces, synced";

const DEVICES: usize = 50;

/// From the first commit until the relay has the last one. All devices are in this process.
pub fn crowd(report: &mut Report) -> Result<()> {
    if !report.wants(NAME) {
        return Ok(());
    }
    let each = report.size(200);
    let folder = tempfile::tempdir().expect("a folder for files");
    let relay = Relay::start(folder.path(), &[]);
    let begin = |n: usize| {
        let db = Database::memory()?;
        let session = db.sync::<App>(&relay.url).device_name(format!("Device {n}")).start()?;
        Ok(Device { session, db })
    };
    let devices = (0..DEVICES).map(begin).collect::<Result<Vec<_>>>()?;
    devices.iter().for_each(Device::settle);
    let start = Instant::now();
    thread::scope(|scope| {
        let commit = |device: &Device, n: usize| -> Result<()> {
            let mut random = Random::new(n as u64);
            for _ in 0..each {
                device.db.create(task(&mut random))?;
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
    report.add(NAME, Figure::rate(each * DEVICES, start.elapsed()), None);
    Ok(())
}
