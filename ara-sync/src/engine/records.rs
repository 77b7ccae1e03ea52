//! Keeping the access log equal to the relay's.

use ara_core::Error;
use ara_protocol::access::{Change, Record};
use ara_protocol::keys::MemberKey;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::message::{LONGEST_REQUEST, Refusal};
use ara_protocol::{Error as ProtocolError, RecordHash};
use rusqlite::Connection;

use crate::engine::base::{Engine, Outcome};
use crate::fault::{Fault, Result};
use crate::state::gone::Gone;
use crate::state::records::AccessLog;
use crate::state::{Alarm, alarms, facts, segments, slots};

/// The most bytes of records that are sent at once.
const MOST_SENT: usize = LONGEST_REQUEST / 2;

/// The most bytes of records that are read of a log that is not known yet. A relay keeps far fewer.
const MOST_BYTES: usize = 64 << 20;

/// In how many answers they come at most. A relay fills each but the last.
const MOST_PAGES: usize = 64;

impl Engine {
    /// Applies records that follow the last one that is known, and writes them with what they change. If one does not
    /// verify, those before it stand, and sync stops. Returns whether there were any.
    pub(super) fn apply_records(
        &mut self,
        records: &[Vec<u8>],
        outcome: &mut Outcome,
    ) -> Result<bool> {
        if records.is_empty() {
            return Ok(false);
        }
        let mut log = self.access.clone();
        let from = log.records().len();
        let mut news = Vec::new();
        let mut applied = Ok(());
        for bytes in records {
            let record = Record::read(bytes);
            applied = record.and_then(|record| {
                log.apply(&record)?;
                news.push(record);
                Ok(())
            });
            if applied.is_err() {
                break;
            }
        }
        let own = self.own_key();
        let made = self.told.made;
        if !news.is_empty() {
            let gone = self.gone_by(&log)?;
            let changed = self.write(|sync| {
                let mut changed = false;
                gone.iter().try_for_each(|gone| gone.save(sync))?;
                for record in &news {
                    changed |= note_change(sync, record, own, made == Some(record.hash()))?;
                }
                slots::forget(sync, |member| log.members.get(member).is_none())?;
                log.save(sync, from)?;
                Ok(changed)
            })?;
            self.access = log;
            outcome.alarms_changed |= changed;
            outcome.devices_changed = true;
            (self.told.is_end_of_left_noted, self.told.is_all_of_left_read) = (false, false);
            self.told.tails.clear();
            self.told.not_resealed.clear();
            self.told.due.extend(self.unread.keys().copied());
            self.find_keys()?;
        }
        match applied {
            Ok(()) => Ok(!news.is_empty()),
            Err(error @ ProtocolError::UpdateNeeded { .. }) => {
                self.raise(&Alarm::UpdateNeeded, outcome)?;
                Err(error.into())
            }
            Err(_) => Err(self.stop(&Alarm::AccessForked, outcome)),
        }
    }

    /// Returns which members are none any more by a later access log, with their names: their slots are about to go. If this
    /// device is one of them, these are all, as it cannot open any slot from then on.
    fn gone_by(&self, later: &AccessLog) -> Result<Vec<Gone>> {
        let is_out = later.members.get(self.own_key()).is_none();
        let is_gone = |key| is_out || later.members.get(key).is_none();
        // To read the names, what each has signed is checked again.
        if !self.access.members.iter().any(|member| is_gone(member.keys().member())) {
            return Ok(vec![]);
        }
        let devices = self.devices()?.into_iter().filter(|device| is_gone(device.key));
        Ok(devices
            .map(|device| Gone {
                key: device.key,
                name: device.said.map(|said| said.name).unwrap_or_default(),
                is_recovery: device.is_recovery,
            })
            .collect())
    }

    /// Notes where the log ended when this device heard that others have left by themselves. Nobody needs to have read
    /// what they sent last, as somebody has who removes another, so what is there by then counts.
    pub(super) fn note_end_of_left(&mut self, end: u64) -> Result<()> {
        if self.told.is_end_of_left_noted {
            return Ok(());
        }
        let left = self.database.sync_read(|sync| facts::under(sync, facts::LEFT))?;
        let mut new = left.unwrap_or_default();
        new.retain(|(_, end)| end.is_empty());
        if !new.is_empty() {
            self.write(|sync| {
                new.iter().try_for_each(|(member, _)| {
                    facts::put(sync, &format!("{}{member}", facts::LEFT), &end.to_be_bytes())
                })
            })?;
        }
        self.told.is_end_of_left_noted = true;
        Ok(())
    }

    /// Notes that this device has read to the end of the log. What comes behind it is no last word of who has left before,
    /// even if the relay told of another end then.
    pub(super) fn note_all_read(&mut self) -> Result<()> {
        if self.told.is_all_of_left_read {
            return Ok(());
        }
        let read = self.place.cursor.number;
        let left = self.database.sync_read(|sync| facts::under(sync, facts::LEFT))?;
        let mut left = left.unwrap_or_default();
        left.retain(|(_, end)| {
            end.as_slice().try_into().is_ok_and(|end| u64::from_be_bytes(end) > read)
        });
        if !left.is_empty() {
            self.write(|sync| {
                left.iter().try_for_each(|(member, _)| {
                    facts::put(sync, &format!("{}{member}", facts::LEFT), &read.to_be_bytes())
                })
            })?;
        }
        self.told.is_all_of_left_read = true;
        Ok(())
    }

