//! A device that is connected, and has nothing to do, does nothing.

use std::fs;
use std::thread;
use std::time::Duration;

use support::random::number;

use crate::device::Device;
use crate::network::Network;

/// What a process has used.
#[derive(Debug, Clone, Copy)]
struct Used {
    /// The time of the processor, in the hundredths of a second in which the system counts it.
    ticks: u64,
    /// How many bytes it has had written to the disk.
    written: u64,
    /// How often it has waited for something.
    waits: u64,
}

impl Used {
    fn by(process: u32) -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).unwrap();
        let stat = read("stat");
        // What follows the name, which may hold anything.
        let fields: Vec<_> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
        let field = |number: usize| fields[number - 2].parse::<u64>().unwrap();
        let line = |text: &str, name: &str| -> u64 {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse().unwrap()
        };
        let mut waits = 0;
        for task in fs::read_dir(format!("/proc/{process}/task")).unwrap() {
            let status = fs::read_to_string(task.unwrap().path().join("status"));
            waits += status.map_or(0, |status| line(&status, "voluntary_ctxt_switches:"));
        }
        Self { ticks: field(14) + field(15), written: line(&read("io"), "write_bytes:"), waits }
    }

    const fn since(self, earlier: Self) -> Self {
        Self {
            ticks: self.ticks - earlier.ticks,
            written: self.written - earlier.written,
            waits: self.waits - earlier.waits,
        }
    }
}

#[test]
fn it_takes_no_time_and_writes_nothing() {
    let seconds = number("ARA_IDLE_SECONDS").unwrap_or(5);
    let network = Network::start();
    let mut laptop = network.first("laptop", 1);
    let mut phone = network.joined(&mut laptop, "phone", 1);
    laptop.ask("bulk n 100 1000 1");
    phone.ask("count 100");
    for (device, other) in [(&mut laptop, "phone"), (&mut phone, "laptop")] {
        device.ask(&format!("until device {other}"));
        device.ask("until sent");
        device.ask("once");
    }
    let devices = [&laptop, &phone];
    // What they tell each other of themselves may come a bit later, and what is heard last is written down after that.
    let mut was_quiet = false;
    let used = (0..8).find_map(|_| {
        let used = rest(&network, devices, seconds);
        std::mem::replace(&mut was_quiet, used.is_some()).then_some(used).flatten()
    });
    for (device, used) in devices.into_iter().zip(used.expect("nobody asks for anything")) {
        println!("{} in {seconds} seconds: {used:?}", device.name);
        assert!(used.ticks <= 2 + seconds / 5, "{used:?}");
        assert_eq!(used.written, 0);
        assert!(used.waits <= 20 + 3 * seconds, "{used:?}");
    }
}

/// Returns what the devices use in so many seconds, or `None` if one has asked the relay for something.
fn rest(network: &Network, devices: [&Device; 2], seconds: u64) -> Option<[Used; 2]> {
    let asked = network.proxy.traffic().asked;
    let begun = devices.map(|device| Used::by(device.process()));
    thread::sleep(Duration::from_secs(seconds));
    let ended = devices.map(|device| Used::by(device.process()));
    let [one, other] = [0, 1].map(|at| ended[at].since(begun[at]));
    (network.proxy.traffic().asked == asked).then_some([one, other])
}
