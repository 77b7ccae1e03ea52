//! What users write.

use ara::prelude::*;

use crate::search::{Category, Todo, filled, found};
use support::Outcome;

#[test]
fn words_prefixes_phrases_and_what_must_not_be_there() -> Outcome {
    let db = filled(&["Buy oat milk", "Buy soy milk", "Milk, the oat", "Think"])?;
    for (text, titles) in [
        ("milk", &["Buy oat milk", "Buy soy milk", "Milk, the oat"][..]),
        ("MILK oat", &["Buy oat milk", "Milk, the oat"]),
        ("mil", &[]),
        ("mil*", &["Buy oat milk", "Buy soy milk", "Milk, the oat"]),
        ("b* soy", &["Buy soy milk"]),
        ("\"oat milk\"", &["Buy oat milk"]),
        ("\"oat mi\"*", &["Buy oat milk"]),
        ("\"oat mi\"", &[]),
        ("oat-milk", &["Buy oat milk"]),
        ("milk -soy", &["Buy oat milk", "Milk, the oat"]),
        ("milk -soy -\"the oat\"", &["Buy oat milk"]),
        ("-b* milk", &["Milk, the oat"]),
        ("-soy", &[]),
        ("milk -milk", &[]),
        ("milk -bread", &["Buy oat milk", "Buy soy milk", "Milk, the oat"]),
        ("think 😀", &[]),
        ("think -😀", &["Think"]),
        ("think ''' ---", &["Think"]),
        ("bread", &[]),
        ("", &[]),
        ("  \t\n", &[]),
        ("*", &[]),
    ] {
        assert_eq!(found(&db, text)?, titles, "{text}");
    }
    Ok(())
}

#[test]
fn the_words_of_all_columns_count() -> Outcome {
    let db = filled(&["Shop"])?;
    db.create(Todo::draft().title("Breakfast").notes("oat milk"))?;
    assert_eq!(found(&db, "breakfast oat")?, ["Breakfast"]);
    // A phrase is of one column.
    assert!(found(&db, "\"breakfast oat\"")?.is_empty());
    Ok(())
}

#[test]
fn case_and_accents_do_not_matter() -> Outcome {
    let db = filled(&["Crème brûlée", "ÄRGER", "Ελλάδα", "Привет мир", "e\u{301}clair", "東京"])?;
    for (text, title) in [
        ("creme BRULEE", "Crème brûlée"),
        ("crème", "Crème brûlée"),
        ("arger", "ÄRGER"),
        ("ΕΛΛΆΔΑ", "Ελλάδα"),
        ("привет", "Привет мир"),
        ("éclair", "e\u{301}clair"),
        ("東京", "東京"),
        ("東*", "東京"),
    ] {
        assert_eq!(found(&db, text)?, [title], "{text}");
    }
    Ok(())
}

/// Whatever it is, it is no error, and it finds what has its words.
#[test]
fn no_text_is_an_error() -> Outcome {
    let db = filled(&["and", "or not", "near", "title notes rowid rank"])?;
    let punctuation: String = (0_u8..=0x7f).map(char::from).collect();
    let mut hostile: Vec<String> = (0_u8..=0x7f)
        .map(char::from)
        .flat_map(|char| {
            [
                format!("{char}"),
                format!("{char}{char}"),
                format!("and{char}"),
                format!("{char}and"),
                format!("and {char} near"),
                format!("\"and{char}"),
                format!("-{char}"),
                format!("{char}*"),
                format!("and{char}near OR {char}"),
            ]
        })
        .collect();
    hostile.extend(
        [
            "AND",
            "OR",
            "NOT",
            "NEAR",
            "and AND or",
            "and OR",
            "NOT and",
            "NEAR(and or)",
            "NEAR(and or, 5)",
            "title:and",
            "title : and",
            "{title notes}: and",
            "-title:and",
            "^and",
            "and + or",
            "(and",
            "and)",
            "((((((",
            "\"",
            "\"\"",
            "\"\"\"",
            "\" \" \"",
            "and \"or",
            "'; DROP TABLE todo; --",
            "\0",
            "and\0near",
            "\u{0}\"\u{0}",
            "😀",
            "😀*",
            "\"😀\"",
            "-😀",
            "\u{301}",
            "\u{feff}and",
            "\u{202e}and",
            "\u{10ffff}",
        ]
        .map(str::to_owned),
    );
    hostile.push(punctuation);
    hostile.push("and ".repeat(250_000));
    hostile.push("\"".repeat(1_000_000));
    hostile.push("(".repeat(1_000_000));
    hostile.push("-a ".repeat(300_000));
    hostile.push("é".repeat(1_000_000));
    hostile.push("a*".repeat(500_000));
    hostile.push("牛".repeat(500_000));
    hostile.push("👍🏽".repeat(500_000));
    hostile.push(format!("-{}", "น้ำ".repeat(500_000)));
    hostile.push("e\u{301}\u{302}".repeat(500_000));
    hostile.push("㍿".repeat(500_000));
    for text in &hostile {
        let shown: String = text.chars().take(40).collect();
        let parts = db.query::<Todo>().search(text.as_str());
        let snippet = ara::snippet(Todo::title, "[", "]", 8);
        parts.select((Todo::id, snippet)).all().map_err(|error| format!("{shown:?}: {error}"))?;
    }
    assert_eq!(found(&db, "AND")?, ["and"]);
    assert_eq!(found(&db, "OR NOT")?, ["or not"]);
    assert_eq!(found(&db, "NEAR")?, ["near"]);
    assert_eq!(found(&db, "title:notes")?, ["title notes rowid rank"]);
    assert_eq!(found(&db, &"and ".repeat(250_000))?, ["and"]);
    Ok(())
}

#[test]
fn any_text_can_be_stored() -> Outcome {
    let db = Database::memory()?;
    let long = format!("{}needle{}", "hay ".repeat(130_000), " stack".repeat(80_000));
    let word = "w".repeat(1_000_000);
    for title in [&*long, &*word, "nul\0needle", "\u{feff}😀 needle", "\"needle\" -x*"] {
        db.create(Todo::draft().title(title))?;
    }
    assert_eq!(db.query::<Todo>().search("needle").count()?, 4);
    let snippet = ara::snippet(Todo::title, "[", "]", 3);
    let snippets = db.query::<Todo>().search("needle stack").select(snippet).all()?;
    assert_eq!(snippets, [Some("…[needle] [stack] [stack]…".to_owned())]);
    Ok(())
}

#[test]
fn tables_are_searched_apart() -> Outcome {
    let db = filled(&["milk"])?;
    db.create(Category::draft().name("bread"))?;
    assert_eq!(db.query::<Category>().search("milk").count()?, 0);
    assert_eq!(db.query::<Category>().search("bread").count()?, 1);
    Ok(())
}
