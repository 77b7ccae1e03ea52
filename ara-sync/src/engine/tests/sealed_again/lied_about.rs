//! Segments that are not what they say, in the place of true ones: by a member, which the relay cannot see, and by a relay
//! that shows them to some.

use ara::prelude::*;
use ara_core::NodePoint;
use ara_protocol::message::sync::PushOutcome;
use ara_protocol::segment::{Bounds, Point, Sealed};
use ara_protocol::{NodeId, SegmentId};

use crate::engine::tests::attacks::forger::{Forger, chain_of, changes_of, node_of};
use crate::engine::tests::sealed_again::settled::{assert_all_hold, assert_settles, become_quiet};
use crate::engine::tests::world::{Device, Todo, URL, World, converge};
use crate::state::Alarm;
use crate::state::segments::{Segment, node_point};

const ROWS: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

/// How many segments a lie takes the place of.
const REPLACED: usize = 4;

/// What a liar has at hand.
struct Lie {
    forger: Forger,
    liar: Device,
    node: NodeId,
    /// The segments that it replaces, and those after them.
    chain: Vec<Segment>,
}

impl Lie {
    /// Returns where the segment before a place ends.
    fn point(&self, at: usize) -> Point {
        at.checked_sub(1).map_or(Point::default(), |at| self.chain[at].bounds.unwrap().to)
    }

    fn replaced(&self) -> Vec<SegmentId> {
        self.chain[..REPLACED].iter().map(|segment| segment.id).collect()
    }

    /// Returns the true changes between two places.
    fn changes(&self, from: usize, to: usize) -> Vec<u8> {
        let (from, to) = (node_point(self.point(from)), node_point(self.point(to)));
        let changes = self.liar.db.changes_of_node(*self.node.as_bytes(), from, Some(to)).unwrap();
        changes.in_batches_of(1 << 20).next().unwrap().unwrap().to_bytes()
    }

    /// Seals changes in the place of all that is replaced.
    fn one(&mut self, (from, to): (Point, Point), changes: &[u8]) -> Vec<Sealed> {
        let replaced = self.replaced();
        let bounds = Bounds { from, to };
        vec![self.forger.seal_as((changes, bounds), (self.node, None, &replaced))]
    }

    /// Seals changes as two segments, with the bounds that they have.
    fn two(&mut self, first: (usize, usize), second: (usize, usize)) -> Vec<Sealed> {
        let replaced = self.replaced();
        let bounds = |lie: &Self, (from, to)| Bounds { from: lie.point(from), to: lie.point(to) };
        let of = |lie: &Self, (from, to)| lie.changes(from, to);
        let (changes, bound) = (of(self, first), bounds(self, first));
        let one = self.forger.seal_as((&changes, bound), (self.node, None, &[]));
        let (changes, bound) = (of(self, second), bounds(self, second));
        let previous = Some(one.head.id());
        let other = self.forger.seal_as((&changes, bound), (self.node, previous, &replaced));
        vec![one, other]
    }

    /// Returns what the liar wrote itself.
    fn of_liar(&self) -> Vec<u8> {
        changes_of(&self.liar.db, node_of(&self.liar), NodePoint::default()).to_bytes()
    }
}

fn start() -> Point {
    Point::default()
}

fn other(point: Point) -> Point {
    Point { digest: point.digest ^ 1, ..point }
}

/// Lets a member replace the first segments of a laptop's by what `lie` makes. Asserts that it is told, that it takes
/// nothing from who has the changes, and that all is there for who comes later, once the liar is out.
#[track_caller]
fn assert_found(lie: impl FnOnce(&mut Lie) -> Vec<Sealed>) {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut liar = world.join(&mut laptop);
    liar.write("liar");
    for title in ROWS {
        laptop.write(title);
        laptop.sync();
    }
    converge(&mut [&mut laptop, &mut phone, &mut liar]);
    let node = node_of(&laptop);
    let (forger, chain) = (Forger::of(&liar), chain_of(&liar, node).segments);
    let mut at_hand = Lie { forger, liar, node, chain };
    let sealed = lie(&mut at_hand);
    let Lie { forger, liar, .. } = at_hand;
    assert_eq!(forger.push(&liar, &sealed.iter().collect::<Vec<_>>()), PushOutcome::Taken);

    let mut late = world.join(&mut laptop);
    world.net.sent();
    late.sync();
    assert!(world.net.sent().len() < 20);
    let of = laptop.db.node().unwrap();
    let names = |alarm: &Alarm| match alarm {
        Alarm::Incomplete { node } | Alarm::NotOpened { node } => *node == of,
        Alarm::Refused { node, .. } => *node == of,
        _ => false,
    };
    let has_all = ROWS.iter().all(|title| late.titles().contains(&(*title).to_owned()));
    assert!(has_all || late.alarms().iter().any(names), "{:?}", late.alarms());
    // The others go on, and lose nothing.
    for (device, title) in [(&mut laptop, "laptop"), (&mut phone, "phone")] {
        device.write(title);
        device.sync();
        assert!(ROWS.iter().all(|title| device.titles().contains(&(*title).to_owned())));
    }
    late.sync();
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    become_quiet(&mut [&mut laptop, &mut phone, &mut late]);
    for device in [&laptop, &phone, &late] {
        assert!(!device.alarms().iter().any(names), "{:?}", device.alarms());
    }
    let all = [&ROWS[..], &["liar", "laptop", "phone"]].concat();
    // What was missing may have been sent before the liar was out, and the rest again after it.
    assert_all_hold(&world, &mut [&mut laptop, &mut phone, &mut late], &all);
}

