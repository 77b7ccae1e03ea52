//! The columns that hold the last edits of others are seen by nobody.

use ara::Reason;
use ara::prelude::*;

use crate::written_through::{App, Doc, held, id};
use rusqlite::types::Value;
use support::through::Through;
use support::wire::{Batch, Cell, Change, Run};
use support::{File, Outcome, There, Wall, rows, send, verified};

/// A database with a row of which a column holds what was written through, over an edit.
fn with_edit() -> Outcome<(File, Database)> {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<App>()?;
    db.upsert(Doc::draft().id(id(1)).title("theedit").note("plain"))?;
    assert!(db.update(Through(Doc::patch(id(1)).title("through"), vec![0]))?);
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(held(&file, id(1), "title")?, (text("through"), text("theedit")));
    Ok((file, db))
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|at| at == text.as_bytes())
}

#[test]
fn no_list_names_them() -> Outcome {
    let (file, db) = with_edit()?;
    let schema = format!("{:?}", db.schema()?);
    assert!(schema.contains("title") && !schema.contains("ara_edit"));
    assert_eq!(db.schema_drift()?, []);
    assert!(db.set_aside()?.is_empty());
    let mut exported = Vec::new();
    db.export_json::<Doc>(&mut exported)?;
    assert!(has(&exported, "through") && !has(&exported, "ara_edit") && !has(&exported, "theedit"));
    for table in ["ara_schema_history", "ara_log", "ara_meta", "ara_index"] {
        let rows = format!("{:?}", rows(&file.sqlite()?, &format!("SELECT * FROM {table}"))?);
        assert!(!rows.contains("ara_edit"), "{table}");
    }
    Ok(())
}

#[test]
fn no_other_device_hears_of_them() -> Outcome {
    let (_file, db) = with_edit()?;
    let fresh = Database::memory()?;
    for changes in db.changes_since(&fresh.version_vector()?)? {
        let changes = changes?;
        assert!(!has(&changes.to_bytes(), "ara_edit"));
        let report = fresh.merge(&changes)?;
        assert!(!format!("{report:?}").contains("ara_edit"));
    }
    assert_eq!(fresh.get(id(1))?.there()?.title.as_deref(), Some("through"));
    // The app that knows the table begins later.
    fresh.ensure::<App>()?;
    verified(&fresh)
}

#[test]
fn nobody_can_send_them() -> Outcome {
    let (file, db) = with_edit()?;
    let before = held(&file, id(1), "title")?;
    for name in ["ara_edit_title", "ara_edit_note", "ara_edit_", "ara_edit_x"] {
        let (row, ends, mark) = (id(1).uuid().as_bytes().to_vec(), true, Some(0));
        let stamp = (Wall::START + 1_000_000_000_000) << 16;
        let cells = vec![Cell::text(0, "forged")];
        let change = Change { stamp, row, cells, ends, mark, ..Change::default() };
        let run = Run { node: vec![6; 16], changes: vec![change], ..Run::default() };
        let (tables, columns) = (vec!["doc".to_owned()], vec![name.to_owned()]);
        let batch = Batch { tables, columns, runs: vec![run] }.numbered().seal();
        let report = db.merge(&batch.changes()?)?;
        let reasons: Vec<_> = report.refused.iter().map(|refused| refused.reason).collect();
        assert_eq!((report.changes, reasons), (0, vec![Reason::Name]));
    }
    assert_eq!(held(&file, id(1), "title")?, before);
    verified(&db)?;
    assert!(db.update(Through(Doc::patch(id(1)).note("more"), vec![1]))?);
    verified(&db)
}

