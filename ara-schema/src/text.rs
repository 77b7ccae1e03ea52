//! Text that can be composed in constants.

/// A text that is composed in a given buffer. It works in constants.
///
/// Text beyond the end of the buffer is counted, but not kept. So a text can be composed twice: first
/// without a buffer, for its length, and then in a buffer of that length.
///
/// ```
/// use ara_schema::Text;
///
/// const fn greet(text: &mut Text<'_>, name: &str) {
///     text.push("Good morning, ");
///     text.push(name);
/// }
///
/// const LENGTH: usize = {
///     let mut text = Text::new(&mut []);
///     greet(&mut text, "Ada");
///     text.length()
/// };
///
/// let mut bytes = [0; LENGTH];
/// let mut text = Text::new(&mut bytes);
/// greet(&mut text, "Ada");
/// assert_eq!(text.as_str(), "Good morning, Ada");
/// ```
#[derive(Debug)]
pub struct Text<'b> {
    bytes: &'b mut [u8],
    length: usize,
}

impl<'b> Text<'b> {
    /// Returns an empty text, to be composed in `bytes`.
    #[must_use]
    pub const fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, length: 0 }
    }

    /// Appends to the text.
    pub const fn push(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Appends bytes. As the compiler refuses constants that take too many steps, this is a single one.
    const fn push_bytes(&mut self, bytes: &[u8]) {
        if self.length < self.bytes.len() {
            let (_, room) = self.bytes.split_at_mut(self.length);
            let fits = if bytes.len() < room.len() { bytes.len() } else { room.len() };
            room.split_at_mut(fits).0.copy_from_slice(bytes.split_at(fits).0);
        }
        self.length += bytes.len();
    }

    const fn push_byte(&mut self, byte: u8) {
        if self.length < self.bytes.len() {
            self.bytes[self.length] = byte;
        }
        self.length += 1;
    }

    /// Appends a number in decimal.
    pub const fn push_number(&mut self, number: u64) {
        if number >= 10 {
            self.push_number(number / 10);
        }
        self.push_byte(b'0' + (number % 10) as u8);
    }

    /// Appends an integer in decimal.
    pub(crate) const fn push_integer(&mut self, integer: i64) {
        if integer < 0 {
            self.push("-");
        }
        self.push_number(integer.unsigned_abs());
    }

    /// Appends a stored name as the name of a type: `todo_item` becomes `TodoItem`.
    pub const fn push_pascal(&mut self, name: &str) {
        let name = name.as_bytes();
        let mut at = 0;
        let mut starts = true;
        while at < name.len() {
            match name[at] {
                b'_' => starts = true,
                byte if starts => {
                    self.push_byte(byte.to_ascii_uppercase());
                    starts = false;
                }
                byte => self.push_byte(byte),
            }
            at += 1;
        }
    }

    /// Appends a stored name as the name of a variant: `in progress` becomes `InProgress`. ASCII characters
    /// that Rust names cannot contain are left out. Other characters are kept, as nearly all of them are
    /// letters.
    pub(crate) const fn push_variant_name(&mut self, name: &str) {
        let name = name.as_bytes();
        let before = self.length;
        let mut at = 0;
        let mut starts = true;
        while at < name.len() {
            let byte = name[at];
            if byte.is_ascii_alphanumeric() || byte >= 0x80 {
                if self.length == before && byte.is_ascii_digit() {
                    self.push_byte(b'V');
                }
                self.push_byte(if starts { byte.to_ascii_uppercase() } else { byte });
                starts = false;
            } else {
                starts = true;
            }
            at += 1;
        }
        if self.length == before {
            self.push("Unnamed");
        }
    }

    /// Appends a JSON string.
    pub const fn push_json(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        // `rest` is still to be written. Its first `plain` bytes need no escape.
        let mut rest = text.as_bytes();
        let mut plain = 0;
        self.push_byte(b'"');
        while plain < rest.len() {
            let byte = rest[plain];
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                plain += 1;
                continue;
            }
            let (before, after) = rest.split_at(plain);
            self.push_bytes(before);
            self.push_byte(b'\\');
            if byte < 0x20 {
                self.push("u00");
                self.push_byte(HEX[(byte >> 4) as usize]);
                self.push_byte(HEX[(byte & 15) as usize]);
            } else {
                self.push_byte(byte);
            }
            (rest, plain) = (after.split_at(1).1, 0);
        }
        self.push_bytes(rest);
        self.push_byte(b'"');
    }

    /// Returns the length of the text in bytes, including what was beyond the end of the buffer.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// Returns whether the buffer is full. Without a buffer, it never is.
    pub(crate) const fn is_full(&self) -> bool {
        !self.bytes.is_empty() && self.length >= self.bytes.len()
    }

    /// Returns the text, as far as it fits into the buffer.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        let length = if self.length < self.bytes.len() { self.length } else { self.bytes.len() };
        match core::str::from_utf8(self.bytes.split_at(length).0) {
            Ok(text) => text,
            // Only a part of the last character fits.
            Err(error) => match core::str::from_utf8(self.bytes.split_at(error.valid_up_to()).0) {
                Ok(text) => text,
                Err(_) => "",
            },
        }
    }
}

/// Returns whether two texts are the same. It works in constants.
///
/// Each byte takes the compiler some microseconds. So texts are compared from both ends, where names
/// differ most.
#[must_use]
pub const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut from = 0;
    let mut to = a.len();
    while from < to {
        to -= 1;
        if a[to] != b[to] || a[from] != b[from] {
            return false;
        }
        from += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(compose: impl Fn(&mut Text<'_>)) -> String {
        let mut counted = Text::new(&mut []);
        compose(&mut counted);
        let mut bytes = vec![0; counted.length()];
        let mut text = Text::new(&mut bytes);
        compose(&mut text);
        text.as_str().to_owned()
    }

    #[test]
    fn text_is_composed() {
        let text = composed(|text| {
            text.push("ä");
            text.push_number(0);
            text.push_number(1204);
            text.push_integer(i64::MIN);
            text.push_pascal("todo_item2");
        });
        assert_eq!(text, "ä01204-9223372036854775808TodoItem2");
    }

    #[test]
    fn json_strings_are_what_serde_json_reads() {
        for plain in ["", "a", "\"\\", "\u{0}\u{1f}\n", "größe 🦀", "a/b"] {
            let json = composed(|text| text.push_json(plain));
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), plain, "{json}");
        }
    }

    #[test]
    fn texts_are_the_same_or_not() {
        let texts = [
            "",
            "a",
            "b",
            "ab",
            "12345678",
            "x2345678",
            "123456789",
            "x23456789",
            "größe",
            "abc",
            "axc",
        ];
        for (at, a) in texts.iter().enumerate() {
            for (other, b) in texts.iter().enumerate() {
                assert_eq!(same(a, b), at == other, "{a} {b}");
            }
        }
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut bytes = [0; 3];
        let mut text = Text::new(&mut bytes);
        text.push("abä");
        assert_eq!((text.length(), text.as_str()), (4, "ab"));
    }
}
