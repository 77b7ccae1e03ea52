//! What is damaged on the relay's disk: each column of each table, a bit at a time.

use ara::prelude::*;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::engine::tests::bulk::noise;
use crate::engine::tests::dice::Dice;
use crate::engine::tests::world::{Device, Todo, URL, World, assert_equal, converge};
use crate::fault::Fault;
use crate::state::Alarm;

/// Flips a bit of a value. Numbers are mostly damaged where they stay small.
fn flip(value: Value, dice: &mut Dice) -> Option<Value> {
    let mut flipped = |mut bytes: Vec<u8>| {
        let bit = dice.below(bytes.len().max(1) * 8);
        *bytes.get_mut(bit / 8)? ^= 1 << (bit % 8);
        Some(bytes)
    };
    Some(match value {
        Value::Null => return None,
        Value::Integer(number) => Value::Integer(number ^ (1 << dice.below(64))),
        Value::Real(_) => return None,
        // What is no text any more is stored as bytes.
        Value::Text(text) => Value::Blob(flipped(text.into_bytes())?),
        Value::Blob(bytes) => Value::Blob(flipped(bytes)?),
    })
}

/// Flips a bit of a column of a row, and returns whether that can be.
fn damage(file: &Connection, (table, column): (&str, &str), dice: &mut Dice) -> bool {
    let count: i64 =
        file.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
    if count == 0 {
        return false;
    }
    let at = dice.below(usize::try_from(count).unwrap());
    let select = format!("SELECT {column} FROM {table} LIMIT 1 OFFSET {at}");
    let value: Value = file.query_row(&select, [], |row| row.get(0)).unwrap();
    let Some(flipped) = flip(value.clone(), dice) else { return false };
    // By all columns, as some tables have no key of their own.
    let columns = columns(file, table);
    let all: Vec<Value> = {
        let select = format!("SELECT {} FROM {table} LIMIT 1 OFFSET {at}", columns.join(", "));
        file.query_row(&select, [], |row| (0..columns.len()).map(|at| row.get(at)).collect())
            .unwrap()
    };
    let same: Vec<_> =
        (0..).zip(&columns).map(|(at, name)| format!("{name} IS ?{}", at + 2)).collect();
    let update = format!("UPDATE {table} SET {column} = ?1 WHERE {}", same.join(" AND "));
    let values: Vec<Value> = [flipped].into_iter().chain(all).collect();
    // What is unique cannot be damaged to be the same as another.
    file.execute(&update, rusqlite::params_from_iter(values)).is_ok_and(|rows| rows == 1)
}

fn columns(file: &Connection, table: &str) -> Vec<String> {
    let mut columns = file.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    let columns = columns.query_map(params![table], |row| row.get(0)).unwrap();
    columns.collect::<rusqlite::Result<_>>().unwrap()
}

/// All columns of all tables, but for what lasts ten minutes, and what is of deleted spaces.
fn all_columns(file: &Connection) -> Vec<(String, String)> {
    const OTHERS: [&str; 5] = ["mailbox", "box", "tombstone", "remains", "unheard"];
    let mut tables = file
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        .unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let tables = tables.into_iter().filter(|table| !OTHERS.contains(&&**table));
    tables
        .flat_map(|table| {
            let columns = columns(file, &table);
            columns.into_iter().map(move |column| (table.clone(), column))
        })
        .collect()
}

/// Starts the relay on a copy of its file that is changed.
fn change(world: &World, name: &str, change: impl FnOnce(&Connection) -> bool) -> bool {
    world.back_up_relay(name);
    let file = Connection::open(world.path(name)).unwrap();
    let is_changed = change(&file);
    drop(file);
    if is_changed {
        world.put_relay_back(name);
    }
    is_changed
}

