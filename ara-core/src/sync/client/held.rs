//! Holding back what a newer schema wrote, for apps that want to be updated before they take it.

use crate::catalog::own_tables::HISTORY;
use crate::exchange::changes::{Changes, Run, Sent};
use crate::log::cells::{Cells, Standing, Write};
use crate::log::place::Point;
use crate::merge::checked::confirmed_digests;
use crate::value::Stored;

/// What [`Changes::before_schema_above`] makes of a batch.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBySchema {
    /// What comes before, as whole transactions. It may be empty.
    pub before: Changes,
    /// Whether anything was held back.
    pub is_any_held: bool,
}

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Changes {
    /// Takes of each node what comes before the transaction in which its history of schemas records a version above
    /// this one. The rest is held back.
    ///
    /// A version that cannot be read counts as above: a newer ara has written it.
    #[must_use]
    pub fn before_schema_above(mut self, version: u32) -> HeldBySchema {
        let cuts: Vec<_> = (0..self.runs.len()).map(|run| self.cut(run, version)).collect();
        let is_any_held = cuts.iter().any(Option::is_some);
        if !is_any_held {
            return HeldBySchema { before: self, is_any_held };
        }
        let mut positions = Vec::with_capacity(cuts.len());
        let mut runs = Vec::with_capacity(cuts.len());
        for (run, cut) in self.runs.into_iter().zip(&cuts) {
            positions.push(u32::try_from(runs.len()).unwrap_or(u32::MAX));
            match cut {
                None => runs.push(run),
                Some(Cut { taken: 0, .. }) => {}
                Some(cut) => runs.push(Run { to: cut.to, ..run }),
            }
        }
        let mut left: Vec<_> =
            cuts.iter().map(|cut| cut.as_ref().map_or(usize::MAX, |cut| cut.taken)).collect();
        self.changes.retain_mut(|sent| {
            let run = sent.run as usize;
            let (Some(left), Some(position)) = (left.get_mut(run), positions.get(run)) else {
                return false;
            };
            sent.run = *position;
            let is_taken = *left > 0;
            *left = left.saturating_sub(1);
            is_taken
        });
        self.runs = runs;
        HeldBySchema { before: self, is_any_held }
    }

    /// Returns where a run is to be cut, or `None` if it is taken as a whole.
    fn cut(&self, position: usize, version: u32) -> Option<Cut> {
        let run = self.runs.get(position)?;
        let sent: Vec<_> =
            self.changes.iter().filter(|sent| sent.run as usize == position).collect();
        let first_above = sent.iter().position(|sent| self.records_above(sent, version))?;
        let before = sent.get(..first_above).unwrap_or_default();
        let last = before.iter().rposition(|sent| sent.end.is_some());
        let Some((last, at)) = last.and_then(|at| Some((before.get(at)?, at))) else {
            return Some(Cut { taken: 0, to: run.from });
        };
        // A digest that is computed here confirms nothing that the sender does not. Otherwise the merge takes over
        // what the marks within confirm.
        let digests = confirmed_digests(self, run, &sent);
        let digest = digests.and_then(|digests| digests.get(at).copied());
        let to = Point { number: last.number, digest: digest.unwrap_or(run.to.digest) };
        Some(Cut { taken: at + 1, to })
    }

    /// Returns whether a change writes into the history of schemas that a version above this one was used.
    fn records_above(&self, sent: &Sent, version: u32) -> bool {
        if self.tables.get(sent.table as usize).is_none_or(|table| table != HISTORY.name) {
            return false;
        }
        let is_version =
            |column: u32| self.columns.get(column as usize).is_some_and(|name| name == "version");
        let mut cells = Cells::new(self.get(&sent.cells)).judged();
        cells.any(|cell| match cell {
            Ok((cell, standing)) if is_version(cell.column) => match standing {
                Standing::Counts(Write::Value(Some(Stored::Integer(found)))) => {
                    found > i64::from(version)
                }
                Standing::Counts(_) | Standing::Unknown => true,
                Standing::Repeats => false,
            },
            // The merge refuses a change that cannot be read.
            _ => false,
        })
    }
}

/// Where a run is cut.
struct Cut {
    /// How many of its changes are taken.
    taken: usize,
    /// The point that the last of them leads to.
    to: Point,
}

#[cfg(test)]
mod tests;
