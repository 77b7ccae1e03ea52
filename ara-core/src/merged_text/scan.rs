//! Looking at the bytes of an update before the library does.
//!
//! Whoever sends an update chooses its bytes. A few of them can claim a great number of parts, for which a decoder would
//! take memory before it finds out that they are not there. And what is not text has no place in a text. The format is that
//! of version 1 of the updates of Yjs: whole numbers in base 128, lowest digit first.

use crate::merged_text::document::ROOT;

/// The greatest clock that an update may come to.
const LAST_CLOCK: u64 = i32::MAX.unsigned_abs() as u64;

/// The bits of the first byte of a part that tell what follows.
const HAS_LEFT: u8 = 1 << 7;
const HAS_RIGHT: u8 = 1 << 6;
const HAS_KEY: u8 = 1 << 5;
const KIND: u8 = HAS_KEY - 1;

/// The kinds of parts.
const COLLECTED: u8 = 0;
const DELETED: u8 = 1;
const STRING: u8 = 4;
const FORMAT: u8 = 6;
const SKIPPED: u8 = 10;

/// Returns whether the bytes are an update of a text: what was inserted into it, how that is formatted, and what was
/// deleted. An update has nothing of other kinds, and nothing after it.
pub(super) fn is_update_of_text(bytes: &[u8]) -> bool {
    let mut scan = Scan(bytes);
    scan.update(&mut |_, _| ()).is_some() && scan.0.is_empty()
}

/// Letters that an undo has inserted, in the place of letters that had been deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    /// The first of the deleted letters: its client and its clock.
    pub(super) from: (u64, u64),
    /// The first of the inserted ones.
    pub(super) to: (u64, u64),
    /// How many there are.
    pub(super) length: u64,
}

/// Returns what an update has inserted again that an undo wrote: letters stand just before those whose place they take.
pub(super) fn copied(bytes: &[u8]) -> Vec<Copied> {
    let mut copied = Vec::new();
    Scan(bytes).update(&mut |to, part| {
        copied.extend(part.right.map(|from| Copied { from, to, length: part.length }));
    });
    copied
}

/// A part of an update.
struct Part {
    /// How many clocks it takes.
    length: u64,
    /// What stands behind it.
    right: Option<(u64, u64)>,
}

/// Returns whether the bytes are a state vector: the clients, and how many clocks of each are known.
pub(super) fn is_vector(bytes: &[u8]) -> bool {
    let mut scan = Scan(bytes);
    scan.vector().is_some() && scan.0.is_empty()
}

/// The bytes that were not looked at yet. Each method returns `None` if they are not what it looks for.
struct Scan<'a>(&'a [u8]);

impl<'a> Scan<'a> {
    /// Looks at an update, and calls `each` with the parts, and where each begins.
    fn update(&mut self, each: &mut dyn FnMut((u64, u64), &Part)) -> Option<()> {
        for _ in 0..self.count()? {
            let parts = self.count()?;
            let client = self.client()?;
            let mut clock = self.clock()?;
            for _ in 0..parts {
                let part = self.part()?;
                each((client, clock), &part);
                clock = clock.checked_add(part.length).filter(|clock| *clock <= LAST_CLOCK)?;
            }
        }
        for _ in 0..self.count()? {
            self.client()?;
            for _ in 0..self.count()? {
                let (clock, length) = (self.clock()?, self.clock()?);
                (clock + length <= LAST_CLOCK && length > 0).then_some(())?;
            }
        }
        Some(())
    }

    fn vector(&mut self) -> Option<()> {
        for _ in 0..self.count()? {
            self.id()?;
        }
        Some(())
    }

    fn part(&mut self) -> Option<Part> {
        let info = self.byte()?;
        if matches!(info, COLLECTED | SKIPPED) {
            let length = self.clock().filter(|length| *length > 0)?;
            return Some(Part { length, right: None });
        }
        let mut right = None;
        if info & HAS_LEFT != 0 {
            self.id()?;
        }
        if info & HAS_RIGHT != 0 {
            right = Some(self.id()?);
        }
        if info & (HAS_LEFT | HAS_RIGHT) == 0 {
            let is_named = self.number()? == 1;
            (is_named && self.string()? == ROOT && info & HAS_KEY == 0).then_some(())?;
        }
        let length = match info & KIND {
            DELETED => self.clock().filter(|length| *length > 0)?,
            // Clocks count as JavaScript does.
            STRING => self.string()?.encode_utf16().count() as u64,
            FORMAT => {
                self.string()?;
                serde_json::from_str::<serde::de::IgnoredAny>(self.string()?).ok()?;
                1
            }
            _ => return None,
        };
        Some(Part { length, right })
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Reads how many there are of what takes at least a byte each.
    fn count(&mut self) -> Option<u64> {
        self.number().filter(|count| *count <= self.0.len() as u64)
    }

    fn clock(&mut self) -> Option<u64> {
        self.number().filter(|clock| *clock <= LAST_CLOCK)
    }

    fn client(&mut self) -> Option<u64> {
        self.number().filter(|client| *client < 1 << 53)
    }

    fn id(&mut self) -> Option<(u64, u64)> {
        Some((self.client()?, self.clock()?))
    }

    fn string(&mut self) -> Option<&'a str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(string).ok()
    }
}
