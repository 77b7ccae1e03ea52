//! What is in a slot.

use crate::bytes::{Reader, put_text};
use crate::error::{Error, Result};
use crate::segment::padded;
use crate::slot::{LONGEST_SLOT, WHAT};

/// The longest name of a device, and the longest version of an app, in bytes.
const LONGEST_TEXT: u16 = 256;

/// What a device tells the others of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SlotContent {
    /// Its name, for people: at most 256 bytes.
    pub name: String,
    /// The version of its app: at most 256 bytes.
    pub app_version: String,
    /// The version of its schema.
    pub schema_version: u64,
    /// The checksum of its schema.
    pub schema_checksum: [u8; 32],
    /// Its version vector, as bytes.
    pub vector: Vec<u8>,
}

impl SlotContent {
    pub(super) fn pack(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        put_text(&mut bytes, &self.name, LONGEST_TEXT, "device's name")?;
        put_text(&mut bytes, &self.app_version, LONGEST_TEXT, "app's version")?;
        bytes.extend(self.schema_version.to_be_bytes());
        bytes.extend(self.schema_checksum);
        let length = u32::try_from(self.vector.len()).ok();
        let length = length.filter(|length| *length < LONGEST_SLOT as u32);
        bytes.extend(length.ok_or(Error::TooLarge { what: WHAT })?.to_be_bytes());
        bytes.extend(&self.vector);
        bytes.resize(padded(bytes.len()), 0);
        Ok(bytes)
    }

    pub(super) fn unpack(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let [name, app_version] = [reader.text()?, reader.text()?];
        if name.len().max(app_version.len()) > LONGEST_TEXT.into() {
            return Err(Error::TooLarge { what: WHAT });
        }
        let schema_version = reader.u64()?;
        let schema_checksum = reader.array()?;
        let length = usize::try_from(u32::from_be_bytes(reader.array()?));
        let vector = reader.slice(length.map_err(|_| reader.malformed())?)?;
        let padding = reader.slice(reader.left())?;
        let is_padded = padded(bytes.len() - padding.len()) == bytes.len();
        if !is_padded || padding.iter().any(|byte| *byte != 0) {
            return Err(reader.malformed());
        }
        Ok(Self {
            name: name.to_owned(),
            app_version: app_version.to_owned(),
            schema_version,
            schema_checksum,
            vector: vector.to_vec(),
        })
    }
}
