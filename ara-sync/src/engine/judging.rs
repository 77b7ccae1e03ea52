//! Which alarms there should be, once the end of the relay's log is reached.

use ara_protocol::Cursor;
use ara_protocol::keys::MemberKey;

use crate::engine::base::{Engine, Outcome};
use crate::fault::Result;
use crate::state::stood::{self, Stood};
use crate::state::unread::Why;
use crate::state::{Alarm, alarms, segments};

impl Engine {
    /// Raises the alarm that the relay hides what others have seen, or lowers it and others that are over.
    pub(super) fn judge_alarms(&self, outcome: &mut Outcome) -> Result<()> {
        let told = self.database.sync_read(alarms::all)?.unwrap_or_default();
        let is_hidden = self.is_any_hidden()?;
        let is_newer = self.unread.values().any(|why| *why == Why::Newer);
        let is_right = |alarm: &Alarm, is_so: bool| told.contains(alarm) == is_so;
        if is_right(&Alarm::Withheld, is_hidden) && is_right(&Alarm::UpdateNeeded, is_newer) {
            return Ok(());
        }
        outcome.alarms_changed |= self.write(|sync| {
            let mut changed = false;
            for (alarm, is_so) in [(Alarm::Withheld, is_hidden), (Alarm::UpdateNeeded, is_newer)] {
                changed |= match is_so {
                    true => alarms::raise(sync, &alarm)?,
                    false => alarms::lower(sync, &alarm)?,
                };
            }
            Ok(changed)
        })?;
        Ok(())
    }

    /// Returns whether a member has seen more at the relay than this device was shown, or something else.
    fn is_any_hidden(&self) -> Result<bool> {
        let any = self.database.sync_read(|sync| {
            for Stood { author, at, .. } in stood::all(sync)? {
                let author = MemberKey::from_bytes(author).ok();
                if author.is_none_or(|author| self.access.members.get(author).is_none()) {
                    continue;
                }
                let Cursor { number, chain } = at.cursor;
                let shown = segments::chain_at(sync, number)?;
                let is_other = shown.is_some_and(|shown| shown != chain);
                if is_other || number > self.place.cursor.number || !self.access.has(at.access) {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        Ok(any.unwrap_or(false))
    }
}
