//! Who seals again dies, or the relay does: at each request, before it and after it, and after each commit of the file.
//!
//! A usual run tries some of these moments, other ones with another `ARA_SEED`, and all with `PROPTEST_CASES=640`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ara_core::Database;

use crate::engine::base::Engine;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::net::Mishap;
use crate::engine::tests::sealed_again::causes::{Case, Cause, Others};
use crate::engine::tests::sealed_again::settled::{are_all_tried, assert_settles, become_quiet};
use crate::engine::tests::world::{Device, URL, World, settings};
use crate::state::Alarm;

/// What a file holds, with its write-ahead log.
struct Kept {
    path: PathBuf,
    file: Vec<u8>,
    log: Vec<u8>,
}

fn log_of(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

impl Kept {
    fn of(db: &Database) -> Self {
        let path = db.sync_read(|sync| Ok(PathBuf::from(sync.path().unwrap()))).unwrap().unwrap();
        let log = fs::read(log_of(&path)).unwrap_or_default();
        Self { file: fs::read(&path).unwrap(), log, path }
    }

    /// Returns the lengths of the write-ahead log after each commit.
    fn commits(&self) -> Vec<usize> {
        const HEADER: usize = 32;
        const FRAME: usize = 24 + 4096;
        let frames = self.log.get(HEADER..).unwrap_or_default().chunks_exact(FRAME);
        let ends = (1..).zip(frames).filter(|(_, frame)| frame[4..8] != [0; 4]);
        ends.map(|(count, _)| HEADER + count * FRAME).collect()
    }

    /// Lets the file be so again, up to a commit. It is the same file still.
    fn put_back(&self, log: usize) {
        let _ = fs::remove_file(log_of(&self.path));
        fs::write(&self.path, &self.file).unwrap();
        fs::write(log_of(&self.path), &self.log[..log]).unwrap();
    }
}

/// Who dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// The one that seals again, after so many commits of what it has begun, or after all.
    Sealer(Option<usize>),
    Relay,
    /// The relay, and what it had is lost.
    RelayAndDisk,
}

/// Lets somebody die at a request. Returns how many commits the sealer had made by then, or `None` if it had no such
/// request.
fn die(cause: Cause, victim: Victim, (after, mishap): (usize, Mishap)) -> Option<usize> {
    let Case { world, mut sealer, others, titles } = cause.begin(World::of_files());
    let Others { mut author, mut third, app, .. } = others;
    drop(app);
    if cause == Cause::Small {
        // There is no other process, so that the file can be closed.
        author = world.join(&mut third);
    }
    let before = Kept::of(&sealer.db);
    world.net.plan(after, mishap);
    let died = sealer.try_sync();
    if world.net.is_planned() {
        return None;
    }
    assert!(died.is_err());
    let kept = Kept::of(&sealer.db);
    let commits: Vec<_> =
        kept.commits().into_iter().filter(|end| *end > before.log.len()).collect();
    match victim {
        Victim::Sealer(count) => {
            // The log was not emptied meanwhile, so that each commit is there.
            assert!(kept.log.starts_with(&before.log) && kept.file == before.file);
            let log = match count {
                Some(0) => before.log.len(),
                Some(count) => *commits.get(count - 1)?,
                None => kept.log.len(),
            };
            sealer = revive(&world, sealer, &kept, log);
        }
        Victim::Relay => world.restart_relay(),
        Victim::RelayAndDisk => world.put_relay_back("another disk"),
    }
    let mut devices = vec![&mut sealer, &mut third];
    if cause != Cause::Removed {
        devices.push(&mut author);
    }
    if victim == Victim::RelayAndDisk {
        become_quiet(&mut devices);
        for device in &devices {
            device.engine.dismiss(&Alarm::RelayWentBack).unwrap();
        }
    }
    let titles: Vec<_> = titles.iter().map(String::as_str).collect();
    assert_settles(&world, &mut devices, &titles);
    Some(commits.len())
}

/// Lets the app of a device be started again, on what its file held when it died.
fn revive(world: &World, dead: Device, kept: &Kept, log: usize) -> Device {
    let Device { db, engine, keys } = dead;
    let node = db.node().unwrap();
    drop((engine, db));
    kept.put_back(log);
    let db = world.open(&kept.path);
    assert_eq!(db.node().unwrap(), node);
    let opened = Engine::open(&db, Arc::clone(&keys), URL, world.net.connect(), settings("Laptop"));
    Device { db, engine: opened.unwrap().unwrap(), keys }
}

/// Lets each die at each moment while something is sealed again for a cause.
fn die_all(cause: Cause) {
    let mut dice = Dice::of_environment();
    let is_all = are_all_tried();
    let mut deaths = 0;
    for mishap in [Mishap::Lost, Mishap::AnswerLost] {
        for after in 0.. {
            let mut is_any = false;
            for victim in [Victim::Sealer(None), Victim::Relay, Victim::RelayAndDisk] {
                // The first tells whether there is such a request.
                if is_any && !is_all && !dice.per_cent(25) {
                    continue;
                }
                println!("{cause:?} {victim:?} {mishap:?} {after}");
                let Some(commits) = die(cause, victim, (after, mishap)) else { break };
                (is_any, deaths) = (true, deaths + 1);
                if let Victim::Sealer(None) = victim {
                    for count in (0..commits).filter(|_| is_all || dice.per_cent(15)) {
                        println!("{cause:?} {count} commits {mishap:?} {after}");
                        let died = die(cause, Victim::Sealer(Some(count)), (after, mishap));
                        assert_eq!(died, Some(commits));
                        deaths += 1;
                    }
                }
            }
            if !is_any {
                break;
            }
        }
    }
    println!("{deaths} deaths");
    assert!(deaths > 2, "{deaths}");
}

#[test]
fn while_a_forgotten_row_goes() {
    die_all(Cause::Forgotten);
}

#[test]
fn while_a_forgotten_row_goes_from_parts() {
    die_all(Cause::Large);
}

#[test]
fn while_small_segments_become_a_large_one() {
    die_all(Cause::Small);
}

#[test]
fn while_what_a_removed_device_sealed_is_sealed_again() {
    die_all(Cause::Removed);
}

#[test]
fn while_a_node_that_forked_is_sealed_again() {
    die_all(Cause::Forked);
}
