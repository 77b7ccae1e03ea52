//! What must be true in a story.

use ara_core::Database;
use ara_protocol::access::{Change, Record};
use ara_protocol::keys::MemberKey;
use ara_protocol::message::{Endpoint, Refusal};

use crate::engine::tests::simulation::apps::{self, NEWEST};
use crate::engine::tests::simulation::device::{Device, known};
use crate::engine::tests::simulation::steps::brief;
use crate::engine::tests::simulation::story::{Feature, Story};
use crate::fault::Fault;
use crate::state::Alarm;

/// After how many passes all must be quiet.
const MOST_PASSES: usize = 12;

impl Story {
    /// Asserts that a fault has a reason.
    pub(super) fn judge(&self, name: u64, fault: &Fault, alarms: &[Alarm]) {
        let has_reason = match fault {
            Fault::Protocol(ara_protocol::Error::NotAMember) => self.has(Feature::Meanwhile),
            Fault::Transport(_) | Fault::NoRelay { .. } | Fault::Protocol(_) => {
                self.has(Feature::Faults)
            }
            Fault::Refused(Refusal::Full { .. }) => self.causes.full,
            // The relay has the records of others in place of the one that let it in.
            Fault::Refused(Refusal::Unknown) => self.causes.twins,
            Fault::Stopped => alarms.iter().any(|alarm| match alarm {
                Alarm::AccessForked => self.causes.twins,
                Alarm::DeletedAtRelay { .. } => self.causes.deleted,
                Alarm::Removed => !self.causes.removed.is_empty(),
                _ => false,
            }),
            Fault::NotNow(_) => self.has(Feature::Meanwhile) || self.has(Feature::Faults),
            _ => false,
        };
        assert!(has_reason, "device {name} fails: {fault} ({fault:?}), {alarms:?}");
    }

    /// Asserts that each alarm of a member has a cause.
    pub(super) fn check_alarms(&self) {
        for device in &self.members {
            for alarm in device.alarms() {
                let has_cause = match &alarm {
                    Alarm::RelayWentBack | Alarm::Withheld => self.causes.went_back,
                    Alarm::AccessForked => self.causes.twins,
                    Alarm::Held { .. } => device.refuse_newer,
                    Alarm::DeviceAdded { device, .. } => self.causes.added.contains(&device.id),
                    Alarm::DeviceRemoved { device, .. } => self.causes.removed.contains(&device.id),
                    Alarm::RecoveryWordsSet { .. } => self.causes.words,
                    Alarm::Moved { .. } => self.causes.moved,
                    Alarm::DeletedAtRelay { .. } => self.causes.deleted,
                    Alarm::Removed => self.causes.removed.contains(&device.key()),
                    Alarm::Full { .. } => self.causes.full,
                    Alarm::KeysReplaced => self.causes.new_keys,
                    _ => false,
                };
                assert!(has_cause, "device {} tells {alarm:?} for no reason", device.name);
            }
        }
    }

    /// Ends the story: syncs all without mishaps until they are quiet, and asserts all that must be true then.
    pub(super) fn end(&mut self) {
        self.tell("the end");
        let network = self.network();
        self.be_calm();
        network.deliver_late(usize::MAX);
        network.limit(&self.url, u64::MAX >> 1);
        self.become_quiet();
        if self.has(Feature::Versions) {
            self.check_quiet();
            for device in &mut self.members {
                device.update(&self.maker, NEWEST);
            }
            self.become_quiet();
        }
        self.check_quiet();
        let rows = self.check_equal();
        self.check_floor();
        self.check_members();
        self.check_newcomer(&rows);
    }

    /// Syncs all until nothing is left. Who was stopped by twins starts over, with all others.
    fn become_quiet(&mut self) {
        for _ in 0..MOST_PASSES {
            let mut is_quiet = true;
            let mut at = 0;
            while at < self.members.len() {
                let device = &mut self.members[at];
                let name = device.name;
                let round = device.round(None);
                let told = round.as_ref().map_or_else(ToString::to_string, brief);
                self.tell(format!("{name} syncs: {told}"));
                match round {
                    Ok(outcome) => {
                        assert!(outcome.is_complete);
                        let is_any = outcome.sent + outcome.received > 0;
                        is_quiet &= !is_any && !outcome.devices_changed;
                    }
                    Err(fault) => {
                        let alarms = self.members[at].alarms();
                        self.judge(name, &fault, &alarms);
                        let is_stopped =
                            matches!(fault, Fault::Stopped | Fault::Refused(Refusal::Unknown));
                        assert!(is_stopped, "device {name} fails without mishaps: {fault}");
                        if !self.causes.twins && alarms.contains(&Alarm::Removed) {
                            panic!("device {name} was removed by nobody");
                        }
                        self.start_over();
                        is_quiet = false;
                        break;
                    }
                }
                at += 1;
            }
            if is_quiet {
                self.check_alarms();
                return;
            }
        }
        panic!("they never become quiet");
    }

    /// Asserts that a further round costs one request, in which nothing is sent.
    fn check_quiet(&mut self) {
        let network = self.network();
        for device in &mut self.members {
            network.sent();
            let outcome = device.round(None).unwrap();
            assert_eq!(network.sent(), [Endpoint::Sync], "device {}", device.name);
            assert_eq!((outcome.sent, outcome.received), (0, 0));
            assert_eq!(device.engine_mut().bytes_to_send().unwrap(), 0);
        }
    }

