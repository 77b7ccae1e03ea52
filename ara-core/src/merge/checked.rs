//! Checking a run against the digests of its sender, before any of it is written.

use std::ops::Range;

use crate::exchange::changes::{Changes, Run, Sent};
use crate::log::cells::Cells;
use crate::log::change::Canonical;
use crate::log::clock::MAX_MILLIS;
use crate::log::gap::Gap;
use crate::log::place::{ChangeNumber, Point};
use crate::merge::report::Reason;
use crate::names::{EDIT_PREFIX, LOCAL_PREFIX, LONGEST_NAME};
use crate::value::size::LARGEST;

/// What of a run can be taken over.
pub(crate) struct Checked<'m> {
    /// The transactions.
    pub(crate) transactions: Vec<CheckedTransaction<'m>>,
    /// Why those that follow cannot, if there are any.
    pub(crate) reason: Option<Reason>,
}

/// A transaction that can be taken over.
pub(crate) struct CheckedTransaction<'m> {
    /// Its changes, each with its hash as it was first written.
    pub(crate) changes: Vec<(&'m Sent, u64)>,
    /// What the writer's clock showed, in milliseconds since 1970.
    pub(crate) date: i64,
    /// The digest up to its end, as the sender has it.
    pub(crate) digest: u64,
}

impl CheckedTransaction<'_> {
    /// Returns the number and the hash of its last change.
    pub(crate) fn end(&self) -> Option<(ChangeNumber, u64)> {
        self.changes.last().map(|(last, hash)| (last.number, *hash))
    }

    /// Checks that it follows another one in the order of the log, given by the number and the hash of its last
    /// change.
    fn follows(self, before: &mut (ChangeNumber, u64)) -> Result<Self, Reason> {
        let last = self.end().filter(|last| *last > *before).ok_or(Reason::Number)?;
        *before = last;
        Ok(self)
    }
}

