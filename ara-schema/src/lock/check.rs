//! The check that the lines of a lock are as they were written, and agree with each other.

use std::collections::BTreeSet;

use super::contents::{Lock, Release, Released};
use super::error::{LockError, RESTORE};
use super::history::History;
use super::read::{Entries, Entry, EntryType, ReleaseEntry, SchemaEntry};
use super::seal::{seal_of_fact, seal_of_release};
use crate::fact::Fact;
use crate::name::{NameFault, check_column_name, check_table_name};
use crate::snapshot::TypeSnapshot;

/// Returns the lock with these entries. Its checksums are not checked yet.
pub(super) fn lock(entries: Entries) -> Result<Lock, LockError> {
    let releases: Vec<_> = entries.releases.into_iter().map(release).collect::<Result<_, _>>()?;
    let schema: Vec<_> = entries.schema.into_iter().map(released).collect::<Result<_, _>>()?;
    lock_of(releases, schema)
}

fn lock_of(
    mut releases: Vec<(usize, Release)>,
    mut schema: Vec<(usize, Released)>,
) -> Result<Lock, LockError> {
    releases.sort_by_key(|(_, release)| release.version);
    let mut places = Vec::with_capacity(releases.len());
    let mut kept: Vec<Release> = Vec::with_capacity(releases.len());
    for (line, release) in releases {
        let of_version = kept.iter().rev().take_while(|other| other.version == release.version);
        // Both sides of a merge may have brought the same release.
        if !of_version.into_iter().any(|other| *other == release) {
            places.push(line);
            kept.push(release);
        }
    }
    check_history(&kept, &places, &schema)?;
    schema.sort_by(|(line, released), (other, than)| (released, line).cmp(&(than, other)));
    check_agreement(&schema)?;
    check_owners(&schema)?;
    schema.dedup_by(|(_, released), (_, before)| released == before);
    let released = schema.into_iter().map(|(_, released)| released).collect();
    Ok(Lock { releases: kept, places, released })
}

/// Checks the line of a release.
fn release(Entry { line, entry }: Entry<ReleaseEntry>) -> Result<(usize, Release), LockError> {
    let ReleaseEntry { version, checksum, after, date, message, seal } = entry;
    let refuse = |what: &str| Err(LockError::at(line, format!("{what}: {RESTORE}")));
    if version == 0 {
        return refuse("versions begin with 1");
    }
    if checksum.len() != 64 || !is_hex(&checksum) {
        return refuse("a checksum has 64 digits, 0 to 9 and a to f");
    }
    if !is_date(&date) {
        return refuse("a date is written as 2026-11-22");
    }
    let release = Release { version, checksum, after, date, message };
    if seal != seal_of_release(&release) {
        return Err(edited(line));
    }
    Ok((line, release))
}

/// Checks a line of the schema.
fn released(Entry { line, entry }: Entry<SchemaEntry>) -> Result<(usize, Released), LockError> {
    let SchemaEntry { table, column, since, seal, .. } = &entry;
    let (since, seal) = (since.clone(), seal.clone());
    let name_fault = |name: &str, fault: NameFault| {
        LockError::at(line, format!("`{name}` is no stored name ({fault}): {RESTORE}"))
    };
    check_table_name(table).map_err(|fault| name_fault(table, fault))?;
    let columns = entry.replaces.iter().flatten().chain(column).chain(&entry.key);
    for column in columns {
        check_column_name(column).map_err(|fault| name_fault(column, fault))?;
    }
    if let Some(EntryType(TypeSnapshot::Id(of))) = &entry.ty {
        check_table_name(of).map_err(|fault| name_fault(of, fault))?;
    }
    let variant = entry.variant.as_ref();
    if variant.is_some_and(|name| name.is_empty() || name.contains(char::is_control)) {
        return Err(LockError::at(line, format!("a variant has no such name: {RESTORE}")));
    }
    let Some(fact) = fact(entry) else {
        let what = "a line is of a table, of a column and its type, of what a column replaces, or of a \
                    variant of a column";
        return Err(LockError::at(line, format!("{what}: {RESTORE}")));
    };
    if seal != seal_of_fact(&fact, &since) {
        return Err(edited(line));
    }
    Ok((line, Released { fact, since }))
}

/// Returns what a line of the schema says, if it is of one thing.
fn fact(entry: SchemaEntry) -> Option<Fact> {
    let SchemaEntry { table, local, key, column, ty, range, variant, .. } = entry;
    let SchemaEntry { replaces, revision, by_key, .. } = entry;
    let of_table = (local, key);
    let of_lens = (replaces, revision, by_key);
    match (column, ty.map(|ty| ty.0), range, variant, of_table, of_lens) {
        (None, None, None, None, (local, key), (None, None, None)) => {
            Some(Fact::Table { table, local: local.unwrap_or(false), key })
        }
        (Some(column), Some(ty), range, None, (None, None), (None, None, None)) => {
            Some(Fact::Column { table, column, ty, range })
        }
        (
            Some(column),
            None,
            None,
            None,
            (None, None),
            (Some(replaces), Some(revision), by_key),
        ) if revision > 0 && !replaces.is_empty() => {
            let by_key = by_key.unwrap_or(false);
            Some(Fact::Lens { table, column, revision, replaces, by_key })
        }
        (Some(column), None, None, Some(variant), (None, None), (None, None, None)) => {
            Some(Fact::Variant { table, column, variant })
        }
        _ => None,
    }
}

