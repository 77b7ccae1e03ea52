//! Reading and continuing the access log.

use std::sync::Arc;

use ara_protocol::access::{Change, Members, Record};
use ara_protocol::message::Refusal;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};
use ara_protocol::request::hash_body;
use ara_protocol::{Error, RecordHash};

use crate::relay::Relay;
use crate::relay::asked::Asked;
use crate::relay::fault::Fault;
use crate::relay::members::{number_of, records_after};
use crate::relay::mending::regain;
use crate::relay::standing::Standing;
use crate::store::{Result as StoreResult, Space, StoreError, Topic, Transaction};

/// The most bytes of records in an answer.
const MOST_RECORDS: usize = 12 << 20;

/// How many bytes an access log may have. What is needed passes above that too, so the whole log still fits into an
/// answer.
const LONGEST_LOG: u64 = 8 << 20;

/// The records of a request that are not there yet.
struct Fresh {
    /// Who is a member so far, if the space is there.
    members: Option<Arc<Members>>,
    records: Vec<Vec<u8>>,
    /// Whether nothing is here of the space.
    is_new_space: bool,
}

impl Fresh {
    /// Reads the records, and returns `None` if one does not continue the log. Only a member can make one that does, so
    /// nobody else has many signatures checked.
    ///
    /// # Errors
    ///
    /// Returns [`Refusal::UpdateNeeded`] if one is newer than this relay, which then cannot tell.
    fn read(&self, asked: &Asked<'_>) -> Result<Option<Vec<Record>>, Refusal> {
        let mut members = self.members.as_deref().cloned();
        let mut read = vec![];
        for record in &self.records {
            let record = match Record::read(record) {
                Ok(record) => record,
                Err(Error::UpdateNeeded { .. }) => return Err(Refusal::UpdateNeeded),
                Err(_) => return Ok(None),
            };
            if grow(&mut members, asked, &record).is_none() {
                return Ok(None);
            }
            read.push(record);
        }
        Ok(Some(read))
    }
}

impl Relay {
    pub(super) fn access(&self, asked: &Asked<'_>) -> Result<Vec<u8>, Fault> {
        let request = AccessRequest::read(asked.content())?;
        let new = self.read(|transaction| self.new_records(transaction, asked, &request))?;
        if new.is_new_space {
            // Before anything of it is checked, which takes longer than all that was done so far.
            self.take_of(self.new_spaces.as_ref(), asked.peer)?;
        }
        let are_taken = match new.read(asked)? {
            Some(records) if !records.is_empty() => self.write(asked.topic(), |transaction| {
                self.take_records(transaction, asked, &request, &records)
            })?,
            read => read.is_some(),
        };
        if are_taken && !new.records.is_empty() {
            self.tell(Topic::Space(asked.space()));
        }
        let answer = self
            .read(|transaction| self.read_records(transaction, asked, request.after, are_taken))?;
        Ok(answer.to_bytes()?)
    }

    /// Returns which records of a request are not there yet.
    fn new_records(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
        request: &AccessRequest,
    ) -> Result<Fresh, Fault> {
        let Some(Standing { space, members }) = self.find_space(transaction, asked)? else {
            if request.records.is_empty() {
                return Err(Refusal::Unknown.into());
            }
            let is_new_space = transaction.space(asked.space())?.is_none();
            if is_new_space {
                self.admit(request)?;
            }
            return Ok(Fresh { members: None, records: request.records.clone(), is_new_space });
        };
        let mut new = vec![];
        for record in &request.records {
            let hash = RecordHash::from_bytes(hash_body(record));
            if number_of(transaction, &space, hash)?.is_none() {
                new.push(record.clone());
            }
        }
        Ok(Fresh { members: Some(members), records: new, is_new_space: false })
    }

    fn admit(&self, request: &AccessRequest) -> Result<(), Refusal> {
        let is_admitted = self.options.admission.admits(&request.admission);
        if is_admitted { Ok(()) } else { Err(Refusal::AdmissionNeeded) }
    }

    /// Takes records, and returns whether they continue the log. If not, nothing was written.
    fn take_records(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
        request: &AccessRequest,
        records: &[Record],
    ) -> Result<bool, Fault> {
        let found = self.find_space(transaction, asked)?;
        let mut new: Vec<_> = records.iter().collect();
        if let Some(Standing { space, .. }) = &found {
            // Another request may have brought some in the meantime.
            let mut is_there = |record: &Record| number_of(transaction, space, record.hash());
            let known: Vec<_> = records.iter().map(&mut is_there).collect::<StoreResult<_>>()?;
            let unknown = records.iter().zip(known).filter(|(_, known)| known.is_none());
            new = unknown.map(|(record, _)| record).collect();
        }
        let Some(growth) = Growth::of(found.as_ref(), asked, new) else { return Ok(false) };
        let Growth { mut members, lets_out, new } = growth;
        if !was_member(&members, asked) {
            return Err(Refusal::Unknown.into());
        }
        let was_elsewhere = found.as_ref().is_some_and(|it| self.is_elsewhere(&it.members));
        if was_elsewhere && self.is_elsewhere(&members) {
            return Ok(false);
        }
        let end = found.as_ref().map(|it| it.space.end);
        // Where the space comes back to, nobody could read meanwhile.
        let has_read_all =
            was_elsewhere || end.is_none_or(|end| end.number == 0 || end == request.cursor);
        // Who became a member later may not read before it has brought back what this relay lost.
        let may_read = found.as_ref().is_none_or(|it| it.members.get(asked.signer).is_some());
        if lets_out && may_read && !has_read_all {
            return Ok(false);
        }
        let mut space = match found {
            Some(found) => found.space,
            None => match transaction.space(asked.space())? {
                // It was here before, and lost its records.
                Some(space) => space,
                None => {
                    self.admit(request)?;
                    transaction.found(asked.space())?
                }
            },
        };
        for (record, is_needed) in new {
            self.add(transaction, &mut space, record, is_needed)?;
        }
        regain(transaction, &mut space, &mut members)?;
        self.let_out(transaction, &mut space, &members)?;
        space.recovery = members.recovery().map(|recovery| recovery.keys().member());
        space.last_use = self.now();
        transaction.put_space(&space)?;
        self.known.put(Arc::new(members));
        Ok(true)
    }

