//! Undoing a transaction.

use std::collections::BTreeMap;

use ara::Error;

use crate::replicas::device::Device;
use crate::replicas::shown::{Row, Shown};
use crate::replicas::versions::{COUNTER, RowKey};
use crate::replicas::world::{Cell, Made, World};
use support::{Outcome, There};

impl Device {
    /// Undoes one of the newest transactions that are listed.
    pub fn undo(&mut self, which: usize, world: &mut World) -> Outcome {
        let listed = self.db()?.transactions().take(which + 1).collect::<ara::Result<Vec<_>>>()?;
        let Some(id) = listed.last().map(|listed| listed.id) else { return Ok(()) };
        let Some([changes]) = world.transactions.get(&id).map(Vec::as_slice) else { return Ok(()) };
        let undone: Vec<Made> =
            world.changes[changes.clone()].iter().map(|change| change.made.clone()).collect();
        let before = self.shown.clone();
        let report = match self.db()?.undo(id) {
            Err(Error::CompactedTransaction { .. }) if world.has_compacted => return Ok(()),
            report => report?,
        };
        self.shown = Shown::of(self.db()?)?;
        let made = self.written(&undone, &before)?;
        let is_any = made.iter().any(Made::is_certain);
        if is_any && report.written == 0 {
            return Err("an undo wrote more than it tells".into());
        }
        if report.written > 0 {
            let own = report.transaction.there()?;
            world.add(own, self.wall.millis(), made, &mut self.known)?;
            world.undos.insert(own);
        }
        let last = self.last.take().filter(|(last, _)| *last == id);
        if let Some((_, earlier)) = last.filter(|_| world.undos.len() <= 1) {
            self.is_back(&earlier)?;
        }
        self.look(world)
    }

    /// What the undo has written: no other columns than the transaction had.
    fn written(&self, undone: &[Made], before: &Shown) -> Outcome<Vec<Made>> {
        let mut rows: BTreeMap<RowKey, Made> = BTreeMap::new();
        for change in undone {
            let now = self.shown.0.get(&change.row).there()?;
            // What was forgotten is left out.
            if now.is_forgotten {
                continue;
            }
            let (cells, row) = (BTreeMap::new(), change.row);
            let none = || Made { row, cells, added: None, forgets: false };
            let made = rows.entry(row).or_insert_with(none);
            for column in change.cells.keys() {
                let cell = Cell { value: now.value(column).clone(), is_certain: false };
                made.cells.insert(column, cell);
            }
            if let Some(added) = change.added {
                made.added = Some(made.added.unwrap_or(0) - added);
            }
        }
        for (key, now) in &self.shown.0 {
            let before = before.0.get(key).ok_or("an undo made a row")?;
            for column in now.differing(before) {
                let made = rows.get_mut(key).ok_or("an undo wrote another row")?;
                if column == COUNTER {
                    let by = now.counter().unwrap_or(0) - before.counter().unwrap_or(0);
                    if made.added != Some(by) {
                        return Err(format!("an undo added {by}, not {:?}", made.added).into());
                    }
                } else {
                    let cell = made.cells.get_mut(column);
                    cell.ok_or("an undo wrote another column")?.is_certain = true;
                }
            }
            if let Some(made) = rows.get_mut(key)
                && now.counter() == before.counter()
            {
                made.added = None;
            }
        }
        Ok(rows.into_values().collect())
    }

    /// The device undid what it had done last: all is as it was before, but for rows that were not there.
    fn is_back(&self, earlier: &Shown) -> Outcome {
        for (key, before) in &earlier.0 {
            let now = self.shown.0.get(key).there()?;
            if now.is_forgotten {
                continue;
            }
            let is_nothing = |row: &Row| row.counter().unwrap_or(0) == 0;
            let is_other = |column: &&'static str| {
                !(*column == COUNTER && is_nothing(now) && is_nothing(before))
            };
            if let Some(column) = now.differing(before).find(is_other) {
                let [now, before] = [now, before].map(|row| row.value(column));
                return Err(
                    format!("undone: {key:?}.{column} is {now:.60?}, was {before:.60?}").into()
                );
            }
        }
        let is_new = |key: &&RowKey| !earlier.0.contains_key(key);
        match self.shown.0.keys().filter(is_new).find(|key| !self.shown.0[*key].is_deleted()) {
            Some(key) => Err(format!("undone: {key:?} is still there").into()),
            None => Ok(()),
        }
    }
}
