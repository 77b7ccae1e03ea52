//! Snippets: the part of a text in which the words were found.

use std::ops::Range;

use crate::search::tokens::each_token;
use crate::search::words::{Phrase, Words};

/// How a snippet is made: the text before and after each word that was found, and how many words the
/// snippet has.
pub(super) struct Marks<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    pub(super) words: i64,
}

/// The most words that a snippet has.
const MOST: i64 = 64;

/// Returns the part of the text that best matches what was searched for, or the beginning if nothing does. It is cut
/// between grapheme clusters.
pub(super) fn snippet(text: &str, searched: &str, marks: Marks<'_>) -> String {
    let tokens = Tokens::of(text);
    let found = tokens.find(&Words::parse(searched).marked());
    let shown = best(&found, marks.words.clamp(1, MOST).unsigned_abs() as usize, tokens.count());
    let (is_first, is_last) = (shown.start == 0, shown.end == tokens.count());
    let bytes = tokens.bytes(&shown);
    let bytes =
        if is_first { 0 } else { bytes.start }..if is_last { text.len() } else { bytes.end };

    let part = |range: Range<usize>| text.get(range).unwrap_or_default();
    let mut snippet = String::from(if is_first { "" } else { "…" });
    let mut at = bytes.start;
    for marked in tokens.marked(&found, &shown) {
        let (between, end) = (part(at..marked.start), marked.end);
        snippet.extend([between, marks.before, part(marked), marks.after]);
        at = end;
    }
    snippet.extend([part(at..bytes.end), if is_last { "" } else { "…" }]);
    snippet
}

/// The tokens of a text.
#[derive(Default)]
struct Tokens {
    /// Where each is in the text.
    places: Vec<Range<usize>>,
    /// Their spellings, one after the other.
    spelled: String,
    /// Where each spelling ends.
    ends: Vec<usize>,
}

/// Where a phrase is: which one, and which tokens.
struct Found {
    phrase: usize,
    tokens: Range<usize>,
}

impl Tokens {
    fn of(text: &str) -> Self {
        let mut tokens = Self::default();
        each_token(text, |place, token| {
            tokens.places.push(place);
            tokens.spelled.push_str(token);
            tokens.ends.push(tokens.spelled.len());
        });
        tokens
    }

    fn count(&self) -> usize {
        self.places.len()
    }

    /// Returns the spelling of a token.
    fn spelled(&self, at: usize) -> Option<&str> {
        let start = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.spelled.get(start..*self.ends.get(at)?)
    }

    /// Returns where the phrases are, in their order.
    fn find(&self, phrases: &[Phrase]) -> Vec<Found> {
        let mut found = Vec::new();
        for at in 0..self.count() {
            for (phrase, Phrase { tokens, is_prefix }) in phrases.iter().enumerate() {
                let is_there = tokens.iter().enumerate().all(|(n, token)| {
                    let is_beginning = *is_prefix && n + 1 == tokens.len();
                    self.spelled(at + n).is_some_and(|there| {
                        there == token || is_beginning && there.starts_with(token.as_str())
                    })
                });
                if is_there {
                    found.push(Found { phrase, tokens: at..at + tokens.len() });
                }
            }
        }
        found
    }

    /// Returns the part of the text from the first of some tokens to the last one.
    fn bytes(&self, tokens: &Range<usize>) -> Range<usize> {
        let first = self.places.get(tokens.start).map_or(0, |place| place.start);
        let last = tokens.end.checked_sub(1).and_then(|last| self.places.get(last));
        first..last.map_or(first, |place| place.end)
    }

    /// Returns the parts of the text to be marked. Where phrases overlap, it is one part.
    fn marked(&self, found: &[Found], shown: &Range<usize>) -> Vec<Range<usize>> {
        let mut marked: Vec<Range<usize>> = Vec::new();
        for Found { tokens, .. } in found {
            let tokens = tokens.start.max(shown.start)..tokens.end.min(shown.end);
            if tokens.is_empty() {
                continue;
            }
            let bytes = self.bytes(&tokens);
            match marked.last_mut() {
                Some(last) if bytes.start < last.end => last.end = last.end.max(bytes.end),
                _ => marked.push(bytes),
            }
        }
        marked
    }
}

