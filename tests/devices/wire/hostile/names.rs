//! Names that no database would send, and more of them than there is room for.

use ara::Reason;

use crate::wire::START;
use crate::wire::hostile::{change, ill, merged, merged_into, names, own, refused};
use support::Outcome;
use support::wire::{Cell, Change};

#[test]
fn names_that_no_table_may_have_stay_in_the_log() -> Outcome {
    let odd = [
        "",
        "Todo",
        "TODO",
        "todo\"; DROP TABLE \"todo\"; --",
        "'); DELETE FROM todo; --",
        "sqlite_schema",
        "sqlite_x",
        "ara_log",
        "ara_meta",
        "ara_search_todo",
        "a b",
        "ü",
        "\0",
        "x\0y",
        &"x".repeat(65),
        &"x".repeat(1000),
    ];
    let mut batch = ill(vec![]);
    batch.tables = names(odd);
    for table in 0..odd.len() {
        let stamp = START + table as i64;
        batch.runs[0].changes.push(Change { table, ..change(stamp, vec![Cell::text(0, "x")]) });
    }
    let report = merged(batch.numbered().seal())?;
    assert_eq!(report.set_aside, odd.len() as u64);
    assert_eq!(report.refused, []);
    Ok(())
}

#[test]
fn names_that_no_column_may_have_stay_in_the_log() -> Outcome {
    let odd = [
        "id",
        "ara_clock",
        "created_at",
        "updated_at",
        "ID",
        "Title",
        "TITLE",
        "is_Deleted",
        "ara_x",
        "sqlite_x",
        "",
        "a\"b",
        "a b",
        "x) VALUES (1); --",
        "rowid\0",
        "ß",
    ];
    let mut batch = ill(vec![]);
    batch.columns = names(["title"].into_iter().chain(odd));
    let cells = (0..=odd.len()).map(|column| Cell::text(column, "x")).collect();
    batch.runs[0].changes.push(change(START, cells));
    let report = merged(batch.numbered().seal())?;
    assert_eq!((report.set_aside, report.refused.len()), (1, 0));
    Ok(())
}

#[test]
fn names_of_what_is_never_synced_are_refused() -> Outcome {
    for name in ["ara_local_x", &"x".repeat(1001)] {
        let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
        batch.tables = names([name]);
        refused(batch.seal(), 0, Reason::Name)?;
    }
    let mut batch = ill(vec![change(START, vec![Cell::text(0, "x")])]);
    batch.columns[0] = "x".repeat(1001);
    refused(batch.seal(), 0, Reason::Name)
}

#[test]
fn ten_thousand_columns_leave_room() -> Outcome {
    let mut batch = ill(vec![]);
    batch.columns = (0..10_000).map(|column| format!("c{column}")).collect();
    for (stamp, columns) in (START..).zip((0..10_000).collect::<Vec<_>>().chunks(100)) {
        let cells = columns.iter().map(|column| Cell::integer(*column, 5)).collect();
        batch.runs[0].changes.push(change(stamp, cells));
    }
    let report = merged(batch.numbered().seal())?;
    assert_eq!((report.changes, report.written), (101, 501));
    Ok(())
}

#[test]
fn more_columns_than_can_be_named_are_refused() -> Outcome {
    let mut batch = ill(vec![]);
    batch.columns = (0..70_000).map(|column| format!("c{column}")).collect();
    for (stamp, columns) in (START..).zip((0..70_000).collect::<Vec<_>>().chunks(1000)) {
        let cells = columns.iter().map(|column| Cell::integer(*column, 5)).collect();
        batch.runs[0].changes.push(change(stamp, cells));
    }
    // Transactions of two changes: of the one that is too much, neither is taken.
    for change in batch.runs[0].changes.iter_mut().step_by(2) {
        change.ends = false;
    }
    let (db, _) = own()?;
    let report = merged_into(&db, batch.numbered().seal())?;
    assert_eq!(report.refused.iter().map(|r| r.reason).collect::<Vec<_>>(), [Reason::Name]);
    assert_eq!(report.changes, 62 + 1);
    Ok(())
}

#[test]
fn a_thousand_tables_leave_room() -> Outcome {
    let mut batch = ill(vec![]);
    batch.tables = (0..1000).map(|table| format!("t{table}")).collect();
    for table in 0..1000 {
        let stamp = START + table as i64;
        batch.runs[0].changes.push(Change { table, ..change(stamp, vec![Cell::integer(0, 5)]) });
    }
    let report = merged(batch.numbered().seal())?;
    assert_eq!((report.changes, report.growth.tables.len()), (1001, 500));
    Ok(())
}

#[test]
fn a_place_has_a_name() -> Outcome {
    let good = change(START, vec![Cell::text(0, "x")]);
    for place in [2, 1000, u32::MAX as usize] {
        let table = Change { table: place, ..change(START + 1, vec![Cell::text(0, "x")]) };
        refused(ill(vec![good.clone(), table]), 1, Reason::Damaged)?;
    }
    for place in [5, 1000, (1 << 28) - 1, 1 << 28, u32::MAX as usize, 1 << 40] {
        let cell = change(START + 1, vec![Cell::text(place, "x")]);
        refused(ill(vec![good.clone(), cell]), 1, Reason::Damaged)?;
    }
    Ok(())
}
