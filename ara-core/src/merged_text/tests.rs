use proptest::prelude::*;

use crate::merged_text::document::{BadUpdate, Client, Document, EMPTY};
use crate::merged_text::inverse::taken_back;

fn client(number: u64) -> Client {
    Client::new(number << 11)
}

fn text_of(updates: &[Vec<u8>]) -> Result<String, BadUpdate> {
    let mut document = Document::new(client(99));
    document.apply(updates.iter().map(Vec::as_slice))?;
    Ok(document.text().to_owned())
}

#[test]
fn what_two_write_apart_is_united() -> Result<(), BadUpdate> {
    let mut one = Document::new(client(1));
    let begun = one.become_text("Buy milk").unwrap_or_default();
    let mut other = Document::load(client(2), &begun)?;
    let first = one.become_text("Buy fresh milk").unwrap_or_default();
    let second = other.become_text("Buy milk and bread").unwrap_or_default();
    one.apply([&*second])?;
    other.apply([&*first])?;
    assert_eq!(one.text(), "Buy fresh milk and bread");
    assert_eq!(other.text(), one.text());
    assert_eq!(text_of(&[second, begun, first])?, one.text());
    assert_eq!(Document::load(client(3), &one.state())?.text(), one.text());
    Ok(())
}

#[test]
fn what_waits_for_another_update_is_part_of_the_state() -> Result<(), BadUpdate> {
    let mut one = Document::new(client(1));
    let first = one.replace(0..0, "first");
    let second = one.replace(5..5, " second");
    let mut other = Document::load(client(2), &second)?;
    assert_eq!((other.text(), other.lacks_updates()), ("", true));
    other = Document::load(client(3), &other.state())?;
    other.apply([&*first])?;
    assert_eq!((other.text(), other.lacks_updates()), ("first second", false));
    Ok(())
}

#[test]
fn a_letter_takes_few_bytes() {
    let mut one = Document::new(Client::new(u64::MAX));
    one.replace(0..0, &"a".repeat(100_000));
    let update = one.replace(50_000..50_000, "b");
    assert!(update.len() < 48, "{}", update.len());
    let typed = one.replace(50_001..50_001, "c");
    assert!(typed.len() < 48, "{}", typed.len());
}

#[test]
fn what_is_no_update_is_told() {
    let mut one = Document::new(client(1));
    let update = one.replace(0..0, "one");
    for bad in [&b""[..], b"\0", b"text", &[255; 20], &update[1..], &[&*update, &[0]].concat()] {
        assert_eq!(text_of(&[bad.to_vec()]), Err(BadUpdate), "{bad:?}");
    }
    assert_eq!(text_of(&[EMPTY.to_vec()]), Ok(String::new()));
    // A million parts in a few bytes.
    assert_eq!(text_of(&[vec![0xff, 0xff, 0x3f, 1, 1, 0, 0]]), Err(BadUpdate));
    assert_eq!(one.since(&[0xff, 0xff, 0x3f, 1]), Err(BadUpdate));
    // A map, which is no text.
    let map = [1, 1, 1, 0, 40, 1, 4, b't', b'e', b'x', b't', 1, b'k', 1, 119, 1, b'v', 0];
    assert_eq!(text_of(&[map.to_vec()]), Err(BadUpdate));
}

#[test]
fn an_editor_gets_what_it_lacks() -> Result<(), BadUpdate> {
    let mut one = Document::new(client(1));
    let first = one.replace(0..0, "first");
    let editor = Document::load(client(2), &first)?;
    one.replace(5..5, " second");
    let mut editor_too = Document::load(client(3), &editor.state())?;
    editor_too.apply([&*one.since(&editor.vector())?])?;
    assert_eq!(editor_too.text(), "first second");
    Ok(())
}

#[test]
fn a_place_stays_while_others_edit() -> Result<(), BadUpdate> {
    let mut one = Document::new(client(1));
    one.replace(0..0, "aé\u{1F600}z");
    let places: Vec<_> = [0, 1, 3, 7, 8].map(|at| (at, one.sticky(at))).into();
    for (at, sticky) in &places {
        assert_eq!(sticky.as_ref().and_then(|it| one.place_of(it)), Some(*at));
    }
    one.replace(1..1, "--");
    for (at, sticky) in &places[2..] {
        assert_eq!(sticky.as_ref().and_then(|it| one.place_of(it)), Some(at + 2));
    }
    Ok(())
}

#[test]
fn what_was_deleted_is_inserted_again() -> Result<(), BadUpdate> {
    let mut one = Document::new(client(1));
    let begun = one.become_text("fresh bread").unwrap_or_default();
    let deleted = one.become_text("bread").unwrap_or_default();
    let all = [EMPTY, &*begun, &deleted];
    let back = taken_back(client(1), &all, (&[&deleted], &[]))?.unwrap_or_default();
    one.apply([&*back])?;
    assert_eq!(one.text(), "fresh bread");
    // What was inserted again goes with what it had been.
    let all = [EMPTY, &*begun, &deleted, &back];
    let gone = taken_back(client(2), &all, (&[&begun], &[&back]))?.unwrap_or_default();
    one.apply([&*gone])?;
    assert_eq!(one.text(), "");
    Ok(())
}

#[test]
fn what_one_edited_is_taken_back_and_what_others_edited_stays() -> Result<(), BadUpdate> {
    let mut one = Document::new(client(1));
    let begun = one.replace(0..0, "one two three");
    let taken = one.replace(4..7, "2");
    let mut other = Document::load(client(2), &one.state())?;
    let more = other.replace(0..3, "1");
    let later = other.replace(other.text().len()..other.text().len(), " four");
    assert_eq!(other.text(), "1 2 three four");
    let all = [&*begun, &taken, b"no update", &more, &later];
    let back = taken_back(client(1), &all, (&[&taken], &[]))?.unwrap_or_default();
    other.apply([&*back])?;
    assert_eq!(other.text(), "1 two three four");
    let all = [&*begun, &taken, &more, &later, &back];
    let again = taken_back(client(3), &all, (&[&back], &[&back]))?.unwrap_or_default();
    other.apply([&*again])?;
    assert_eq!(other.text(), "1 2 three four");
    Ok(())
}

proptest! {
    #[test]
    fn a_flipped_bit_does_no_harm(at in 0usize..1000, bit in 0u8..8, seed in 0u64..50) {
        let mut one = Document::new(client(1));
        let begun = one.replace(0..0, "Buy milk \u{1F600}");
        one.replace(0..3, "Sell");
        let mut update = one.become_text(&format!("Sell {seed} milks")).unwrap_or_default();
        let at = at % update.len();
        update[at] ^= 1 << bit;
        // Whether it is refused or not, all who get it see the same.
        let (there, back) = (text_of(&[begun.clone(), update.clone()]), text_of(&[update, begun]));
        if let (Ok(there), Ok(back)) = (&there, &back) {
            prop_assert_eq!(there, back);
        }
    }
}