/// Returns which tokens to show: so many that have the most of the different phrases. Of several, those at the beginning
/// are best, then those that have phrases most often, and then those before the others.
fn best(found: &[Found], most: usize, count: usize) -> Range<usize> {
    let mut times = vec![0_usize; found.iter().map(|found| found.phrase + 1).max().unwrap_or(0)];
    let (mut different, mut end) = (0_usize, 0);
    let mut opening: Vec<_> =
        found.iter().filter(|found| found.tokens.end <= most).map(|found| found.phrase).collect();
    opening.sort_unstable();
    opening.dedup();
    let mut best = ((opening.len(), true, 0), 0..most.min(count));
    for (at, first) in found.iter().enumerate() {
        let is_near = |next: &&Found| next.tokens.start < first.tokens.start + most;
        while let Some(next) = found.get(end).filter(is_near) {
            if let Some(times) = times.get_mut(next.phrase) {
                different += usize::from(*times == 0);
                *times += 1;
            }
            end += 1;
        }
        let shown = around(found.get(at..end).unwrap_or_default(), most, count);
        let score = (different, shown.start == 0, end - at);
        if score > best.0 {
            best = (score, shown);
        }
        if let Some(times) = times.get_mut(first.phrase) {
            *times -= 1;
            different -= usize::from(*times == 0);
        }
    }
    best.1
}

/// Returns which tokens to show so that what was found is in their middle.
fn around(found: &[Found], most: usize, count: usize) -> Range<usize> {
    let first = found.first().map_or(0, |found| found.tokens.start);
    let last = found.iter().map(|found| found.tokens.end).max().unwrap_or(first);
    let spare = (first + most).saturating_sub(last);
    let end = (first - first.min(spare / 2) + most).min(count);
    end.saturating_sub(most)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Marks<'static> {
        Marks { before: "[", after: "]", words: 4 }
    }

    #[test]
    fn words_are_marked() {
        let long = "one two three four five six oat milk and more of it";
        for (text, searched, expected) in [
            ("Buy oat milk", "milk", "Buy oat [milk]"),
            ("Buy oat milk", "MIL* bu*", "[Buy] oat [milk]"),
            ("Café crème", "cafe creme", "[Café] [crème]"),
            (long, "\"oat milk\"", "…six [oat milk] and…"),
            (long, "soup", "one two three four…"),
            (long, "-soup", "one two three four…"),
            (long, "", "one two three four…"),
            ("Buy", "😀", "Buy"),
            ("Buy 😀", "buy 😀", "[Buy] [😀]"),
            ("a b c", "\"a b\" \"b c\"", "[a b c]"),
            ("a b c", "a b", "[a] [b] c"),
            ("a b c d a a", "a", "[a] b c d…"),
            ("b c a d a", "a", "b c [a] d…"),
            ("b c d e a f a g h", "a", "…[a] f [a] g…"),
            ("今日は牛乳を買う", "牛乳", "…は[牛乳]を…"),
            ("今日は牛乳を買う", "牛乳を買う", "…[牛乳を買]…"),
            ("ซื้อนมที่ร้าน", "นม", "ซื้อ[นม]…"),
            ("काला घोड़ा", "घोड़ा", "काला [घोड़ा]"),
            ("ｃａｆｅ\u{301} ㍿です", "café 株式", "[ｃａｆｅ\u{301}] [㍿]…"),
            ("👩🏽‍💻👍🏿🎉🎊 x", "👍", "👩🏽‍💻[👍🏿]🎉🎊…"),
            ("...", "a", "..."),
            ("", "a", ""),
            ("x", "a", "x"),
        ] {
            assert_eq!(snippet(text, searched, marks()), expected, "{text} {searched}");
        }
    }

    #[test]
    fn any_number_of_words_will_do() {
        for words in [i64::MIN, -1, 0, 1, 64, 65, i64::MAX] {
            let snippet = snippet("a b c", "c", Marks { words, ..marks() });
            assert!(snippet.contains("[c]"), "{words}: {snippet}");
        }
    }

    #[test]
    fn long_texts_are_looked_through() {
        let long = format!("{} the needle {}", "hay ".repeat(100_000), "straw ".repeat(100_000));
        assert_eq!(snippet(&long, "needle", marks()), "…the [needle] straw straw…");
        assert_eq!(snippet(&long, "nothing", marks()), "hay hay hay hay…");
        assert_eq!(snippet("the needle", "needle", marks()), "the [needle]");
        assert_eq!(snippet(&long, "hay hay* straw", marks()), "…[hay]  the needle [straw]…");
        let word = "é".repeat(100_000);
        assert_eq!(snippet(&word, "é*", marks()), format!("[{word}]"));
    }
}
