//! What users write to search, and what FTS5 makes of it.

/// How many characters of what a user writes count: FTS5 needs time for each word of it.
const MOST: usize = 1000;

/// FTS5's expression for what no row has.
pub(super) const NOTHING: &str = "\"\"";

/// What is searched for.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// What a row must have, all of it, as strings of FTS5.
    wanted: Vec<String>,
    /// What it must not have.
    unwanted: Vec<String>,
}

impl Words {
    /// Reads what a user writes. Whatever it is, it has a meaning: what is between white space is a word,
    /// with `*` after it the beginning of one, and with `-` before it one that must not be there; what
    /// is between quotes are words that follow one another.
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
                    // Without its end the rest is the phrase.
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
        // A phrase of punctuation alone has no words.
        if !phrase.chars().any(|c| c.is_ascii_alphanumeric() || !c.is_ascii()) {
            return;
        }
        let into = if is_wanted { &mut self.wanted } else { &mut self.unwanted };
        // FTS5 reads its own language up to a NUL. No phrase has a quote in it.
        let phrase = phrase.replace('\0', " ");
        into.push(format!("\"{phrase}\"{}", if is_prefix { "*" } else { "" }));
    }

    /// FTS5's expression for the rows. To look for nothing finds nothing.
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

    /// FTS5's expression for what is to be marked in a text that was found, if it is anything.
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
