//! Which alarms there should be, once the end of the relay's log is reached.

use ara_protocol::RecordHash;

use crate::engine::base::{Engine, Outcome};
use crate::fault::Result;
use crate::state::unread::Why;
use crate::state::{Alarm, alarms, facts};

impl Engine {
    /// Raises the alarm that the relay hides what others have seen, or lowers it and others that are over.
    pub(super) fn judge_alarms(&self, outcome: &mut Outcome) -> Result<()> {
        let (told, doubts) = self
            .database
            .sync_read(|sync| Ok((alarms::all(sync)?, facts::under(sync, facts::DOUBTS)?)))?
            .unwrap_or_default();
        // What is no record stands for another log than this device was shown.
        let is_known = |doubt: &str| {
            let record = facts::from_hex(doubt).map(RecordHash::from_bytes);
            record.is_some_and(|record| self.access.has(record))
        };
        let (over, left): (Vec<_>, Vec<_>) =
            doubts.into_iter().map(|(doubt, _)| doubt).partition(|doubt| is_known(doubt));
        let is_hidden = self.place.stood > self.place.cursor.number || !left.is_empty();
        let is_newer = self.unread.values().any(|why| *why == Why::Newer);
        let is_right = |alarm: &Alarm, is_so: bool| told.contains(alarm) == is_so;
        if over.is_empty()
            && is_right(&Alarm::Withheld, is_hidden)
            && is_right(&Alarm::UpdateNeeded, is_newer)
        {
            return Ok(());
        }
        outcome.alarms_changed |= self.write(|sync| {
            for doubt in &over {
                facts::remove(sync, &format!("{}{doubt}", facts::DOUBTS))?;
            }
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
}
