//! What a user searches for, and the query of FTS5 for it.

use crate::search::tokens::each_token;

/// How many characters of a user's text are searched for at most: each word costs FTS5 time.
const MOST: usize = 1000;

/// The FTS5 expression that no row matches.
pub(super) const NOTHING: &str = "\"\"";

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The words and phrases that a row must contain, all of them.
    wanted: Vec<Phrase>,
    /// Those that it must not contain.
    unwanted: Vec<Phrase>,
}

/// Tokens that must follow one another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Phrase {
    /// The tokens, at least one, as they are in the index.
    pub(super) tokens: Vec<String>,
    /// Whether the last one is the beginning of a token.
    pub(super) is_prefix: bool,
}

impl Phrase {
    /// Returns the phrase as a string of FTS5, which tokens have no quotes to end.
    fn to_fts5(&self) -> String {
        format!("\"{}\"{}", self.tokens.join(" "), if self.is_prefix { "*" } else { "" })
    }
}

impl Words {
    /// Parses what a user writes. Every text is valid. Words are separated by white space; `*` after a
    /// word makes it a prefix, `-` before a word excludes it, and quotes enclose a phrase of words that
    /// must follow one another.
    pub(super) fn parse(text: &str) -> Self {
        let mut words = Self::default();
        let end = text.char_indices().nth(MOST).map_or(text.len(), |(at, _)| at);
        let mut rest = text.get(..end).unwrap_or_default().trim_start();
        while !rest.is_empty() {
            let (is_wanted, of) = match rest.strip_prefix('-') {
                Some(of) => (false, of),
                None => (true, rest),
            };
            let (phrase, is_prefix, after) = match of.strip_prefix('"') {
                Some(quoted) => {
                    // If the closing quote is missing, the phrase is all of the rest.
                    let (phrase, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                    let unstarred = after.trim_start_matches('*');
                    (phrase, unstarred.len() < after.len(), unstarred)
                }
                None => {
                    let end = of.find(|c: char| c.is_whitespace() || c == '"');
                    let (word, after) = of.split_at(end.unwrap_or(of.len()));
                    (word, word.ends_with('*'), after)
                }
            };
            words.add(is_wanted, phrase, is_prefix);
            rest = after.trim_start();
        }
        words
    }

    fn add(&mut self, is_wanted: bool, phrase: &str, is_prefix: bool) {
        let mut tokens = Vec::new();
        each_token(phrase, |_, token| tokens.push(token.to_owned()));
        // Punctuation alone has no words.
        if !tokens.is_empty() {
            let into = if is_wanted { &mut self.wanted } else { &mut self.unwanted };
            into.push(Phrase { tokens, is_prefix });
        }
    }

    /// Returns the FTS5 expression that the rows must match. Without a wanted word no row does.
    pub(super) fn matching(&self) -> String {
        if self.wanted.is_empty() {
            return NOTHING.to_owned();
        }
        let joined = |phrases: &[Phrase], by: &str| {
            phrases.iter().map(Phrase::to_fts5).collect::<Vec<_>>().join(by)
        };
        let mut expression = joined(&self.wanted, " ");
        if !self.unwanted.is_empty() {
            expression.push_str(&format!(" NOT ({})", joined(&self.unwanted, " OR ")));
        }
        expression
    }

    /// Returns the phrases to mark in a text that was found, each once.
    pub(super) fn marked(mut self) -> Vec<Phrase> {
        self.wanted.sort();
        self.wanted.dedup();
        self.wanted
    }
}

#[cfg(test)]
mod tests {
    use super::{NOTHING, Words};

    #[test]
    fn what_users_write_has_a_meaning() {
        for (text, expression) in [
            ("buy mil*", r#""buy" "mil"*"#),
            ("\"oat milk\" -soy", r#""oat milk" NOT ("soy")"#),
            ("a -b -\"c d\" e", r#""a" "e" NOT ("b" OR "c d")"#),
            ("\"oat mi\"* tea", r#""oat mi"* "tea""#),
            ("NEAR(a b) AND OR", r#""near a" "b" "and" "or""#),
            ("say\"so", r#""say" "so""#),
            ("a\0b", r#""a b""#),
            ("今日は", r#""今 日 は""#),
            ("牛* -“豆乳”", r#""牛"* NOT ("豆 乳")"#),
            ("title:a ^b {c}", r#""title a" "b" "c""#),
            ("-b", NOTHING),
            (" * - -- \" \"* ** ", NOTHING),
            ("", NOTHING),
        ] {
            assert_eq!(Words::parse(text).matching(), expression, "{text:?}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let words = Words::parse(&"é ".repeat(1_000_000));
        assert_eq!(words.wanted.len(), 500);
    }

    #[test]
    fn each_word_is_marked_once() {
        let marked = Words::parse("b* a -c A a").marked();
        let marked: Vec<_> = marked.iter().map(|phrase| phrase.to_fts5()).collect();
        assert_eq!(marked, ["\"a\"", "\"b\"*"]);
        assert!(Words::parse("-c").marked().is_empty());
    }
}
