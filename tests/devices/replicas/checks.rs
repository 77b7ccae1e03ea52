//! What a database that knows some changes may show. Nobody is asked for a stamp: of two writes of which
//! neither writer had seen the other, either may win, but the same one everywhere.

use rusqlite::types::Value;

use crate::replicas::known::Known;
use crate::replicas::shown::{Row, Shown};
use crate::replicas::values::is_same;
use crate::replicas::versions::{COLUMNS, COUNTER, IS_DELETED, RowKey};
use crate::replicas::world::World;
use support::Outcome;

/// How far a date may be from what a clock showed: what is nearer to the stamp is not noted by itself.
pub const SECOND: i64 = 1000;

impl World {
    /// Fails unless so much is shown by who knows so much, now.
    pub fn check(&mut self, known: &Known, shown: &Shown) -> Outcome {
        let rows: Vec<RowKey> = self.rows.keys().copied().collect();
        for row in rows {
            let is_there =
                self.of_row(row, known).any(|change| self.changes[change].made.is_certain());
            let may_be_there = self.of_row(row, known).next().is_some();
            match shown.0.get(&row) {
                Some(_) if !may_be_there => {
                    return Err(format!("{row:?} is there, and nobody made it").into());
                }
                // It is looked at already.
                Some(held) if held.is_forgotten => {}
                Some(held) => self.check_row(row, known, held)?,
                None if is_there => return Err(format!("{row:?} is not there").into()),
                None => {}
            }
        }
        match shown.0.keys().find(|row| !self.rows.contains_key(row)) {
            Some(row) => Err(format!("{row:?} is there, and nobody ever made it").into()),
            None => Ok(()),
        }
    }

    /// Fails unless what was forgotten is gone, and nothing else. Who knows a change that forgot a row has
    /// forgotten it. Who does not may have heard what is left of another change.
    pub fn check_forgotten(&self, known: &Known, shown: &Shown) -> Outcome {
        for (row, all) in &self.rows {
            let Some(held) = shown.0.get(row) else { continue };
            let heard = self.forgets_of(*row, known);
            if !heard.is_empty() && !held.is_forgotten {
                return Err(format!("{row:?} is not forgotten").into());
            }
            if !held.is_forgotten {
                continue;
            }
            if !all.iter().any(|change| self.changes[*change].made.forgets) {
                return Err(format!("{row:?} is forgotten, and nobody forgot it").into());
            }
            if !held.is_empty() || held.created_at != held.updated_at {
                return Err(format!("{row:?} is forgotten, and still {held:.200?}").into());
            }
            let showed = |change: &usize| self.showed(*change, held.created_at);
            if !heard.is_empty() && !heard.iter().any(showed) {
                let date = held.created_at;
                return Err(format!("{row:?} is forgotten {date}, which no clock showed").into());
            }
        }
        Ok(())
    }

    /// Whether the clock of who made a change showed a date.
    fn showed(&self, change: usize, date: i64) -> bool {
        self.changes[change].walls.iter().any(|wall| (wall - date).abs() <= SECOND)
    }

    fn check_row(&mut self, row: RowKey, known: &Known, held: &Row) -> Outcome {
        let columns = COLUMNS.iter().map(|(column, _)| *column).chain([IS_DELETED]);
        for column in columns.filter(|column| *column != COUNTER) {
            let value = held.value(column);
            self.check_value((row, column), known, value)
                .map_err(|error| format!("{row:?}.{column} is {value:.60?}: {error}"))?;
        }
        let added = self.of_row(row, known).filter_map(|change| self.changes[change].made.added);
        let sum = added.clone().next().map(|_| added.sum::<i64>());
        if held.counter() != sum {
            return Err(format!("{row:?} counts {:?}, not {sum:?}", held.counter()).into());
        }
        self.check_dates(row, known, held)
    }

    /// A column holds what one of its writers wrote whom no other had seen.
    fn check_value(
        &mut self,
        (row, column): (RowKey, &'static str),
        known: &Known,
        value: &Value,
    ) -> Outcome {
        let cell = |change: usize| self.changes[change].made.cells.get(column);
        let is_writer = |change: &usize| cell(*change).is_some_and(|cell| cell.is_certain);
        let all: Vec<usize> =
            self.of_row(row, known).filter(|change| cell(*change).is_some()).collect();
        let writers: Vec<usize> = all.iter().copied().filter(is_writer).collect();
        let is_seen = |change: usize| writers.iter().any(|by| self.changes[*by].seen.has(change));
        let wrote_it = |change: usize| cell(change).is_some_and(|cell| is_same(&cell.value, value));
        let mut last = all.iter().copied().filter(|change| !is_seen(*change));
        let candidates: Vec<usize> = last.by_ref().filter(|change| wrote_it(*change)).collect();
        let [winner] = candidates[..] else {
            let is_empty = writers.is_empty() && *value == Value::Null;
            return match candidates.is_empty() && !is_empty {
                true if all.iter().any(|change| wrote_it(*change)) => {
                    Err("it was overwritten by who had seen it".into())
                }
                true if self.was_written((row, column), value) => {
                    Err("its writer is not known yet".into())
                }
                true => Err(format!("{} others are known", all.len()).into()),
                false => Ok(()),
            };
        };
        if is_writer(&winner) {
            for other in writers.iter().filter(|other| **other != winner) {
                self.win(winner, *other)?;
            }
        }
        Ok(())
    }

    fn was_written(&self, (row, column): (RowKey, &str), value: &Value) -> bool {
        let mut changes = self.rows.get(&row).into_iter().flatten();
        changes.any(|change| {
            let cell = self.changes[*change].made.cells.get(column);
            cell.is_some_and(|cell| is_same(&cell.value, value))
        })
    }

    /// Notes who won. A row has one order, whoever folds it and whatever arrived first.
    fn win(&mut self, winner: usize, other: usize) -> Outcome {
        if self.changes[winner].seen.has(other) {
            return Ok(());
        }
        if self.winners.contains(&(other, winner)) {
            return Err("here one of two writes wins, and elsewhere the other".into());
        }
        self.winners.insert((winner, other));
        Ok(())
    }

    /// A row is dated by the clocks of those who wrote it first and last.
    fn check_dates(&self, row: RowKey, known: &Known, held: &Row) -> Outcome {
        let all: Vec<usize> = self.of_row(row, known).collect();
        let certain = || all.iter().filter(|change| self.changes[**change].made.is_certain());
        let has_seen = |change: usize, other: usize| self.changes[change].seen.has(other);
        let (created_at, updated_at) = (held.created_at, held.updated_at);
        let mut first = all.iter().filter(|change| !certain().any(|by| has_seen(**change, *by)));
        if !first.any(|change| self.showed(*change, created_at)) {
            return Err(format!("{row:?} is made {created_at}, which no clock showed").into());
        }
        let is_last = |change: &&usize| !certain().any(|by| has_seen(*by, **change));
        let mut last = all.iter().filter(is_last);
        let is_right = |change: &usize| {
            let walls = &self.changes[*change].walls;
            let is_before = walls.iter().any(|wall| *wall <= created_at + SECOND);
            self.showed(*change, updated_at) || (updated_at == created_at && is_before)
        };
        if updated_at < created_at || !last.any(is_right) {
            return Err(format!("{row:?} is updated {updated_at}, which no clock showed").into());
        }
        Ok(())
    }
}
