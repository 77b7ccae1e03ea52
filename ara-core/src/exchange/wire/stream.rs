//! Several batches of changes in one file or stream.

use std::io::{Read, Write};

use crate::error::Result;
use crate::exchange::changes::Changes;
use crate::exchange::wire::batch::decode;
use crate::exchange::wire::message::EndMessage;
use crate::exchange::wire::record;
use crate::exchange::wire::record::{Kind, transfer};

impl Changes {
    /// Writes the changes to a file or a stream, where others may follow.
    ///
    /// Call [`write_end`](Self::write_end) after the last ones. [`read_from`](Self::read_from) has an
    /// example.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Transfer`](crate::Error::Transfer) if the writer fails.
    pub fn write_to(&self, mut writer: impl Write) -> Result<()> {
        writer.write_all(&self.to_bytes()).map_err(|error| transfer(&error))
    }

    /// Writes that no more changes follow, and flushes the writer. A reader takes a file that lacks
    /// this end for one that was cut off.
    ///
    /// This does not wait until the bytes are on the disk: call `File::sync_all` for that.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Transfer`](crate::Error::Transfer) if the writer fails.
    pub fn write_end(mut writer: impl Write) -> Result<()> {
        let end = record::write(Kind::End, &EndMessage {});
        writer.write_all(&end).and_then(|()| writer.flush()).map_err(|error| transfer(&error))
    }

    /// Returns an iterator over the batches of changes that were written by
    /// [`write_to`](Self::write_to), up to the end that [`write_end`](Self::write_end) wrote.
    ///
    /// The iterator ends after the first error. The batches before it are complete, and can be merged:
    /// the rest may come later.
    ///
    /// Bytes after the end are not read. Pass a `&mut` reader to go on reading from there, and call
    /// this again if several files were joined.
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
    /// An item is [`Error::Transfer`](crate::Error::Transfer) if the reader fails,
    /// [`Error::Unreadable`](crate::Error::Unreadable) if the bytes are not those of changes, are cut
    /// off or are damaged, and [`Error::NewerChanges`](crate::Error::NewerChanges) if a newer version
    /// of ara wrote them in a format that this version cannot read.
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

/// Reads the next changes. Returns `None` at the end.
fn next(reader: impl Read) -> Result<Option<Changes>> {
    let (kind, payload) = record::read_next(reader, Kind::Changes)?;
    match kind {
        Kind::Changes => decode(payload).map(Some),
        Kind::End => Ok(None),
        Kind::Vector => Err(Kind::Changes.but_found(kind)),
    }
}
