//! The recovery words.

use std::fmt;

use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// How many words there are.
const COUNT: usize = 24;

/// The 24 words that bring everything back: 32 random bytes, written as BIP-39 does, in English.
///
/// They are wiped from memory when dropped, and `Debug` does not show them.
pub struct RecoveryWords(Zeroizing<[u8; 32]>);

impl RecoveryWords {
    /// Makes new words.
    #[must_use]
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut entropy = Zeroizing::new([0; 32]);
        random.fill_bytes(entropy.as_mut());
        Self(entropy)
    }

    /// Reads words as a user types them: in any case, with any white space between them.
    ///
    /// # Errors
    ///
    /// Returns [`Error::WordCount`] if they are not 24, [`Error::UnknownWord`] for the first that is not
    /// in the list, and [`Error::WordsChecksum`] if they do not belong together.
    pub fn parse(text: &str) -> Result<Self> {
        // All words of the list are in ASCII, so no other letters need to become lower case.
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        let found = lower.split_whitespace().take(COUNT + 1).count();
        if found != COUNT {
            return Err(Error::WordCount { found });
        }
        let words = Mnemonic::parse_in_normalized(Language::English, &lower);
        let words = words.map_err(|error| match error {
            bip39::Error::UnknownWord(index) => Error::UnknownWord { position: index + 1 },
            _ => Error::WordsChecksum,
        })?;
        let (entropy, _) = words.to_entropy_array();
        let entropy = Zeroizing::new(entropy);
        let first = entropy.first_chunk().ok_or(Error::WordsChecksum)?;
        Ok(Self(Zeroizing::new(*first)))
    }

    /// Returns the words, in lower case with a space between them, to be shown once.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        // Each word has at most 8 letters: the text is never moved in memory, so no copy of it stays.
        let mut text = Zeroizing::new(String::with_capacity(COUNT * 9));
        if let Ok(words) = Mnemonic::from_entropy_in(Language::English, self.0.as_ref()) {
            for word in words.words() {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(word);
            }
        }
        text
    }

    /// Returns the bytes behind the words.
    pub(super) fn entropy(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryWords")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::SecretKeys;
    use crate::testing::Fixed;

    #[test]
    fn they_are_those_of_bip_39() {
        let words = RecoveryWords(Zeroizing::new([0x80; 32]));
        let expected = "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd \
            amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless";
        assert_eq!(*words.text(), expected);
    }

    #[test]
    fn they_give_the_same_keys_again() -> Result<()> {
        let words = RecoveryWords::generate(&mut Fixed::new(1));
        let typed = format!("  {}\n", words.text().to_uppercase().replace(' ', "\n "));
        let again = RecoveryWords::parse(&typed)?;
        assert_eq!(
            SecretKeys::from_words(&again).public(),
            SecretKeys::from_words(&words).public()
        );
        assert_eq!(format!("{words:?}"), "RecoveryWords");
        Ok(())
    }

    #[test]
    fn each_typo_is_told() {
        let words = RecoveryWords::generate(&mut Fixed::new(1)).text().clone();
        let mut list: Vec<_> = words.split(' ').collect();
        let refused = |list: &[&str]| RecoveryWords::parse(&list.join(" ")).unwrap_err();
        assert_eq!(refused(&list[1..]), Error::WordCount { found: 23 });
        assert_eq!(refused(&[&list[..], &["zoo"; 9]].concat()), Error::WordCount { found: 25 });
        assert_eq!(refused(&[]), Error::WordCount { found: 0 });
        list.swap(3, 4);
        assert_eq!(refused(&list), Error::WordsChecksum);
        list.swap(3, 4);
        list[6] = "ara";
        list[8] = "é";
        assert_eq!(refused(&list), Error::UnknownWord { position: 7 });
    }

    proptest! {
        #[test]
        fn any_words_are_read_again(entropy: [u8; 32]) {
            let words = RecoveryWords(Zeroizing::new(entropy));
            let again = RecoveryWords::parse(&words.text()).unwrap();
            prop_assert_eq!(*again.0, entropy);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = RecoveryWords::parse(&text);
        }
    }
}
