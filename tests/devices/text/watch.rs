//! What others change in a text while an editor shows it.

use std::time::Duration;

use ara::prelude::*;
use ara::{Error, TextChange, TextWatch};

use crate::text::{Note, begin, body, insert, send, sync};
use support::Outcome;

const PATIENCE: Duration = Duration::from_secs(120);

/// Takes over what is given next. It must make what the editor shows of what it showed.
fn take(editor: &mut TextWatch, shown: &mut String) -> Outcome {
    let changes = editor.recv_timeout(PATIENCE)?.ok_or("in time")?;
    *shown = TextChange::applied(&changes, shown);
    assert_eq!(shown, editor.text());
    Ok(())
}

#[test]
fn an_editor_gets_what_others_change_and_not_what_it_typed() -> Outcome {
    let (phone, note) = begin("é one")?;
    let laptop = Database::memory()?;
    send(&phone, &laptop)?;
    let mut editor = phone.watch_text(note, Note::body)?;
    let mut shown = editor.text().to_owned();
    assert_eq!(editor.try_recv()?, None);

    editor.replace(5.., " two")?;
    shown.push_str(" two");
    assert_eq!(editor.text(), shown);
    assert_eq!(editor.try_recv()?, None);
    phone.update(Note::patch(note).title("Other"))?;
    assert_eq!(editor.try_recv()?, None);

    insert(&laptop, note, 0, "\u{1F600} zero ")?;
    laptop.transaction(|tx| tx.text(note, Note::body)?.delete(7..8))?;
    // The editor has not heard of it.
    editor.replace(..1, "a")?;
    shown.replace_range(..2, "a");
    sync(&phone, &laptop)?;
    take(&mut editor, &mut shown)?;
    assert_eq!(shown, body(&phone, note)?);
    assert_eq!(body(&laptop, note)?, shown);
    phone.update(Note::patch(note).body("begun anew"))?;
    // Reading it brings nothing new.
    assert_eq!(body(&phone, note)?, "begun anew");
    take(&mut editor, &mut shown)?;
    assert_eq!(shown, "begun anew");
    assert_eq!(editor.try_recv()?, None);
    phone.rebuild()?;
    assert_eq!(editor.try_recv()?, None);
    Ok(())
}

#[test]
fn an_edit_that_fails_leaves_the_editor_with_the_text_of_others() -> Outcome {
    let (db, note) = begin("one")?;
    let mut editor = db.watch_text(note, Note::body)?;
    assert!(matches!(editor.replace(4.., "x"), Err(Error::Text { .. })));
    insert(&db, note, 3, " two")?;
    db.delete(note)?;
    assert!(matches!(editor.replace(0..0, "lost "), Err(Error::Text { .. })));
    assert_eq!(editor.text(), "one");
    db.restore(note)?;
    assert!(matches!(editor.replace(0..0, "lost "), Err(Error::Text { .. })));
    let mut shown = "one".to_owned();
    take(&mut editor, &mut shown)?;
    editor.replace(7.., " three")?;
    assert_eq!(body(&db, note)?, "one two three");
    assert!(db.watch_text(Id::<Note>::from_key("nobody"), Note::body).is_err());
    drop(db);
    assert!(matches!(editor.recv(), Err(Error::Closed)));
    Ok(())
}

#[test]
fn an_editor_of_another_process_hears_of_it() -> Outcome {
    let file = support::File::new()?;
    let (one, two) = (file.open()?, file.open()?);
    let note = one.create(Note::draft().title("Milk").body("one"))?;
    let mut editor = two.watch_text(note, Note::body)?;
    let mut shown = editor.text().to_owned();
    insert(&one, note, 3, " two")?;
    take(&mut editor, &mut shown)?;
    editor.replace(7.., " three")?;
    assert_eq!(body(&one, note)?, "one two three");
    Ok(())
}
