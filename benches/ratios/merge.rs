//! Changes of one file, merged into another.

use ara::prelude::*;
use ara::{Changes, Result, VersionVector};

use crate::by_hand;
use crate::report::{Report, Target, timed};
use crate::tables::{draft, values};
use crate::work::{NOTE, Pair, ROWS, count, insert_by_hand};

/// How many rows an app makes in one transaction.
const AT_ONCE: usize = 100;

/// A pair of files with the same rows, those of ara's in many transactions.
fn filled() -> Result<Pair> {
    let mut pair = Pair::empty()?;
    let values = values(ROWS, NOTE);
    for some in values.chunks(AT_ONCE) {
        pair.ids.extend(pair.db.create_all(some.iter().map(draft))?);
    }
    insert_by_hand(&pair.by_hand, &pair.ids, &values)?;
    pair.checkpoint()?;
    Ok(pair)
}

fn all_changes(db: &Database) -> Result<Vec<Changes>> {
    db.changes_since(&VersionVector::default())?.collect()
}

pub fn merges(report: &mut Report) -> Result<()> {
    let names = ["changes for an empty peer", "merge into an empty peer", "merge again"];
    if !names.iter().any(|name| report.wants(name)) {
        return Ok(());
    }
    let source = filled()?;
    let changes = all_changes(&source.db)?;
    by_hand::become_reader(&source.by_hand)?;
    let rows = values(ROWS, NOTE);
    let insert = || {
        let pair = Pair::empty()?;
        let (time, inserted) = timed(|| insert_by_hand(&pair.by_hand, &source.ids, &rows));
        inserted?;
        assert_eq!(count(&pair.by_hand)?, ROWS);
        Ok(time)
    };
    report.compare(
        names[0],
        Target::Ratio(1.2),
        || {
            let (time, changes) = timed(|| all_changes(&source.db));
            assert_eq!(changes?.iter().map(Changes::len).sum::<usize>(), ROWS);
            Ok(time)
        },
        || {
            let mut select = source.by_hand.prepare_cached("SELECT * FROM task")?;
            let (time, tasks) = timed(|| {
                select.query_map([], by_hand::Task::read)?.collect::<rusqlite::Result<Vec<_>>>()
            });
            assert_eq!(tasks?.len(), ROWS);
            Ok(time)
        },
    )?;
    report.compare(
        names[1],
        Target::Ratio(1.8),
        || {
            let pair = Pair::empty()?;
            let (time, merged) = timed(|| -> Result<()> {
                changes.iter().try_for_each(|changes| pair.db.merge(changes).map(drop))
            });
            merged?;
            let found = pair.db.verify()?;
            assert!(found.holds() && found.rows == ROWS as u64);
            Ok(time)
        },
        insert,
    )?;
    let target = Pair::empty()?;
    changes.iter().try_for_each(|changes| target.db.merge(changes).map(drop))?;
    report.compare(
        names[2],
        Target::Ratio(0.2),
        || {
            let (time, known) = timed(|| -> Result<u64> {
                changes.iter().map(|changes| Ok(target.db.merge(changes)?.known)).sum()
            });
            assert_eq!(known?, ROWS as u64);
            Ok(time)
        },
        insert,
    )
}