/// Returns the error for a line with a wrong seal.
fn edited(line: usize) -> LockError {
    let what = "this line was edited or added by hand, as its seal does not fit";
    LockError::at(line, format!("{what}: {RESTORE}"))
}

/// Checks that every id names a release, and that no release came after itself.
fn check_history(
    releases: &[Release],
    places: &[usize],
    schema: &[(usize, Released)],
) -> Result<(), LockError> {
    let history = History::of(releases);
    let unknown = |line: usize, id: &str| {
        let what = format!("there is no release `{id}`, its line was removed");
        LockError::at(line, format!("{what}: {RESTORE}"))
    };
    for (release, line) in releases.iter().zip(places) {
        if let Some(id) = release.after.iter().find(|id| !history.names(id)) {
            return Err(unknown(*line, id));
        }
    }
    if let Some((line, released)) = schema.iter().find(|(_, line)| !history.names(&line.since)) {
        return Err(unknown(*line, &released.since));
    }
    if let Some(id) = history.cycle() {
        let line = releases.iter().zip(places).find(|(release, _)| release.id() == id);
        let reason = format!("release `{id}` came after itself: {RESTORE}");
        return Err(LockError::at(line.map(|(_, line)| *line), reason));
    }
    Ok(())
}

/// Checks that no two branches have released the same thing in different ways. The lines are sorted.
fn check_agreement(schema: &[(usize, Released)]) -> Result<(), LockError> {
    for ((line, before), (other, released)) in schema.iter().zip(schema.iter().skip(1)) {
        if before.fact.agrees_with(&released.fact) {
            continue;
        }
        let mend = match released.fact {
            Fact::Table { .. } => {
                "give the thing another stored name in the code (`#[table(name = \"..\")]`)"
            }
            Fact::Lens { .. } => "raise the revision in the code (`replaces(.., revision = ..)`)",
            _ => "give the thing another stored name in the code (`#[table(column = \"..\")]`)",
        };
        let reason = format!(
            "line {line} releases `{}`, line {other} `{}`: two branches released it differently. \
             Before they are merged, one of them has to take its release back: restore its `ara.lock`, \
             {mend}, and run `cargo ara lock`",
            before.fact, released.fact
        );
        return Err(LockError::at(*line.max(other), reason));
    }
    Ok(())
}

/// Checks that each column has its table, each variant the column of an enum, and each key and each lens its
/// columns. The lines are sorted.
fn check_owners(schema: &[(usize, Released)]) -> Result<(), LockError> {
    let (mut table, mut of) = (None, None);
    let columns: BTreeSet<(&str, &str)> = schema
        .iter()
        .filter_map(|(_, released)| match &released.fact {
            Fact::Column { table, column, .. } => Some((&**table, &**column)),
            _ => None,
        })
        .collect();
    let missing = |table: &str, names: Vec<&String>| {
        let name = names.into_iter().find(|name| !columns.contains(&(table, name)))?;
        Some(format!("column `{table}.{name}`"))
    };
    for (line, Released { fact, .. }) in schema {
        let owner = match fact {
            Fact::Table { key, .. } => {
                table = Some(fact.table());
                missing(fact.table(), key.iter().collect())
            }
            Fact::Lens { table, column, replaces, .. } => {
                missing(table, replaces.iter().chain([column]).collect())
            }
            Fact::Column { column, ty, .. } => {
                of = ty.variants().map(|_| (fact.table(), &**column));
                (table != Some(fact.table())).then(|| format!("table `{}`", fact.table()))
            }
            Fact::Variant { table, column, .. } => (of != Some((table, column)))
                .then(|| format!("column `{table}.{column}` as an enum")),
        };
        if let Some(owner) = owner {
            let what = format!("no line releases {owner}, it was removed");
            return Err(LockError::at(*line, format!("{what}: {RESTORE}")));
        }
    }
    Ok(())
}

/// Returns whether all of `digits` are hexadecimal digits, in lower case.
fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Returns whether `date` is a day of the calendar, such as `2026-11-22`.
fn is_date(date: &str) -> bool {
    let mut parts = date.split('-');
    let mut number = |length: usize| {
        let part = parts.next().filter(|part| part.len() == length)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u16>().ok()).flatten()
    };
    let (year, month, day) = (number(4), number(2), number(2));
    let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u16::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
