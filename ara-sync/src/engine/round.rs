//! A round: requests until nothing is left to send or to read.

use ara_protocol::message::sync::{SyncAnswer, SyncRequest};
use ara_protocol::slot::Slot;

use crate::engine::base::{Engine, Outcome, Progress};
use crate::engine::pushing::{Push, SentPush};
use crate::fault::{Fault, Result};
use crate::random::Random;
use crate::state::slots::OwnSlot;
use crate::state::{Alarm, alarms};

/// How many bytes of segments come back at most.
const BUDGET: u32 = 2 << 20;

/// After how many requests that bring nothing on a round gives up.
const MOST_IN_VAIN: u32 = 8;

/// After how many of them it looks whether the relay has what it has shown.
const ENOUGH_TO_LOOK: u32 = 3;

/// What was sent with a request.
struct Sent {
    pushes: Vec<SentPush>,
    slot: Option<(Slot, OwnSlot)>,
}

impl Engine {
    /// Sends and reads until nothing is left, or `is_stopped` says so, which is asked between requests.
    pub(crate) fn round(
        &mut self,
        is_stopped: &dyn Fn() -> bool,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        if self.is_stopped()? {
            return Err(Fault::Stopped);
        }
        self.random = Random::of(&self.database)?;
        (self.told.is_full, self.told.is_disk_full) = (false, false);
        self.told.tells_in_vain = false;
        self.told.begun_anew = 0;
        self.told.conflicts.clear();
        self.told.unsendable = self.still_too_large();
        let taken = self.told.taken;
        let done = self.requests(is_stopped, on_progress, &mut outcome);
        self.told.tells_at_once = false;
        if self.told.begun_anew == 0 {
            outcome.read = self.told.taken.saturating_sub(taken);
        }
        self.forget_if_failed(done)?;
        outcome.tell_in = self.tell_in()?;
        Ok(outcome)
    }

    /// Forgets what was held of the file and of the relay, if it may not be so.
    fn forget_if_failed<T>(&mut self, done: Result<T>) -> Result<T> {
        let Err(mut fault) = done else { return done };
        self.told.tails.clear();
        self.told.sizes.clear();
        self.told.end = None;
        // What another process has read meanwhile looks like a lie to this one.
        if matches!(fault, Fault::Lied { .. }) && self.is_overtaken()? {
            fault = Fault::Overtaken;
        }
        if matches!(fault, Fault::Overtaken) {
            self.reload()?;
        }
        Err(fault)
    }

    fn requests(
        &mut self,
        is_stopped: &dyn Fn() -> bool,
        on_progress: &mut dyn FnMut(Progress),
        outcome: &mut Outcome,
    ) -> Result<()> {
        let mut in_vain = 0;
        while !is_stopped() {
            let (before, sent) = (self.standing(outcome), outcome.sent);
            let requested = self.request(true, outcome);
            let is_more = self.unless_refused(requested, outcome)?;
            // Where the log begins anew, nobody knows yet how much there is to read.
            if let Some(end) = self.told.end {
                let to_send = match is_more && outcome.sent > sent {
                    true => Some(self.bytes_to_send()?),
                    false => None,
                };
                let (read, end) = (self.place.cursor.number, end.number);
                on_progress(Progress { read, end, to_send });
            }
            if !is_more {
                let tidied = self.tidy_up(is_stopped, outcome);
                if !self.unless_refused(tidied, outcome)? {
                    outcome.is_full = self.told.is_full;
                    outcome.is_disk_full = self.told.is_disk_full;
                    outcome.is_complete = !is_stopped() && !self.told.is_full;
                    if outcome.is_complete {
                        self.lower_full(outcome)?;
                    }
                    return Ok(());
                }
            }
            in_vain = if self.standing(outcome) == before { in_vain + 1 } else { 0 };
            if in_vain == ENOUGH_TO_LOOK && self.look_again(outcome)? {
                in_vain = 0;
            }
            if in_vain >= MOST_IN_VAIN {
                return Err(Fault::Lied {
                    what: "it answers again and again, and nothing changes",
                });
            }
        }
        Ok(())
    }

    /// Does what a refusal calls for, after which there is more to do.
    fn unless_refused(&mut self, done: Result<bool>, outcome: &mut Outcome) -> Result<bool> {
        match done {
            Err(Fault::Refused(refusal)) => {
                self.told.tails.clear();
                self.told.end = None;
                self.refused(refusal, outcome).map(|()| true)
            }
            done => done,
        }
    }

    /// Returns what a request that is not in vain changes.
    fn standing(&self, outcome: &Outcome) -> impl PartialEq + use<> {
        let told = (self.told.unsendable.len(), self.told.not_resealed.len());
        let known = (self.access.records().len(), self.unread.len(), outcome.received);
        // Not the place: to skip on and on is nothing new.
        (self.told.taken, self.place.by_heads, known, told, self.url.clone())
    }

