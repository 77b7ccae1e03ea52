//! JSON that people and other programs write.

use ara::Error;
use ara::prelude::*;
use support::Outcome;

use super::{Person, ada, people, person, reasons};

const ADA: &str = r#"{"id": "1", "name": "Ada", "born": "1815-12-10", "seen": "2026-11-21T09:30:00+01:00", "is_member": true,
    "kind": "Work", "spent": 1299, "boss": 2, "photo": "cafe", "tags": ["math"]}"#;

#[test]
fn arrays_and_lines_of_objects_are_read() -> Outcome {
    for json in [
        format!("[{ADA}, {{\"id\": 2, \"name\": \"Zoe\"}}]"),
        format!("\u{feff} {ADA}\n{{\"id\": 2, \"name\": \"Zoe\"}}\n"),
    ] {
        let db = Database::memory()?;
        let imported = db.importer().json(json.as_bytes(), person)?;
        assert_eq!((imported.read, imported.created), (2, 2), "{json}: {imported:?}");
        assert_eq!(people(&db)?[0], ada());
    }
    Ok(())
}

#[test]
fn nothing_is_read_from_nothing() -> Outcome {
    let db = Database::memory()?;
    for json in ["", " \n", "[]", " [ ] "] {
        let imported = db.importer().json(json.as_bytes(), person)?;
        assert_eq!(imported, ara::Imported::default());
    }
    Ok(())
}

#[test]
fn what_is_no_row_is_told() -> Outcome {
    let db = Database::memory()?;
    let json = r#"[{"id": 1, "name": "Ada"}, 5, {"id": 2}, {"id": 3, "name": {"first": "Eve"}, "is_member": 12345678901234567890}]"#;
    let imported = db.importer().json(json.as_bytes(), person)?;
    assert_eq!((imported.created, imported.refused), (1, 3));
    let name = "column `person.name` must be text of 1 to 20 characters that is not blank, and the source has";
    assert_eq!(
        reasons(&imported)[..2],
        ["row 2: it is not a JSON object".to_owned(), format!("row 3: {name} no value there")]
    );
    Ok(())
}

#[test]
fn what_is_no_json_ends_the_import() -> Outcome {
    for (json, place) in [
        ("[{\"id\": 1, \"name\": \"Ada\"},\n oops]", "line 2, column 2"),
        ("{\"id\": 1, \"name\": \"Ada\"} oops", "line 1, column 26"),
        ("[] 5", "line 1, column 4"),
    ] {
        let db = Database::memory()?;
        let error = db.importer().json(json.as_bytes(), person).expect_err("is no JSON");
        let Error::Source { reason } = &error else { panic!("{error:#?}") };
        assert_eq!(reason, &format!("it is not JSON at {place}"), "{json}");
    }
    Ok(())
}

#[test]
fn the_error_of_a_closure_ends_the_import_if_it_is_not_about_the_row() -> Outcome {
    let db = Database::memory()?;
    let json = format!("[{ADA}, {ADA}]");
    let mut rows = 0;
    let ended = db.importer().json(json.as_bytes(), |_| {
        rows += 1;
        Err::<Person, _>(Error::DiskFull)
    });
    assert!(matches!(ended, Err(Error::DiskFull)));
    assert_eq!(rows, 1);
    Ok(())
}
