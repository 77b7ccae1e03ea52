use super::*;
use ara_core::Database;

fn segment(number: u64, id: u8, previous: Option<u8>) -> Segment {
    let name = |byte| SegmentId::from_bytes([byte; 32]);
    let point = |number| Point { number, digest: u64::MAX - number };
    Segment {
        number,
        id: name(id),
        node: NodeId::from_bytes([1; 16]),
        author: [2; 32],
        epoch: [3; 16],
        chain: [4; 32],
        bounds: Some(Bounds { from: point(number), to: point(number + 1) }),
        length: 5,
        previous: previous.map(name),
        named: name(id),
        flags: 0,
    }
}

#[test]
fn segments_come_back_and_are_replaced_by_their_names() -> Result<()> {
    let [one, two, three] =
        [segment(1, 11, None), segment(2, 12, Some(11)), segment(3, 13, Some(12))];
    let unopened = Segment { bounds: None, ..segment(4, 14, Some(13)) };
    Database::memory()?.sync_write(|sync| {
        for segment in [&one, &two, &three, &unopened] {
            segment.insert(sync, &[])?;
        }
        assert_eq!(of_node(sync, one.node)?, [one.clone(), two.clone(), three.clone(), unopened]);
        assert!(has(sync, two.id)?);
        assert_eq!((chain_at(sync, 2)?, chain_at(sync, 9)?), (Some([4; 32]), None));
        let replacement = Segment { named: two.named, ..segment(5, 15, None) };
        replacement.insert(sync, &[one.id, two.id])?;
        assert!(!has(sync, one.id)? && !has(sync, two.id)?);
        let chain = Chain::load(sync, one.node)?;
        assert!(chain.is_whole);
        assert_eq!(chain.segments.iter().map(|it| it.number).collect::<Vec<_>>(), [5, 3, 4]);
        // A replacement of the replacement names what that one replaced.
        Segment { named: two.named, ..segment(6, 16, None) }.insert(sync, &[two.id])?;
        assert!(!has(sync, replacement.id)?);
        Ok(())
    })
}

#[test]
fn a_replacement_of_what_was_not_seen_takes_the_place_of_all_that_it_covers() -> Result<()> {
    let all: Vec<_> =
        (1..6).map(|at| segment(at, at as u8, at.checked_sub(2).map(|at| at as u8 + 1))).collect();
    // The second and third were replaced by 20, which nobody has seen here, and that by 21 and 22.
    let one = segment(21, 21, Some(1));
    let two = Segment { named: all[3].id, ..segment(22, 22, Some(21)) };
    Database::memory()?.sync_write(|sync| {
        for segment in &all {
            segment.insert(sync, &[])?;
        }
        one.insert(sync, &[])?;
        two.insert(sync, &[SegmentId::from_bytes([20; 32]), all[3].id])?;
        let chain = Chain::load(sync, one.node)?;
        assert!(chain.is_whole);
        assert_eq!(chain.segments.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 21, 22, 5]);
        // And one that reaches beyond what was seen.
        let beyond =
            Segment { named: SegmentId::from_bytes([31; 32]), ..segment(40, 40, Some(21)) };
        beyond.insert(sync, &[SegmentId::from_bytes([30; 32]), beyond.named])?;
        let chain = Chain::load(sync, one.node)?;
        assert_eq!(chain.segments.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 21, 40]);
        assert!(chain.is_whole);
        Ok(())
    })
}

#[test]
fn flags_are_set_by_author_and_by_segment() -> Result<()> {
    let one = segment(1, 11, None);
    Database::memory()?.sync_write(|sync| {
        one.insert(sync, &[])?;
        assert_eq!(nodes_with(sync, OF_REMOVED | UNREAD)?, []);
        assert!(flag_author(sync, &one.author)? && !flag_author(sync, &[9; 32])?);
        flag(sync, one.id, UNREAD, 0)?;
        assert_eq!(nodes_with(sync, UNREAD)?, [one.node]);
        flag(sync, one.id, 0, UNREAD)?;
        assert_eq!(nodes_with(sync, UNREAD)?, []);
        let [found] = of_node(sync, one.node)?.try_into().expect("one segment");
        assert!(found.is(OF_REMOVED) && found.end().is_none());
        Ok(())
    })
}

#[test]
fn a_chain_ends_where_something_is_missing() {
    let of = |segments: &[Segment]| Chain::of(segments.to_vec());
    let [one, three] = [segment(1, 11, None), segment(3, 13, Some(12))];
    let broken = of(&[one.clone(), three.clone()]);
    assert_eq!((broken.segments.len(), broken.is_whole), (1, false));
    // Nor do two that follow the same one, or each other.
    let twins = of(&[one.clone(), segment(2, 12, Some(11)), segment(4, 14, Some(11))]);
    assert!(!twins.is_whole);
    let circle = of(&[segment(2, 12, Some(13)), three]);
    assert_eq!((circle.segments.len(), circle.is_whole), (0, false));
    assert!(of(&[]).is_whole && of(&[one]).is_whole);
}
