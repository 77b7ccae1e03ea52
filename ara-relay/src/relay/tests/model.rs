//! Random pushes and replacements, against a plain model: a list for the log, and one for each node.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use ara_protocol::message::sync::{Entry, PushOutcome};
use ara_protocol::segment::Head;
use ara_protocol::{Cursor, NodeId, SegmentId};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use crate::Relay;
use crate::testing::stores::{on_every_store, test_store};
use crate::testing::{TestSpace, copy, node, options};

/// What a client does.
#[derive(Debug, Clone)]
enum Step {
    Append(u8),
    AppendBehindAnother(u8, Index),
    Replace { node: u8, from: Index, to: Index, count: usize },
    ReplaceWithGap { node: u8, at: Index },
    Rotate,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u8..3).prop_map(Step::Append),
        1 => (0_u8..3, any::<Index>()).prop_map(|(node, at)| Step::AppendBehindAnother(node, at)),
        3 => (0_u8..3, any::<Index>(), any::<Index>(), 1_usize..4)
            .prop_map(|(node, from, to, count)| Step::Replace { node, from, to, count }),
        1 => (0_u8..3, any::<Index>()).prop_map(|(node, at)| Step::ReplaceWithGap { node, at }),
        1 => Just(Step::Rotate),
    ];
    prop::collection::vec(step, 1..40)
}

/// A live segment of the model: its id, and the name by which the next one names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Live {
    id: SegmentId,
    name: SegmentId,
}

#[derive(Default)]
struct Model {
    log: Vec<SegmentId>,
    nodes: BTreeMap<NodeId, Vec<Live>>,
}

impl Model {
    fn lives(&self, id: SegmentId) -> bool {
        self.nodes.values().flatten().any(|live| live.id == id)
    }

    /// What a reader is sent from a number on: numbers of segments, with what is passed over left out.
    fn live_after(&self, number: usize) -> Vec<u64> {
        let numbered = self.log.iter().enumerate().skip(number);
        numbered.filter(|(_, id)| self.lives(**id)).map(|(at, _)| at as u64 + 1).collect()
    }
}

fn step(space: &mut TestSpace, model: &mut Model, step: &Step) {
    let laptop = copy(&space.laptop);
    match *step {
        Step::Append(number) => {
            let lives = model.nodes.entry(node(number)).or_default();
            let previous = lives.last().map(|live| live.name);
            let id = space.append(node(number), previous);
            lives.push(Live { id, name: id });
            model.log.push(id);
        }
        Step::AppendBehindAnother(number, at) => {
            let lives = model.nodes.entry(node(number)).or_default();
            // Behind any but the last one.
            let Some((_, others)) = lives.split_last() else { return };
            let previous = if others.is_empty() { None } else { Some(at.get(others).name) };
            let sealed = space.seal(&laptop, node(number), previous, &[], b"late");
            assert_eq!(space.push(&[&sealed]), PushOutcome::Conflict);
        }
        Step::Replace { node: number, from, to, count } => {
            let lives = model.nodes.entry(node(number)).or_default();
            if lives.is_empty() {
                return;
            }
            let (from, to) = (from.index(lives.len()), to.index(lives.len()));
            let (from, to) = (from.min(to), from.max(to));
            let mut names: Vec<_> = lives[from..=to].iter().map(|live| live.id).collect();
            names.extend(Some(lives[to].name).filter(|name| *name != lives[to].id));
            let mut previous = from.checked_sub(1).map(|before| lives[before].name);
            let mut sealed = vec![];
            for at in 0..count {
                let replaces = if at + 1 == count { &names[..] } else { &[] };
                let new = space.seal(&laptop, node(number), previous, replaces, b"again");
                previous = Some(new.head.id());
                sealed.push(new);
            }
            assert_eq!(space.push(&sealed.iter().collect::<Vec<_>>()), PushOutcome::Taken);
            let mut new: Vec<_> =
                sealed.iter().map(|new| Live { id: new.head.id(), name: new.head.id() }).collect();
            new.last_mut().unwrap().name = lives[to].name;
            model.log.extend(new.iter().map(|live| live.id));
            lives.splice(from..=to, new);
        }
        Step::ReplaceWithGap { node: number, at } => {
            let lives = model.nodes.entry(node(number)).or_default();
            if lives.len() < 3 {
                return;
            }
            let at = at.index(lives.len() - 2);
            let previous = at.checked_sub(1).map(|before| lives[before].name);
            let replaces = [lives[at].id, lives[at + 2].id];
            let sealed = space.seal(&laptop, node(number), previous, &replaces, b"gap");
            assert_eq!(space.push(&[&sealed]), PushOutcome::Conflict);
        }
        Step::Rotate => space.rotate(),
    }
}

/// Reads the whole log as a client does, and compares.
fn compare(space: &TestSpace, model: &Model, budget: u32) {
    let mut cursor = Cursor::start(space.id());
    let mut read = vec![];
    let mut nodes: BTreeMap<NodeId, Vec<Head>> = BTreeMap::new();
    loop {
        let answer = space.read(cursor, budget);
        assert!(answer.knows_cursor);
        for entry in &answer.entries {
            let (number, head) = match entry {
                Entry::Skip { to } => {
                    assert!(to.number > cursor.number);
                    cursor = *to;
                    continue;
                }
                Entry::Whole { number, head, .. } | Entry::Head { number, head } => (number, head),
                _ => panic!("an entry of another kind"),
            };
            let head = Head::read(head).unwrap();
            assert_eq!(*number, cursor.number + 1);
            cursor = cursor.after(head.id());
            read.push(*number);
            nodes.entry(head.header().node).or_default().push(head);
        }
        if cursor == answer.end {
            break;
        }
        assert!(!answer.entries.is_empty());
    }
    let end = model.log.iter().fold(Cursor::start(space.id()), |end, id| end.after(*id));
    assert_eq!(cursor, end);
    assert_eq!(read, model.live_after(0));
    // Each node's segments are one chain, from the first one on.
    for (node, lives) in &model.nodes {
        let heads = nodes.remove(node).unwrap_or_default();
        assert_eq!(heads.len(), lives.len());
        let mut before: Option<&Head> = None;
        for live in lives {
            let head = heads.iter().find(|head| head.id() == live.id).unwrap();
            match before {
                None => assert_eq!(head.header().previous, None),
                Some(before) => assert!(head.header().follows(before)),
            }
            before = Some(head);
        }
    }
}

/// How many cases there are for each store.
const CASES: u32 = 48;

fn numbers_have_no_gaps_and_the_chain_holds() {
    let (options, clock) = options();
    let relay = Arc::new(Relay::new(test_store(), options).unwrap());
    let seed = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES));
    let outcome = runner.run(&steps(), |steps| {
        // Each case has a space of its own.
        seed.set(seed.get() + 1);
        let mut space = TestSpace::unfounded(relay.clone(), clock.clone(), seed.get());
        space.put_records(&space.laptop, &space.log).unwrap();
        let mut model = Model::default();
        for one in &steps {
            step(&mut space, &mut model, one);
        }
        compare(&space, &model, u32::MAX);
        compare(&space, &model, 1);
        Ok(())
    });
    outcome.unwrap();
}

on_every_store!(numbers_have_no_gaps_and_the_chain_holds);
