//! Matching texts with the patterns of `LIKE`.

use std::str::Chars;

use crate::text::case::is_same;

/// What a pattern consists of.
enum Part {
    /// Any characters, or none.
    Any,
    /// Any one character.
    One,
    /// This character, in upper or lower case.
    This(char),
    /// No character at all: the pattern ends where a character has to follow.
    Nothing,
}

impl Part {
    fn is(&self, char: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::This(this) => is_same(*this, char),
            Self::Nothing => false,
        }
    }
}

/// The parts of a pattern.
#[derive(Clone)]
struct Parts<'a>(Chars<'a>);

impl Iterator for Parts<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        Some(match self.0.next()? {
            '%' => Part::Any,
            '_' => Part::One,
            '\\' => self.0.next().map_or(Part::Nothing, Part::This),
            char => Part::This(char),
        })
    }
}

/// Returns whether a text matches a pattern, without regard to case: `%` stands for any characters or none, and `_` for
/// any one. After a `\`, a character stands for itself.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (mut text, mut parts) = (text.chars(), Parts(pattern.chars()));
    // Where the last `%` ends so far, and what follows it. Another end of an earlier one would help nothing.
    let mut last_any: Option<(Chars<'_>, Parts<'_>)> = None;
    loop {
        let before = text.clone();
        match (parts.next(), text.next()) {
            (Some(Part::Any), _) => {
                text = before;
                last_any = Some((text.clone(), parts.clone()));
            }
            (Some(part), Some(char)) if part.is(char) => {}
            (None, None) => return true,
            (_, None) => return false,
            (_, Some(_)) => {
                let Some((end, rest)) = &mut last_any else { return false };
                end.next();
                (text, parts) = (end.clone(), rest.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::is_like;

    #[test]
    fn it_is_the_whole_text_that_matches() {
        for (text, pattern, is) in [
            ("ab\0cd", "ab", false),
            ("ab\0cd", "ab%cd", true),
            ("ab\0cd", "%cd", true),
            ("ab\0cd", "ab\0cd", true),
            ("ab\0cd", "ab_cd", true),
            ("Äpfel", "%ÄPFEL%", true),
            ("Äpfel", "_pfel", true),
            ("пристегни", "ПРИ%", true),
            ("STRAẞE", "straße", true),
            ("Straße", "strasse", false),
            ("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς", true),
            ("50%", "50\\%", true),
            ("500", "50\\%", false),
            ("a\\", "a\\\\", true),
            ("a\\", "a\\", false),
            ("aXbXc", "a%x%c", true),
            ("abab", "%ab", true),
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("a", "", false),
        ] {
            assert_eq!(is_like(text, pattern), is, "{text:?} {pattern:?}");
        }
    }

    proptest! {
        #[test]
        fn in_ascii_it_is_that_of_sqlite(text in "[aAb_%\\\\]{0,8}", pattern in "[aBb_%\\\\]{0,8}") {
            let connection = Connection::open_in_memory().expect("a database");
            let sql = "SELECT ?1 LIKE ?2 ESCAPE '\\'";
            let theirs = connection.query_row(sql, (&text, &pattern), |row| row.get::<_, bool>(0));
            prop_assert_eq!(is_like(&text, &pattern), theirs.expect("a result"));
        }
    }
}
