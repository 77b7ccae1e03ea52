//! The model: all transactions in their order, and which of them each device knows.

use std::collections::{BTreeMap, BTreeSet};

use ara::TransactionId;

use support::{Outcome, There};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// 0 if the row is there, and 1 if it is deleted.
    Life,
    Note,
    Rank,
}

/// What a row shows: the columns, and the counter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row([Option<i64>; 4]);

impl Row {
    pub fn of(values: [Option<i64>; 4]) -> Self {
        Self(values)
    }

    pub fn is_there(&self) -> bool {
        self.0[0].is_some()
    }

    pub fn is_alive(&self) -> bool {
        self.0[0] == Some(0)
    }

    pub fn value(&self, column: Column) -> Option<i64> {
        self.0[column as usize]
    }

    /// The row after what a transaction has written so far.
    pub fn with(mut self, row: u8, plain: &Plain) -> Self {
        for ((_, column), value) in plain.values.iter().filter(|((of, _), _)| *of == row) {
            self.0[*column as usize] = *value;
        }
        self
    }
}

/// What a transaction wrote last into each column, and what it added.
#[derive(Debug, Clone, Default)]
pub struct Plain {
    values: BTreeMap<(u8, Column), Option<i64>>,
    added: BTreeMap<u8, i64>,
}

impl Plain {
    pub fn set(&mut self, row: u8, column: Column, value: Option<i64>) {
        self.values.insert((row, column), value);
    }

    pub fn add(&mut self, row: u8, by: i64) {
        *self.added.entry(row).or_default() += by;
    }

    pub fn append(&mut self, mut later: Self) {
        self.values.append(&mut later.values);
        later.added.into_iter().for_each(|(row, by)| self.add(row, by));
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.added.is_empty()
    }

    fn len(&self) -> usize {
        self.values.len() + self.added.len()
    }
}

#[derive(Debug)]
struct Made {
    id: TransactionId,
    plain: Plain,
    undo: Option<Undo>,
}

#[derive(Debug, Default)]
struct Undo {
    /// Of which transaction each of its values is.
    origins: BTreeMap<(u8, Column), Option<usize>>,
    /// Which transactions it has undone, or done again.
    turned: BTreeMap<usize, bool>,
    /// How often it has subtracted what each of them added.
    subtracted: BTreeMap<usize, i64>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Report {
    pub written: u64,
    pub left: u64,
}

#[derive(Debug, Default)]
pub struct Model {
    /// In the order in which they were made, in which writes win.
    made: Vec<Made>,
    known: [BTreeSet<usize>; 2],
}

impl Model {
    pub fn id(&self, at: usize) -> TransactionId {
        self.made[at].id
    }

    /// Some of the newest transactions that a device knows.
    pub fn newest(&self, device: usize, which: &[usize]) -> Vec<usize> {
        let newest: Vec<_> = self.known[device].iter().rev().take(8).collect();
        let chosen = which.iter().filter(|_| !newest.is_empty());
        chosen.map(|which| *newest[which % newest.len()]).collect()
    }

    pub fn write(&mut self, device: usize, id: TransactionId, plain: Plain) {
        self.push(device, Made { id, plain, undo: None });
    }

    fn push(&mut self, device: usize, made: Made) {
        self.known[device].insert(self.made.len());
        self.made.push(made);
    }

    pub fn meet(&mut self) {
        let all: BTreeSet<_> = self.known.iter().flatten().copied().collect();
        self.known = [all.clone(), all];
    }

    /// The transactions that a device knows, the last one first.
    fn known(&self, device: usize) -> impl Iterator<Item = (usize, &Made)> {
        self.known[device].iter().rev().map(|at| (*at, &self.made[*at]))
    }

    /// What a device shows: the last writer wins, and what was added adds up.
    pub fn row(&self, device: usize, row: u8) -> Row {
        let last = |column| {
            let mut written =
                self.known(device).filter_map(|(_, made)| made.plain.values.get(&(row, column)));
            written.next().copied().flatten()
        };
        let added: Vec<i64> = self
            .known(device)
            .filter_map(|(_, made)| made.plain.added.get(&row))
            .copied()
            .collect();
        let hits = (!added.is_empty()).then(|| added.iter().sum());
        Row([last(Column::Life), last(Column::Note), last(Column::Rank), hits])
    }

    /// Whether a transaction that is not an undo is undone: the last undo that turned it says so.
    fn is_off(&self, device: usize, at: usize) -> bool {
        let mut undos = self.known(device).filter_map(|(_, made)| made.undo.as_ref());
        undos.find_map(|undo| undo.turned.get(&at)).copied().unwrap_or(false)
    }

    /// Whether a transaction is an undo, and whether it is undone.
    pub fn is_undone(&self, device: usize, id: TransactionId) -> Option<(bool, bool)> {
        let (at, made) = self.known(device).find(|(_, made)| made.id == id)?;
        Some(match &made.undo {
            None => (false, self.is_off(device, at)),
            Some(undo) => {
                let mut turned = undo.turned.iter();
                (true, !turned.any(|(at, is_off)| self.is_off(device, *at) == *is_off))
            }
        })
    }

