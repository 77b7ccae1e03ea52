//! What is found in the scripts of the world, and what is not.

use ara::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::search::{Todo, filled, found};
use support::Outcome;
use support::cases::scaled;

/// A text, what finds it, and what does not.
type Found = (&'static str, &'static [&'static str], &'static [&'static str]);

/// In scripts without spaces, everything that stands in a text is found, whole letters with their marks.
const WITHOUT_SPACES: &[Found] = &[
    (
        "今日は牛乳を買う",
        &["牛乳", "牛", "牛*", "今日*", "は牛", "牛乳 今日"],
        &["乳牛", "今牛", "牛乳*屋"],
    ),
    ("明天去超市买牛奶", &["牛奶", "超市", "超市买*", "奶"], &["市超", "牛乳", "\"牛奶 明天\""]),
    ("アイスコーヒー", &["コーヒー", "アイス", "ｺｰﾋｰ", "コ*"], &["コヒ", "コーヒーカップ"]),
    ("ｶﾞｷﾞを書く", &["ガギ", "ガ", "ギを*"], &["カキ", "カ", "ギガ"]),
    ("パン屋", &["パン", "パ", "ハ\u{309a}ン"], &["バン", "ハン"]),
    (
        "iPhoneケースを2個",
        &["iphone", "ケース", "iphoneケース", "2個", "IPHO*"],
        &["phone", "ケー2"],
    ),
    (
        "오늘은 우유를 산다",
        &["우유", "우유를", "유를", "우*", "\u{110b}\u{116e}\u{110b}\u{1172}"],
        &["우산", "유우"],
    ),
    ("ซื้อนมที่ร้าน", &["นม", "ร้าน", "ซื้อ", "ที่ร้าน", "ร้*"], &["รา", "ร", "มน", "น้ำ"]),
    ("ดื่มน้ำ", &["น้ำ", "น*", "ดื่ม"], &["นม", "นำ", "ดม"]),
    ("ຂ້ອຍດື່ມນົມ", &["ນົມ", "ດື່ມ"], &["ນມ", "ດມ"]),
    ("ខ្ញុំទិញទឹកដោះគោ", &["ទឹក", "ទិញ", "ទឹកដោះ", "ខ្ញុំ", "ទឹ*"], &["ទូក", "ទិក", "ខ"]),
    ("နို့သောက်တယ်", &["နို့", "သောက်", "န*"], &["နေ့", "န", "သက်"]),
    ("ဘဏ္ဍာရေး", &["ဏ္ဍာ", "ဘဏ္ဍာရေး"], &["ဘဏ", "ဍာ"]),
    ("ꦱꦸꦱꦸ", &["ꦱꦸ"], &["ꦱ"]),
];

/// Elsewhere words are found, and marks are vowels that count.
const WITH_SPACES: &[Found] = &[
    (
        "काला घोड़ा",
        &["काला", "घोड़ा", "का*", "क*", "घो\u{921}\u{93c}ा"],
        &["किला", "कल", "काल", "घोडा"],
    ),
    ("क्\u{200d}ष", &["क्ष"], &["कष"]),
    ("মাছ ভাত", &["মাছ", "মা*"], &["মুছ", "মছ"]),
    ("பால் பல்", &["பால்", "பல்"], &["பல", "பால"]),
    ("పాలు", &["పాలు", "పా*"], &["పిలు", "పలు"]),
    ("කිරි", &["කිරි"], &["කුරු"]),
    ("ਦੁੱਧ", &["ਦੁੱਧ"], &["ਦਧ"]),
    ("བོད་སྐད", &["བོད", "སྐད", "བོད་སྐད"], &["བད"]),
    ("ދިވެހި", &["ދިވެހި"], &["ދވހ"]),
    ("ወተት ገዛ", &["ወተት", "ወ*"], &["ተት"]),
    ("კაფე", &["კაფე", "ᲙᲐᲤᲔ"], &["კაფ"]),
    ("Կաթ", &["կաթ", "ԿԱԹ"], &["կա"]),
];

/// Accents and points may be left out, or written.
const WITH_ACCENTS: &[Found] = &[
    ("שָׁלוֹם עולם", &["שלום", "שָׁלוֹם", "של*"], &["שלם", "לום"]),
    ("סֵפֶר", &["ספר", "סַפָּר"], &["סופר"]),
    ("مُحَمَّد كتاب", &["محمد", "مُحَمَّد", "محـــمد", "كتا*"], &["كتب", "حمد"]),
    ("أحمد", &["احمد", "أحمد"], &["حمد"]),
    ("ﻛﺘﺎﺏ", &["كتاب"], &["كتب"]),
    ("می\u{200c}خواهم", &["می\u{200c}خواهم", "میخواهم"], &["خواهم"]),
    ("Ελλάδα νερό", &["ΕΛΛΆΔΑ", "ελλαδα", "νερο"], &["νέος"]),
    ("Ὀδυσσεύς", &["οδυσσευς", "ΟΔΥΣΣΕΥΣ"], &["οδυσ"]),
    ("за\u{301}мок всё", &["замок", "все", "ВСЁ"], &["замо"]),
    ("мой чай", &["мой", "мои\u{306}", "ЧАЙ"], &["мои", "чаи"]),
    ("Straße nach Köln", &["strasse", "STRAẞE", "koln", "ko\u{308}ln"], &["strase", "koeln"]),
    ("Łódź Ærø œuvre", &["lodz", "łódź", "aero", "oeuvre", "ÆRØ"], &["odz"]),
    ("đồng Việt", &["dong", "viet", "Vie\u{323}\u{302}t", "ĐỒNG"], &["viett"]),
    ("İstanbul DIŞ ılık", &["istanbul", "dış", "dis", "ilik", "ILIK"], &["stanbul"]),
    ("ﬁne ＦＵＬＬ m² №5 ſein", &["fine", "full", "m2", "no5", "sein"], &["ne"]),
    ("Donau\u{ad}dampf", &["donaudampf", "donau\u{ad}*"], &["dampf"]),
    (
        "naïve e-mail don't l’eau",
        &["naive", "e-mail", "mail", "l'eau", "eau", "don’t"],
        &["email", "dont"],
    ),
    ("foo_bar.baz 3.14", &["foo", "bar", "foo_bar", "3.14", "14"], &["foobar", "314"]),
    ("１２３ ٣", &["123", "٣"], &["3"]),
];

/// An emoji is found by itself, in any color of skin, and not by a part of it.
const EMOJI: &[Found] = &[
    ("party 🎉", &["🎉", "party 🎉", "🎉*"], &["🎊", "part"]),
    ("ok👍🏽", &["👍", "👍🏿", "👍🏽", "ok"], &["👎", "🏽"]),
    (
        "👩🏽\u{200d}💻 at work",
        &["👩\u{200d}💻", "👩🏿\u{200d}💻", "👩*"],
        &["👩", "💻", "👨\u{200d}💻"],
    ),
    ("👨\u{200d}👩\u{200d}👧", &["👨\u{200d}👩\u{200d}👧"], &["👧", "👨\u{200d}👩\u{200d}👦"]),
    ("🇩🇪🇫🇷", &["🇩🇪", "🇫🇷"], &["🇪🇫", "🇩", "🇩🇰"]),
    ("❤\u{fe0f} love", &["❤", "❤\u{fe0f}"], &["💔"]),
    ("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", &["🏴*"], &["🏴"]),
    ("1\u{fe0f}\u{20e3}", &["1"], &["2"]),
    ("milk😀bread", &["milk", "😀", "bread", "milk😀"], &["milkbread"]),
    ("🏽", &["🏽"], &["🏿"]),
];

#[test]
fn what_is_found_in_each_script() -> Outcome {
    for (text, finds, others) in [WITHOUT_SPACES, WITH_SPACES, WITH_ACCENTS, EMOJI].concat() {
        let db = filled(&[text])?;
        for searched in finds {
            assert_eq!(found(&db, searched)?, [text], "{searched}");
        }
        for searched in others {
            assert!(found(&db, searched)?.is_empty(), "{text} by {searched}");
        }
    }
    Ok(())
}

#[test]
fn snippets_are_of_whole_letters() -> Outcome {
    let text = "ซื้อนมที่ร้าน, 今日は牛乳を買う: 👩🏽\u{200d}💻👍🏿, e\u{301}te\u{301}";
    let db = filled(&[text])?;
    for (searched, words, snippet) in [
        ("牛乳", 4, "…は[牛乳]を…"),
        ("นม", 4, "ซื้อ[นม]…"),
        ("👍", 3, "…👩🏽\u{200d}💻[👍🏿], e\u{301}te\u{301}"),
        ("ete", 1, "…[e\u{301}te\u{301}]"),
    ] {
        let query = db.query::<Todo>().search(searched);
        let parts = query.select(ara::snippet(Todo::title, "[", "]", words)).all()?;
        assert_eq!(parts, [Some(snippet.to_owned())]);
    }
    Ok(())
}

/// A word as it can be written, and what it is to who searches: words are the same if this is. A letter of a script
/// without spaces stands for itself.
const WORDS: &[(&str, &str)] = &[
    ("milk", "milk"),
    ("Milk", "milk"),
    ("MÍLK", "milk"),
    ("mil", "mil"),
    ("काला", "काला"),
    ("किला", "किला"),
    ("שָׁלוֹם", "שלום"),
    ("שלום", "שלום"),
    ("всё", "все"),
    ("3", "3"),
    ("３", "3"),
];
const LETTERS: &[(&str, &str)] = &[
    ("牛", "牛"),
    ("乳", "乳"),
    ("ガ", "ガ"),
    ("ｶﾞ", "ガ"),
    ("カ", "カ"),
    ("우", "우"),
    ("\u{110b}\u{116e}", "우"),
    ("유", "유"),
    ("น", "น"),
    ("น้", "น้"),
    ("ទឹ", "ទឹ"),
    ("👍", "👍"),
    ("👍🏽", "👍"),
    ("👩\u{200d}💻", "👩\u{200d}💻"),
    ("👩", "👩"),
];

/// What a text consists of: how it is written, and what it is to who searches.
type Unit = (String, &'static str);

/// Words have a space or a sign around them, and letters may have nothing.
fn unit() -> impl Strategy<Value = Unit> {
    let part = select(vec![" ", ", ", "\0", "-", "\u{200b}"]);
    let join = prop_oneof![3 => Just(""), 1 => part.clone()];
    prop_oneof![
        (select(WORDS), part).prop_map(|((word, is), part)| (format!("{part}{word}{part}"), is)),
        (select(LETTERS), join).prop_map(|((letter, is), join)| (format!("{letter}{join}"), is)),
    ]
}

/// Whether some units follow one another in a text. The last may be the beginning of one.
fn is_in(text: &[Unit], units: &[Unit], is_prefix: bool) -> bool {
    text.windows(units.len()).any(|window| {
        window.iter().zip(units).enumerate().all(|(n, ((_, there), (_, is)))| {
            there == is || is_prefix && n + 1 == units.len() && there.starts_with(is)
        })
    })
}

fn written(units: &[Unit]) -> String {
    units.iter().map(|(written, _)| written.as_str()).collect()
}

/// What stands in a text is found, what does not is not, and a snippet is a part of the text.
#[test]
fn what_stands_in_a_text_is_found() {
    let config = Config { cases: scaled(60), failure_persistence: None, ..Config::default() };
    let texts = prop::collection::vec(prop::collection::vec(unit(), 1..12), 1..4);
    let searched = prop::collection::vec(unit(), 1..3);
    let cases = (texts, searched, 0..12_usize, 1..5_usize, any::<bool>());
    let outcome = TestRunner::new(config).run(&cases, |(texts, others, from, many, is_prefix)| {
        let within: Vec<_> = texts[0].iter().skip(from).take(many).cloned().collect();
        for units in [within, others].iter().filter(|units| !units.is_empty()) {
            check(&texts, units, is_prefix)
                .map_err(|error| TestCaseError::fail(error.to_string()))?;
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
}

fn check(texts: &[Vec<Unit>], units: &[Unit], is_prefix: bool) -> Outcome {
    let stored: Vec<_> = texts.iter().map(|text| written(text)).collect();
    let db = filled(&stored.iter().map(String::as_str).collect::<Vec<_>>())?;
    let searched = format!("\"{}\"{}", written(units), if is_prefix { "*" } else { "" });
    let mut expected: Vec<_> = (texts.iter().zip(&stored))
        .filter(|(text, _)| is_in(text, units, is_prefix))
        .map(|(_, stored)| stored.clone())
        .collect();
    expected.sort();
    let found = found(&db, &searched)?;
    if found != expected {
        return Err(format!("{searched:?} finds {found:?}, not {expected:?}").into());
    }
    let query = db.query::<Todo>().search(&*searched).narrow(Todo::title);
    let parts = query.select((Todo::title, ara::snippet(Todo::title, "<", ">", 3))).all()?;
    for (title, snippet) in parts {
        let snippet = snippet.unwrap_or_default();
        let plain = snippet.trim_matches('…').replace(['<', '>'], "");
        if !snippet.contains('<') || !title.contains(&plain) {
            return Err(format!("{searched:?} in {title:?}: {snippet:?}").into());
        }
    }
    Ok(())
}
