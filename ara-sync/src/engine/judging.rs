//! Which alarms there should be, once the end of the relay's log is reached.

use ara_core::Uuid;
use ara_protocol::keys::MemberKey;
use ara_protocol::{Cursor, NodeId};

use crate::engine::base::{Engine, Outcome};
use crate::fault::Result;
use crate::state::stood::{self, Stood};
use crate::state::unread::Why;
use crate::state::{Alarm, alarms, doubts, segments};

impl Engine {
    /// Raises the alarm that the relay hides what others have seen, or lowers it and others that are over.
    pub(super) fn judge_alarms(&self, outcome: &mut Outcome) -> Result<()> {
        let told = self.alarms()?;
        let noted = self.database.sync_read(doubts::all)?.unwrap_or_default();
        let mut is_hidden = self.told.is_lacking || self.is_any_hidden()?;
        let mut over = vec![];
        for (author, epoch) in noted {
            if self.is_doubtful(author, epoch) {
                is_hidden = true;
            } else {
                over.push(author);
            }
        }
        let is_newer = self.unread.values().any(|why| *why == Why::Newer);
        let right = [(Alarm::Withheld, is_hidden), (Alarm::UpdateNeeded, is_newer)];
        let is_refused = |alarm: &&Alarm| match alarm {
            Alarm::Refused { node, .. } => !self.is_unread(*node),
            Alarm::NotSent { node, .. } => !self.is_unsent(*node),
            _ => false,
        };
        let not_refused: Vec<_> = told.iter().filter(is_refused).collect();
        let are_right = right.iter().all(|(alarm, is_so)| told.contains(alarm) == *is_so);
        if over.is_empty() && not_refused.is_empty() && are_right {
            return Ok(());
        }
        outcome.alarms_changed |= self.write(|sync| {
            over.iter().try_for_each(|author| doubts::remove(sync, author))?;
            let mut changed = false;
            for (alarm, is_so) in &right {
                changed |= match is_so {
                    true => alarms::raise(sync, alarm)?,
                    false => alarms::lower(sync, alarm)?,
                };
            }
            for alarm in not_refused {
                changed |= alarms::lower(sync, alarm)?;
            }
            Ok(changed)
        })?;
        Ok(())
    }

    /// Returns whether something of a node could not be merged.
    fn is_unread(&self, node: Uuid) -> bool {
        self.unread.contains_key(&NodeId::from_bytes(*node.as_bytes()))
    }

    /// Returns whether something of a node cannot be sent.
    fn is_unsent(&self, node: Uuid) -> bool {
        self.told.unsendable.contains(&NodeId::from_bytes(*node.as_bytes()))
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
                let shown = match number {
                    0 => Some(Cursor::start(self.space()).chain),
                    number if number == self.place.cursor.number => Some(self.place.cursor.chain),
                    number => segments::chain_at(sync, number)?,
                };
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