    /// Asserts that all hold the same, as who has all of their logs, and returns that.
    fn check_equal(&self) -> Vec<String> {
        let model = Database::options().seed(self.maker.seed()).memory().unwrap();
        apps::ensure(&model, NEWEST);
        for device in self.members.iter().rev() {
            let vector = model.version_vector().unwrap();
            for changes in device.db().changes_since(&vector).unwrap() {
                model.merge(&changes.unwrap()).unwrap();
            }
        }
        let rows = apps::export(&model);
        let first = self.members[0].db().version_vector().unwrap();
        for device in &self.members {
            let name = device.name;
            assert_eq!(device.db().version_vector().unwrap(), first, "device {name}");
            check_rows(device, &rows);
            let alarms = device.alarms();
            let is_over = |alarm: &Alarm| {
                matches!(alarm, Alarm::Withheld | Alarm::Held { .. } | Alarm::Full { .. })
            };
            assert!(!alarms.iter().any(is_over), "device {name} still tells {alarms:?}");
        }
        if !self.unknown.counters {
            self.check_counters();
        }
        rows
    }

    fn check_counters(&self) {
        let device = &self.members[0];
        for key in 0..4 {
            if self.forgotten.contains(&key) {
                continue;
            }
            let Some(stars) = apps::stars(device.db(), key) else { continue };
            let counts = |(node, number, of, _): &&([u8; 16], u64, usize, i64)| {
                *of == key && device.known.get(node).is_some_and(|known| number <= known)
            };
            let sum: i64 = self.added.iter().filter(counts).map(|(.., by)| by).sum();
            assert_eq!(stars, sum, "the counter of item {key}");
        }
    }

    /// Asserts that nothing is lost, and that nothing counts that removed devices wrote later.
    fn check_floor(&mut self) {
        for device in &mut self.members {
            device.note_known();
            for (node, floor) in &self.floor {
                let known = device.known.get(node).copied().unwrap_or(0);
                assert!(known >= *floor, "device {} lacks changes of {node:?}", device.name);
            }
            if self.unknown.late_writes {
                continue;
            }
            for (node, ceiling) in &self.ceiling {
                let known = device.known.get(node).copied().unwrap_or(0);
                assert!(known <= *ceiling, "device {} knows too much of {node:?}", device.name);
            }
        }
    }

    /// Asserts that all know the same members, were told of each change, and that who is out has no key.
    fn check_members(&self) {
        let first = self.members[0].engine().members();
        let epoch = first.epoch();
        assert!(!first.needs_rotation());
        let records = self.members[0].engine().records();
        let records: Vec<_> = records.iter().map(|record| Record::read(record).unwrap()).collect();
        for device in &self.members {
            assert_eq!(device.engine().members().head(), first.head());
            assert!(device.engine().members().get(device.key()).is_some());
            check_told(device, &records);
        }
        for device in &self.out {
            let keys = first.epoch_keys(&device.keys);
            let can_read = keys.is_ok_and(|keys| keys.get(epoch).is_some());
            assert!(!can_read, "device {} is out, and can read", device.name);
        }
    }

    /// Asserts that a device that joins now gets everything.
    fn check_newcomer(&mut self, rows: &[String]) {
        let mut device = self.device();
        device.refuse_newer = false;
        let at = self.members.len() - 1;
        assert!(self.invite(at, &mut device));
        let outcome = device.round(None).unwrap();
        self.tell(format!("{} syncs: {}", device.name, brief(&outcome)));
        check_rows(&device, rows);
        let known = |device: &Device| known(device.db());
        let (all, own) = (known(&self.members[at]), known(&device));
        assert!(all.iter().all(|(node, number)| own.get(node) == Some(number)));
        self.members.push(device);
        self.check_alarms();
    }
}

/// Asserts that a device has the rows that it must have. Those alone are shown that differ.
fn check_rows(device: &Device, must: &[String]) {
    let but = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|row| !others.contains(row)).cloned().collect()
    };
    let rows = apps::export(device.db());
    assert_eq!(but(&rows, must), but(must, &rows), "device {}", device.name);
    assert!(device.db().verify().unwrap().holds(), "device {}", device.name);
}

/// Asserts that a device tells of each change of members that others made since it joined.
fn check_told(device: &Device, records: &[Record]) {
    let own = device.key();
    let alarms = device.alarms();
    let mut was_member = false;
    for record in records {
        let by = record.author();
        if was_member && by != own {
            let is_told = match record.change() {
                Change::Added { device } => alarms.contains(&Alarm::DeviceAdded {
                    device: device.member().into(),
                    by: by.into(),
                }),
                Change::Removed { members } => members.iter().all(|device| {
                    alarms
                        .contains(&Alarm::DeviceRemoved { device: (*device).into(), by: by.into() })
                }),
                Change::RecoverySet { .. } => {
                    alarms.iter().any(|alarm| matches!(alarm, Alarm::RecoveryWordsSet { .. }))
                }
                Change::Moved { .. } => {
                    alarms.iter().any(|alarm| matches!(alarm, Alarm::Moved { .. }))
                }
                _ => true,
            };
            assert!(is_told, "device {} does not tell {:?}", device.name, record.change());
        }
        was_member |= lets_in(record, own);
    }
}

fn lets_in(record: &Record, own: MemberKey) -> bool {
    match record.change() {
        Change::Added { device } => device.member() == own,
        Change::Founded { .. } => record.author() == own,
        _ => false,
    }
}