/// One batch makes columns of both kinds, one after the other.
#[test]
fn they_are_in_the_way_of_no_column_that_arrives() -> Outcome {
    let cells = [
        vec![Cell::integer(0, 0), Cell::text(1, "edit"), Cell::text(2, "edit")],
        vec![Cell { marks: vec![2, 0], ..Cell::text(1, "through") }, Cell::text(3, "more")],
        vec![Cell { marks: vec![2, 0], ..Cell::text(2, "through") }, Cell::text(4, "more")],
        vec![Cell::text(5, "more")],
    ];
    let row = id(1).uuid().as_bytes().to_vec();
    let change = |(at, cells): (i64, Vec<Cell>)| {
        let (stamp, row, mark) = ((Wall::START + at) << 16, row.clone(), Some(0));
        Change { stamp, row, cells, ends: true, mark, ..Change::default() }
    };
    let run = Run {
        node: vec![6; 16],
        changes: (0..).zip(cells).map(change).collect(),
        ..Run::default()
    };
    let columns = ["is_deleted", "title", "note", "a", "b", "c"].map(str::to_owned).to_vec();
    let batch = Batch { tables: vec!["doc".to_owned()], columns, runs: vec![run] };
    let file = File::new()?;
    let db = file.open()?;
    assert_eq!(db.merge(&batch.numbered().seal().changes()?)?.changes, 4);
    verified(&db)?;
    let text = |text: &str| Value::Text(text.to_owned());
    for column in ["title", "note"] {
        assert_eq!(held(&file, id(1), column)?, (text("through"), text("edit")));
    }
    db.ensure::<App>()?;
    verified(&db)
}

#[test]
fn what_was_forgotten_is_gone_from_them_too() -> Outcome {
    let (file, db) = with_edit()?;
    let (other_file, other) = with_edit()?;
    send(&db, &other)?;
    db.delete(id(1))?;
    assert!(has(&file.bytes()?.0, "theedit") || has(&file.bytes()?.1, "theedit"));
    assert!(db.forget(id(1))?);
    send(&db, &other)?;
    for (file, db) in [(&file, &db), (&other_file, &other)] {
        let (bytes, wal) = file.bytes()?;
        assert!(!has(&bytes, "theedit") && !has(&wal, "theedit"));
        verified(db)?;
    }
    Ok(())
}

#[test]
fn an_import_is_an_edit() -> Outcome {
    let (file, db) = with_edit()?;
    let mut exported = Vec::new();
    db.export_json::<Doc>(&mut exported)?;
    // What is there already is none.
    assert_eq!(db.import_json::<Doc>(&*exported)?.skipped, 0);
    let text = |text: &str| Value::Text(text.to_owned());
    assert_eq!(held(&file, id(1), "title")?, (text("through"), text("theedit")));
    let changed = String::from_utf8(exported)?.replace("through", "imported");
    assert_eq!(db.import_json::<Doc>(changed.as_bytes())?.skipped, 0);
    assert_eq!(held(&file, id(1), "title")?, (text("imported"), Value::Null));
    verified(&db)
}

#[test]
fn a_column_with_a_long_name_has_one() -> Outcome {
    #[derive(Debug, Clone, PartialEq, Table)]
    struct Long {
        id: Id<Long>,
        #[table(column = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd")]
        name: Option<String>,
    }
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Long::draft().name("edit"))?;
    db.update(Through(Long::patch(id).name("through"), vec![0]))?;
    let long = "a".repeat(16) + &"b".repeat(16) + &"c".repeat(16) + &"d".repeat(16);
    let value = file.value(&format!("SELECT ara_edit_{long} FROM long"))?;
    assert_eq!(value, Value::Text("edit".to_owned()));
    assert_eq!(db.schema_drift()?, []);
    db.rebuild()?;
    verified(&db)
}

#[test]
fn the_past_has_them_as_well() -> Outcome {
    let wall = Wall::new();
    let file = File::new()?;
    let db = file.open_at(&wall)?;
    db.upsert(Doc::draft().id(id(1)).title("first"))?;
    for (title, through) in [("second", vec![0]), ("third", vec![]), ("fourth", vec![0])] {
        wall.advance(1000);
        db.update(Through(Doc::patch(id(1)).title(title), through))?;
    }
    for (after, title) in [(0, "first"), (1000, "second"), (2000, "third"), (3000, "fourth")] {
        let past = db.at(Timestamp::from_millis(Wall::START + after));
        let doc = past.query::<Doc>().find(id(1))?.there()?;
        assert_eq!(doc.title.as_deref(), Some(title));
    }
    Ok(())
}
