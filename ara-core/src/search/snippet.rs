//! Snippets: the part of a text in which the words were found.
//!
//! The index of a search holds no texts, so the text is put into an FTS5 table in memory, which finds
//! the words as that index does. A long text is cut into pieces, and the snippet is made of the best
//! one: FTS5 takes time that grows with the square of how often the words occur in a text.

use rusqlite::{Connection, OptionalExtension, params};

use crate::catalog::search_index::TOKENIZER;
use crate::search::words::Words;

/// How a snippet is made: the text before and after each word that was found, and how many words the
/// snippet has.
pub(super) struct Marks<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    pub(super) words: i64,
}

/// Makes snippets. The database in memory is opened for the first one.
#[derive(Default)]
pub(super) struct Snippets(Option<Connection>);

/// The FTS5 expression that finds the first piece, whatever its text is.
const FIRST: &str = "\"is_first\" : \"1\"";

impl Snippets {
    /// Returns the part of the text that best matches what was searched for, or the beginning if
    /// nothing does.
    pub(super) fn of(
        &mut self,
        text: &str,
        searched: &str,
        marks: Marks<'_>,
    ) -> rusqlite::Result<String> {
        let connection = self.connection()?;
        let mut insert = connection.prepare_cached(
            "INSERT OR REPLACE INTO one (rowid, text, is_first) VALUES (?1, ?2, ?1 = 1)",
        )?;
        let mut pieces = 0_i64;
        for piece in Pieces(Some(text)) {
            pieces += 1;
            insert.execute(params![pieces, piece])?;
        }
        connection.prepare_cached("DELETE FROM one WHERE rowid > ?1")?.execute([pieces])?;

        // FTS5 makes snippets of at most 64 words.
        let words = marks.words.clamp(1, 64);
        let best = |expression: &str| {
            connection
                .prepare_cached(
                    "SELECT rowid, snippet(one, 0, ?2, ?3, '…', ?4) FROM one WHERE one MATCH ?1 \
                     ORDER BY rank, rowid LIMIT 1",
                )?
                .query_row(params![expression, marks.before, marks.after, words], |row| {
                    Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
                })
                .optional()
        };
        let found = match Words::parse(searched).marked() {
            Some(marked) => best(&format!("\"text\" : ({marked})"))?,
            None => None,
        };
        let Some((piece, mut snippet)) =
            found.map_or_else(|| best(FIRST), |found| Ok(Some(found)))?
        else {
            return Ok(String::new());
        };
        if piece > 1 && !snippet.starts_with('…') {
            snippet.insert(0, '…');
        }
        if piece < pieces && !snippet.ends_with('…') {
            snippet.push('…');
        }
        Ok(snippet)
    }

    fn connection(&mut self) -> rusqlite::Result<&Connection> {
        let connection = match self.0.take() {
            Some(connection) => connection,
            None => {
                let connection = Connection::open_in_memory()?;
                // Nothing in it is ever rolled back.
                connection.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))?;
                connection.execute_batch(&format!(
                    "CREATE VIRTUAL TABLE one USING fts5(text, is_first, tokenize='{TOKENIZER}')"
                ))?;
                connection
            }
        };
        Ok(self.0.insert(connection))
    }
}

/// The pieces of a text, at least one. The text is cut between words, unless a word is longer than a piece.
struct Pieces<'a>(Option<&'a str>);

/// The most bytes that a piece has.
const PIECE: usize = 8 << 10;

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0?;
        let end = text.floor_char_boundary(PIECE);
        let (piece, rest) = text.split_at(end);
        if rest.is_empty() {
            self.0 = None;
            return Some(piece);
        }
        let end = piece.rfind(char::is_whitespace).filter(|end| *end > 0).unwrap_or(end);
        let (piece, rest) = text.split_at(end);
        self.0 = Some(rest);
        Some(piece)
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

    #[test]
    fn long_texts_are_looked_through() -> rusqlite::Result<()> {
        let mut snippets = Snippets::default();
        let long = format!("{} the needle {}", "hay ".repeat(100_000), "straw ".repeat(100_000));
        assert_eq!(snippets.of(&long, "needle", marks())?, "…the [needle] straw straw…");
        assert_eq!(snippets.of(&long, "nothing", marks())?, "hay hay hay hay…");
        assert_eq!(snippets.of("the needle", "needle", marks())?, "the [needle]");
        let word = "é".repeat(100_000);
        assert!(snippets.of(&word, "é*", marks())?.starts_with("[éé"));
        let pieces: String = Pieces(Some(&long)).collect();
        assert_eq!(pieces, long);
        assert_eq!(Pieces(Some("")).collect::<Vec<_>>(), [""]);
        Ok(())
    }
}