    /// Adds a record to a log that it continues. One that is needed passes though there is no room.
    fn add(
        &self,
        transaction: &mut dyn Transaction,
        space: &mut Space,
        record: &Record,
        is_needed: bool,
    ) -> Result<(), Fault> {
        let size = record.as_bytes().len() as u64;
        let has_room =
            space.used + size <= self.quota(space) && space.records_size + size <= LONGEST_LOG;
        if !has_room && !is_needed {
            check_size(transaction, space)?;
            return Err(self.full(space).into());
        }
        space.records += 1;
        space.records_size += size;
        space.used += size;
        space.access = record.hash();
        transaction.add_record(space.key, space.records, record.hash(), record.as_bytes())?;
        Ok(())
    }

    /// Drops the slots of those who are no members any more.
    fn let_out(
        &self,
        transaction: &mut dyn Transaction,
        space: &mut Space,
        members: &Members,
    ) -> Result<(), Fault> {
        for author in transaction.slot_authors(space.key)? {
            if members.get(author).is_none() {
                let size = transaction.slot(space.key, author)?.map_or(0, |slot| slot.size);
                transaction.drop_slot(space.key, author)?;
                space.used = space.used.saturating_sub(size);
            }
        }
        Ok(())
    }

    fn read_records(
        &self,
        transaction: &mut dyn Transaction,
        asked: &Asked<'_>,
        after: Option<RecordHash>,
        are_taken: bool,
    ) -> Result<AccessAnswer, Fault> {
        let Standing { space, members } =
            self.find_space(transaction, asked)?.ok_or(Refusal::Unknown)?;
        if !was_member(&members, asked) {
            return Err(Refusal::Unknown.into());
        }
        let known = match after {
            Some(after) => number_of(transaction, &space, after)?,
            None => Some(0),
        };
        let from = known.unwrap_or(0);
        let records = records_after(transaction, &space, from, MOST_RECORDS)?;
        Ok(AccessAnswer {
            are_taken,
            knows_after: known.is_some(),
            head: Some(space.access),
            is_more: from + (records.len() as u64) < space.records,
            records,
        })
    }
}

/// Checks that the records of a space have as many bytes as are noted.
fn check_size(transaction: &mut dyn Transaction, space: &Space) -> StoreResult<()> {
    let stored = transaction.stored_records(space.key)?;
    let counted = stored.iter().filter(|record| record.number <= space.records);
    let size: u64 = counted.map(|record| record.bytes.len() as u64).sum();
    if size == space.records_size {
        return Ok(());
    }
    Err(StoreError::Damaged { what: "what is noted of an access log" })
}

/// Returns whether who signed is or was a member. Who was let out may read how.
fn was_member(members: &Members, asked: &Asked<'_>) -> bool {
    members.get(asked.signer).is_some() || members.removed_in(asked.signer).is_some()
}

/// Applies a record, and returns whether somebody is a member no more by it, or `None` if it does not continue the log.
fn grow(members: &mut Option<Members>, asked: &Asked<'_>, record: &Record) -> Option<bool> {
    let Some(members) = members else {
        *members = Some(Members::found(record).ok()?);
        return (record.space() == asked.space()).then_some(false);
    };
    let before: Vec<_> = members.iter().map(|it| it.keys().member()).collect();
    members.apply(record).ok()?;
    Some(before.iter().any(|member| members.get(*member).is_none()))
}

/// What an access log becomes by new records.
struct Growth<'a> {
    members: Members,
    /// Whether somebody is a member no more.
    lets_out: bool,
    /// The records that were not there, and whether each is needed.
    new: Vec<(&'a Record, bool)>,
}

impl<'a> Growth<'a> {
    /// Applies records, and returns `None` if one does not continue the log.
    fn of(found: Option<&Standing>, asked: &Asked<'_>, new: Vec<&'a Record>) -> Option<Self> {
        let mut members = found.map(|found| Members::clone(&found.members));
        let mut lets_out = false;
        let mut needed = vec![];
        for record in &new {
            needed.push(is_needed(members.as_ref(), record));
            lets_out |= grow(&mut members, asked, record)?;
        }
        let new = new.into_iter().zip(needed).collect();
        members.map(|members| Self { members, lets_out, new })
    }
}

/// Returns whether a record is needed: it lets somebody out, or is the rotation without which nobody may write, not
/// even to make room.
fn is_needed(before: Option<&Members>, record: &Record) -> bool {
    match record.change() {
        Change::Removed { .. } => true,
        Change::Rotated => before.is_some_and(Members::needs_rotation),
        _ => false,
    }
}
