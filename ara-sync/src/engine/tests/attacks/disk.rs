//! Who steals the relay's disk, or changes what is on it.

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use ara::prelude::*;
use ara_core::{NodePoint, Timestamp};
use ara_protocol::message::Endpoint;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

use crate::engine::settings::Settings;
use crate::engine::tests::attacks::forger::rewrite;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::world::{Device, URL, World, converge};
use crate::state::Alarm;

/// A table whose every name is looked for.
#[derive(Table, Clone, Debug, PartialEq)]
struct Confidential {
    id: Id<Confidential>,
    diagnosis: String,
    account_balance: i64,
    happened_at: Timestamp,
    is_embarrassing: bool,
}

/// A writer that keeps all.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Returns all bytes of the files of a relay.
fn disk(path: &Path) -> Vec<u8> {
    let folder = path.parent().unwrap();
    let mut bytes = vec![];
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().starts_with("relay") {
            bytes.extend(std::fs::read(file.path()).unwrap());
        }
    }
    bytes
}

fn has(bytes: &[u8], sought: &[u8]) -> bool {
    bytes.windows(sought.len()).any(|window| window == sought)
}

/// What is looked for, and what it is.
fn secrets(device: &Device, more: Vec<(&'static str, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let mut secrets: Vec<_> =
        more.into_iter().map(|(what, bytes)| (what.to_owned(), bytes)).collect();
    for (node, NodePoint { digest, .. }) in device.db.version_vector().unwrap().points() {
        for (order, bytes) in [("be", digest.to_be_bytes()), ("le", digest.to_le_bytes())] {
            secrets.push((format!("digest of {node:02x?}, {order}"), bytes.to_vec()));
        }
    }
    secrets.push(("the keys".to_owned(), device.keys.to_bytes().to_vec()));
    for half in device.keys.to_bytes().chunks(32) {
        secrets.push(("half of the keys".to_owned(), half.to_vec()));
    }
    secrets
}

fn number(what: &'static str, number: i64) -> [(&'static str, Vec<u8>); 3] {
    let decimal = number.to_string().into_bytes();
    [(what, number.to_be_bytes().to_vec()), (what, number.to_le_bytes().to_vec()), (what, decimal)]
}

#[test]
fn nothing_of_a_session_can_be_read_at_the_relay() {
    let log = Kept::default();
    // The devices are in this process, too, and their databases tell their own tables under the target `ara`.
    let of_the_relay = filter_fn(|metadata| metadata.target() != "ara");
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(log.clone());
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(of_the_relay));
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::trace!("what is logged is kept");

    let world = World::new();
    let settings = |name: &str| Settings {
        device_name: name.to_owned(),
        app_version: "app-version-31.4.15".to_owned(),
        schema_version: 271_828,
        schema_checksum: [0x5a; 32],
        ..Settings::default()
    };
    let mut laptop = world.found();
    world.reopen_with(&mut laptop, settings("Laptop of Zaphod"));
    let happened_at = 1_234_567_891_011_i64;
    let mut ids = vec![];
    for at in 0..40 {
        let row = Confidential::draft()
            .diagnosis(format!("hypochondria number {at}"))
            .account_balance(7_777_777_777_000 + at)
            .happened_at(Timestamp::from_millis(happened_at + at))
            .is_embarrassing(true);
        ids.push(laptop.db.create(row).unwrap());
    }
    laptop.write("a title that is secret");
    laptop.sync();
    let mut phone =
        world.join_with(&mut laptop, world.database(), world.keys(), settings("Phone of Trillian"));
    converge(&mut [&mut laptop, &mut phone]);
    phone.db.update(Confidential::patch(ids[3]).diagnosis("as good as new")).unwrap();
    phone.db.delete(ids[4]).unwrap();
    phone.db.forget(ids[4]).unwrap();
    let mut tablet = world.join(&mut phone);
    tablet.write("a title of the tablet");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    laptop.engine.remove(&[tablet.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);

    let now = phone.db.history(ids[3]).unwrap().len();
    assert!(now > 1);
    let text = |text: &'static str| (text, text.as_bytes().to_vec());
    let mut sought = vec![
        text("hypochondria"),
        text("as good as new"),
        text("a title"),
        text("Confidential"),
        text("confidential"),
        text("diagnosis"),
        text("account_balance"),
        text("happened_at"),
        text("is_embarrassing"),
        text("todo"),
        text("Zaphod"),
        text("Trillian"),
        text("Laptop"),
        text("Phone"),
        text("app-version"),
        ("the schema's checksum", vec![0x5a; 16]),
        ("the id of a row", ids[3].uuid().as_bytes().to_vec()),
    ];
    for at in 0..40 {
        sought.extend(number("a balance", 7_777_777_777_000 + at));
        sought.extend(number("a date", happened_at + at));
    }
    // The clocks of the devices show these times, in milliseconds.
    for at in 0..2_000 {
        let clock = 1_700_000_000_000_i64 + at;
        sought.push(("a time", clock.to_be_bytes()[2..].to_vec()));
        sought.push(("a time", clock.to_le_bytes()[..6].to_vec()));
    }
    let sought = secrets(&laptop, sought);
    let stolen = disk(&world.path("relay"));
    assert!(stolen.len() > 10_000);
    // What is there shows that the search would find something.
    assert!(has(&stolen, laptop.engine.own_key().as_bytes()));
    let logged = log.0.lock().unwrap().clone();
    assert!(has(&logged, b"what is logged is kept"));
    let mut by_first: Vec<Vec<&(String, Vec<u8>)>> = vec![vec![]; 256];
    for secret in &sought {
        by_first[usize::from(secret.1[0])].push(secret);
    }
    for (place, bytes) in [("disk", &stolen), ("log", &logged)] {
        for at in 0..bytes.len() {
            for (what, secret) in &by_first[usize::from(bytes[at])] {
                assert!(
                    !bytes[at..].starts_with(secret),
                    "{what} is on the relay's {place} at {at}"
                );
            }
        }
    }
    // Nor is anything in the log that tells spaces, nodes or members apart.
    for id in [
        laptop.engine.space().as_bytes().to_vec(),
        laptop.engine.own_key().as_bytes().to_vec(),
        laptop.db.node().unwrap().as_bytes().to_vec(),
    ] {
        assert!(!has(&logged, &id));
        let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!has(&logged, hex.as_bytes()));
    }
}