/// Writes what has a place of each kind at the relay: segments of one part and of several, and such as were replaced.
fn fill(world: &World) -> [Device; 3] {
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    laptop.engine.rotate().unwrap();
    for at in 0..4 {
        for device in [&mut laptop, &mut phone, &mut tablet] {
            device.write(&format!("{at}"));
            device.sync();
        }
    }
    let secret = laptop.write("to be forgotten");
    let write = laptop.db.transaction(|tx| {
        for at in 0..4 {
            tx.create(Todo::draft().title("large").notes(noise(300_000, at)))?;
        }
        Ok(())
    });
    write.unwrap();
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    laptop.db.delete(secret).unwrap();
    laptop.db.forget(secret).unwrap();
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    [laptop, phone, tablet]
}

#[test]
fn whichever_column_is_damaged_all_is_back_once_all_have_synced() {
    let mut dice = Dice::of_environment();
    let world = World::new();
    let [mut laptop, mut phone, mut tablet] = fill(&world);
    // One that begins with nothing each time.
    let late_keys = world.join(&mut tablet).keys;
    let columns = all_columns(&Connection::open(world.path("relay")).unwrap());
    assert!(columns.len() > 50, "{}", columns.len());
    for (at, (table, column)) in columns.iter().enumerate() {
        let name = format!("damaged {at}");
        if !change(&world, &name, |file| damage(file, (table, column), &mut dice)) {
            continue;
        }
        println!("{table}.{column}");
        laptop.write(&format!("laptop {at}"));
        phone.write(&format!("phone {at}"));
        tablet.write(&format!("tablet {at}"));
        for _ in 0..3 {
            for device in [&mut laptop, &mut phone, &mut tablet] {
                let synced = device.try_sync();
                assert!(synced.is_ok(), "{table}.{column}: {synced:?}");
                assert!(!device.engine.is_stopped().unwrap());
            }
        }
        assert_equal(&[&mut laptop, &mut phone, &mut tablet]);
        let mut late = world.join_again(&tablet, &late_keys);
        // It finds what nobody else has asked for, and whoever has it brings it back.
        for _ in 0..2 {
            late.sync();
            tablet.sync();
        }
        late.sync();
        assert_equal(&[&mut laptop, &mut late]);
        // Where the chain was made anew, what authors said of the old one is over once they write again.
        let lasts = |alarm: &Alarm| {
            !matches!(alarm, Alarm::DeviceAdded { .. } | Alarm::RelayWentBack | Alarm::Withheld)
        };
        for device in [&mut laptop, &mut phone, &mut tablet, &mut late] {
            let alarms = device.alarms();
            assert!(!alarms.iter().any(lasts), "{table}.{column}: {alarms:?}");
            alarms.iter().for_each(|alarm| device.engine.dismiss(alarm).unwrap());
        }
    }
}

/// Damages the one segment of a device that comes after some others.
fn damage_segment(world: &World, name: &str, (column, after): (&str, u64)) {
    let select = format!("SELECT key, {column} FROM segment WHERE number > ?1 ORDER BY number");
    let is_changed = change(world, name, |file| {
        let found = file.query_row(&select, params![after.cast_signed()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
        });
        let (key, mut bytes) = found.unwrap();
        bytes[50] ^= 8;
        let update = format!("UPDATE segment SET {column} = ?1 WHERE key = ?2");
        file.execute(&update, params![bytes, key]).unwrap() == 1
    });
    assert!(is_changed);
}

#[test]
fn a_damaged_segment_stops_what_hangs_on_it_until_who_has_its_changes_syncs() {
    for column in ["head", "part"] {
        let world = World::new();
        let mut laptop = world.found();
        let mut phone = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut phone]);
        laptop.write("one");
        laptop.sync();
        let number = laptop.engine.place.cursor.number;
        for title in ["two", "three"] {
            laptop.write(title);
            laptop.sync();
        }
        phone.write("phone");
        // It pushes, and does not read.
        phone.sync();
        let mut tablet = world.join(&mut phone);
        damage_segment(&world, "damaged", (column, number));
        tablet.sync();
        assert_eq!(tablet.titles(), ["one", "phone"], "{column}");
        let node = laptop.db.node().unwrap();
        assert!(tablet.alarms().contains(&Alarm::Incomplete { node }));
        tablet.write("tablet");
        tablet.sync();
        // The first that has it brings it back, whoever wrote it.
        laptop.write("four");
        phone.sync();
        assert!(phone.alarms().contains(&Alarm::RelayWentBack));
        tablet.sync();
        assert_eq!(tablet.titles(), ["one", "phone", "tablet", "three", "two"]);
        assert!(!tablet.alarms().contains(&Alarm::Incomplete { node }));
        converge(&mut [&mut laptop, &mut phone, &mut tablet]);
        let mut late = world.join(&mut phone);
        converge(&mut [&mut laptop, &mut late]);
        assert_eq!(late.titles().len(), 6);
    }
}