    /// What becomes of transactions if some are undone: the last one first, each if it is in force by then.
    fn turns(&self, device: usize, chosen: &[usize]) -> BTreeMap<usize, bool> {
        let mut now: BTreeMap<usize, bool> = BTreeMap::new();
        let chosen: BTreeSet<usize> = chosen.iter().copied().collect();
        for at in chosen.into_iter().rev() {
            let Some(undo) = &self.made[at].undo else {
                now.insert(at, true);
                continue;
            };
            for (of, is_off) in &undo.turned {
                let now = now.entry(*of).or_insert_with(|| self.is_off(device, *of));
                if *now == *is_off {
                    *now = !*now;
                }
            }
        }
        now.retain(|at, is_off| *is_off != self.is_off(device, *at));
        now
    }

    /// The last write of a column that counts, once some transactions are turned. If none does, it is what the
    /// row was made with.
    fn counting(
        &self,
        device: usize,
        turns: &BTreeMap<usize, bool>,
        cell: (u8, Column),
    ) -> Option<usize> {
        let writes = |made: &Made| made.undo.is_none() && made.plain.values.contains_key(&cell);
        let is_off = |at| turns.get(&at).copied().unwrap_or_else(|| self.is_off(device, at));
        let mut counting = self.known(device).filter(|(at, made)| writes(made) && !is_off(*at));
        let first = || {
            let is_of_row = |made: &Made| made.plain.values.keys().any(|(row, _)| *row == cell.0);
            let first = self.known(device).filter(|(_, made)| is_of_row(made)).last()?;
            Some(first).filter(|(_, made)| cell.1 != Column::Life && writes(made))
        };
        counting.next().or_else(first).map(|(at, _)| at)
    }

    /// Undoes transactions on a device. `made` is the undo, if there is one.
    pub fn undo(
        &mut self,
        device: usize,
        chosen: &[usize],
        made: Option<TransactionId>,
    ) -> Outcome<Report> {
        let turns = self.turns(device, chosen);
        let (mut plain, mut undo) =
            (Plain::default(), Undo { turned: turns.clone(), ..Undo::default() });
        let mut report = Report::default();
        let chosen: BTreeSet<usize> = chosen.iter().copied().collect();
        for at in chosen {
            let is_turned = |undo: &Undo| undo.turned.keys().any(|of| turns.contains_key(of));
            let is_any =
                turns.contains_key(&at) || self.made[at].undo.as_ref().is_some_and(is_turned);
            report.left += if is_any { 0 } else { self.made[at].plain.len() as u64 };
        }
        let mut is_any = false;
        let cells: BTreeSet<_> =
            turns.keys().flat_map(|at| self.made[*at].plain.values.keys()).copied().collect();
        for cell in cells {
            let counts = self.counting(device, &turns, cell);
            let of_cell = |at: &&usize| self.made[**at].plain.values.contains_key(&cell);
            let is_theirs = counts.is_some_and(|at| turns.contains_key(&at));
            for at in turns.keys().filter(of_cell) {
                let is_left = !is_theirs && Some(*at) < counts;
                report.left += u64::from(is_left);
                is_any |= !is_left;
            }
            let nothing = Some(1).filter(|_| cell.1 == Column::Life);
            let value = counts.map_or(nothing, |at| self.made[at].plain.values[&cell]);
            if self.must_write(device, cell, (counts, value)) {
                plain.values.insert(cell, value);
                undo.origins.insert(cell, counts);
            }
        }
        for (at, is_off) in &turns {
            is_any |= !self.made[*at].plain.added.is_empty();
            let subtracted = i64::from(*is_off) - self.subtracted(device, *at);
            for (row, by) in &self.made[*at].plain.added {
                plain.add(*row, -by * subtracted);
                undo.subtracted.insert(*at, subtracted);
            }
        }
        plain.added.retain(|_, by| *by != 0);
        report.written = plain.len() as u64;
        is_any |= !plain.is_empty() || report.left == 0;
        assert_eq!(made.is_some(), is_any && !turns.is_empty());
        if made.is_some() {
            self.push(device, Made { id: made.there()?, plain, undo: Some(undo) });
        }
        Ok(report)
    }

    /// Whether an undo writes a value: if another one is there, or if it is there as another write put back.
    fn must_write(
        &self,
        device: usize,
        cell: (u8, Column),
        (counts, value): (Option<usize>, Option<i64>),
    ) -> bool {
        let mut held = self.known(device).filter(|(_, made)| made.plain.values.contains_key(&cell));
        let Some((at, held)) = held.next() else { return true };
        match &held.undo {
            Some(undo) => undo.origins[&cell] != counts,
            None => counts != Some(at) && held.plain.values[&cell] != value,
        }
    }

    /// How often what a transaction added was subtracted, as far as a device knows.
    fn subtracted(&self, device: usize, at: usize) -> i64 {
        let undos = self.known(device).filter_map(|(_, made)| made.undo.as_ref());
        undos.filter_map(|undo| undo.subtracted.get(&at)).sum()
    }
}
