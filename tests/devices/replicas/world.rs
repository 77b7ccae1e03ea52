//! The plain model: all changes that were ever made, and the fold of some of them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;

use crate::replicas::values::is_same;
use support::Outcome;
use support::log::Logged;

/// What names a change: the node's id, the time, and the hash, by which those of a fork differ.
pub type Key = ([u8; 16], i64, u64);

pub fn key(change: &Logged) -> Key {
    (change.node_id, change.time, change.hash)
}

/// All changes of all devices.
#[derive(Debug, Default)]
pub struct World {
    pub changes: BTreeMap<Key, Logged>,
    pub transactions: Vec<BTreeSet<Key>>,
}

/// The table in which a node tells that its clock ran ahead: what it wrote then does not count. It is in
/// the log alone.
pub const VOIDS: &str = "ara_void";

/// The rows of the tables, by table and id.
pub type Tables = BTreeMap<String, BTreeMap<Vec<u8>, Row>>;

#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Of each column the last value, and when it was written by whom.
    pub cells: BTreeMap<String, ((i64, [u8; 16]), Value)>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Row {
    pub fn value(&self, column: &str) -> Value {
        self.cells.get(column).map_or(Value::Null, |(_, value)| value.clone())
    }
}

impl World {
    /// Adds what was made: one transaction after the other.
    pub fn add(&mut self, made: Vec<Logged>) {
        let transactions = made.split_inclusive(|change| change.mark.is_some());
        self.transactions
            .extend(transactions.map(|transaction| transaction.iter().map(key).collect()));
        self.changes.extend(made.into_iter().map(|change| (key(&change), change)));
    }

    /// The transactions of which all is known.
    pub fn transactions_within(
        &self,
        known: &BTreeSet<Key>,
    ) -> impl Iterator<Item = &BTreeSet<Key>> {
        self.transactions.iter().filter(|transaction| transaction.is_subset(known))
    }

    /// Of each node the times after and until which nothing of it counts, as far as that is known.
    pub fn voids(&self, known: &BTreeSet<Key>) -> BTreeMap<[u8; 16], (i64, i64)> {
        let mut voids = BTreeMap::new();
        for change in known.iter().filter_map(|key| self.changes.get(key)) {
            let Ok(node) = <[u8; 16]>::try_from(&*change.row) else { continue };
            let [Some(Value::Integer(after)), Some(Value::Integer(until))] =
                ["after", "until"].map(|column| change.cell(column))
            else {
                continue;
            };
            if change.table == VOIDS {
                let widest = voids.entry(node).or_insert((*after, *until));
                *widest = (widest.0.min(*after), widest.1.max(*until));
            }
        }
        voids
    }

    /// What the tables of a device hold that knows all of some changes.
    pub fn fold(&self, known: &BTreeSet<Key>) -> Tables {
        let changes = known.iter().filter_map(|key| self.changes.get(key));
        fold(changes, known, &self.voids(known))
    }

    /// Whether a change of a log is as it was made, but for cells that it may have lost.
    pub fn compare(&self, held: &Logged) -> Outcome {
        let Some(made) = self.changes.get(&key(held)) else { return Ok(()) };
        let is_whole = made.cells.len() == held.cells.len();
        let has = |cell: &(String, Value)| {
            made.cells.iter().any(|made| made.0 == cell.0 && is_same(&made.1, &cell.1))
        };
        if held.cells.iter().all(has) && is_whole != held.is_reduced && made.row == held.row {
            return Ok(());
        }
        Err("a change is not as it was made".into())
    }

    /// The changes that a log stands for but does not hold.
    pub fn dropped(&self, held: &BTreeMap<Key, Logged>) -> Outcome<BTreeSet<Key>> {
        let mut all = BTreeSet::new();
        for ((node, time, _), change) in held.iter().filter(|(_, change)| change.dropped != 0) {
            let before = held.range(..(*node, *time, 0)).next_back();
            let since =
                before.filter(|((of, ..), _)| of == node).map_or(0, |((_, time, _), _)| *time);
            let made = self.changes.range((*node, since + 1, 0)..(*node, *time, 0));
            let made: Vec<Key> = made.map(|(key, _)| *key).collect();
            let dropped = of_hashes(&made, change.dropped);
            all.extend(dropped.ok_or("what stands for dropped changes is of none that were made")?);
        }
        Ok(all)
    }
}

/// Of some changes those whose hashes come to this: all of them, or where a file was restored, and what was
/// written to it before is nowhere any more, some.
fn of_hashes(changes: &[Key], hashes: u64) -> Option<Vec<Key>> {
    let of = |set: u32| (0..).zip(changes).filter(move |(at, _)| set >> at & 1 == 1);
    let sum = |set| of(set).fold(0, |sum, (_, (.., hash))| sum ^ hash);
    let set = (0..1_u32 << changes.len().min(16)).rev().find(|set| sum(*set) == hashes)?;
    Some(of(set).map(|(_, key)| *key).collect())
}

/// The fold of some changes, of what is known, where of some nodes some do not count.
pub fn fold<'c>(
    changes: impl Iterator<Item = &'c Logged>,
    known: &BTreeSet<Key>,
    voids: &BTreeMap<[u8; 16], (i64, i64)>,
) -> Tables {
    let mut tables = Tables::new();
    for change in changes {
        let (node, time, hash) = key(change);
        // Of the changes of one node and time, the one of the greatest hash counts.
        let greatest = known.range((node, time, 0)..=(node, time, u64::MAX)).next_back();
        if greatest.is_none_or(|greatest| greatest.2 != hash) {
            continue;
        }
        if voids.get(&node).is_some_and(|(after, until)| time > *after && time <= *until) {
            continue;
        }
        if change.table == VOIDS {
            continue;
        }
        let rows = tables.entry(change.table.clone()).or_default();
        let row = rows
            .entry(change.row.clone())
            .or_insert_with(|| Row { created_at: i64::MAX, ..Row::default() });
        row.created_at = row.created_at.min(change.millis());
        row.updated_at = row.updated_at.max(change.millis());
        let clock = (time, node);
        for (column, value) in &change.cells {
            let cell = row.cells.entry(column.clone());
            let cell = cell.or_insert(((i64::MIN, [0; 16]), Value::Null));
            if cell.0 <= clock {
                *cell = (clock, value.clone());
            }
        }
    }
    tables
}
