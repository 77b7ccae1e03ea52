//! The pairing code as a QR code.

use std::fmt;

use qrcodegen::{QrCode as Symbol, QrCodeEcc};
use zeroize::Zeroizing;

/// How many light modules are around the symbol. The standard wants four; cameras take two.
const MARGIN: i32 = 2;

/// A QR code that the joining device scans: it says the code, and where the relay is.
///
/// As text it is drawn with half blocks, for a terminal with light letters on a dark ground. An app with a screen
/// draws it by [`is_dark`](Self::is_dark), or draws the [`payload`](Self::payload) by a library of its own.
#[derive(Clone)]
pub struct QrCode {
    payload: Zeroizing<String>,
    /// `None` if the payload is too long for one, as the URL of the relay is.
    symbol: Option<Symbol>,
}

impl QrCode {
    pub(super) fn of(payload: Zeroizing<String>) -> Self {
        let symbol = Symbol::encode_text(&payload, QrCodeEcc::Medium).ok();
        Self { payload, symbol }
    }

    /// Returns the text in it, which [`join`](crate::join) takes as a code. Who has it can try to join.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.payload
    }

    /// Returns how many modules it has in a row, without a margin.
    #[must_use]
    pub fn size(&self) -> usize {
        self.symbol.as_ref().map_or(0, |symbol| usize::try_from(symbol.size()).unwrap_or_default())
    }

    /// Returns whether a module is dark. Those outside are light.
    #[must_use]
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        let (Ok(column), Ok(row)) = (i32::try_from(column), i32::try_from(row)) else {
            return false;
        };
        self.symbol.as_ref().is_some_and(|symbol| symbol.get_module(column, row))
    }
}

impl fmt::Display for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(symbol) = &self.symbol else { return Ok(()) };
        let all = -MARGIN..symbol.size() + MARGIN;
        for row in all.clone().step_by(2) {
            for column in all.clone() {
                let is_light = |row| !symbol.get_module(column, row);
                // Below the last row the ground of the terminal goes on.
                let is_below = row + 1 < all.end && is_light(row + 1);
                f.write_str(match (is_light(row), is_below) {
                    (true, true) => "█",
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => " ",
                })?;
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

impl fmt::Debug for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QrCode").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qr(text: &str) -> QrCode {
        QrCode::of(Zeroizing::new(text.to_owned()))
    }

    #[test]
    fn it_is_drawn_as_its_modules_are() {
        let qr = qr("ara-sync:K7QP3MTX9WDR2HVC@https://relay.example");
        let drawn = qr.to_string();
        let lines: Vec<Vec<char>> = drawn.lines().map(|line| line.chars().collect()).collect();
        let width = qr.size() + 4;
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines.iter().all(|line| line.len() == width));
        for row in 0..qr.size() {
            for column in 0..qr.size() {
                let drawn = lines[(row + 2) / 2][column + 2];
                let lights = if row % 2 == 0 { ['█', '▀'] } else { ['█', '▄'] };
                assert_eq!(!lights.contains(&drawn), qr.is_dark(column, row), "{column} {row}");
            }
        }
        // The corner of a finder.
        assert!(qr.is_dark(0, 0) && qr.is_dark(6, 6) && !qr.is_dark(1, 1) && !qr.is_dark(7, 0));
        assert!(!qr.is_dark(qr.size(), 0) && !qr.is_dark(usize::MAX, 0));
    }

    #[test]
    fn a_url_that_is_too_long_gives_none() {
        let qr = qr(&"x".repeat(5000));
        assert_eq!((qr.size(), qr.to_string().as_str()), (0, ""));
        assert_eq!(qr.payload().len(), 5000);
    }

    #[test]
    fn debug_shows_no_code() {
        assert_eq!(format!("{:?}", qr("secret")), "QrCode { .. }");
    }
}
