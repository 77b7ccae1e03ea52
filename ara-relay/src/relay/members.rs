//! Who is a member of which space, without reading the whole access log each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ara_protocol::access::{Members, Record};
use ara_protocol::{RecordHash, SpaceId};

use crate::store::{Result, Space, StoreError, Transaction};

/// How many spaces are remembered at least, if that many are used.
const MOST: usize = 512;

/// How many bytes of records are read at once.
pub(crate) const PAGE_OF_RECORDS: usize = 1 << 20;

const DAMAGED: StoreError = StoreError::Damaged { what: "an access log" };

/// The members of spaces, as they were after some record. What is remembered of a state that was then undone does no
/// harm, since the record after which it was is compared.
#[derive(Default)]
pub(super) struct KnownMembers {
    generations: Mutex<Generations>,
}

/// Who was not used while the young ones became many is forgotten.
#[derive(Default)]
struct Generations {
    young: HashMap<SpaceId, Arc<Members>>,
    old: HashMap<SpaceId, Arc<Members>>,
}

impl KnownMembers {
    /// Returns the members of a space that has records.
    pub(super) fn of(
        &self,
        transaction: &mut dyn Transaction,
        space: &Space,
    ) -> Result<Arc<Members>> {
        let known = self.get(space.key.id);
        if let Some(members) = &known
            && members.head() == space.access
        {
            return Ok(members.clone());
        }
        let from = match known {
            Some(members) => {
                let number = number_of(transaction, space, members.head())?;
                number.map(|number| (Members::clone(&members), number))
            }
            None => None,
        };
        let members = read(transaction, space, from)?;
        let members = members.filter(|members| members.head() == space.access).ok_or(DAMAGED)?;
        let members = Arc::new(members);
        self.put(members.clone());
        Ok(members)
    }

    /// Remembers the members of a space.
    pub(super) fn put(&self, members: Arc<Members>) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.insert(members.space(), members);
        if generations.young.len() >= MOST {
            generations.old = std::mem::take(&mut generations.young);
        }
    }

    fn get(&self, space: SpaceId) -> Option<Arc<Members>> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(members) = generations.young.get(&space) {
            return Some(members.clone());
        }
        let members = generations.old.remove(&space)?;
        generations.young.insert(space, members.clone());
        Some(members)
    }
}

/// Returns the access records of a space after one, as many as fit, or one at least if there are any.
pub(crate) fn records_after(
    transaction: &mut dyn Transaction,
    space: &Space,
    after: u64,
    most_bytes: usize,
) -> Result<Vec<Vec<u8>>> {
    if after == space.records {
        return Ok(vec![]);
    }
    let records = transaction.records(space.key, after, space.records, most_bytes)?;
    if records.is_empty() { Err(DAMAGED) } else { Ok(records) }
}

/// Returns the number of an access record. Those that come after a damaged one are kept, and do not count.
pub(super) fn number_of(
    transaction: &mut dyn Transaction,
    space: &Space,
    hash: RecordHash,
) -> Result<Option<u64>> {
    Ok(transaction.record_number(space.key, hash)?.filter(|number| *number <= space.records))
}

/// Reads the access log by the rules of the protocol, after the record that is known already. Returns who the members are,
/// or `None` if there are no records.
pub(crate) fn read(
    transaction: &mut dyn Transaction,
    space: &Space,
    known: Option<(Members, u64)>,
) -> Result<Option<Members>> {
    let (mut members, mut number) = match known {
        Some((members, number)) => (Some(members), number),
        None => (None, 0),
    };
    while number < space.records {
        let records = records_after(transaction, space, number, PAGE_OF_RECORDS)?;
        for record in records {
            let record = Record::read(&record).map_err(|_| DAMAGED)?;
            match &mut members {
                None => members = Some(Members::found(&record).map_err(|_| DAMAGED)?),
                Some(members) => members.apply(&record).map_err(|_| DAMAGED)?,
            }
            number += 1;
        }
    }
    Ok(members)
}
