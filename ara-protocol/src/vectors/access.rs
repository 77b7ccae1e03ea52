//! Records of the access log.

use super::{Vector, hex};
use crate::access::{Change, Members, Record};
use crate::ids::SpaceId;

/// A chain with a record of each kind. Each vector continues the one before.
#[test]
fn records_of_each_kind() {
    let mut chain: Option<Members> = None;
    let mut kinds = vec![];
    Vector::each("access.json", |vector| {
        let author = vector.keys("author");
        let kind = vector.text("kind").to_owned();
        let record = vector.with_random("random", |vector, random| {
            let Some(members) = &chain else {
                let succeeds = vector.fields.get("succeeds");
                let succeeds = succeeds.map(|_| SpaceId::from_bytes(vector.array("succeeds")));
                return Record::genesis(&author, succeeds, random);
            };
            match &*kind {
                "add" => members.add(&author, &vector.keys("device").public(), random),
                "remove" => {
                    members.remove(&author, &[vector.keys("removed").public().member()], random)
                }
                "rotate" => members.rotate(&author, random),
                "recovery" => members.set_recovery(&author, &vector.keys("recovery"), random),
                "moved" => members.move_to(&author, vector.text("relay")),
                kind => panic!("{kind} is no kind"),
            }
        });
        vector.made_bytes("record", record.unwrap().as_bytes());

        let record = Record::read(&vector.bytes("record")).unwrap();
        match record.change() {
            Change::Founded { device, succeeds } => {
                assert_eq!((&*kind, device), ("genesis", author.public().member()));
                assert!(succeeds.is_some());
            }
            Change::Added { device } => {
                assert_eq!((&*kind, device), ("add", vector.keys("device").public()));
            }
            Change::Removed { members } => {
                let removed = [vector.keys("removed").public().member()];
                assert_eq!((&*kind, members), ("remove", &removed[..]));
            }
            Change::Rotated => assert_eq!(kind, "rotate"),
            Change::RecoverySet { recovery } => {
                assert_eq!((&*kind, recovery), ("recovery", vector.keys("recovery").public()));
            }
            Change::Moved { relay } => {
                assert_eq!((&*kind, relay), ("moved", vector.text("relay")));
            }
        }
        match &mut chain {
            Some(members) => members.apply(&record).unwrap(),
            None => chain = Some(Members::found(&record).unwrap()),
        }
        let members = chain.as_ref().unwrap();
        let keys = members.epoch_keys(&author).unwrap();
        assert!(keys.is_complete());
        vector.made_bytes("hash", members.head().as_bytes());
        vector.made_bytes("space", members.space().as_bytes());
        vector.made_bytes("epoch", members.epoch().as_bytes());
        vector.made_bytes("epoch_key", keys.newest().secret());
        let who = members.iter().map(|member| hex(&member.keys().to_bytes()));
        vector.made("members", who.collect::<Vec<_>>());
        kinds.push(kind);
    });
    for kind in ["genesis", "add", "remove", "rotate", "recovery", "moved"] {
        assert!(kinds.iter().any(|other| other == kind), "{kind} is missing");
    }
}
