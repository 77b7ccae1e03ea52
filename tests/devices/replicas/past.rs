//! Lists of transactions, histories of rows, and reading as it was.

use std::collections::{BTreeMap, BTreeSet};

use ara::{RowChange, Stored, Timestamp, TransactionId, TransactionSummary};
use rusqlite::types::Value;

use crate::replicas::checks::SECOND;
use crate::replicas::device::Device;
use crate::replicas::known::Known;
use crate::replicas::shown::Shown;
use crate::replicas::values::{held, is_same};
use crate::replicas::versions::{COUNTER, LATEST, RowKey, TableOf, tables};
use crate::replicas::world::World;
use support::Outcome;

const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;

impl Device {
    /// The past as of now, or later, is the present. An earlier one has the rows that were made by then. Reading
    /// as it was takes long, so each time one of them is looked at.
    pub fn look_back(&self, which: usize, has_compacted: bool) -> Outcome {
        let now = self.wall.millis();
        let dates = self.shown.0.values().map(|row| row.created_at).filter(|date| *date < now);
        let first = dates.min().filter(|_| !has_compacted);
        let time = match which % 3 {
            0 => now,
            1 => now + YEAR,
            _ => first.unwrap_or(now),
        };
        let past = Shown::read(&self.db()?.at(Timestamp::from_millis(time)))?;
        let told = |error: Box<dyn std::error::Error>| format!("at {time}, now is {now}: {error}");
        if time >= now {
            return past.is_as(&self.shown).map_err(|error| told(error).into());
        }
        let then = self.shown.0.iter().filter(|(_, row)| row.created_at <= time);
        match then.map(|(key, _)| key).eq(past.0.keys()) {
            true => Ok(()),
            false => Err(told(format!("{:?}", past.0.keys()).into()).into()),
        }
    }
}

/// All devices tell the same past.
pub fn compare(devices: &[Device], world: &World) -> Outcome {
    let lists = devices.iter().map(|device| listed(device, world)).collect::<Outcome<Vec<_>>>()?;
    for list in &lists {
        if !world.has_compacted && *list != lists[0] {
            return Err(format!("transactions differ: {list:#?}, and {:#?}", lists[0]).into());
        }
        is_in_order(list, &lists[0])?;
    }
    let most = |(row, changes): (&RowKey, &Vec<usize>)| (changes.len(), *row);
    let rows: BTreeSet<_> = world.rows.iter().map(most).collect();
    for (_, row) in rows.into_iter().rev().take(3) {
        let mut histories = Vec::new();
        for device in devices {
            histories.push(history(device, row, world)?);
        }
        if histories.iter().any(|history| *history != histories[0]) {
            return Err(format!("the history of {row:?} differs: {histories:#?}").into());
        }
    }
    Ok(())
}

/// The transactions that a device lists, which are those that it knows.
fn listed(device: &Device, world: &World) -> Outcome<Vec<TransactionSummary>> {
    let list = device.db()?.transactions().collect::<ara::Result<Vec<_>>>()?;
    if let Some(middle) = list.get(list.len() / 2) {
        let rest = device.db()?.transactions().before(middle.id);
        let rest = rest.collect::<ara::Result<Vec<_>>>()?;
        if rest != list[list.len() / 2 + 1..] {
            return Err("the next page is another one".into());
        }
    }
    let ids: BTreeSet<TransactionId> = list.iter().map(|listed| listed.id).collect();
    if ids.len() != list.len() {
        return Err("a transaction is listed twice".into());
    }
    for summary in &list {
        is_as_made(summary, world, &device.known)?;
    }
    let must_be_there =
        |change: usize| device.known.has(change) && !world.has_double(change, &device.known);
    let known = world
        .transactions
        .iter()
        .filter(|(_, all)| all.iter().any(|changes| changes.clone().any(must_be_there)));
    match known.map(|(id, _)| id).find(|id| !world.has_compacted && !ids.contains(id)) {
        Some(lacking) => Err(format!("{lacking} is not listed").into()),
        None => Ok(list),
    }
}

