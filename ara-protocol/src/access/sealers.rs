//! Whose segments and slots count.

use crate::access::Members;
use crate::error::{Error, Result};
use crate::ids::{EpochId, SpaceId};
use crate::keys::MemberKey;
use crate::segment::Head;
use crate::slot::Slot;

/// A segment or a slot: something that was sealed in a space, under an epoch, by a member.
pub trait FromMember {
    /// Returns the space that it is of.
    fn space(&self) -> SpaceId;
    /// Returns the epoch under which it is sealed.
    fn epoch(&self) -> EpochId;
    /// Returns who sealed and signed it.
    fn author(&self) -> MemberKey;
}

impl FromMember for Head {
    fn space(&self) -> SpaceId {
        self.header().space
    }

    fn epoch(&self) -> EpochId {
        self.header().epoch
    }

    fn author(&self) -> MemberKey {
        self.header().author
    }
}

impl FromMember for Slot {
    fn space(&self) -> SpaceId {
        self.space()
    }

    fn epoch(&self) -> EpochId {
        self.epoch()
    }

    fn author(&self) -> MemberKey {
        self.author()
    }
}

impl Members {
    /// Checks that what a device is sent counts: that its author is a member now. Nothing counts any more
    /// that was sealed by who is out, whenever that was.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherSpace`], [`Error::NotAMember`], or [`Error::OtherEpoch`] if there never was
    /// such an epoch.
    pub fn check_read(&self, sealed: &impl FromMember) -> Result<()> {
        if sealed.space() != self.space() {
            return Err(Error::OtherSpace);
        }
        if self.get(sealed.author()).is_none() {
            return Err(Error::NotAMember);
        }
        if self.has_epoch(sealed.epoch()) { Ok(()) } else { Err(Error::OtherEpoch) }
    }

    /// Checks that a relay may take something new: that, besides, it is sealed under the newest epoch, and
    /// nobody has left with that one's key.
    ///
    /// # Errors
    ///
    /// Those of [`check_read`](Self::check_read), and [`Error::OtherEpoch`] if it is sealed under an older
    /// epoch, and [`Error::RotateFirst`] if a member has left with the newest one's key.
    pub fn check_write(&self, sealed: &impl FromMember) -> Result<()> {
        self.check_read(sealed)?;
        if sealed.epoch() != self.epoch() {
            return Err(Error::OtherEpoch);
        }
        if self.needs_rotation() { Err(Error::RotateFirst) } else { Ok(()) }
    }
}