/// How many bits are flipped.
const FLIPS: usize = 120;

/// A laptop that writes, and a victim that reads with something flipped.
struct Flips {
    world: World,
    laptop: Device,
    victim: Device,
    noticed: usize,
}

impl Flips {
    fn new() -> Self {
        let world = World::new();
        let mut laptop = world.found();
        let mut victim = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut victim]);
        Self { world, laptop, victim, noticed: 0 }
    }

    /// Lets the victim read, and asserts that nothing is there that nobody wrote.
    #[track_caller]
    fn read(&mut self) {
        let synced = self.victim.try_sync();
        let all = self.laptop.titles();
        assert!(self.victim.titles().iter().all(|title| all.contains(title)));
        let is_told = !self.victim.alarms().is_empty();
        self.noticed += usize::from(synced.is_err() || is_told);
    }

    /// Returns whether who wrote is told of the damage.
    fn is_told_to_the_author(&mut self) -> bool {
        let synced = self.laptop.try_sync();
        let alarms = self.laptop.alarms();
        alarms.iter().for_each(|alarm| self.laptop.engine.dismiss(alarm).unwrap());
        synced.is_err() || alarms.contains(&Alarm::RelayWentBack)
    }

    /// Asserts that all is well once the relay is whole again. Sync may have stopped, which is told.
    #[track_caller]
    fn assert_heals(&mut self) {
        if self.victim.engine.is_stopped().unwrap() {
            assert!(self.victim.alarms().contains(&Alarm::AccessForked));
            self.laptop.engine.remove(&[self.victim.engine.own_key()]).unwrap();
            self.victim = self.world.join(&mut self.laptop);
        }
        // What the relay did not show is missed once its author has told what it has.
        self.world.wait(10);
        self.laptop.sync();
        self.world.reopen(&mut self.victim);
        self.victim.sync();
        assert_eq!(self.victim.titles(), self.laptop.titles());
        let lasts =
            |alarm: &Alarm| matches!(alarm, Alarm::NotOpened { .. } | Alarm::Incomplete { .. });
        assert!(!self.victim.alarms().iter().any(lasts));
        for alarm in self.victim.alarms() {
            self.victim.engine.dismiss(&alarm).unwrap();
        }
    }
}

#[test]
fn every_bit_that_is_flipped_on_the_way_is_noticed() {
    let (mut dice, mut flips) = (Dice::of_environment(), Flips::new());
    for at in 0..FLIPS {
        flips.laptop.write(&format!("{at}"));
        flips.laptop.sync();
        flips.laptop.write(&format!("{at} again"));
        if at % 16 == 0 {
            flips.laptop.engine.rotate().unwrap();
        }
        flips.laptop.sync();
        let (mut is_first, random) = (true, dice.below(1 << 30));
        flips.world.net.twist(move |endpoint, _, answer| {
            rewrite(answer, |content| {
                if endpoint == Endpoint::Sync && is_first {
                    is_first = false;
                    let bit = random % (content.len() * 8);
                    content[bit / 8] ^= 1 << (bit % 8);
                }
            })
        });
        flips.read();
        flips.world.net.behave();
        flips.assert_heals();
    }
    // What is left is how much there is at the relay, what devices say of themselves, and parts, which are fetched again.
    assert!(flips.noticed > FLIPS / 4, "{}", flips.noticed);
    assert!(flips.victim.db.verify().unwrap().holds());
}

#[test]
fn every_bit_that_is_flipped_on_the_disk_is_noticed() {
    let (mut dice, mut flips) = (Dice::of_environment(), Flips::new());
    let columns = [
        ("segment", "head", "number"),
        ("segment", "part", "number"),
        ("record", "bytes", "number"),
        ("segment", "chain", "number"),
        // As the relay counts them: the others count their own.
        ("slot", "bytes", "count"),
    ];
    for (at, (table, column, order)) in columns.iter().cycle().take(FLIPS / 4).enumerate() {
        // So that there is a slot that the victim has not read.
        flips.world.wait(10);
        flips.laptop.write(&format!("{at}"));
        flips.laptop.sync();
        flips.laptop.engine.rotate().unwrap();
        flips.laptop.sync();
        let name = format!("flipped {at}");
        flips.world.back_up_relay(&name);
        let file = rusqlite::Connection::open(flips.world.path(&name)).unwrap();
        let select = format!("SELECT key, {column} FROM {table} ORDER BY {order} DESC LIMIT 1");
        let (key, mut bytes): (i64, Vec<u8>) =
            file.query_row(&select, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let bit = dice.below(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE key = ?2");
        assert_eq!(file.execute(&update, (bytes, key)).unwrap(), 1);
        drop(file);
        let whole = flips.world.net.relay(URL);
        flips.world.start_relay(URL, &name);
        let before = flips.noticed;
        flips.read();
        // What a relay lost that a device has never read is told to who had sent it.
        let is_noticed = flips.noticed > before || flips.is_told_to_the_author();
        // The chain of the last one is not asked for.
        assert!(is_noticed || *column == "chain", "{table} {column} {bit}");
        flips.world.net.swap(URL, &whole);
        flips.assert_heals();
    }
}
