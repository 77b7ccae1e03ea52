//! Several relays over one PostgreSQL, as processes of their own: while many devices write, relays are killed and
//! halted, and the database crashes. What a device was told to be sent is there, and all devices end with the same.

mod relays;
mod stored;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use ara::sync::Alarm;
use support::proxy::Faults;
use support::random::{Random, number};

use self::relays::{RELAYS, Relays};
use self::stored::check_logs;
use crate::admin::done;
use crate::cluster::Cluster;
use crate::device::{Device, LONG, MANY};

const SPACES: usize = 20;

/// How many devices there are in all spaces.
const DEVICES: usize = 50;

/// How often each device must have got through to the relays until the next thing happens.
const TIMES: usize = 2;

/// The devices of a space.
#[derive(Default)]
struct Group {
    devices: Vec<Device>,
    /// How many it ever had.
    count: usize,
    lost: Lost,
}

/// What devices wrote that are gone with all that they had, after they were told that it is sent.
#[derive(Default)]
struct Lost {
    written: BTreeSet<String>,
    edits: i64,
}

impl Lost {
    fn add(&mut self, device: Device) {
        self.written.extend(device.written);
        self.edits += device.edits;
    }
}

/// How often each device was told that all is sent, as long as it is there.
struct Board {
    told: Mutex<Vec<Option<usize>>>,
    changed: Condvar,
}

impl Board {
    fn new(devices: usize) -> Self {
        Self { told: Mutex::new(vec![Some(0); devices]), changed: Condvar::new() }
    }

    fn told(&self) -> MutexGuard<'_, Vec<Option<usize>>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, device: usize) {
        self.told()[device].iter_mut().for_each(|told| *told += 1);
        self.changed.notify_all();
    }

    fn leave(&self, device: usize) {
        self.told()[device] = None;
        self.changed.notify_all();
    }

    /// Waits until each device was told it some times more than now.
    fn wait(&self, after: &str) {
        let begun = Instant::now();
        let before = self.told().clone();
        let lacks = |told: &mut Vec<Option<usize>>| {
            let mut both = told.iter().zip(&before);
            both.any(|(told, before)| told.is_some_and(|told| told < before.unwrap_or(0) + TIMES))
        };
        let waited = self.changed.wait_timeout_while(self.told(), LONG, lacks);
        let told = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!told.1.timed_out(), "{after}: {before:?} {:?}", *told.0);
        let both = told.0.iter().zip(&before);
        let times: usize = both.filter_map(|(told, before)| Some((*told)? - (*before)?)).sum();
        println!(
            "{after}: {} ms until all got through, {times} times",
            begun.elapsed().as_millis()
        );
    }
}

/// One who writes, who has left when this is dropped.
struct Writer<'a> {
    board: &'a Board,
    number: usize,
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        self.board.leave(self.number);
    }
}

impl Writer<'_> {
    fn write_until(&self, is_over: &AtomicBool, device: &mut Device, mut random: Random) {
        for time in 0.. {
            if is_over.load(Ordering::SeqCst) {
                return;
            }
            // What takes long is not waited for.
            let is_large = time == 0 && self.number == 0;
            if is_large {
                self.board.leave(self.number);
            }
            device.write(if is_large { MANY } else { random.below(200) }, &mut random);
            device.settle();
            self.board.tell(self.number);
        }
    }
}

/// Is set when this is dropped, so that who waits for it ends also if the test fails.
struct Flag<'a>(&'a AtomicBool);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Group {
    /// Adds a device, which the first one lets in.
    fn add(&mut self, space: usize, url: &str) {
        let name = format!("{space}.{}", self.count);
        let added = match self.devices.first() {
            None => Device::first(name, url),
            Some(first) => first.let_in(name, url),
        };
        self.devices.push(added);
        self.count += 1;
    }

    /// Loses the last device and has another one join, and fails unless each device shows all that was written, once.
    fn check(&mut self, space: usize, url: &str, devices: usize) {
        self.devices.iter().for_each(Device::settle);
        if self.devices.len() == devices {
            self.lost.add(self.devices.pop().unwrap());
        }
        self.add(space, url);
        self.devices.iter().for_each(Device::sync);
        let written = self.devices.iter().flat_map(|device| &device.written);
        let written: BTreeSet<_> = written.chain(&self.lost.written).cloned().collect();
        let edits = self.devices.iter().map(|device| device.edits).sum::<i64>() + self.lost.edits;
        let rows = self.devices[0].rows();
        for device in &self.devices {
            let titles = device.titles();
            let differing: Vec<_> = written.symmetric_difference(&titles.0).collect();
            assert!(differing.is_empty(), "{} differs by {differing:?}", device.name);
            assert_eq!(titles.1, edits, "{}", device.name);
            assert!(device.rows() == rows, "{} shows other rows", device.name);
            assert!(device.db.verify().unwrap().holds(), "{}", device.name);
            // That others join is all that the user is to hear of.
            let alarms = device.session.status().alarms.into_iter();
            let told: Vec<_> =
                alarms.filter(|it| !matches!(it, Alarm::DeviceAdded { .. })).collect();
            assert!(told.is_empty(), "{}: {told:?}", device.name);
        }
    }
}

/// How many devices a space has.
fn devices_of(space: usize) -> usize {
    (space..DEVICES).step_by(SPACES).count()
}