    /// Stops sync for good, with an alarm that says why.
    pub(super) fn stop(&self, alarm: &Alarm, outcome: &mut Outcome) -> Fault {
        let stopped = self.database.sync_write(|sync| {
            facts::put(sync, facts::STOPPED, &[])?;
            alarms::raise(sync, alarm)
        });
        match stopped {
            Ok(changed) => {
                outcome.alarms_changed |= changed;
                Fault::Stopped
            }
            Err(error) => Fault::Database(error),
        }
    }

    /// Returns whether sync has stopped for good.
    pub(crate) fn is_stopped(&self) -> Result<bool> {
        let stopped = self.database.sync_read(|sync| facts::get(sync, facts::STOPPED))?;
        Ok(stopped.flatten().is_some())
    }

    /// Brings the access log here and the one at the relay together.
    pub(super) fn repair_access(&mut self, outcome: &mut Outcome) -> Result<()> {
        let answer = match self.ask_access(Some(self.access.members.head()), vec![]) {
            Err(Fault::Refused(Refusal::Unknown)) => {
                if self.place.cursor.number > 0 {
                    self.begin_anew(true, outcome)?;
                }
                return self.publish(0, outcome);
            }
            answer => answer?,
        };
        if answer.knows_after {
            self.told.lacks_records = false;
            return self.read_on(answer, outcome);
        }
        let theirs = self.whole_log(answer)?;
        let own = self.access.records();
        let common = own.iter().zip(&theirs).take_while(|(own, their)| own == their).count();
        if common == theirs.len() {
            return self.publish(common, outcome);
        }
        if common < own.len() {
            return Err(self.stop(&Alarm::AccessForked, outcome));
        }
        let news = theirs.get(common..).unwrap_or_default().to_vec();
        self.apply_records(&news, outcome)?;
        Ok(())
    }

    /// Reads on to where this device has keys. It may be no member by the records that it knows, as the file was put back
    /// from before it had the keys that it has now; or what was wrapped for it last does not open, and what comes next
    /// may.
    pub(super) fn find_keys_further_on(&mut self, outcome: &mut Outcome) -> Result<()> {
        if self.is_stopped()? {
            return Err(Fault::Stopped);
        }
        match self.read_new_records(outcome) {
            Ok(()) | Err(Fault::Refused(Refusal::Unknown)) if self.epoch_keys.is_none() => {
                if self.is_stopped()? || self.access.members.get(self.own_key()).is_some() {
                    return self.check_keys();
                }
                Err(Error::KeysMissing.into())
            }
            read => read,
        }
    }

    /// Reads the records that are new.
    pub(super) fn read_new_records(&mut self, outcome: &mut Outcome) -> Result<()> {
        let answer = self.ask_access(Some(self.access.members.head()), vec![])?;
        if answer.knows_after { self.read_on(answer, outcome) } else { Ok(()) }
    }

    /// Applies what follows, page by page.
    fn read_on(&mut self, mut answer: AccessAnswer, outcome: &mut Outcome) -> Result<()> {
        loop {
            let is_any = self.apply_records(&answer.records, outcome)?;
            if !answer.is_more {
                return Ok(());
            }
            if !is_any {
                return Err(Fault::Lied { what: "its access log never ends" });
            }
            answer = self.ask_access(Some(self.access.members.head()), vec![])?;
            if !answer.knows_after {
                return Err(Fault::Lied { what: "it does not know the record that it has sent" });
            }
        }
    }

    /// Reads the rest of the relay's log, of which the answer is the first page.
    fn whole_log(&self, answer: AccessAnswer) -> Result<Vec<Vec<u8>>> {
        let ask = |after| self.ask_access(Some(after), vec![]);
        read_pages(answer, ask)
    }

    /// Sends the records from one on, which the relay lacks.
    pub(super) fn publish(&mut self, from: usize, outcome: &mut Outcome) -> Result<()> {
        if self.is_founded()? {
            self.raise(&Alarm::RelayWentBack, outcome)?;
        }
        let mut rest = self.access.records().get(from..).unwrap_or_default().to_vec();
        while !rest.is_empty() {
            let mut size = 0;
            let fits = rest.iter().take_while(|record| {
                size += record.len();
                size <= MOST_SENT
            });
            let count = fits.count().max(1);
            let after = rest.split_off(count.min(rest.len()));
            let count = rest.len();
            let taken = match self.send_records(rest.clone()) {
                Ok(are_taken) => Ok(are_taken),
                Err(fault @ Fault::Refused(Refusal::Unknown)) => Err(fault),
                Err(fault) => return Err(fault),
            };
            if !matches!(taken, Ok(true)) {
                // One that lets somebody out is taken once all was read. To read, this device must be known as a member.
                let first = rest.iter().position(|record| may_let_out(record));
                let before = rest.get(..first.unwrap_or(count)).unwrap_or_default();
                if first.is_none_or(|first| first == 0) || !self.send_records(before.to_vec())? {
                    taken?;
                }
                self.told.lacks_records = true;
                return Ok(());
            }
            rest = after;
        }
        self.told.lacks_records = false;
        self.write(|sync| facts::put(sync, facts::FOUNDED, &[]))
    }

