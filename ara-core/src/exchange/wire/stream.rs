//! Changes one after the other, in a file or a stream.

use std::io::{Read, Write};

use crate::error::Result;
use crate::exchange::changes::Changes;
use crate::exchange::wire::batch::decode;
use crate::exchange::wire::message::EndMessage;
use crate::exchange::wire::record;
use crate::exchange::wire::record::{Kind, transfer};

impl Changes {
    /// Writes the changes to a file or a stream, in which others may follow.
    /// [`write_end`](Self::write_end) ends it.
    ///
    /// # Errors
    ///
    /// [`Error::Transfer`](crate::Error::Transfer): what the writer says.
    pub fn write_to(&self, mut writer: impl Write) -> Result<()> {
        writer.write_all(&self.to_bytes()).map_err(|error| transfer(&error))
    }

    /// Tells that no more changes follow. Who reads a file without that knows that it was cut off.
    ///
    /// It does not wait until a disk has them: that is `File::sync_all`.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Self::write_to).
    pub fn write_end(mut writer: impl Write) -> Result<()> {
        let end = record::write(Kind::End, &EndMessage {});
        writer.write_all(&end).and_then(|()| writer.flush()).map_err(|error| transfer(&error))
    }

    /// Reads what was written by [`write_to`](Self::write_to), up to
    /// [`write_end`](Self::write_end): each as one that is whole, or an error, which is the last. Those in front
    /// of what was damaged or cut off have been given by then, and may be merged: the rest can come later.
    ///
    /// What follows the end is left to the reader's owner; to read from a `&mut` reader keeps it. Files that
    /// were joined are read one after the other by calling this again.
    ///
    /// ```
    /// use ara::prelude::*;
    /// use ara::{Changes, VersionVector};
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let (laptop, phone) = (Database::memory()?, Database::memory()?);
    /// laptop.create(Todo::draft().title("Buy milk"))?;
    /// let mut file = Vec::new();
    /// for changes in laptop.changes_since(&VersionVector::default())? {
    ///     changes?.write_to(&mut file)?;
    /// }
    /// Changes::write_end(&mut file)?;
    ///
    /// for changes in Changes::read_from(&*file) {
    ///     phone.merge(&changes?)?;
    /// }
    /// assert_eq!(phone.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Each item as [`from_bytes`](Self::from_bytes), or
    /// [`Error::Transfer`](crate::Error::Transfer): what the reader says.
    pub fn read_from<R: Read>(reader: R) -> impl Iterator<Item = Result<Self>> + use<R> {
        let mut reader = Some(reader);
        std::iter::from_fn(move || {
            let next = next(reader.as_mut()?).transpose();
            if !matches!(next, Some(Ok(_))) {
                reader = None;
            }
            next
        })
    }
}

/// The next changes, unless this is the end of them.
fn next(reader: impl Read) -> Result<Option<Changes>> {
    let (kind, payload) = record::read_next(reader, Kind::Changes)?;
    match kind {
        Kind::Changes => decode(payload).map(Some),
        Kind::End => Ok(None),
        Kind::Vector => Err(Kind::Changes.unreadable(record::OTHER)),
    }
}
