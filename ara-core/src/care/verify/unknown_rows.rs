//! Finding the rows that the log knows nothing of, once it is known that there may be some.

use std::collections::{BTreeMap, HashSet};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::care::verification::What;
use crate::care::verify::findings::Findings;
use crate::care::verify::table::Tally;
use crate::care::verify::tables::Tables;
use crate::error::Result;
use crate::log::pieces::{Found, PieceReader};

/// How many rows are held in memory at most. If there are more, the log is read several times.
const MOST: u64 = 500_000;

/// Finds the rows of some tables that the log knows nothing of. Returns for each table what their clocks list.
pub(super) fn unknown_rows(
    tables: &Tables<'_, '_>,
    wanted: &[i64],
    findings: &mut Findings,
) -> Result<BTreeMap<i64, Tally>> {
    let mut unknown: BTreeMap<i64, Tally> = BTreeMap::new();
    if wanted.is_empty() {
        return Ok(unknown);
    }
    let parts = findings.found.rows / MOST + 1;
    for part in 0..parts {
        let known = rows_in_log(tables, wanted, (part, parts))?;
        for ordinal in wanted {
            let Some(table) = tables.tables.get(ordinal) else { continue };
            table.for_each_row(|id, head, _| {
                let hash = hash(*ordinal, id);
                if hash % parts != part || known.contains(&hash) && id.len() == 16 {
                    return Ok(());
                }
                findings.found.differ(Some(&table.table.name), None, What::UnknownRow);
                if let (Some(clock), 16) = (&head.clock, id.len()) {
                    let listed = table.listed(id, clock, &tables.ties);
                    unknown.entry(*ordinal).or_default().add(listed);
                }
                Ok(())
            })?;
        }
    }
    Ok(unknown)
}

/// Returns the hashes of the rows that the log knows, as far as they are of one part of them.
fn rows_in_log(
    tables: &Tables<'_, '_>,
    wanted: &[i64],
    (part, parts): (u64, u64),
) -> Result<HashSet<u64>> {
    let mut known = HashSet::new();
    let mut pieces = PieceReader::all(tables.connection())?;
    while let Some(found) = pieces.next_found()? {
        let Found::Whole(piece) = found else { continue };
        for change in piece.changes().filter(|change| wanted.contains(&change.record.table)) {
            let hash = hash(change.record.table, &change.record.row);
            if hash % parts == part {
                known.insert(hash);
            }
        }
    }
    Ok(known)
}

fn hash(table: i64, row: &[u8]) -> u64 {
    xxh3_64_with_seed(row, table.cast_unsigned())
}
