//! Slots.

use zeroize::Zeroizing;

use super::Vector;
use crate::epoch::EpochKey;
use crate::ids::SpaceId;
use crate::slot::{Slot, SlotContent};

#[test]
fn slots() {
    Vector::each("slot.json", |vector| {
        let author = vector.keys("author");
        let key = EpochKey::of(Zeroizing::new(vector.array("epoch_key")));
        let space = SpaceId::from_bytes(vector.array("space"));
        let number = vector.number("number");
        let content = SlotContent {
            name: vector.text("name").to_owned(),
            app_version: vector.text("app_version").to_owned(),
            schema_version: vector.number("schema_version"),
            schema_checksum: vector.array("schema_checksum"),
            vector: vector.bytes("version_vector"),
        };
        let slot = vector.with_random("random", |_, random| {
            Slot::seal(&content, space, number, &author, &key, random)
        });
        vector.made_bytes("slot", slot.unwrap().as_bytes());

        let slot = Slot::read(&vector.bytes("slot")).unwrap();
        assert_eq!((slot.space(), slot.number(), slot.epoch()), (space, number, key.id()));
        assert_eq!(slot.author(), author.public().member());
        assert_eq!(slot.open(&key), Ok(content));
    });
}
