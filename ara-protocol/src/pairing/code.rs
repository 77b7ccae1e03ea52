//! The code that the user brings from one device to the other.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The letters, each for five bits. `I`, `L`, `O` and `U` are not among them: the first three look like
/// digits.
const LETTERS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J',
    'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];

const COUNT: usize = 16;

/// A pairing code: 80 random bits.
///
/// It is wiped from memory when dropped, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingCode(Zeroizing<[u8; 10]>);

impl PairingCode {
    /// Makes a new code.
    #[must_use]
    pub fn generate(random: &mut impl CryptoRng) -> Self {
        let mut bits = Zeroizing::new([0; 10]);
        random.fill_bytes(bits.as_mut());
        Self(bits)
    }

    /// Reads a code as a user types it: in any case, with or without dashes and white space. `O` counts
    /// as zero, `I` and `L` as one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::CodeLetter`] for the first letter that no code has, and [`Error::CodeLength`] if
    /// there are not 16.
    pub fn parse(text: &str) -> Result<Self> {
        let mut bits = Zeroizing::new(0_u128);
        let mut found = 0;
        for letter in text.chars().filter(|letter| !is_separator(*letter)) {
            found += 1;
            let value = value_of(letter).ok_or(Error::CodeLetter { position: found })?;
            *bits = *bits << 5 | value;
        }
        if found != COUNT {
            return Err(Error::CodeLength { found });
        }
        let bytes = Zeroizing::new(bits.to_be_bytes());
        let last = bytes.last_chunk().ok_or(Error::CodeLength { found })?;
        Ok(Self(Zeroizing::new(*last)))
    }

    /// Returns the code, with a dash after every four letters, to be shown.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let bits = self.0.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let bits = Zeroizing::new(bits);
        let mut text = Zeroizing::new(String::with_capacity(COUNT + 3));
        for at in 0..COUNT {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            let value = (*bits >> (5 * (COUNT - 1 - at)) & 31) as usize;
            text.extend(LETTERS.get(value));
        }
        text
    }

    pub(super) fn bits(&self) -> &[u8; 10] {
        &self.0
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingCode")
    }
}

fn value_of(letter: char) -> Option<u128> {
    let letter = match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        letter => letter,
    };
    LETTERS.iter().position(|other| *other == letter).map(|value| value as u128)
}

/// Returns whether a letter only parts others: white space, or a dash as keyboards and programs for text
/// write it.
pub(super) fn is_separator(letter: char) -> bool {
    letter.is_whitespace()
        || letter == '-'
        || matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_is_read_as_people_write_it() -> Result<()> {
        let code = PairingCode::parse("K7QP-3MTX-9WDR-2HVC")?;
        assert_eq!(*code.text(), "K7QP-3MTX-9WDR-2HVC");
        for typed in ["k7qp3mtx9wdr2hvc", " K7QP 3mtx – 9WDR\n2HVC ", "K-7-QP3MTX9WDR2HVC--"] {
            assert_eq!(PairingCode::parse(typed)?, code, "{typed}");
        }
        let [zeros, ones] = ["0000-0000-0000-0000", "1111-1111-1111-1111"].map(PairingCode::parse);
        assert_eq!(PairingCode::parse("OooO-0000-0000-0000"), zeros);
        assert_eq!(PairingCode::parse("IiLl-1111-1111-1111"), ones);
        assert_eq!(format!("{code:?}"), "PairingCode");
        Ok(())
    }

    #[test]
    fn each_typo_is_told() {
        let refused = |text| PairingCode::parse(text).unwrap_err();
        assert_eq!(refused(""), Error::CodeLength { found: 0 });
        assert_eq!(refused("K7QP-3MTX-9WDR-2HV"), Error::CodeLength { found: 15 });
        assert_eq!(refused("K7QP-3MTX-9WDR-2HVCC"), Error::CodeLength { found: 17 });
        assert_eq!(refused("K7QP-3MUX-9WDR-2HVC"), Error::CodeLetter { position: 7 });
        assert_eq!(refused("K7QP_3MTX-9WDR-2HVC"), Error::CodeLetter { position: 5 });
        assert_eq!(refused("É7QP-3MTX-9WDR-2HVC"), Error::CodeLetter { position: 1 });
    }

    #[test]
    fn a_wrong_letter_is_another_code() -> Result<()> {
        let code = "K7QP3MTX9WDR2HVC";
        for at in 0..COUNT {
            for letter in LETTERS {
                let mut typed = code.to_owned();
                typed.replace_range(at..=at, letter.encode_utf8(&mut [0; 4]));
                let same = PairingCode::parse(&typed)? == PairingCode::parse(code)?;
                assert_eq!(same, typed == code);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn any_code_comes_back(bits: [u8; 10]) {
            let code = PairingCode(Zeroizing::new(bits));
            prop_assert_eq!(PairingCode::parse(&code.text()), Ok(code));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = PairingCode::parse(&text);
        }
    }
}