/// Does something in all spaces at the same time.
fn in_each(groups: &mut [Group], run: impl Fn(usize, &mut Group) + Sync) {
    thread::scope(|scope| {
        for (space, group) in groups.iter_mut().enumerate() {
            let run = &run;
            scope.spawn(move || run(space, group));
        }
    });
}

/// Has all devices write while something happens. Where a space has three devices, one is lost meanwhile, just after it
/// was told that all is sent.
fn write_during(
    groups: &mut [Group],
    random: &mut Random,
    happens: impl FnOnce(&Board, &AtomicBool, &mut Random),
) {
    let board = &Board::new(DEVICES);
    let [is_over, are_lost] = &[const { AtomicBool::new(false) }; 2];
    thread::scope(|scope| {
        let mut number = 0;
        for group in groups {
            let lost = if group.devices.len() > 2 { group.devices.pop() } else { None };
            let Group { devices, lost: all_lost, .. } = group;
            for device in devices {
                let (writer, random) = (Writer { board, number }, Random::from_seed(random.next()));
                number += 1;
                scope.spawn(move || writer.write_until(is_over, device, random));
            }
            if let Some(mut device) = lost {
                let (writer, random) = (Writer { board, number }, Random::from_seed(random.next()));
                number += 1;
                scope.spawn(move || {
                    writer.write_until(are_lost, &mut device, random);
                    all_lost.add(device);
                });
            }
        }
        let _flags = [Flag(is_over), Flag(are_lost)];
        board.wait("at first");
        happens(board, are_lost, random);
    });
}

/// One relay is killed and one halted, the database crashes, and some devices are lost. Then all go on.
fn outage(
    cluster: &mut Cluster,
    relays: &mut Relays,
    board: &Board,
    are_lost: &AtomicBool,
    random: &mut Random,
) {
    let first = random.below(RELAYS);
    let [killed, halted] = [first, (first + 1 + random.below(RELAYS - 1)) % RELAYS];
    relays.kill(killed);
    board.wait("one is killed");
    relays.halt(halted);
    board.wait("one is halted");
    cluster.crash(|| {});
    board.wait("the database has crashed");
    are_lost.store(true, Ordering::SeqCst);
    relays.resume();
    board.wait("the halted one goes on");
    relays.replace_killed();
    board.wait("another one is in the place of the killed one");
}

/// Some things happen, whichever they are.
fn outages(
    cluster: &mut Cluster,
    relays: &mut Relays,
    board: &Board,
    are_lost: &AtomicBool,
    random: &mut Random,
) {
    for _ in 0..6 {
        let serving = relays.serving();
        let any = serving[random.below(serving.len())];
        let what = match random.below(7) {
            0 if serving.len() > 1 => {
                relays.kill(any);
                "one is killed"
            }
            1 | 2 if serving.len() > 1 => {
                relays.halt(any);
                "one is halted"
            }
            3 => {
                relays.resume();
                "the halted ones go on"
            }
            4 => {
                relays.replace_killed();
                "others are in the place of the killed ones"
            }
            5 => {
                let per_mille = random.below(150);
                relays.proxy.set_faults(Faults { per_mille, ..Faults::NONE });
                "the network has other faults"
            }
            _ => {
                cluster.crash(|| {});
                "the database has crashed"
            }
        };
        if random.below(3) > 0 {
            board.wait(what);
        }
        if random.below(3) == 0 {
            are_lost.store(true, Ordering::SeqCst);
        }
    }
    relays.proxy.set_faults(Faults::NONE);
    relays.resume();
    relays.replace_killed();
}

#[test]
#[cfg_attr(not(has_own_postgres), ignore = "ARA_TEST_POSTGRES_CONTROL is not set")]
fn what_is_told_to_be_sent_is_there_though_relays_and_the_database_fail() {
    let mut random = Random::new();
    let mut cluster = Cluster::start();
    let mut relays = Relays::start(cluster.url());
    let url = relays.proxy.url();
    let begun = Instant::now();
    let mut groups: Vec<_> = (0..SPACES).map(|_| Group::default()).collect();
    in_each(&mut groups, |space, group| {
        (0..devices_of(space)).for_each(|_| group.add(space, &url))
    });
    println!("{} ms until all devices have joined", begun.elapsed().as_millis());
    for round in 0..number("ARA_OUTAGES").unwrap_or(1) {
        println!("round {round}");
        write_during(&mut groups, &mut random, |board, are_lost, random| {
            let run = if round == 0 { outage } else { outages };
            run(&mut cluster, &mut relays, board, are_lost, random);
        });
        let begun = Instant::now();
        in_each(&mut groups, |space, group| group.check(space, &url, devices_of(space)));
        println!("{} ms until all was checked", begun.elapsed().as_millis());
        let stored = check_logs(&cluster.url());
        let pushed = relays.proxy.traffic().segments;
        let lost = pushed.iter().filter(|(id, pushed)| pushed.told > 0 && !stored.contains(*id));
        assert_eq!(lost.count(), 0, "segments are gone that were taken");
        println!("{} segments stored, {} pushed", stored.len(), pushed.len());
        assert_eq!(done(&cluster.url(), &["check"]), "20 spaces checked, 0 with something wrong\n");
    }
}
