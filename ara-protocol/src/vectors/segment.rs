//! Segments.

use zeroize::Zeroizing;

use super::Vector;
use crate::cursor::Cursor;
use crate::epoch::EpochKey;
use crate::ids::{NodeId, RecordHash, SegmentId, SpaceId};
use crate::segment::{Bounds, Content, Draft, Head, Point, Position};

#[test]
fn segments() {
    Vector::each("segment.json", |vector| {
        let author = vector.keys("author");
        let key = EpochKey::of(Zeroizing::new(vector.array("epoch_key")));
        let id = |field: &str| {
            let is_there = vector.fields.contains_key(field);
            is_there.then(|| SegmentId::from_bytes(vector.array(field)))
        };
        let (previous, replaces) = (id("previous"), id("replaces"));
        let replaces: Vec<_> = replaces.into_iter().collect();
        let point = |name: &str| Point {
            number: vector.number(&format!("{name}_number")),
            digest: vector.number(&format!("{name}_digest")),
        };
        let bounds = Bounds { from: point("from"), to: point("to") };
        let stood = Position {
            cursor: Cursor {
                number: vector.number("stood_number"),
                chain: vector.array("stood_chain"),
            },
            access: RecordHash::from_bytes(vector.array("stood_access")),
        };
        let (space, node) = (vector.array("space"), vector.array("node"));
        // They are so short that zstd, whatever its version, stores them as they are.
        let changes = vector.bytes("changes");
        let draft = Draft {
            space: SpaceId::from_bytes(space),
            node: NodeId::from_bytes(node),
            previous,
            replaces: &replaces,
            bounds,
            stood,
            changes: &changes,
        };
        let sealed = vector.with_random("random", |_, random| draft.seal(&author, &key, random));
        let sealed = sealed.unwrap();
        let [part] = &sealed.parts[..] else { panic!("it has one part") };
        vector.made_bytes("epoch", key.id().as_bytes());
        vector.made_bytes("segment", &[sealed.head.as_bytes(), part].concat());
        vector.made_bytes("id", sealed.head.id().as_bytes());

        let segment = vector.bytes("segment");
        let (head, part) = Head::read_first(&segment).unwrap();
        vector.made_bytes("id", head.id().as_bytes());
        assert_eq!(head.header().author, author.public().member());
        assert_eq!((head.header().previous, &head.header().replaces), (previous, &replaces));
        assert_eq!(head.open_bounds(&key), Ok(bounds));
        assert_eq!(head.open(&key, &[part], changes.len()), Ok(Content { stood, changes }));
    });
}