#[test]
fn bounds_that_reach_further_than_what_is_replaced() {
    assert_found(|lie| {
        let changes = lie.changes(0, REPLACED);
        lie.one((start(), lie.point(6)), &changes)
    });
    assert_found(|lie| {
        let (changes, to) = (lie.changes(0, REPLACED), lie.point(6));
        lie.one((start(), Point { number: to.number + 100, digest: 7 }), &changes)
    });
    // It has what it says, and what comes after it says the same again.
    assert_found(|lie| {
        let changes = lie.changes(0, 6);
        lie.one((start(), lie.point(6)), &changes)
    });
}

#[test]
fn bounds_of_another_range() {
    for (from, to) in [(4, 6), (2, 6), (1, 3), (5, 6)] {
        assert_found(|lie| {
            let changes = lie.changes(from, to);
            lie.one((lie.point(from), lie.point(to)), &changes)
        });
        assert_found(|lie| {
            let changes = lie.changes(0, REPLACED);
            lie.one((lie.point(from), lie.point(to)), &changes)
        });
    }
}

#[test]
fn digests_that_no_log_has() {
    assert_found(|lie| {
        let changes = lie.changes(0, REPLACED);
        lie.one((start(), other(lie.point(REPLACED))), &changes)
    });
    assert_found(|lie| {
        let changes = lie.changes(0, REPLACED);
        lie.one((other(start()), lie.point(REPLACED)), &changes)
    });
    assert_found(|lie| {
        let changes = lie.changes(1, REPLACED);
        lie.one((other(lie.point(1)), lie.point(REPLACED)), &changes)
    });
}

#[test]
fn other_changes_under_right_bounds() {
    let right = |lie: &Lie| (start(), lie.point(REPLACED));
    assert_found(|lie| {
        let changes = lie.of_liar();
        lie.one(right(lie), &changes)
    });
    assert_found(|lie| lie.one(right(lie), &[]));
    assert_found(|lie| lie.one(right(lie), b"no changes at all"));
    assert_found(|lie| {
        let changes = lie.changes(0, 3);
        lie.one(right(lie), &changes)
    });
    assert_found(|lie| {
        let changes = lie.changes(0, 6);
        lie.one(right(lie), &changes)
    });
    // A log of its own that it passes off as the laptop's.
    assert_found(|lie| {
        let db = Database::options().seed(1).memory().unwrap();
        for at in 0..5 {
            db.create(Todo::draft().title("planted").notes(format!("{at}"))).unwrap();
        }
        let own = NodeId::from_bytes(*db.node().unwrap().as_bytes());
        let changes = changes_of(&db, own, NodePoint::default()).to_bytes();
        lie.one(right(lie), &changes)
    });
}

#[test]
fn segments_that_overlap_or_leave_a_gap() {
    for (first, second) in [
        ((0, 3), (2, 4)),
        ((0, 4), (0, 4)),
        ((0, 4), (1, 3)),
        ((0, 1), (3, 4)),
        ((0, 2), (4, 6)),
        ((2, 4), (0, 2)),
        ((1, 2), (3, 4)),
    ] {
        assert_found(|lie| lie.two(first, second));
    }
}

#[test]
fn a_relay_that_shows_some_what_was_replaced_and_others_what_took_its_place() {
    for shown in [0, 2, 4] {
        let world = World::new();
        let mut laptop = world.found();
        let mut phone = world.join(&mut laptop);
        let mut tablet = world.join(&mut laptop);
        converge(&mut [&mut laptop, &mut phone, &mut tablet]);
        let rows: Vec<_> = (0..)
            .zip(ROWS)
            .map(|(at, title)| {
                let row = laptop.write(title);
                laptop.sync();
                if at < shown {
                    tablet.sync();
                }
                row
            })
            .collect();
        phone.sync();
        world.back_up_relay("before");
        laptop.db.delete(rows[3]).unwrap();
        laptop.db.forget(rows[3]).unwrap();
        assert!(laptop.sync().sent > 1);
        phone.sync();
        // The tablet goes on with what was before, which goes on for it alone.
        let true_one = world.net.take(URL).unwrap();
        world.start_relay(URL, "before");
        tablet.write("to the one before");
        tablet.sync();
        assert!(tablet.titles().contains(&"3".to_owned()));
        world.net.swap(URL, &true_one);
        tablet.write("to the true one");
        laptop.write("laptop");
        become_quiet(&mut [&mut laptop, &mut phone, &mut tablet]);
        assert!(tablet.alarms().contains(&Alarm::RelayWentBack));
        tablet.engine.dismiss(&Alarm::RelayWentBack).unwrap();
        let there = ["0", "1", "2", "4", "5", "to the one before", "to the true one", "laptop"];
        assert_settles(&world, &mut [&mut laptop, &mut phone, &mut tablet], &there);
    }
}
