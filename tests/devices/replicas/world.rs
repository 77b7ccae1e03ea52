//! The plain model: all changes that were ever made, and what each writer had seen. It knows no stamps.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;

use ara::TransactionId;
use rusqlite::types::Value;

use crate::replicas::known::Known;
use crate::replicas::values::is_same;
use crate::replicas::versions::RowKey;
use support::Outcome;

/// All changes of all devices.
#[derive(Debug, Default)]
pub struct World {
    pub changes: Vec<Change>,
    /// The changes of each row.
    pub rows: BTreeMap<RowKey, Vec<usize>>,
    /// The changes of each transaction. Of a fork several may have one id, until no id can be made twice.
    pub transactions: HashMap<TransactionId, Vec<Range<usize>>>,
    pub undos: HashSet<TransactionId>,
    /// Two changes of a row of which the first won over the second, somewhere.
    pub winners: BTreeSet<(usize, usize)>,
    /// An old state of a file was put back, or two devices began under one id.
    pub has_forked: bool,
    pub has_compacted: bool,
    last_unique: i64,
}

#[derive(Debug)]
pub struct Change {
    pub made: Made,
    /// What the writer's clock showed.
    pub walls: Vec<i64>,
    /// What the writer had seen.
    pub seen: Known,
}

/// What a write changes in a row.
#[derive(Debug, Clone)]
pub struct Made {
    pub row: RowKey,
    pub cells: BTreeMap<&'static str, Cell>,
    /// What is added to the counter.
    pub added: Option<i64>,
    /// The row is forgotten, for good.
    pub forgets: bool,
}

#[derive(Debug, Clone)]
pub struct Cell {
    pub value: Value,
    /// Whether it must be in the log: what leaves the row as it is may not be.
    pub is_certain: bool,
}

impl Made {
    pub fn forgetting(row: RowKey) -> Self {
        Self { row, cells: BTreeMap::new(), added: None, forgets: true }
    }

    pub fn is_certain(&self) -> bool {
        self.forgets || self.added.is_some() || self.cells.values().any(|cell| cell.is_certain)
    }

    fn is_as(&self, other: &Self) -> bool {
        let certain = |made: &Self| -> Vec<(&str, Value)> {
            let cells = made.cells.iter().filter(|(_, cell)| cell.is_certain);
            cells.map(|(column, cell)| (*column, cell.value.clone())).collect()
        };
        let [one, two] = [self, other].map(certain);
        let is_same = |(one, two): (&(&str, Value), &(&str, Value))| {
            one.0 == two.0 && is_same(&one.1, &two.1)
        };
        let same_cells = one.len() == two.len() && one.iter().zip(&two).all(is_same);
        let is_of_kind = (self.added, self.forgets) == (other.added, other.forgets);
        self.row == other.row && is_of_kind && same_cells
    }
}

impl World {
    /// A number that no value holds yet.
    pub fn unique(&mut self) -> i64 {
        self.last_unique += 1;
        self.last_unique
    }

    /// Adds a transaction that a device has made, which knew so much.
    pub fn add(
        &mut self,
        id: TransactionId,
        wall: i64,
        made: Vec<Made>,
        known: &mut Known,
    ) -> Outcome {
        let others = self.transactions.entry(id).or_default();
        let is_it = |range: &&Range<usize>| {
            let others = self.changes[(*range).clone()].iter().map(|change| &change.made);
            range.len() == made.len() && others.zip(&made).all(|(other, made)| other.is_as(made))
        };
        if let Some(same) = others.iter().find(is_it).cloned() {
            // Both branches of a fork have written the very same.
            for change in same {
                self.changes[change].walls.push(wall);
                self.changes[change].seen.intersect(known);
                known.add(change);
            }
            return Ok(());
        }
        if !others.is_empty() && !self.has_forked {
            return Err("a transaction has the id of another one".into());
        }
        others.push(self.changes.len()..self.changes.len() + made.len());
        for made in made {
            let change = self.changes.len();
            self.rows.entry(made.row).or_default().push(change);
            self.changes.push(Change { made, walls: vec![wall], seen: known.clone() });
            known.add(change);
        }
        Ok(())
    }

    /// Adds to what a device knows the transactions that it says it has received. Returns whether that is
    /// all that it received.
    pub fn receive(&self, transactions: &[TransactionId], known: &mut Known) -> Outcome<bool> {
        let mut is_all = true;
        for id in transactions {
            match self.transactions.get(id).map(Vec::as_slice) {
                Some([changes]) => known.add_all(changes.clone()),
                Some([_, _, ..]) => is_all = false,
                _ => return Err("a transaction arrived that nobody made".into()),
            }
        }
        Ok(is_all)
    }

    /// Whether somebody knows another change that is this one to the bit: both branches of a fork have written
    /// it, in transactions that differ.
    pub fn has_double(&self, change: usize, known: &Known) -> bool {
        let Change { made, walls, .. } = &self.changes[change];
        self.has_forked
            && self.of_row(made.row, known).any(|other| {
                let of_other = &self.changes[other];
                let is_once = of_other.walls.iter().any(|wall| walls.contains(wall));
                other != change && is_once && of_other.made.is_as(made)
            })
    }

    /// The changes that forgot a row, as far as somebody knows.
    pub fn forgets_of(&self, row: RowKey, known: &Known) -> Vec<usize> {
        self.of_row(row, known).filter(|change| self.changes[*change].made.forgets).collect()
    }

    /// The changes of a row that somebody knows.
    pub fn of_row<'w>(
        &'w self,
        row: RowKey,
        known: &'w Known,
    ) -> impl Iterator<Item = usize> + Clone + 'w {
        let changes = self.rows.get(&row).map(Vec::as_slice).unwrap_or_default();
        changes.iter().copied().filter(|change| known.has(*change))
    }
}
