//! Which alarms there should be, once the end of the relay's log is reached.

use ara_core::Uuid;
use ara_protocol::NodeId;

use crate::engine::base::{Engine, Outcome};
use crate::fault::Result;
use crate::state::unread::Why;
use crate::state::{Alarm, alarms, doubts};

impl Engine {
    /// Raises the alarm that the relay hides what others have seen, or lowers it and others that are over.
    pub(super) fn judge_alarms(&self, outcome: &mut Outcome) -> Result<()> {
        let told = self.alarms()?;
        let noted = self.database.sync_read(doubts::all)?.unwrap_or_default();
        let mut is_hidden = self.told.is_lacking;
        let mut over = vec![];
        for (key, author, doubt) in noted {
            if self.is_open(author, &doubt)? {
                is_hidden = true;
            } else {
                over.push(key);
            }
        }
        let is_newer = self.unread.values().any(|why| *why == Why::Newer);
        let right = [(Alarm::Withheld, is_hidden), (Alarm::UpdateNeeded, is_newer)];
        let is_refused = |alarm: &&Alarm| match alarm {
            Alarm::Refused { node, .. } => !self.is_stuck(*node),
            _ => false,
        };
        let not_refused: Vec<_> = told.iter().filter(is_refused).collect();
        let are_right = right.iter().all(|(alarm, is_so)| told.contains(alarm) == *is_so);
        if over.is_empty() && not_refused.is_empty() && are_right {
            return Ok(());
        }
        outcome.alarms_changed |= self.write(|sync| {
            over.iter().try_for_each(|key| doubts::remove(sync, key))?;
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

    /// Returns whether something of a node is refused, here or at the relay.
    fn is_stuck(&self, node: Uuid) -> bool {
        let node = NodeId::from_bytes(*node.as_bytes());
        self.unread.contains_key(&node) || self.told.unsendable.contains(&node)
    }
}
