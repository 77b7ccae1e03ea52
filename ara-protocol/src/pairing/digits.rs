//! The six digits that tell whether somebody is in the middle.

use crate::error::{Error, Result};
use crate::pairing::code::is_separator;

/// Returns the digits of a transcript, with a space in the middle. 2^64 is not a multiple of a
/// million, but the difference is below one part in 10^13.
pub(super) fn digits(transcript: &[u8; 32]) -> String {
    let [a, b, c, d, e, f, g, h, ..] = *transcript;
    let number = u64::from_be_bytes([a, b, c, d, e, f, g, h]) % 1_000_000;
    format!("{:03} {:03}", number / 1000, number % 1000)
}

/// Checks digits as a user types them, with or without a space.
pub(super) fn check(transcript: &[u8; 32], typed: &str) -> Result<()> {
    let plain = |text: &str| -> String { text.chars().filter(|it| !is_separator(*it)).collect() };
    let typed = plain(typed);
    if typed.len() != 6 || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::DigitsForm);
    }
    if typed == plain(&digits(transcript)) { Ok(()) } else { Err(Error::WrongDigits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_six() {
        assert_eq!(digits(&[0; 32]), "000 000");
        let mut transcript = [0; 32];
        transcript[7] = 42;
        assert_eq!(digits(&transcript), "000 042");
        assert_eq!(digits(&[0xff; 32]), "551 615");
    }

    #[test]
    fn each_typo_is_told() {
        let transcript = [0xff; 32];
        for typed in ["551 615", "551615", " 551-615 ", "5 5 1 6 1 5"] {
            assert_eq!(check(&transcript, typed), Ok(()), "{typed}");
        }
        for typed in ["", "55161", "5516155", "55161x", "٥٥١٦١٥"] {
            assert_eq!(check(&transcript, typed), Err(Error::DigitsForm), "{typed}");
        }
        assert_eq!(check(&transcript, "551 616"), Err(Error::WrongDigits));
    }
}
