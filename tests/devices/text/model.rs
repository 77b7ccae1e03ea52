//! Two to five devices that type, delete, write whole texts, merge and rebuild at random: all come to the same text.

use ara::prelude::*;
use proptest::prelude::*;

use crate::text::{Note, body, same};
use support::{Outcome, cases, send};

#[derive(Debug, Clone)]
enum Step {
    Insert(usize, usize, String),
    Delete(usize, usize, usize),
    Whole(usize, String),
    DeleteRow(usize),
    RestoreRow(usize),
    Send(usize, usize),
    Rebuild(usize),
    Read(usize),
}

const MOST: usize = 5;

fn step() -> impl Strategy<Value = Step> {
    let device = || 0..MOST;
    prop_oneof![
        4 => (device(), 0..30usize, "[a-cé\u{1F600}]{1,3}").prop_map(|(on, at, text)| Step::Insert(on, at, text)),
        2 => (device(), 0..30usize, 0..5usize).prop_map(|(on, at, count)| Step::Delete(on, at, count)),
        1 => (device(), "[abc ]{0,12}").prop_map(|(on, text)| Step::Whole(on, text)),
        1 => device().prop_map(Step::DeleteRow),
        1 => device().prop_map(Step::RestoreRow),
        3 => (device(), device()).prop_map(|(from, to)| Step::Send(from, to)),
        1 => device().prop_map(Step::Rebuild),
        2 => device().prop_map(Step::Read),
    ]
}

#[test]
fn all_devices_come_to_the_same_text() {
    let cases_of = (2..=MOST, prop::collection::vec(step(), 0..40));
    cases::hold((60, 400), &cases_of, |(count, steps)| run(count, steps));
}

fn run(count: usize, steps: Vec<Step>) -> Outcome {
    let devices = (0..count).map(|_| Database::memory()).collect::<ara::Result<Vec<_>>>()?;
    let note = devices[0].create(Note::draft().title("Model").body("begun"))?;
    for device in &devices[1..] {
        send(&devices[0], device)?;
    }
    let on = |at: usize| &devices[at % count];
    for step in steps {
        match step {
            Step::Insert(at, index, text) => edit(on(at), note, |letters| {
                let index = index % (letters + 1);
                (index..index, text.clone())
            })?,
            Step::Delete(at, index, length) => edit(on(at), note, |letters| {
                let index = index % (letters + 1);
                (index..(index + length).min(letters), String::new())
            })?,
            Step::Whole(at, text) => drop(on(at).update(Note::patch(note).body(text))?),
            Step::DeleteRow(at) => drop(on(at).delete(note)?),
            Step::RestoreRow(at) => drop(on(at).restore(note)?),
            Step::Send(from, to) if from % count != to % count => drop(send(on(from), on(to))?),
            Step::Send(..) => {}
            Step::Rebuild(at) => drop(on(at).rebuild()?),
            Step::Read(at) => drop(on(at).get(note)?),
        }
    }
    for from in 0..count {
        for to in (0..count).filter(|to| *to != from) {
            send(&devices[from], &devices[to])?;
        }
    }
    for from in 0..count {
        send(&devices[from], &devices[(from + 1) % count]).map(drop)?;
    }
    devices[0].restore(note)?;
    for device in &devices[1..] {
        send(&devices[0], device)?;
        same(&devices[0], device)?;
    }
    let fresh = Database::memory()?;
    send(&devices[count - 1], &fresh)?;
    assert_eq!(body(&fresh, note)?, body(&devices[0], note)?);
    devices[0].rebuild()?;
    same(&devices[0], &fresh)?;
    assert!(devices.iter().all(|device| device.verify().is_ok_and(|it| it.holds())));
    Ok(())
}

fn edit(
    db: &Database,
    note: Id<Note>,
    what: impl Fn(usize) -> (std::ops::Range<usize>, String),
) -> Outcome {
    if db.get(note)?.is_none() {
        return Ok(());
    }
    Ok(db.transaction(|tx| {
        let text = tx.text(note, Note::body)?;
        let (range, inserted) = what(text.to_text()?.chars().count());
        text.replace(range, &inserted)
    })?)
}
