//! The checks fail where they must: each is shown what a wrong database would show.

use std::collections::BTreeMap;

use rusqlite::types::Value;

use crate::replicas::device::Device;
use crate::replicas::shown::Shown;
use crate::replicas::steps::Write;
use crate::replicas::versions::{COUNTER, IS_DELETED, LATEST, RowKey, What};
use crate::replicas::world::World;
use support::{Outcome, There, Wall};

const ROW: RowKey = ("note", 0);
const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;

fn device(seed: u64, ahead: i64) -> Outcome<Device> {
    let wall = Wall::new();
    wall.advance(ahead);
    Device::new(None, wall, LATEST, seed)
}

/// Writes the first row, with a new title and a new addition, and passes on what it wrote.
fn write(device: &mut Device, what: What, world: &mut World) -> Outcome {
    device.wall.advance(10_000);
    device.write(&[Write::of(what, 0, &["title", COUNTER])], world)
}

fn send(from: &Device, to: &mut Device, world: &mut World) -> Outcome {
    for batch in from.changes_for(&to.vector()?, 1 << 19)? {
        to.merge(&batch, world)?;
    }
    to.look(world)
}

/// Fails unless a check finds what is wrong with that.
fn found(device: &Device, world: &mut World, wrong: impl Fn(&mut Shown), told: &str) -> Outcome {
    world.check(&device.known, &device.shown)?;
    let mut shown = device.shown.clone();
    wrong(&mut shown);
    match world.check(&device.known, &shown) {
        Err(error) if error.to_string().contains(told) => Ok(()),
        Err(error) => Err(format!("{error}, not {told}").into()),
        Ok(()) => Err(format!("nothing is found: {told}").into()),
    }
}

fn title(shown: &Shown) -> Value {
    shown.0.get(&ROW).map_or(Value::Null, |row| row.value("title").clone())
}

fn set(shown: &mut Shown, column: &'static str, value: &Value) {
    if let Some(row) = shown.0.get_mut(&ROW) {
        row.set(column, value.clone());
    }
}

#[test]
fn a_wrong_value_is_found() -> Outcome {
    let (mut world, mut one) = (World::default(), device(1, 0)?);
    write(&mut one, What::Create, &mut world)?;
    let first = title(&one.shown);
    write(&mut one, What::Update, &mut world)?;
    let world = &mut world;
    found(&one, world, |shown| shown.0.clear(), "is not there")?;
    found(&one, world, |shown| set(shown, "title", &first), "by who had seen it")?;
    found(&one, world, |shown| set(shown, "title", &Value::Null), "others are known")?;
    found(&one, world, |shown| set(shown, "body", &first), "others are known")?;
    found(&one, world, |shown| set(shown, IS_DELETED, &Value::Integer(1)), "others are known")?;
    found(&one, world, |shown| set(shown, COUNTER, &Value::Integer(0)), "counts")?;
    found(&one, world, |shown| set(shown, COUNTER, &Value::Null), "counts")?;
    let other = |shown: &mut Shown| {
        let row = shown.0.get(&ROW).cloned();
        shown.0.extend(row.map(|row| (("note", 1), row)));
    };
    found(&one, world, other, "nobody ever made it")
}

#[test]
fn what_waits_is_found() -> Outcome {
    let (mut world, mut one, mut other) = (World::default(), device(1, 0)?, device(2, 0)?);
    write(&mut one, What::Create, &mut world)?;
    send(&one, &mut other, &mut world)?;
    let before = other.shown.clone();
    write(&mut one, What::Update, &mut world)?;
    // What the second will write is not there before it is sent, nor is what was there still there then.
    let after = one.shown.clone();
    found(&other, &mut world, |shown| *shown = after.clone(), "not known yet")?;
    other.wall.set(one.wall.millis());
    send(&one, &mut other, &mut world)?;
    found(&other, &mut world, |shown| *shown = before.clone(), "by who had seen it")
}

#[test]
fn another_order_elsewhere_is_found() -> Outcome {
    let (mut world, mut one, mut other) = (World::default(), device(1, 0)?, device(2, 0)?);
    write(&mut one, What::Create, &mut world)?;
    send(&one, &mut other, &mut world)?;
    write(&mut one, What::Update, &mut world)?;
    write(&mut other, What::Update, &mut world)?;
    let titles = [title(&one.shown), title(&other.shown)];
    send(&one, &mut other, &mut world)?;
    let lost = titles.into_iter().find(|lost| *lost != title(&other.shown)).there()?;
    found(&other, &mut world, |shown| set(shown, "title", &lost), "elsewhere the other")
}

#[test]
fn a_date_that_no_clock_showed_is_found() -> Outcome {
    let (mut world, mut one, mut other) = (World::default(), device(1, 0)?, device(2, 60_000)?);
    write(&mut one, What::Create, &mut world)?;
    send(&one, &mut other, &mut world)?;
    let first = other.shown.0.get(&ROW).there()?.created_at;
    write(&mut other, What::Update, &mut world)?;
    let last = other.shown.0.get(&ROW).there()?.updated_at;
    let dates = |created_at, updated_at| {
        move |shown: &mut Shown| {
            for row in shown.0.values_mut() {
                (row.created_at, row.updated_at) = (created_at, updated_at);
            }
        }
    };
    found(&other, &mut world, dates(first, last + YEAR), "no clock showed")?;
    found(&other, &mut world, dates(first, first), "no clock showed")?;
    found(&other, &mut world, dates(first, first - 1), "no clock showed")?;
    found(&other, &mut world, dates(first - YEAR, last), "no clock showed")?;
    // It is the date of another change, and not of the first.
    found(&other, &mut world, dates(last, last), "no clock showed")
}

#[test]
fn other_rows_and_dates_are_found() -> Outcome {
    let (mut world, mut one) = (World::default(), device(1, 0)?);
    write(&mut one, What::Create, &mut world)?;
    let mut other = one.shown.clone();
    other.is_as(&one.shown)?;
    other.0.values_mut().for_each(|row| row.updated_at += 1);
    assert!(other.has_values_of(&one.shown).is_ok() && other.is_as(&one.shown).is_err());
    set(&mut other, "score", &Value::Real(0.0));
    assert!(other.has_values_of(&one.shown).is_err());
    assert!(Shown(BTreeMap::new()).has_values_of(&one.shown).is_err());
    Ok(())
}