    /// Reads up to the end of the log, and sends nothing but the own slot. What took the place of others is merged too.
    pub(super) fn read_to_end(&mut self, outcome: &mut Outcome) -> Result<()> {
        let mut in_vain = 0;
        loop {
            let before = self.standing(outcome);
            let requested = self.request(false, outcome);
            let done = self.unless_refused(requested, outcome);
            self.forget_if_failed(done)?;
            if self.told.end == Some(self.place.cursor) {
                let reread = self.reread(&|| false, outcome);
                let done = self.unless_refused(reread, outcome);
                self.forget_if_failed(done)?;
                // Unless the relay has shown that its log is another one.
                if self.told.end == Some(self.place.cursor) {
                    return Ok(());
                }
            }
            in_vain = if self.standing(outcome) == before { in_vain + 1 } else { 0 };
            if in_vain >= MOST_IN_VAIN {
                return Err(Fault::Lied {
                    what: "it answers again and again, and nothing changes",
                });
            }
        }
    }

    /// Sends one request, and takes over the answer. Returns whether there is more to do.
    fn request(&mut self, may_push: bool, outcome: &mut Outcome) -> Result<bool> {
        if self.epoch_keys.is_none() {
            self.find_keys_further_on(outcome)?;
        }
        if self.place.by_heads {
            return self.read_heads(outcome).map(|()| true);
        }
        let is_at_end = self.told.end == Some(self.place.cursor);
        let can_push = may_push && is_at_end && !self.told.lacks_records && !self.told.is_full;
        if can_push && self.access.members.needs_rotation() {
            self.rotate()?;
        }
        let mut pushes = if can_push { self.pushes()? } else { vec![] };
        if can_push && pushes.is_empty() {
            pushes.extend(self.fill_hole()?);
        }
        if can_push && pushes.is_empty() {
            pushes.extend(self.reseal()?);
        }
        if can_push && pushes.is_empty() {
            pushes.extend(self.unite_small()?);
        }
        let slot = if self.told.is_disk_full { None } else { self.own_slot(&pushes)? };
        let sent = Sent { pushes: pushes.iter().map(SentPush::of).collect(), slot };
        let request = SyncRequest {
            space: self.space(),
            cursor: self.place.cursor,
            access: self.access.members.head(),
            slots_seen: self.place.slots_seen,
            budget: BUDGET,
            slot: sent.slot.as_ref().map_or(vec![], |(slot, _)| slot.as_bytes().to_vec()),
            pushes: pushes.into_iter().map(|Push { segments, .. }| segments).collect(),
        };
        let answer = self.relay.sync(&request, &self.keys)?;
        self.take_answer(answer, &sent, outcome)
    }

    fn take_answer(
        &mut self,
        answer: SyncAnswer,
        sent: &Sent,
        outcome: &mut Outcome,
    ) -> Result<bool> {
        outcome.used = Some((answer.used, answer.limit));
        self.note_founded()?;
        self.take_outcomes(&sent.pushes, &answer.pushes, outcome)?;
        if self.told.is_full && !self.told.is_disk_full {
            let (used, limit) = (answer.used, answer.limit);
            let alarm = Alarm::Full { used, limit, needed: self.bytes_to_send()? };
            self.raise(&alarm, outcome)?;
        }
        if answer.knows_access {
            self.told.lacks_records = false;
            self.apply_records(&answer.records, outcome)?;
            self.note_end_of_left(answer.end.number)?;
        } else {
            self.repair_access(outcome)?;
        }
        self.check_keys()?;
        if !answer.knows_cursor {
            self.begin_anew(true, outcome)?;
            return Ok(true);
        }
        if answer.end.number < self.place.cursor.number {
            return Err(Fault::Lied { what: "its log ends before what it has shown" });
        }
        self.take_entries(answer.entries, answer.end, &sent.pushes, outcome)?;
        self.told.end = Some(answer.end);
        let own = sent.slot.as_ref().map(|slot| (slot, answer.took_slot));
        // Where it was put back, the newest slot is not the newest that there was.
        self.take_slots((&answer.slots, answer.newest_slot), own, outcome)?;
        let is_at_end = self.place.cursor == answer.end;
        if is_at_end {
            self.note_all_read()?;
        }
        let may_push = !self.told.is_full && !self.told.lacks_records;
        Ok(!is_at_end || may_push && self.has_news()?)
    }

    fn lower_full(&self, outcome: &mut Outcome) -> Result<()> {
        let is_full = |alarm: &Alarm| matches!(alarm, Alarm::Full { .. } | Alarm::RelayDiskFull);
        if self.alarms()?.iter().any(is_full) {
            let lowered = self.database.sync_write(|sync| {
                let full = alarms::lower(sync, &Alarm::Full { used: 0, limit: 0, needed: 0 })?;
                Ok(alarms::lower(sync, &Alarm::RelayDiskFull)? || full)
            })?;
            outcome.alarms_changed |= lowered;
        }
        Ok(())
    }

    /// Does what is left once the end of the log is reached. Returns whether there is more to send or to read.
    fn tidy_up(&mut self, is_stopped: &dyn Fn() -> bool, outcome: &mut Outcome) -> Result<bool> {
        self.reread(is_stopped, outcome)?;
        if self.place.by_heads || self.compare(outcome)? {
            return Ok(true);
        }
        self.judge_alarms(outcome)?;
        if self.told.lacks_records {
            self.repair_access(outcome)?;
            if !self.told.lacks_records {
                return Ok(true);
            }
        }
        if self.remove_unconfirmed()? {
            return Ok(true);
        }
        let may_push = !self.told.is_full && !self.told.lacks_records;
        Ok(may_push
            && (self.has_news()?
                || self.has_hole()?.is_some()
                || self.has_dirty()?
                || self.has_many_small()?.is_some()))
    }
}
