//! Keeping files with texts.

use ara::prelude::*;

use crate::text::{Note, begin, body, insert, same, send, sync};
use support::Outcome;

#[test]
fn json_lines_have_plain_text_and_merge_it() -> Outcome {
    let (db, note) = begin("one")?;
    insert(&db, note, 3, " two")?;
    let mut lines = Vec::new();
    db.export_json::<Note>(&mut lines)?;
    let told = String::from_utf8(lines.clone())?;
    assert!(told.contains(r#""body":"one two""#), "{told}");
    let fresh = Database::memory()?;
    let _ = fresh.import_json::<Note>(&*lines)?;
    assert_eq!(body(&fresh, note)?, "one two");
    insert(&fresh, note, 7, " three")?;
    assert_eq!(body(&fresh, note)?, "one two three");

    let laptop = Database::memory()?;
    send(&db, &laptop)?;
    insert(&laptop, note, 0, "zero ")?;
    let edited = told.replace("one two", "one two three");
    let _ = db.import_json::<Note>(edited.as_bytes())?;
    let before = db.version_vector()?;
    let _ = db.import_json::<Note>(edited.as_bytes())?;
    assert_eq!(db.version_vector()?, before);
    sync(&db, &laptop)?;
    assert_eq!(body(&db, note)?, "zero one two three");
    Ok(())
}

#[test]
fn a_rebuild_and_a_backup_say_the_same() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (path, copy) = (folder.path().join("notes.db"), folder.path().join("copy.db"));
    let db = Database::open(&path)?;
    let note = db.create(Note::draft().title("Milk").body("one"))?;
    insert(&db, note, 3, " two")?;
    db.backup(&copy)?;
    let copied = Database::open(&copy)?;
    assert_eq!(body(&copied, note)?, "one two");
    insert(&copied, note, 7, " three")?;
    insert(&db, note, 0, "zero ")?;
    db.rebuild()?;
    assert_eq!(body(&db, note)?, "zero one two");
    insert(&db, note, 12, "!")?;
    sync(&db, &copied)?;
    assert!(body(&db, note)?.starts_with("zero one two"));
    assert_eq!(body(&db, note)?.len(), 19);
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn a_compacted_log_has_all_letters() -> Outcome {
    let (db, note) = begin("one")?;
    let other = Database::memory()?;
    sync(&db, &other)?;
    for at in 0..40 {
        insert(&db, note, at, "x")?;
        db.update(Note::patch(note).title(format!("{at}")))?;
    }
    sync(&db, &other)?;
    db.compact(&[other.version_vector()?])?;
    let fresh = Database::memory()?;
    send(&db, &fresh)?;
    assert_eq!(body(&fresh, note)?, format!("{}one", "x".repeat(40)));
    same(&db, &fresh)?;
    sync(&other, &fresh)
}