#[test]
fn a_damaged_access_record_is_brought_back_with_those_that_follow_it() {
    for damaged in 1..=4 {
        let world = World::new();
        let mut laptop = world.found();
        let mut phone = world.join(&mut laptop);
        let mut thief = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut phone, &mut thief]);
        laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
        // The phone has not heard of the removal, and all records but one are there still.
        let is_changed = change(&world, "damaged", |file| {
            let update = "UPDATE record SET bytes = zeroblob(100) WHERE number = ?1";
            file.execute(update, [damaged]).unwrap() == 1
        });
        assert!(is_changed);
        phone.write("phone");
        if damaged < 4 {
            phone.sync();
            assert!(thief.try_sync().is_err(), "{damaged}");
        }
        converge(&mut [&mut laptop, &mut phone]);
        assert!(matches!(thief.try_sync(), Err(Fault::Stopped | Fault::Refused(_))), "{damaged}");
        let mut late = world.join(&mut phone);
        converge(&mut [&mut laptop, &mut late]);
        assert_eq!(late.titles(), ["phone"]);
    }
}

#[test]
fn a_deletion_lasts_though_what_is_noted_of_it_is_damaged() {
    for column in ["is_deleted", "space"] {
        let world = World::new();
        let mut laptop = world.found();
        let mut phone = world.join(&mut laptop);
        phone.write("phone");
        converge(&mut [&mut laptop, &mut phone]);
        laptop.engine.delete_at_relay().unwrap();
        let update = match column {
            "space" => "UPDATE tombstone SET space = space + 4",
            _ => "UPDATE space SET is_deleted = 0",
        };
        assert!(change(&world, "damaged", |file| file.execute(update, []).unwrap() == 1));
        phone.write("more");
        assert!(matches!(phone.try_sync(), Err(Fault::Stopped)), "{column}");
        let by = laptop.engine.own_key();
        assert!(phone.alarms().contains(&Alarm::DeletedAtRelay { by: by.into() }));
        assert_eq!(phone.titles(), ["more", "phone"]);
    }
}

#[test]
fn a_tombstone_that_is_damaged_proves_nothing_and_fills_no_relay() {
    for column in ["audience", "request"] {
        let world = World::new();
        let mut laptop = world.found();
        let mut phone = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut phone]);
        laptop.engine.delete_at_relay().unwrap();
        let mut dice = Dice::of_environment();
        assert!(change(&world, "damaged", |file| damage(file, ("tombstone", column), &mut dice)));
        phone.write("kept");
        let synced = phone.try_sync();
        assert!(matches!(synced, Err(Fault::Lied { .. })), "{synced:?}");
        assert!(!phone.engine.is_stopped().unwrap());
        let relay = Connection::open(world.path("damaged")).unwrap();
        let count = "SELECT count(*) FROM segment";
        assert_eq!(relay.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }
}

#[test]
fn a_space_that_is_taken_for_deleted_is_not() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("laptop");
    converge(&mut [&mut laptop, &mut phone]);
    let update = "UPDATE space SET is_deleted = 1";
    assert!(change(&world, "damaged", |file| file.execute(update, []).unwrap() == 1));
    phone.write("phone");
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(world.net.relay(URL).count_spaces().unwrap(), 1);
}
