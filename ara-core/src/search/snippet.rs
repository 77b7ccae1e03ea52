//! The part of a text in which the words were found.
//!
//! The index of a search keeps no texts, so the text goes through an FTS5 table of one row, in memory,
//! which finds the words in it as that index does.

use rusqlite::{Connection, params};

use super::TOKENIZER;
use super::words::Words;

/// What stands around each word that was found, and how many words the part has.
pub(super) struct Marks<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    pub(super) words: i64,
}

/// Makes snippets; opened when the first is made.
#[derive(Default)]
pub(super) struct Snippets(Option<Connection>);

/// In every row: what has none of the words in this column has them in another.
const ALWAYS: &str = "\"always\" : \"x\"";

impl Snippets {
    /// The part of the text in which most of what was searched for is; its beginning, if nothing is.
    pub(super) fn of(
        &mut self,
        text: &str,
        searched: &str,
        marks: Marks<'_>,
    ) -> rusqlite::Result<String> {
        let connection = self.connection()?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO one (rowid, text, always) VALUES (1, ?1, 'x')")?
            .execute([text])?;
        let expression = match Words::parse(searched).marked() {
            Some(marked) => format!("\"text\" : ({marked}) OR {ALWAYS}"),
            None => ALWAYS.to_owned(),
        };
        // FTS5 gives 64 words at most.
        let words = marks.words.clamp(1, 64);
        connection
            .prepare_cached("SELECT snippet(one, 0, ?2, ?3, '…', ?4) FROM one WHERE one MATCH ?1")?
            .query_row(params![expression, marks.before, marks.after, words], |row| row.get(0))
    }

    fn connection(&mut self) -> rusqlite::Result<&Connection> {
        let connection = match self.0.take() {
            Some(connection) => connection,
            None => {
                let connection = Connection::open_in_memory()?;
                // Nothing in it is to be kept, nor rolled back.
                connection.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))?;
                connection.execute_batch(&format!(
                    "CREATE VIRTUAL TABLE one USING fts5(text, always, tokenize='{TOKENIZER}')"
                ))?;
                connection
            }
        };
        Ok(self.0.insert(connection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks() -> Marks<'static> {
        Marks { before: "[", after: "]", words: 4 }
    }

    #[test]
    fn words_are_marked() -> rusqlite::Result<()> {
        let mut snippets = Snippets::default();
        let long = "one two three four five six oat milk and more of it";
        for (text, searched, snippet) in [
            ("Buy oat milk", "milk", "Buy oat [milk]"),
            ("Buy oat milk", "MIL* bu*", "[Buy] oat [milk]"),
            ("Café crème", "cafe creme", "[Café] [crème]"),
            (long, "\"oat milk\"", "…six [oat milk] and…"),
            (long, "soup", "one two three four…"),
            (long, "-soup", "one two three four…"),
            (long, "", "one two three four…"),
            ("Buy", "😀", "Buy"),
            ("Buy 😀", "buy 😀", "[Buy] 😀"),
            ("", "a", ""),
            ("x", "a", "x"),
        ] {
            assert_eq!(snippets.of(text, searched, marks())?, snippet, "{text} {searched}");
        }
        Ok(())
    }

    #[test]
    fn any_number_of_words_will_do() -> rusqlite::Result<()> {
        let mut snippets = Snippets::default();
        for words in [i64::MIN, -1, 0, 1, 64, 65, i64::MAX] {
            let snippet = snippets.of("a b c", "c", Marks { words, ..marks() })?;
            assert!(snippet.contains("[c]"), "{words}: {snippet}");
        }
        Ok(())
    }
}
