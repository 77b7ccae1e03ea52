//! The alarms, as the file keeps them.

use ara_core::{Result, Uuid};
use ara_protocol::keys::MemberKey;
use rusqlite::Connection;

use crate::state::alarm::Alarm;
use crate::state::facts::{self, hex};
use crate::state::who::Who;

const PREFIX: &str = "alarm/";

/// Raises an alarm. Returns whether it is new, or says something new.
pub(crate) fn raise(connection: &Connection, alarm: &Alarm) -> Result<bool> {
    let (key, value) = write(alarm);
    let key = format!("{PREFIX}{key}");
    if facts::get(connection, &key)?.as_ref() == Some(&value) {
        return Ok(false);
    }
    facts::put(connection, &key, &value)?;
    Ok(true)
}

/// Takes an alarm away. Returns whether it was there.
pub(crate) fn lower(connection: &Connection, alarm: &Alarm) -> Result<bool> {
    let key = format!("{PREFIX}{}", write(alarm).0);
    let is_there = facts::get(connection, &key)?.is_some();
    facts::remove(connection, &key)?;
    Ok(is_there)
}

/// Takes away the alarms about a node. Returns whether there were any.
pub(crate) fn lower_of_node(connection: &Connection, node: Uuid) -> Result<bool> {
    let mut any = false;
    for alarm in [
        Alarm::Incomplete { node },
        Alarm::NotOpened { node },
        Alarm::Refused { node, reason: String::new() },
        Alarm::Held { node, by: None },
    ] {
        any |= lower(connection, &alarm)?;
    }
    Ok(any)
}

/// Returns the alarms. Of those that they name, only the ids are kept with them.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Alarm>> {
    let alarms = facts::under(connection, PREFIX)?;
    Ok(alarms.iter().filter_map(|(_, value)| read(value)).collect())
}

/// Returns the key by which an alarm is kept, under which there is one at a time, and what is kept.
fn write(alarm: &Alarm) -> (String, Vec<u8>) {
    let (tag, about, more): (u8, Vec<u8>, Vec<u8>) = match alarm {
        Alarm::RelayWentBack => (1, vec![], vec![]),
        Alarm::Withheld => (2, vec![], vec![]),
        Alarm::AccessForked => (3, vec![], vec![]),
        Alarm::Incomplete { node } => (4, node.as_bytes().to_vec(), vec![]),
        Alarm::NotOpened { node } => (5, node.as_bytes().to_vec(), vec![]),
        Alarm::Refused { node, reason } => {
            (6, node.as_bytes().to_vec(), reason.as_bytes().to_vec())
        }
        Alarm::Held { node, .. } => (7, node.as_bytes().to_vec(), vec![]),
        Alarm::UpdateNeeded => (8, vec![], vec![]),
        Alarm::DeviceAdded { device, by } => (9, two(device, by), vec![]),
        Alarm::DeviceRemoved { device, by } => (10, two(device, by), vec![]),
        Alarm::RecoveryWordsSet { by } => (11, by.id.as_bytes().to_vec(), vec![]),
        Alarm::Moved { relay } => (12, vec![], relay.as_bytes().to_vec()),
        Alarm::DeletedAtRelay { by } => (13, by.id.as_bytes().to_vec(), vec![]),
        Alarm::Removed => (14, vec![], vec![]),
        Alarm::Full { used, limit, needed } => {
            (15, vec![], [used, limit, needed].map(|it| it.to_be_bytes()).concat())
        }
        Alarm::KeysReplaced => (16, vec![], vec![]),
        Alarm::NotSent { node, reason } => {
            (17, node.as_bytes().to_vec(), reason.as_bytes().to_vec())
        }
        Alarm::RelayDiskFull => (18, vec![], vec![]),
    };
    (format!("{tag:02}{}", hex(&about)), [&[tag][..], &about, &more].concat())
}

fn two(one: &Who, other: &Who) -> Vec<u8> {
    [*one.id.as_bytes(), *other.id.as_bytes()].concat()
}

fn read(value: &[u8]) -> Option<Alarm> {
    let (tag, rest) = value.split_first()?;
    let node = || Some(Uuid::from_bytes(*rest.first_chunk()?));
    let member = |at: usize| {
        let key = MemberKey::from_bytes(*rest.get(at..)?.first_chunk()?);
        key.ok().map(Who::from)
    };
    let number = |at: usize| Some(u64::from_be_bytes(*rest.get(at..)?.first_chunk()?));
    let text = |at: usize| Some(String::from_utf8_lossy(rest.get(at..)?).into_owned());
    Some(match tag {
        1 => Alarm::RelayWentBack,
        2 => Alarm::Withheld,
        3 => Alarm::AccessForked,
        4 => Alarm::Incomplete { node: node()? },
        5 => Alarm::NotOpened { node: node()? },
        6 => Alarm::Refused { node: node()?, reason: text(16)? },
        7 => Alarm::Held { node: node()?, by: None },
        8 => Alarm::UpdateNeeded,
        9 => Alarm::DeviceAdded { device: member(0)?, by: member(32)? },
        10 => Alarm::DeviceRemoved { device: member(0)?, by: member(32)? },
        11 => Alarm::RecoveryWordsSet { by: member(0)? },
        12 => Alarm::Moved { relay: text(0)? },
        13 => Alarm::DeletedAtRelay { by: member(0)? },
        14 => Alarm::Removed,
        15 => Alarm::Full { used: number(0)?, limit: number(8)?, needed: number(16)? },
        16 => Alarm::KeysReplaced,
        17 => Alarm::NotSent { node: node()?, reason: text(16)? },
        18 => Alarm::RelayDiskFull,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use ara_core::Database;
    use ara_protocol::keys::SecretKeys;

    #[test]
    fn every_alarm_comes_back_until_it_is_lowered() -> Result<()> {
        let node = Uuid::from_bytes([7; 16]);
        let key =
            |seed| Who::from(SecretKeys::generate(&mut Random::seeded(seed)).public().member());
        let (device, by) = (key(1), key(2));
        let every = [
            Alarm::RelayWentBack,
            Alarm::Withheld,
            Alarm::AccessForked,
            Alarm::Incomplete { node },
            Alarm::NotOpened { node },
            Alarm::Refused { node, reason: "digest".to_owned() },
            Alarm::Held { node, by: None },
            Alarm::UpdateNeeded,
            Alarm::DeviceAdded { device: device.clone(), by: by.clone() },
            Alarm::DeviceRemoved { device, by: by.clone() },
            Alarm::RecoveryWordsSet { by: by.clone() },
            Alarm::Moved { relay: "https://b".to_owned() },
            Alarm::DeletedAtRelay { by },
            Alarm::Removed,
            Alarm::Full { used: 3, limit: 2, needed: 4 },
            Alarm::KeysReplaced,
            Alarm::NotSent { node, reason: "too large".to_owned() },
            Alarm::RelayDiskFull,
        ];
        Database::memory()?.sync_write(|sync| {
            for alarm in &every {
                assert!(raise(sync, alarm)? && !raise(sync, alarm)?);
            }
            assert_eq!(all(sync)?, every);
            assert!(lower_of_node(sync, node)?);
            assert_eq!(all(sync)?.len(), every.len() - 4);
            for alarm in &every {
                lower(sync, alarm)?;
            }
            assert_eq!(all(sync)?, []);
            Ok(())
        })
    }
}
