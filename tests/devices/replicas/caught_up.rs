//! What a device knows once another one has given it all.

use crate::replicas::device::Device;
use crate::replicas::world::World;
use support::Outcome;

impl World {
    /// Notes what one knows that was given all by another. A transaction of a compacted log may be one of
    /// which nothing is left, and so no report has it.
    pub fn catch_up(&self, from: &Device, to: &mut Device, was_vague: bool) -> Outcome {
        if !self.has_compacted {
            return match self.has_forked || from.known.is_within(&to.known) {
                true => Ok(()),
                false => Err("not all that it lacked was given".into()),
            };
        }
        if from.vector()? == to.vector()? {
            to.is_vague = from.is_vague && was_vague;
            to.known.unite(&from.known);
        } else if self.has_forked {
            // Of a fork it takes both ways until both have all.
            to.is_vague = true;
        } else {
            to.is_vague = from.is_vague || !to.known.is_within(&from.known) && was_vague;
            to.known.unite(&from.known);
        }
        Ok(())
    }
}
