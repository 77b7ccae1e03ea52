//! Texts of all characters: with NUL in them, and with letters beyond ASCII.

use ara::prelude::*;
use support::Outcome;

#[derive(Debug, Clone, PartialEq, Table)]
struct Word {
    id: Id<Word>,
    #[table(index)]
    text: String,
    stars: Option<i64>,
}

fn filled(words: &[&str]) -> Outcome<Database> {
    let db = Database::memory()?;
    db.create_all(words.iter().map(|word| Word::draft().text(*word)))?;
    Ok(db)
}

fn texts(query: Query<'_, (Word,)>) -> Outcome<Vec<String>> {
    Ok(query.narrow(Word::text).select(Word::text).all()?)
}

#[test]
fn no_text_ends_at_a_nul() -> Outcome {
    let db = filled(&["ab\0cd"])?;
    let count = |filter: Filter<(Word,)>| db.query::<Word>().filter(filter).count();
    for (pattern, is) in [("ab", 0), ("ab%", 1), ("ab%cd", 1), ("%cd", 1), ("%D", 1), ("ab\0cd", 1)]
    {
        assert_eq!(count(Word::text.like(pattern))?, is, "{pattern:?}");
        assert_eq!(count(Word::text.not_like(pattern))?, 1 - is, "{pattern:?}");
    }
    assert_eq!(count(Word::text.contains("cd") & Word::text.contains("\0"))?, 1);
    assert_eq!(count(Word::text.starts_with("ab\0c") & Word::text.ends_with("\0cd"))?, 1);
    let parts = (
        Word::text.upper(),
        Word::text.substr(3, 2),
        Word::text.substr(-2, 2),
        Word::text.length(),
    );
    let parts = db.query::<Word>().select(parts).one()?;
    assert_eq!(parts, (Some("AB\0CD".into()), Some("\0c".into()), Some("cd".into()), Some(5)));
    Ok(())
}

#[test]
fn case_is_that_of_all_letters() -> Outcome {
    let words =
        ["Zebra", "apple", "Äpfel", "öl", "Ölung", "Пристегни", "пристегни", "ΟΔΟΣ", "οδος", "ǅ"];
    let db = filled(&words)?;
    let found =
        |filter: Filter<(Word,)>| texts(db.query::<Word>().filter(filter).order_by(Word::id));
    assert_eq!(found(Word::text.like("%ПРИСТЕГНИ%"))?, ["Пристегни", "пристегни"]);
    assert_eq!(found(Word::text.like("ä_FEL"))?, ["Äpfel"]);
    assert_eq!(found(Word::text.like("οδος"))?, ["ΟΔΟΣ", "οδος"]);
    assert_eq!(found(Word::text.lower().contains("пристегни"))?, ["Пристегни", "пристегни"]);
    assert!(found(Word::text.like("apfel"))?.is_empty());
    for word in words {
        let cases = db.query::<Word>().filter(Word::text.eq(word));
        let cases = cases.select((Word::text.lower(), Word::text.upper())).one()?;
        assert_eq!(cases, (Some(word.to_lowercase()), Some(word.to_uppercase())));
    }
    Ok(())
}

#[test]
fn an_order_can_ignore_case() -> Outcome {
    let db = filled(&["b", "Ж", "ж", "A", "a", "B", "Ö", "ä", "ö"])?;
    let all = || db.query::<Word>();
    let ordered = ["A", "a", "b", "B", "ä", "Ö", "ö", "Ж", "ж"];
    let query = all().order_by(Word::text).ignoring_case().order_by(Word::id);
    assert_eq!(texts(query.clone())?, ordered);
    assert_eq!(texts(all().order_by(Word::text).order_by(Word::id))?[0..2], ["A", "B"]);
    // It is of the last order alone, and other values stay as they are.
    let later = all().order_by(Word::text).order_by((Word::stars, Word::id)).ignoring_case();
    assert_eq!(texts(later)?[0..2], ["A", "B"]);
    let descending = all().order_by(Word::text.desc().nulls_last()).ignoring_case();
    assert_eq!(texts(descending.order_by(Word::text))?[0..3], ["Ж", "ж", "Ö"]);

    let (mut paged, mut next) = (Vec::new(), None);
    loop {
        let page = query.clone().narrow(Word::text).limit(2).page(next.as_ref())?;
        paged.extend(page.rows.into_iter().map(|word| word.text));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(paged, ordered);
    Ok(())
}
