//! Reading the relay's log by the heads of its segments: where it was put back, or something was skipped.

use ara_protocol::message::segments::HeadsRequest;
use ara_protocol::message::sync::Entry;
use ara_protocol::{Cursor, NodeId};

use crate::engine::base::{Engine, Outcome};
use crate::engine::reading::{Batch, Known};
use crate::fault::{Fault, Result};
use crate::state::place::Place;
use crate::state::slots::OwnSlot;
use crate::state::{Alarm, alarms, facts, segments, unread};

impl Engine {
    /// Begins to read the log anew, as the relay has another one than this device has read: it was put back, wiped or
    /// swapped. Most of what it has is known, so it is read by heads.
    pub(super) fn begin_anew(&mut self, is_told: bool, outcome: &mut Outcome) -> Result<()> {
        let place = Place { by_heads: true, ..Place::start(self.space()) };
        let changed = self.write(|sync| {
            segments::clear(sync)?;
            unread::clear(sync)?;
            for (doubt, _) in facts::under(sync, facts::DOUBTS)? {
                facts::remove(sync, &format!("{}{doubt}", facts::DOUBTS))?;
            }
            place.save(sync)?;
            // The relay may have lost the slot.
            let own = OwnSlot::load(sync)?;
            OwnSlot { number: own.number, ..OwnSlot::default() }.save(sync)?;
            if is_told { alarms::raise(sync, &Alarm::RelayWentBack) } else { Ok(false) }
        })?;
        outcome.alarms_changed |= changed;
        self.place = place;
        self.unread.clear();
        self.told.tails.clear();
        self.told.due.clear();
        self.told.unsendable.clear();
        self.told.end = None;
        Ok(())
    }

    /// Reads a page of heads. Returns whether the end of the log is reached.
    pub(super) fn read_heads(&mut self, outcome: &mut Outcome) -> Result<bool> {
        let after = self.place.cursor.number;
        let request = HeadsRequest { space: self.space(), after, node: None };
        let answer = self.relay.heads(&request, &self.keys)?;
        let is_more = answer.is_more;
        if answer.end.number < after {
            return Err(Fault::Lied { what: "its log ends before what it has shown" });
        }
        self.take_entries(answer.entries, answer.end, outcome)?;
        let cursor = self.place.cursor;
        if !is_more && cursor != answer.end || is_more && cursor.number == after {
            return Err(Fault::Lied { what: "its list of segments is cut off" });
        }
        if !is_more {
            let place = Place { by_heads: false, ..self.place };
            self.write(|sync| place.save(sync))?;
            self.place = place;
        }
        Ok(!is_more)
    }

    /// Looks into what was skipped. A segment that was replaced was skipped, and so may have been what replaces it, if
    /// the relay takes this device for one that knows it.
    pub(super) fn look_into_skipped(&mut self, outcome: &mut Outcome) -> Result<()> {
        let Some(mut after) = self.place.skipped else { return Ok(()) };
        let end = self.place.cursor.number;
        while after < end {
            let request = HeadsRequest { space: self.space(), after, node: None };
            let answer = self.relay.heads(&request, &self.keys)?;
            let before = after;
            let known = self.database.sync_nodes()?;
            let mut known: Known =
                known.into_iter().map(|known| (NodeId::from_bytes(known.node), known)).collect();
            let mut batch = Batch::new(self.place);
            for entry in answer.entries {
                if entry.number() <= after {
                    return Err(Fault::Lied { what: "its list of segments goes backwards" });
                }
                after = entry.number();
                if after > end {
                    break;
                }
                self.take_skipped(&mut batch, &mut known, entry, outcome)?;
            }
            self.write_batch(&mut batch, outcome)?;
            if !answer.is_more {
                break;
            }
            if after == before {
                return Err(Fault::Lied { what: "its list of segments never ends" });
            }
        }
        let place = Place { skipped: None, ..self.place };
        self.write(|sync| place.save(sync))?;
        self.place = place;
        Ok(())
    }

    /// Takes over a segment behind the cursor, if it is not known.
    fn take_skipped(
        &mut self,
        batch: &mut Batch,
        known: &mut Known,
        entry: Entry,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let Entry::Head { number, head } = entry else { return Ok(()) };
        let head = self.read_head(&head, outcome)?;
        if self.database.sync_read(|sync| segments::has(sync, head.id()))?.unwrap_or(false) {
            return Ok(());
        }
        if self.database.sync_read(|sync| segments::is_at(sync, number))?.unwrap_or(false) {
            return Err(Fault::Lied { what: "it shows another segment than before" });
        }
        // The chain in between is not known, as some ids are not.
        let at = Cursor { number, chain: segments::UNKNOWN_CHAIN };
        let row = self.row_of(&head, at, head.as_bytes().len() as u64);
        self.take_segment(batch, known, (head, row, None), None, outcome)
    }
}
