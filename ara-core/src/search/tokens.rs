//! Splitting texts into what a search finds: words, and letters in scripts without spaces.
//!
//! In the index, a text is its tokens with spaces between them, and FTS5 splits it there. What is searched for becomes a
//! phrase of tokens, so a word is found within a text that has no spaces.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use unicode_segmentation::UnicodeSegmentation;

use crate::search::spelling::{
    emoji, is_linker, is_of_word, is_simple, is_unspaced, spell, spell_simple,
};

/// Calls `each` with the place of each token in a text, and with its spelling. The places begin and end between
/// grapheme clusters.
pub(super) fn each_token(text: &str, each: impl FnMut(Range<usize>, &str)) {
    let mut splitter = Splitter { token: String::new(), place: 0..0, is_letter: false, each };
    let mut at = 0;
    while let Some((stretch, first)) = stretch(text.get(at..).unwrap_or_default()) {
        let end = at + stretch.len();
        match first {
            char if char.len_utf8() == stretch.len() && is_simple(char) => {
                spell_simple(char, |char| splitter.put(char, at..end));
            }
            _ => {
                for (begin, cluster) in stretch.grapheme_indices(true) {
                    splitter.put_cluster(cluster, at + begin);
                }
            }
        }
        at = end;
    }
    splitter.end();
}

/// Returns a text that is not ASCII as it is put into the index.
pub(super) fn prepared(text: &str) -> String {
    let mut tokens = String::with_capacity(text.len() * 2);
    each_token(text, |_, token| {
        tokens.push_str(token);
        tokens.push(' ');
    });
    tokens
}

/// Returns the text up to the first place between two simple characters, and its first character. There, one grapheme
/// cluster ends and another begins, or both are parts of a line break, which has no words.
fn stretch(text: &str) -> Option<(&str, char)> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    let (mut end, mut is_after_simple) = (text.len(), is_simple(first));
    for (at, char) in chars {
        let is_simple = is_simple(char);
        if is_simple && is_after_simple {
            end = at;
            break;
        }
        is_after_simple = is_simple;
    }
    text.get(..end).map(|stretch| (stretch, first))
}

/// Puts characters together to tokens.
struct Splitter<F> {
    /// The token so far.
    token: String,
    /// Where it is in the text.
    place: Range<usize>,
    /// Whether it is a letter of a script without spaces, which is a token of its own.
    is_letter: bool,
    each: F,
}

impl<F: FnMut(Range<usize>, &str)> Splitter<F> {
    fn put_cluster(&mut self, cluster: &str, begin: usize) {
        let place = begin..begin + cluster.len();
        if let Some(emoji) = emoji(cluster) {
            self.end();
            return (self.each)(place, &emoji);
        }
        spell(cluster, |char| self.put(char, place.clone()));
    }

    fn put(&mut self, char: char, place: Range<usize>) {
        if !char.is_ascii() && is_combining_mark(char) {
            // It belongs to the letter before it, and without one to nothing.
            if !self.token.is_empty() {
                self.token.push(char);
                self.place.end = place.end;
            }
            return;
        }
        if !is_of_word(char) {
            return self.end();
        }
        let is_letter = !char.is_ascii() && is_unspaced(char);
        if (is_letter || self.is_letter) && !self.token.ends_with(is_linker) {
            self.end();
        }
        if self.token.is_empty() {
            self.place.start = place.start;
            self.is_letter = is_letter;
        }
        self.token.push(char);
        self.place.end = place.end;
    }

    fn end(&mut self) {
        if !self.token.is_empty() {
            (self.each)(self.place.clone(), &self.token);
            self.token.clear();
        }
        self.is_letter = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use rusqlite::Connection;
    use unicode_normalization::UnicodeNormalization;

    use super::*;
    use crate::search::snippet::{Marks, snippet};

    /// Any characters, most of them such as meet in texts.
    fn text() -> impl Strategy<Value = String> {
        const MET: &str = "aZé3_- '\0\n\rßİıŁæйёИ\u{301}\u{306}\u{308}牛乳。がカｶﾞ\u{3099}ー㍿우\u{110b}\u{116e}\
            \u{11ab}น้ำเกខ្ញុំ\u{17d2}န\u{103c}ောဏ္ဍकाि\u{94d}ष\u{200d}\u{200c}\u{200b}\u{ad}שָׁםمُحَ\u{640}أ\u{600}\
            👩🏽💻👍🎉🇩🇪❤\u{fe0f}\u{20e3}½™№\u{e0067}\u{f73}\u{d4e}";
        let met: Vec<_> = MET.chars().collect();
        let char = prop_oneof![8 => select(met), 1 => any::<char>()];
        prop::collection::vec(char, 0..12).prop_map(String::from_iter)
    }

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        each_token(text, |_, token| tokens.push(token.to_owned()));
        tokens
    }

    /// The tokens that FTS5 makes of what is put into the index.
    fn indexed(text: &str) -> rusqlite::Result<Vec<String>> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "CREATE VIRTUAL TABLE words USING fts5(text, tokenize='ascii'); \
             CREATE VIRTUAL TABLE tokens USING fts5vocab(words, instance)",
        )?;
        let prepared = if text.is_ascii() { text.to_owned() } else { prepared(text) };
        connection.execute("INSERT INTO words VALUES (?1)", [prepared])?;
        let mut tokens = connection.prepare("SELECT term FROM tokens ORDER BY offset")?;
        tokens.query_map([], |row| row.get(0))?.collect()
    }

    proptest! {
        #[test]
        fn fts5_splits_what_is_prepared_into_the_tokens(text in text()) {
            prop_assert_eq!(indexed(&text).expect("an index"), tokens(&text));
        }

        #[test]
        fn a_text_has_the_tokens_of_those_that_are_equivalent(text in text()) {
            let tokens_of_it = tokens(&text);
            prop_assert_eq!(tokens(&text.nfd().collect::<String>()), &tokens_of_it[..]);
            prop_assert_eq!(tokens(&text.nfc().collect::<String>()), &tokens_of_it[..]);
        }

        #[test]
        fn places_begin_and_end_between_grapheme_clusters(text in text(), searched in text()) {
            let mut bounds: Vec<_> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            bounds.push(text.len());
            let mut before = 0;
            each_token(&text, |place, _| {
                assert!(bounds.contains(&place.start) && bounds.contains(&place.end), "{place:?}");
                assert!(place.start < place.end && before <= place.start, "{place:?}");
                before = place.start;
            });
            for words in 1..4 {
                let marks = Marks { before: "\u{fdd0}", after: "\u{fdd0}", words };
                let snippet = snippet(&text, &searched, marks).replace('\u{fdd0}', "");
                let plain = snippet.trim_matches('…');
                let is_part = text.match_indices(plain).any(|(at, _)| {
                    bounds.contains(&at) && bounds.contains(&(at + plain.len()))
                });
                prop_assert!(is_part, "{snippet:?}");
            }
        }
    }
}
