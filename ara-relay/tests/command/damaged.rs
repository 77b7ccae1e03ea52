//! What is damaged in the database: each column of each table, a bit at a time.

use support::cases::scaled;
use support::proxy::Proxy;
use support::random::Random;

use ara::sync::Alarm;

use crate::device::{Device, MANY};
use crate::running::{Running, command};
use crate::sql::{ask, change};

/// All columns but of what lasts ten minutes, of what is of deleted spaces, and of the version of the tables.
const COLUMNS: &str =
    "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name NOT IN
        ('ara_mailbox', 'ara_box', 'ara_tombstone', 'ara_remains', 'ara_unheard', 'ara_schema')
    ORDER BY 1, 2";

/// A schema of the database, which is dropped with this.
pub struct Schema {
    name: String,
    pub url: String,
}

impl Schema {
    pub fn new(name: &str) -> Self {
        let url = std::env::var("ARA_TEST_POSTGRES").unwrap();
        let name = format!("ara_{name}_{}", std::process::id());
        change(&url, &format!("CREATE SCHEMA {name}")).unwrap();
        let sign = if url.contains('?') { '&' } else { '?' };
        Self { url: format!("{url}{sign}options=-csearch_path%3D{name}"), name }
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let _ = change(&self.url, &format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

/// A column, with its table and its type.
type Column = (String, String, String);

fn columns(url: &str) -> Vec<Column> {
    ask(url, COLUMNS).iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// Flips a bit of a column of a row, and returns whether that can be.
fn damage(url: &str, (table, column, kind): &Column, random: &mut Random) -> bool {
    let (bit, row) = (random.below(1 << 20), random.below(1 << 20));
    let of_bytes = format!("{bit} % (8 * length({column}))");
    let (is_any, flipped) = match kind.as_str() {
        "bytea" => (
            format!("length({column}) > 0"),
            format!("set_bit({column}, {of_bytes}, 1 - get_bit({column}, {of_bytes}))"),
        ),
        "bigint" => {
            (format!("{column} IS NOT NULL"), format!("{column} # (1::bigint << {})", bit % 64))
        }
        "integer" => (format!("{column} IS NOT NULL"), format!("{column} # (1 << {})", bit % 32)),
        "boolean" => ("true".to_owned(), format!("NOT {column}")),
        other => panic!("a column of the type {other}"),
    };
    let sql = format!(
        "UPDATE {table} SET {column} = {flipped} WHERE ctid = (
            SELECT ctid FROM {table} WHERE {is_any} ORDER BY ctid LIMIT 1
            OFFSET {row} % greatest((SELECT count(*) FROM {table} WHERE {is_any}), 1))"
    );
    // What is unique cannot be damaged to be the same as another.
    change(url, &sql).is_ok_and(|rows| rows == 1)
}

/// A relay that can be started anew, at the same address.
fn start(schema: &Schema, proxy: &Proxy) -> Running {
    let url = proxy.url();
    let mut command = command(&["--listen", "127.0.0.1:0", "--origin", &url, "--log", "off"]);
    command.env("ARA_RELAY_STORE", &schema.url);
    let relay = Running::start(command);
    proxy.lead_to(&[relay.address("http://").parse().unwrap()]);
    relay
}

/// Writes what has a place of each kind at the relay: segments of one part and of several, and such as were replaced.
fn fill(url: &str, random: &mut Random) -> [Device; 3] {
    let first = Device::first("laptop".to_owned(), url);
    let [second, third] = ["phone", "tablet"].map(|name| first.let_in(name.to_owned(), url));
    let mut devices = [first, second, third];
    devices.iter().for_each(|device| device.session.pause());
    for at in 0..3 {
        for device in &mut devices {
            device.write(at * 100, random);
            device.sync();
        }
    }
    devices[1].write(MANY, random);
    devices.iter().for_each(Device::sync);
    devices[0].forget_one();
    sync(&devices);
    devices
}

fn sync(devices: &[Device]) {
    (0..3).for_each(|_| devices.iter().for_each(Device::sync));
}

#[track_caller]
fn check_equal(devices: &[&Device], damaged: &str) {
    let rows = devices[0].rows();
    for device in devices {
        assert!(device.rows() == rows, "{damaged}: {} shows other rows", device.name);
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn whichever_column_of_the_database_is_damaged_all_is_back_once_all_have_synced() {
    let mut random = Random::new();
    let (schema, proxy) = (Schema::new("damaged"), Proxy::start());
    let url = proxy.url();
    let mut relay = start(&schema, &proxy);
    let mut devices = fill(&url, &mut random);
    let mut columns = columns(&schema.url);
    assert!(columns.len() > 40, "{columns:?}");
    // Some of them, or all.
    for number in 0..scaled(16).min(columns.len() as u32) {
        let column = &columns.swap_remove(random.below(columns.len()));
        let name = format!("{}.{}", column.0, column.1);
        if !damage(&schema.url, column, &mut random) {
            continue;
        }
        println!("{name}");
        // One that runs knows some of it still.
        if random.below(2) == 0 {
            drop(relay);
            relay = start(&schema, &proxy);
        }
        devices.iter_mut().for_each(|device| device.write(100, &mut random));
        sync(&devices);
        check_equal(&devices.each_ref(), &name);
        // It asks for what nobody else has asked for, and whoever has that brings it back.
        let name_of_late = format!("late {number}");
        let late = devices[2].try_to_let_in(name_of_late.clone(), &url).unwrap_or_else(|error| {
            // What it was to read of the members was damaged. They bring that back, which it cannot.
            println!("{error}");
            sync(&devices);
            devices[2].let_in(name_of_late, &url)
        });
        late.session.pause();
        for _ in 0..2 {
            late.sync();
            devices[2].sync();
        }
        late.sync();
        check_equal(&[&devices[0], &late], &name);
        // Where the chain was made anew, what authors said of the old one is over once they write again.
        let lasts = |alarm: &Alarm| {
            !matches!(alarm, Alarm::DeviceAdded { .. } | Alarm::RelayWentBack | Alarm::Withheld)
        };
        for device in devices.iter().chain([&late]) {
            let alarms = device.session.status().alarms;
            assert!(!alarms.iter().any(lasts), "{name}: {alarms:?}");
            alarms.iter().for_each(|alarm| device.session.dismiss(alarm).unwrap());
        }
    }
}
