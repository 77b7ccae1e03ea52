//! Upper and lower case, as Unicode defines them for all languages.

use std::iter;

/// Returns the characters that a character counts as where case does not matter: two texts that differ in case alone
/// have the same ones.
pub(crate) fn folded(char: char) -> impl Iterator<Item = char> {
    // `ẞ` is upper case, and so is `SS`: both are `ß` in lower case before they are `ss`.
    char.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Returns the text with each character as it counts where case does not matter.
pub(super) fn fold(text: &str) -> String {
    let mut fold = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii() {
            fold.push(char.to_ascii_lowercase());
        } else {
            fold.extend(folded(char));
        }
    }
    fold
}

/// Returns whether two characters differ in case at most. Each is compared as one, so `ß` is not `ss`.
pub(super) fn is_same(one: char, other: char) -> bool {
    one == other
        || match (one.is_ascii(), other.is_ascii()) {
            (true, true) => one.eq_ignore_ascii_case(&other),
            _ => folded_alone(one) == folded_alone(other),
        }
}

/// Returns the single character that a character counts as.
fn folded_alone(char: char) -> char {
    alone(folded(char)).or_else(|| alone(char.to_lowercase())).unwrap_or(char)
}

fn alone(chars: impl Iterator<Item = char>) -> Option<char> {
    let mut chars = chars.fuse();
    let first = chars.next();
    iter::once(first).find(|_| chars.next().is_none()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_case_alone_are_the_same() {
        for (one, other) in [
            ("Buy MILK", "buy milk"),
            ("ÄRGER", "ärger"),
            ("Straße", "STRASSE"),
            ("STRAẞE", "straße"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
            ("ПРИСТЕГНИ", "пристегни"),
            ("ﬁn", "FIN"),
            ("\u{212a}elvin", "kelvin"),
            ("Ꭰ", "ꭰ"),
            ("DIŞ", "dış"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        assert_ne!(fold("a"), fold("ä"));
    }

    #[test]
    fn upper_and_lower_case_are_the_same_for_each_character() {
        for char in '\0'..='\u{1ffff}' {
            let of = |text: String| fold(&text);
            let fold = of(char.to_string());
            assert_eq!(of(char.to_lowercase().collect()), fold, "{char:?}");
            assert_eq!(of(fold.clone()), fold, "{char:?}");
            assert_eq!(of(char.to_uppercase().collect()), fold, "{char:?}");
            if let Some(lower) = alone(char.to_lowercase()) {
                assert!(is_same(char, lower), "{char:?}");
            }
        }
    }
}
