//! The alarms, with what is known of those that they name.

use ara_protocol::NodeId;
use ara_protocol::keys::MemberKey;
use rusqlite::Connection;

use crate::engine::base::Engine;
use crate::fault::Result;
use crate::state::segments::Chain;
use crate::state::{Alarm, Who, alarms, gone};

impl Engine {
    /// Returns the alarms. Of those that they name, what devices say of themselves is left out: to read that, what each has
    /// signed is checked again.
    pub(crate) fn told_alarms(&self) -> Result<Vec<Alarm>> {
        let read = self.database.sync_read(|sync| {
            let mut alarms = alarms::all(sync)?;
            for alarm in &mut alarms {
                if let Alarm::Held { node, by } = alarm {
                    *by = sender_of(sync, NodeId::from_bytes(*node.as_bytes()))?;
                }
            }
            Ok((alarms, gone::all(sync)?))
        })?;
        let (mut alarms, gone) = read.unwrap_or_default();
        let words = self.access.members.recovery().map(|words| words.keys().member());
        for who in alarms.iter_mut().flat_map(Alarm::named) {
            let gone = gone.iter().find(|gone| gone.key == who.id);
            who.is_this = who.id == self.own_key();
            who.is_recovery_words =
                Some(who.id) == words || gone.is_some_and(|gone| gone.is_recovery);
            who.name = gone.map(|gone| gone.name.clone()).unwrap_or_default();
        }
        Ok(alarms)
    }
}

/// Returns who has sent the last changes of a node.
fn sender_of(sync: &Connection, node: NodeId) -> ara_core::Result<Option<Who>> {
    let last = Chain::load(sync, node)?.segments.pop();
    Ok(last.and_then(|last| MemberKey::from_bytes(last.author).ok()).map(Who::from))
}
