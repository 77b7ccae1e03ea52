//! Opens a segment.

use zeroize::Zeroizing;

use crate::epoch::{EpochKey, Purpose};
use crate::error::{Error, Result};
use crate::seal::open;
use crate::segment::{Content, Head, WHAT, body};

impl Head {
    /// Opens the parts of the segment. `most` is how many bytes of changes the caller takes at once:
    /// what claims to be more is refused before any room is made for it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherEpoch`] if the key is another epoch's, [`Error::Malformed`] if these are not
    /// the parts, or what is in them is not laid out as a body is, [`Error::DoesNotOpen`] if a part was not sealed under this
    /// key for this place, and [`Error::TooLarge`] if a part or the changes are too large.
    pub fn open<P: AsRef<[u8]>>(
        &self,
        key: &EpochKey,
        parts: &[P],
        most: usize,
    ) -> Result<Content> {
        self.check_key(key)?;
        if parts.len() != self.part_count() {
            return Err(Error::Malformed { what: WHAT });
        }
        for (index, part) in parts.iter().enumerate() {
            self.check_part(index, part.as_ref())?;
        }
        let key = key.derived(Purpose::Body);
        let opened =
            |(index, part): (usize, &P)| open(&key, &self.bound(index), part.as_ref(), WHAT);
        if let [part] = parts {
            return body::unpack(&opened((0, part))?, most);
        }
        let length = parts.iter().map(|part| part.as_ref().len()).sum();
        let mut packed = Zeroizing::new(Vec::with_capacity(length));
        for part in parts.iter().enumerate() {
            packed.extend_from_slice(&opened(part)?);
        }
        body::unpack(&packed, most)
    }
}