    /// Sends records, and returns whether the relay has taken all.
    fn send_records(&self, records: Vec<Vec<u8>>) -> Result<bool> {
        Ok(self.ask_access(Some(self.access.members.head()), records)?.are_taken)
    }

    /// Returns whether the relay has had the space.
    pub(super) fn is_founded(&self) -> Result<bool> {
        let founded = self.database.sync_read(|sync| facts::get(sync, facts::FOUNDED))?;
        Ok(founded.flatten().is_some())
    }

    /// Notes that the relay has the space.
    pub(super) fn note_founded(&self) -> Result<()> {
        if self.is_founded()? {
            return Ok(());
        }
        self.write(|sync| facts::put(sync, facts::FOUNDED, &[]))
    }

    /// Asks for the records after one, and sends some.
    pub(super) fn ask_access(
        &self,
        after: Option<RecordHash>,
        records: Vec<Vec<u8>>,
    ) -> Result<AccessAnswer> {
        let request = AccessRequest {
            space: self.space(),
            after,
            cursor: self.place.cursor,
            admission: self.settings.admission.clone(),
            records,
        };
        self.relay.access(&request, &self.keys)
    }
}

/// Reads the rest of an access log, of which an answer is the first page.
pub(super) fn read_pages(
    mut answer: AccessAnswer,
    ask: impl Fn(RecordHash) -> Result<AccessAnswer>,
) -> Result<Vec<Vec<u8>>> {
    let mut records = answer.records;
    let mut size: usize = records.iter().map(Vec::len).sum();
    let mut pages = 1;
    while answer.is_more {
        let is_bounded = size <= MOST_BYTES && pages < MOST_PAGES;
        pages += 1;
        let Some(last) = records.last().filter(|_| is_bounded) else {
            return Err(Fault::Lied { what: "its access log never ends" });
        };
        answer = ask(Record::read(last)?.hash())?;
        if !answer.knows_after || answer.records.is_empty() {
            return Err(Fault::Lied { what: "its access log is cut off" });
        }
        size += answer.records.iter().map(Vec::len).sum::<usize>();
        records.append(&mut answer.records);
    }
    Ok(records)
}

/// Returns whether a record may let somebody out.
fn may_let_out(record: &[u8]) -> bool {
    let record = Record::read(record);
    record.is_ok_and(|record| {
        matches!(record.change(), Change::Removed { .. } | Change::RecoverySet { .. })
    })
}

/// Verifies a whole access log that was read.
pub(super) fn verified(records: &[Vec<u8>]) -> Result<AccessLog> {
    AccessLog::read(records)?.ok_or(Fault::Lied { what: "its access log is empty" })
}

/// Notes what a record changes. `is_made` says whether the app is about to hear that it has made it. Returns whether the
/// alarms changed.
fn note_change(
    sync: &Connection,
    record: &Record,
    own: MemberKey,
    is_made: bool,
) -> ara_core::Result<bool> {
    let by = record.author();
    let raise = |alarm: &Alarm| if by == own { Ok(false) } else { alarms::raise(sync, alarm) };
    match record.change() {
        Change::Added { device } => {
            let device = device.member();
            if device == own {
                Ok(false)
            } else {
                raise(&Alarm::DeviceAdded { device: device.into(), by: by.into() })
            }
        }
        Change::Removed { members } => {
            let mut changed = false;
            if members.contains(&by) {
                facts::put(sync, &left(by.as_bytes()), &[])?;
            }
            for device in members {
                facts::remove(sync, &format!("{}{}", facts::NAMED, facts::hex(device.as_bytes())))?;
                if segments::flag_author(sync, device.as_bytes())? {
                    facts::put(sync, facts::RESEAL, &[])?;
                }
                changed |=
                    raise(&Alarm::DeviceRemoved { device: (*device).into(), by: by.into() })?;
                if *device == own {
                    facts::put(sync, facts::STOPPED, &[])?;
                    changed |= alarms::raise(sync, &Alarm::Removed)?;
                }
            }
            Ok(changed)
        }
        // The words that this device has made, and that its user was not shown since the answer was lost, are told too:
        // those from before do not count any more.
        Change::RecoverySet { .. } if is_made => Ok(false),
        Change::RecoverySet { .. } => {
            alarms::raise(sync, &Alarm::RecoveryWordsSet { by: by.into() })
        }
        Change::Moved { relay } => raise(&Alarm::Moved { relay: relay.to_owned() }),
        _ => Ok(false),
    }
}

/// Returns the fact that a member has left by itself, and may have sent something before.
pub(super) fn left(member: &[u8; 32]) -> String {
    format!("{}{}", facts::LEFT, facts::hex(member))
}
