//! Reading the relay's log by the heads of its segments, where it was put back.

use ara_core::Uuid;
use ara_protocol::message::segments::HeadsRequest;

use crate::engine::base::{Engine, Outcome};
use crate::fault::{Fault, Result};
use crate::state::place::Place;
use crate::state::{Alarm, alarms, doubts, facts, segments, slots, stood, unread};

/// How often the log is begun anew in a round, as the relay has another one than it has shown.
const MOST_OFTEN: u32 = 3;

impl Engine {
    /// Begins to read the log anew, as the relay has another one than this device has read: it was put back, wiped or
    /// swapped. Most of what it has is known, so it is read by heads.
    pub(super) fn begin_anew(&mut self, is_told: bool, outcome: &mut Outcome) -> Result<()> {
        if is_told {
            self.told.begun_anew += 1;
            if self.told.begun_anew > MOST_OFTEN {
                return Err(Fault::Lied { what: "it shows another log again and again" });
            }
        }
        let place = Place { by_heads: true, ..Place::start(self.space()) };
        let changed = self.write(|sync| {
            segments::clear(sync)?;
            for (node, _) in unread::all(sync)? {
                unread::done(sync, node)?;
                alarms::lower_of_node(sync, Uuid::from_bytes(*node.as_bytes()))?;
            }
            doubts::clear(sync)?;
            stood::clear(sync)?;
            slots::begin_anew(sync)?;
            facts::remove_under(sync, facts::LEFT)?;
            place.save(sync)?;
            // The relay may have lost the slot.
            let own = slots::OwnSlot::load(sync)?;
            slots::OwnSlot { number: own.number, ..Default::default() }.save(sync)?;
            if is_told { alarms::raise(sync, &Alarm::RelayWentBack) } else { Ok(false) }
        })?;
        outcome.alarms_changed |= changed;
        self.place = place;
        self.unread.clear();
        self.told.tails.clear();
        self.told.due.clear();
        self.told.unsendable.clear();
        self.told.not_resealed.clear();
        self.told.end = None;
        Ok(())
    }

    /// Reads a page of heads. Where they cannot be right, as the relay was put back once more in between, they are read
    /// from the start the next time.
    pub(super) fn read_heads(&mut self, outcome: &mut Outcome) -> Result<()> {
        let read = self.read_page(outcome);
        if matches!(read, Err(Fault::Lied { .. })) && !self.is_overtaken()? {
            self.begin_anew(false, outcome)?;
        }
        read
    }

    fn read_page(&mut self, outcome: &mut Outcome) -> Result<()> {
        let after = self.place.cursor.number;
        let request = HeadsRequest { space: self.space(), after, node: None };
        let answer = self.relay.heads(&request, &self.keys)?;
        let is_more = answer.is_more;
        if answer.end.number < after {
            return Err(Fault::Lied { what: "its log ends before what it has shown" });
        }
        // What is listed may be of epochs and members that came after the records that are known here.
        self.repair_access(outcome)?;
        self.check_keys()?;
        if self.place.cursor.number != after {
            return Ok(());
        }
        self.take_entries(answer.entries, answer.end, &[], outcome)?;
        let cursor = self.place.cursor;
        if !is_more && cursor != answer.end || is_more && cursor.number == after {
            return Err(Fault::Lied { what: "its list of segments is cut off" });
        }
        if !is_more {
            let place = Place { by_heads: false, ..self.place };
            self.write(|sync| place.save(sync))?;
            self.place = place;
        }
        Ok(())
    }
}