/// A transaction is listed as what its writer did, and when.
fn is_as_made(summary: &TransactionSummary, world: &World, known: &Known) -> Outcome {
    let made =
        world.transactions.get(&summary.id).ok_or("a transaction is listed that nobody made")?;
    let [changes] = &made[..] else { return Ok(()) };
    let has_double = changes.clone().any(|change| world.has_double(change, known));
    let changes = &world.changes[changes.clone()];
    let walls = changes.iter().flat_map(|change| &change.walls);
    let is_undo = world.undos.contains(&summary.id);
    let tables: BTreeSet<_> = changes.iter().map(|change| change.made.row.0).collect();
    let is_whole = changes.iter().all(|change| change.made.is_certain());
    let is_right = summary.is_undo == is_undo
        && walls.clone().any(|wall| (wall - summary.time.millis()).abs() <= SECOND);
    let is_right_in_all =
        summary.changes == changes.len() as u64 && tables.into_iter().eq(&summary.tables);
    let may_be_less = world.has_compacted || has_double || !is_whole;
    if is_right && (is_right_in_all || may_be_less) || world.has_compacted && summary.is_compacted {
        return Ok(());
    }
    Err(format!("{summary:?} is listed, and {changes:?} was made").into())
}

/// What two lists have in common is in one order.
fn is_in_order(one: &[TransactionSummary], other: &[TransactionSummary]) -> Outcome {
    let ids = |list: &[TransactionSummary]| -> Vec<_> {
        list.iter().map(|listed| (listed.id, listed.time, listed.node)).collect()
    };
    let [one, other] = [ids(one), ids(other)];
    let common: [Vec<_>; 2] = [(&one, &other), (&other, &one)].map(|(list, other)| {
        list.iter().filter(|listed| other.iter().any(|also| also.0 == listed.0)).collect()
    });
    match common[0] == common[1] {
        true => Ok(()),
        false => Err(format!("transactions are in another order: {common:#?}").into()),
    }
}

/// The history of a row, which where logs are compacted may lack what was overwritten; and what it tells of
/// the present.
type History = (Vec<RowChange>, BTreeMap<String, Option<Stored<'static>>>);

fn history(device: &Device, row: RowKey, world: &World) -> Outcome<History> {
    let is_it = |table: &&TableOf| table.name == row.0;
    let table = tables(LATEST).iter().find(is_it).ok_or("a table of no version")?;
    let history = (table.history)(device.db()?, row.1)?;
    let columns = history.iter().flat_map(|change| &change.columns);
    let current = columns.filter(|column| column.is_current && column.column != COUNTER);
    let current: BTreeMap<_, _> =
        current.map(|column| (column.column.clone(), column.to.clone())).collect();
    if let Some(now) = device.shown.0.get(&row) {
        for (column, value) in &current {
            let value = value.as_ref().map_or(Value::Null, held);
            if !is_same(&value, now.value(column)) {
                return Err(
                    format!("the history of {row:?}.{column} ends with {value:.60?}").into()
                );
            }
        }
    }
    if world.has_compacted {
        return Ok((Vec::new(), current));
    }
    is_causal(&history, row, device, world)?;
    Ok((history, current))
}

/// Nobody's change comes before one that he had seen.
fn is_causal(history: &[RowChange], row: RowKey, device: &Device, world: &World) -> Outcome {
    let all: Vec<usize> = world.of_row(row, &device.known).collect();
    let is_certain = |change: &&usize| {
        world.changes[**change].made.is_certain() && !world.has_double(**change, &device.known)
    };
    let certain = all.iter().filter(is_certain).count();
    if !(certain..=all.len()).contains(&history.len()) {
        return Err(format!("{row:?} has {certain} changes, and {history:#?}").into());
    }
    let of =
        |change: &RowChange| match world.transactions.get(&change.transaction).map(Vec::as_slice) {
            Some([changes]) => changes.clone().filter(|at| all.contains(at)).collect(),
            _ => Vec::new(),
        };
    let mut earlier: Vec<usize> = Vec::new();
    for change in history {
        let made = of(change);
        let has_seen = |by: usize, what: usize| world.changes[by].seen.has(what);
        let is_own = |by: &usize| made.contains(by);
        let mut others = earlier.iter().filter(|by| !is_own(by));
        if others.any(|by| made.iter().all(|what| has_seen(*by, *what)) && !made.is_empty()) {
            return Err(format!("{row:?}: who had seen a change is told before it").into());
        }
        let walls: Vec<i64> = made.iter().flat_map(|at| world.changes[*at].walls.clone()).collect();
        let time = change.time.millis();
        if !made.is_empty() && !walls.iter().any(|wall| (wall - time).abs() <= SECOND) {
            return Err(format!("{row:?}: a change is told of {time}, made {walls:?}").into());
        }
        earlier.extend(made);
    }
    Ok(())
}
