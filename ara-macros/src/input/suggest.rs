//! The word that was probably meant by one that is unknown.

use std::fmt;

/// A suggestion for an unknown word. It displays the word that was probably meant, or all known words.
pub struct Suggestion<'a> {
    /// The words that are known in this place.
    pub known: &'a [&'a str],
    /// Words of other libraries and of other places, each with the one that is known in this place.
    pub synonyms: &'a [(&'a str, &'a str)],
    /// The unknown word.
    pub given: &'a str,
}

impl Suggestion<'_> {
    /// Returns the word that was probably meant.
    fn likely(&self) -> Option<&str> {
        let synonym = self.synonyms.iter().find(|(word, _)| *word == self.given);
        if let Some((_, meant)) = synonym {
            return Some(meant);
        }
        let closest = self.known.iter().min_by_key(|word| distance(word, self.given))?;
        let near = (self.given.len() / 3).max(1);
        (distance(closest, self.given) <= near).then_some(closest)
    }
}

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(likely) = self.likely() {
            return write!(f, "did you mean `{likely}`?");
        }
        let known: Vec<String> = self.known.iter().map(|word| format!("`{word}`")).collect();
        match known.as_slice() {
            [] => f.write_str("it takes none"),
            [one] => write!(f, "there is {one}"),
            [init @ .., last] => write!(f, "there are {} and {last}", init.join(", ")),
        }
    }
}

/// Returns how many letters must be added, removed, changed or swapped with the next one to make `b`
/// of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut least = (rows[i - 1][j - 1] + change).min(rows[i - 1][j] + 1);
                least = least.min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likely_word_is_found() {
        let known = ["name", "local", "index", "columns"];
        let say = |given| {
            Suggestion { known: &known, synonyms: &[("rename", "name")], given }.to_string()
        };
        assert_eq!(say("indx"), "did you mean `index`?");
        assert_eq!(say("nmae"), "did you mean `name`?");
        assert_eq!(say("column"), "did you mean `columns`?");
        assert_eq!(say("rename"), "did you mean `name`?");
        assert_eq!(say("replaces"), "there are `name`, `local`, `index` and `columns`");
    }
}
