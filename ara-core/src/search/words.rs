//! Translates what a user searches for into the query language of FTS5.

/// How many characters of a user's text are searched for at most: each word costs FTS5 time.
const MOST: usize = 1000;

/// The FTS5 expression that no row matches.
pub(super) const NOTHING: &str = "\"\"";

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// The words and phrases that a row must contain, all of them, as strings of FTS5.
    wanted: Vec<String>,
    /// Those that it must not contain.
    unwanted: Vec<String>,
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
        // Punctuation alone has no words.
        if !phrase.chars().any(|c| c.is_ascii_alphanumeric() || !c.is_ascii()) {
            return;
        }
        let into = if is_wanted { &mut self.wanted } else { &mut self.unwanted };
        // FTS5 reads an expression up to the first NUL. A quote cannot be in a phrase: it ends it.
        let phrase = phrase.replace('\0', " ");
        into.push(format!("\"{phrase}\"{}", if is_prefix { "*" } else { "" }));
    }

    /// Returns the FTS5 expression that the rows must match. Without a wanted word no row does.
    pub(super) fn matching(&self) -> String {
        if self.wanted.is_empty() {
            return NOTHING.to_owned();
        }
        let mut expression = self.wanted.join(" ");
        if !self.unwanted.is_empty() {
            expression.push_str(&format!(" NOT ({})", self.unwanted.join(" OR ")));
        }
        expression
    }

    /// Returns the FTS5 expression for the words to mark in a text that was found, or `None` without any.
    pub(super) fn marked(&self) -> Option<String> {
        (!self.wanted.is_empty()).then(|| self.wanted.join(" OR "))
    }
}

#[cfg(test)]
mod tests {
    use super::{NOTHING, Words};

    #[test]
    fn what_users_write_has_a_meaning() {
        for (text, expression) in [
            ("buy mil*", r#""buy" "mil*"*"#),
            ("\"oat milk\" -soy", r#""oat milk" NOT ("soy")"#),
            ("a -b -\"c d\" e", r#""a" "e" NOT ("b" OR "c d")"#),
            ("\"oat mi\"* tea", r#""oat mi"* "tea""#),
            ("NEAR(a b) AND OR", r#""NEAR(a" "b)" "AND" "OR""#),
            ("say\"so", r#""say" "so""#),
            ("a\0b", r#""a b""#),
            ("title:a ^b {c}", r#""title:a" "^b" "{c}""#),
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
    fn each_word_is_marked() {
        assert_eq!(Words::parse("a b* -c").marked().as_deref(), Some(r#""a" OR "b*"*"#));
        assert_eq!(Words::parse("-c").marked(), None);
    }
}
