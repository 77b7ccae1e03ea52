//! Numbers of things in words.

/// Returns a number and what is counted: `1 row`, `2 rows`.
pub fn plural(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_plural() {
        assert_eq!([0, 1, 2].map(|count| plural(count, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