/// Checks the changes of a run.
///
/// A digest confirms all that precedes it. A transaction that is confirmed, but does not obey the rules, is
/// refused with all that follow it.
///
/// What is taken over here must not be refused by the next device. So the rules are such that the union of two
/// logs which obey them obeys them as well. The log of a node that did not fork has all numbers, or tells that
/// they were dropped; that of one that forked is merely ordered, within its transactions as well.
pub(crate) fn check<'m>(changes: &'m Changes, run: &Run, sent: &[&'m Sent]) -> Checked<'m> {
    let hashed = Hashed::of(changes, run, sent);
    let mut transactions = Vec::new();
    let mut start = 0;
    let mut before = run.from;
    let mut reason = hashed.reason;
    let mut last = (ChangeNumber::default(), 0);
    for end in
        (0..hashed.confirmed).filter(|at| sent.get(*at).is_some_and(|sent| sent.end.is_some()))
    {
        let of = start..end + 1;
        start = end + 1;
        let checked = transaction((changes, run), (sent, &hashed, of), &mut before);
        match checked.and_then(|transaction| transaction.follows(&mut last)) {
            Ok(transaction) => transactions.push(transaction),
            Err(other) => {
                reason = Some(other);
                break;
            }
        }
    }
    if start < hashed.confirmed {
        reason = reason.or(Some(Reason::OpenTransaction));
    }
    Checked { transactions, reason }
}

/// Returns the digest up to each change of a run, or `None` if the run as a whole does not lead to the digest that it
/// names, so that its sender does not confirm all of them.
pub(crate) fn confirmed_digests(changes: &Changes, run: &Run, sent: &[&Sent]) -> Option<Vec<u64>> {
    let hashed = Hashed::of(changes, run, sent);
    let is_confirmed = hashed.reason.is_none() && hashed.confirmed == sent.len();
    is_confirmed.then(|| hashed.hashes.into_iter().map(|(_, digest)| digest).collect())
}

/// The hashes and digests of a run.
struct Hashed {
    /// The hash of each change as it was first written, and the digest up to it.
    hashes: Vec<(u64, u64)>,
    /// How many changes are confirmed by a digest that follows them.
    confirmed: usize,
    /// Why the others are not.
    reason: Option<Reason>,
}

impl Hashed {
    fn of(changes: &Changes, run: &Run, sent: &[&Sent]) -> Self {
        let mut digest = run.from.digest;
        let mut hashes = Vec::with_capacity(sent.len());
        let mut confirmed = 0;
        let mut reason = None;
        for (at, sent) in sent.iter().enumerate() {
            match hash(changes, run, sent) {
                Ok(hash) => {
                    digest ^= hash ^ sent.compacted.dropped;
                    hashes.push((hash, digest));
                }
                Err(other) => {
                    reason = Some(other);
                    break;
                }
            }
            match sent.mark {
                Some(mark) if mark != digest => {
                    reason = Some(Reason::Digest);
                    break;
                }
                Some(_) => confirmed = at + 1,
                None => {}
            }
        }
        if reason.is_none() {
            match digest == run.to.digest {
                true => confirmed = sent.len(),
                false => reason = Some(Reason::Digest),
            }
        }
        Self { hashes, confirmed, reason }
    }
}

/// Checks a transaction, which follows a point of the run.
fn transaction<'m>(
    (all, run): (&'m Changes, &Run),
    (sent, hashed, of): (&[&'m Sent], &Hashed, Range<usize>),
    before: &mut Point,
) -> Result<CheckedTransaction<'m>, Reason> {
    let mut changes = Vec::with_capacity(of.len());
    let both = sent.iter().zip(&hashed.hashes).take(of.end).skip(of.start);
    for (sent, &(hash, digest)) in both {
        let is_valid = sent.number.is_valid() && sent.number <= run.to.number;
        if !is_valid || !follows((before.number, sent), gap(all, sent)?, run, changes.is_empty()) {
            return Err(Reason::Number);
        }
        if !sent.stamp.is_valid() {
            return Err(Reason::Time);
        }
        *before = Point { number: sent.number, digest };
        changes.push((*sent, hash));
    }
    let last = changes.last().map(|(last, _)| *last).ok_or(Reason::OpenTransaction)?;
    let end = last.end.ok_or(Reason::OpenTransaction)?;
    if end.date.is_some_and(|date| !(0..=MAX_MILLIS).contains(&date)) {
        return Err(Reason::Time);
    }
    Ok(CheckedTransaction { changes, date: end.date(last.stamp), digest: before.digest })
}

/// Returns whether a change, which may be the first one of a transaction, may follow one of this number.
///
/// The hashes of dropped changes are kept with a gap alone.
fn follows((before, sent): (ChangeNumber, &Sent), gap: Gap<'_>, run: &Run, is_first: bool) -> bool {
    let (before, number) = (before.get(), sent.number.get());
    let is_told = sent.compacted.dropped == 0 || !gap.is_empty();
    is_told
        && match run.is_forked {
            // Where two devices wrote under one id, a transaction may go back to where they parted, and so may
            // what was dropped.
            true => gap.len() < number && (is_first || before < number),
            false => before < number && number - before - 1 == gap.len(),
        }
}

/// Returns the gap before a change.
fn gap<'m>(changes: &'m Changes, sent: &Sent) -> Result<Gap<'m>, Reason> {
    Gap::new(changes.get(&sent.gap)).ok_or(Reason::Damaged)
}

/// The bytes that the head of a cell takes at most.
const HEAD: usize = 16;

/// The most bytes of a change that fit into a piece of the log. Of values, no device writes more than [`LARGEST`].
const LARGEST_CHANGE: u64 = LARGEST + LARGEST / 2000;

/// Returns the hash of a change as it was first written. What there is of it must be readable in any case.
fn hash(changes: &Changes, run: &Run, sent: &Sent) -> Result<u64, Reason> {
    let table = changes.tables.get(sent.table as usize).ok_or(Reason::Damaged)?;
    if table.len() > LONGEST_NAME || table.starts_with(LOCAL_PREFIX) {
        return Err(Reason::Name);
    }
    let row = changes.get(&sent.row).try_into().map_err(|_| Reason::RowId)?;
    let mut canonical = Canonical::new(run.node, (sent.number, sent.stamp), table, row);
    let mut cells = Cells::new(changes.get(&sent.cells));
    let mut bytes = changes.get(&sent.more).len();
    while let Some(cell) = cells.next_cell().ok_or(Reason::Damaged)? {
        bytes += HEAD + cell.marks.0.len() + cell.payload.len();
        let name = changes.columns.get(cell.column as usize).ok_or(Reason::Damaged)?;
        if name.len() > LONGEST_NAME || name.starts_with(EDIT_PREFIX) {
            return Err(Reason::Name);
        }
        canonical.cell(name, &cell);
    }
    canonical.more(changes.get(&sent.more));
    if bytes as u64 > LARGEST_CHANGE {
        return Err(Reason::TooLarge);
    }
    Ok(sent.compacted.hash(canonical.hash(sent.end)))
}
