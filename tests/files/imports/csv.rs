//! CSV that people and other programs write.

use ara::prelude::*;
use ara::{Error, UtcOffset};
use support::Outcome;

use super::{Person, ada, people, person, reasons};

const HEADER: &str = "id,name,born,seen,is_member,kind,spent,boss,photo,tags";

#[test]
fn each_field_becomes_the_type_that_the_struct_declares() -> Outcome {
    let csv = format!(
        "\u{feff}{HEADER}\r\n1,Ada,1815-12-10,2026-11-21 08:30,YES,Work,1299,2,cafe,\"[\"\"math\"\"]\"\r\n2,\"Zoe, the\nsecond\",,,,,,,,\r\n"
    );
    let db = Database::memory()?;
    let imported = db.import_csv(csv.as_bytes(), person)?;
    assert_eq!((imported.read, imported.created), (2, 2), "{imported:?}");
    let people = people(&db)?;
    assert_eq!(people[0], ada());
    assert_eq!(people[1].name, "Zoe, the\nsecond");
    assert_eq!((people[1].born, people[1].is_member, people[1].boss_id), (None, None, None));
    Ok(())
}

#[test]
fn separators_and_offsets_can_be_others() -> Outcome {
    let csv = "id;name;seen\n1;Ada;2026-11-21 09:30\n";
    let db = Database::memory()?;
    let importer = db.importer().separator(b';').at_offset(UtcOffset::hours(1));
    let imported = importer.csv(csv.as_bytes(), |row| {
        Ok(Person::draft().id(row.id("id")?).name(row.get("name")?).seen(row.get("seen")?))
    })?;
    assert_eq!(imported.created, 1);
    assert_eq!(people(&db)?[0].seen, ada().seen);
    Ok(())
}

#[test]
fn rows_are_refused_by_their_lines() -> Outcome {
    let mut csv = b"id,name\n1,\"Ada\nLovelace\"\n2\n,Eve\n3,\n4,Zoe,more\n5,".to_vec();
    csv.extend([0xff, b'\n']);
    let db = Database::memory()?;
    let imported = db
        .import_csv(&csv[..], |row| Ok(Person::draft().id(row.id("id")?).name(row.get("name")?)))?;
    assert_eq!((imported.created, imported.refused), (1, 5));
    let name = "column `person.name` must be text of 1 to 20 characters that is not blank, and the source has";
    assert_eq!(
        reasons(&imported),
        [
            "row 4: it has 1 fields, where the first record has 2".to_owned(),
            "row 5: column `id` must be an id, or an integer or text as a key, and the source has no value there".to_owned(),
            format!("row 6: {name} no value there"),
            "row 7: it has 3 fields, where the first record has 2".to_owned(),
            format!("row 8: {name} text there that is not UTF-8"),
        ]
    );
    Ok(())
}

#[test]
fn an_empty_field_is_an_empty_text_where_there_must_be_one() -> Outcome {
    #[derive(Debug, Table)]
    struct Line {
        id: Id<Line>,
        text: String,
        note: Option<String>,
    }
    let db = Database::memory()?;
    let imported = db.import_csv(&b"text,note\n,\n"[..], |row| {
        Ok(Line::draft().text(row.get("text")?).note(row.get("note")?))
    })?;
    assert_eq!(imported.created, 1);
    let line = db.query::<Line>().one()?;
    assert_eq!((line.text.as_deref(), line.note), (Some(""), None));
    Ok(())
}

#[test]
fn a_column_that_is_missing_is_told() -> Outcome {
    let db = Database::memory()?;
    let missing =
        db.import_csv(&b"Name,Age\nAda,7\n"[..], |row| Ok(Person::draft().name(row.get("name")?)));
    let error = missing.expect_err("is missing");
    assert_eq!(
        error.to_string(),
        "the source cannot be imported: it has no column `name`, but `Name`, `Age`"
    );
    let empty = db.import_csv(&b""[..], person)?;
    assert_eq!(empty, ara::Imported::default());
    let not_utf8 = db.import_csv(&b"n\xff\n1\n"[..], person);
    assert!(matches!(not_utf8, Err(Error::Source { .. })));
    Ok(())
}
