//! What is undone and done again, on two devices that meet now and then, against a plain model.

mod model;

use ara::prelude::*;
use proptest::prelude::*;

use crate::undos::model::{Column, Model, Plain, Report, Row};
use support::{Outcome, There, Wall, cases, send, verified};

#[derive(Debug, Table)]
struct Item {
    id: Id<Item>,
    note: Option<i64>,
    rank: Option<i64>,
    hits: Option<Counter>,
}

#[derive(Debug, Clone)]
enum Step {
    /// A transaction of a device: what is done to which row.
    Write(usize, Vec<(u8, Act)>),
    /// One of the last transactions that a device knows is undone there, or several at once.
    Undo(usize, Vec<usize>),
    Meet,
}

#[derive(Debug, Clone)]
enum Act {
    Create { has_note: bool, hits: Option<i8> },
    Set(Column),
    Clear(Column),
    Add(i8),
    Delete,
    Restore,
}

fn act() -> impl Strategy<Value = Act> {
    let column = || prop_oneof![Just(Column::Note), Just(Column::Rank)];
    let amount = || prop_oneof![-9..0_i8, 1..9_i8];
    let create = (any::<bool>(), prop::option::of(amount()));
    prop_oneof![
        4 => create.prop_map(|(has_note, hits)| Act::Create { has_note, hits }),
        6 => column().prop_map(Act::Set),
        1 => column().prop_map(Act::Clear),
        3 => amount().prop_map(Act::Add),
        2 => Just(Act::Delete),
        2 => Just(Act::Restore),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let acts = prop::collection::vec((0..2_u8, act()), 1..4);
    let newest = prop::collection::vec(0..8_usize, 1..4);
    let step = prop_oneof![
        4 => (0..2_usize, acts).prop_map(|(device, acts)| Step::Write(device, acts)),
        5 => (0..2_usize, newest).prop_map(|(device, which)| Step::Undo(device, which)),
        2 => Just(Step::Meet),
    ];
    prop::collection::vec(step, 1..24)
}

fn id(row: u8) -> Id<Item> {
    Id::from_key(row.to_string())
}

/// Does what can be done to a row as it is shown. Returns what that writes.
fn act_on(
    tx: &Transaction<'_>,
    (row, act): (u8, &Act),
    next: i64,
    shown: &Row,
) -> ara::Result<Plain> {
    let mut plain = Plain::default();
    let is_alive = shown.is_alive();
    match act {
        Act::Create { has_note, hits } if !shown.is_there() => {
            let mut draft = Item::draft().id(id(row));
            plain.set(row, Column::Life, Some(0));
            if *has_note {
                draft = draft.note(next);
                plain.set(row, Column::Note, Some(next));
            }
            if let Some(hits) = hits {
                draft = draft.hits(i64::from(*hits));
                plain.add(row, i64::from(*hits));
            }
            tx.create(draft)?;
        }
        Act::Set(column) if is_alive => {
            write(tx, (row, *column), Some(next))?;
            plain.set(row, *column, Some(next));
        }
        Act::Clear(column) if is_alive && shown.value(*column).is_some() => {
            write(tx, (row, *column), None)?;
            plain.set(row, *column, None);
        }
        Act::Add(by) if is_alive => {
            tx.update(Item::patch(id(row)).hits(Counter::add(i64::from(*by))))?;
            plain.add(row, i64::from(*by));
        }
        Act::Delete if is_alive => {
            tx.delete(id(row))?;
            plain.set(row, Column::Life, Some(1));
        }
        Act::Restore if shown.is_there() && !is_alive => {
            tx.restore(id(row))?;
            plain.set(row, Column::Life, Some(0));
        }
        _ => {}
    }
    Ok(plain)
}

fn write(tx: &Transaction<'_>, (row, column): (u8, Column), value: Option<i64>) -> ara::Result<()> {
    let patch = Item::patch(id(row));
    tx.update(match column {
        Column::Note => patch.note(value),
        _ => patch.rank(value),
    })?;
    Ok(())
}

/// The rows of a device.
fn shown(db: &Database, row: u8) -> ara::Result<Row> {
    let items = db.query::<Item>().with_deleted().find(id(row))?;
    let Some(item) = items else { return Ok(Row::default()) };
    let is_deleted = db.get(id(row))?.is_none();
    Ok(Row::of([Some(i64::from(is_deleted)), item.note, item.rank, item.hits.map(Counter::get)]))
}

fn holds_of((steps, count): (Vec<Step>, usize)) -> Outcome {
    let wall = Wall::new();
    let dbs = [wall.options().seed(1).memory()?, wall.options().seed(2).memory()?];
    let mut model = Model::default();
    for (at, step) in (1..).zip(steps) {
        wall.advance(10);
        match step {
            Step::Write(device, acts) => {
                let device = device % count;
                let mut plain = Plain::default();
                let id = dbs[device].transaction(|tx| {
                    for (nth, (row, act)) in (0..).zip(&acts) {
                        let shown = model.row(device, *row).with(*row, &plain);
                        plain.append(act_on(tx, (*row, act), at * 10 + nth, &shown)?);
                    }
                    Ok(tx.id())
                })?;
                if !plain.is_empty() {
                    model.write(device, id.there()?, plain);
                }
            }
            Step::Undo(device, which) => {
                let device = device % count;
                let chosen = model.newest(device, &which);
                let ids: Vec<_> = chosen.iter().map(|at| model.id(*at)).collect();
                let report = match ids.as_slice() {
                    [only] => dbs[device].undo(*only)?,
                    all => dbs[device].undo_all(all.iter().copied())?,
                };
                let expected = model.undo(device, &chosen, report.transaction)?;
                assert_eq!(Report { written: report.written, left: report.left }, expected);
            }
            Step::Meet => {
                send(&dbs[0], &dbs[1])?;
                send(&dbs[1], &dbs[0])?;
                model.meet();
            }
        }
        for (device, db) in dbs.iter().enumerate() {
            is_as(&model, (device, db))?;
        }
    }
    dbs.iter().try_for_each(verified)
}

/// A device shows what the model says.
fn is_as(model: &Model, (device, db): (usize, &Database)) -> Outcome {
    for row in 0..2 {
        assert_eq!(shown(db, row)?, model.row(device, row), "row {row} of device {device}");
    }
    for listed in db.transactions() {
        let listed = listed?;
        let expected = model.is_undone(device, listed.id).there()?;
        assert_eq!((listed.is_undo, listed.is_undone), expected, "{}", listed.id);
    }
    Ok(())
}

#[test]
fn one_device_shows_what_counts() {
    cases::hold((200, 4_000), &(steps(), Just(1)), holds_of);
}

#[test]
fn two_devices_show_what_counts() {
    cases::hold((200, 4_000), &(steps(), Just(2)), holds_of);
}
