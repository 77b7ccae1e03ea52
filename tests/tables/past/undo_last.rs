//! Undoing and redoing what a file wrote, step by step.

use ara::prelude::*;

use crate::past::{Setting, Todo, after};
use support::random::{Random, seed};
use support::{File, Outcome, There, send, verified};

type Shown = Vec<(String, Option<i64>)>;

fn shown(db: &Database) -> Outcome<Shown> {
    let todos = db.query::<Todo>().narrow(Todo::title).order_by(Todo::id);
    Ok(todos.select((Todo::title, Todo::stars)).all()?)
}

/// Returns whether there was something, which `can_undo` and `can_redo` agree on.
fn undo(db: &Database) -> Outcome<bool> {
    let can = db.can_undo()?;
    let is_undone = db.undo_last()?.is_some();
    assert_eq!(can, is_undone);
    Ok(is_undone)
}

fn redo(db: &Database) -> Outcome<bool> {
    let can = db.can_redo()?;
    let is_redone = db.redo()?.is_some();
    assert_eq!(can, is_redone);
    Ok(is_redone)
}

#[test]
fn steps_are_taken_back_and_done_again() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    assert!(!undo(&db)? && !redo(&db)?);
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    db.update(Todo::patch(milk).stars(1))?;
    db.create(Setting::draft().name("local"))?;
    db.transaction(|tx| {
        tx.update(Todo::patch(milk).stars(2))?;
        tx.create(Todo::draft().title("Think"))
    })?;
    let one = |stars| vec![("Buy milk".to_owned(), stars)];
    assert!(undo(&db)?);
    assert_eq!(shown(&db)?, one(Some(1)));
    assert!(undo(&db)?);
    assert_eq!(shown(&db)?, one(None));
    // It goes on after a restart.
    drop(db);
    let db = file.open()?;
    assert!(redo(&db)?);
    assert_eq!(shown(&db)?, one(Some(1)));
    assert!(undo(&db)? && undo(&db)? && !undo(&db)?);
    assert_eq!(shown(&db)?, []);
    assert!(redo(&db)? && redo(&db)? && redo(&db)? && !redo(&db)?);
    assert_eq!(shown(&db)?.len(), 2);

    // What is written now takes the place of what was undone.
    assert!(undo(&db)? && undo(&db)?);
    db.update(Todo::patch(milk).stars(5))?;
    assert!(!redo(&db)?);
    assert!(undo(&db)?);
    assert_eq!(shown(&db)?, one(None));
    assert!(redo(&db)? && !redo(&db)?);
    assert_eq!(shown(&db)?, one(Some(5)));
    assert_eq!(db.query::<Setting>().count()?, 1);
    verified(&db)
}

/// What an app that keeps a list of all states would do.
struct Model {
    states: Vec<Shown>,
    at: usize,
}

impl Model {
    fn go(&mut self, back: bool) -> bool {
        let to = if back { self.at.checked_sub(1) } else { Some(self.at + 1) };
        match to.filter(|to| *to < self.states.len()) {
            Some(to) => {
                self.at = to;
                true
            }
            None => false,
        }
    }

    fn write(&mut self, state: Shown) {
        self.states.truncate(self.at + 1);
        self.states.push(state);
        self.at += 1;
    }
}

#[test]
fn it_is_as_a_list_of_all_states() -> Outcome {
    let first = seed();
    for seed in (0..4).map(|n| first.wrapping_add(n)) {
        let mut random = Random::from_seed(seed);
        let db = after(0, seed)?;
        let mut model = Model { states: vec![Vec::new()], at: 0 };
        let mut ids = Vec::new();
        for _ in 0..60 {
            match random.below(6) {
                0 | 1 => assert_eq!(undo(&db)?, model.go(true), "seed {seed}"),
                2 => assert_eq!(redo(&db)?, model.go(false), "seed {seed}"),
                3 => {
                    ids.push(db.create(Todo::draft().title(format!("{}", ids.len())))?);
                    model.write(shown(&db)?);
                }
                of => {
                    // Writing what is there already is no step.
                    let before = db.last_transaction()?;
                    let Some(id) = ids.get(random.below(ids.len().max(1))).copied() else {
                        continue;
                    };
                    let stars = i64::try_from(random.below(5))?;
                    match of {
                        4 => drop(db.update(Todo::patch(id).stars(stars))?),
                        _ => drop(db.delete(id)?),
                    }
                    if db.last_transaction()? != before {
                        model.write(shown(&db)?);
                    }
                }
            }
            assert_eq!(shown(&db)?, model.states[model.at], "seed {seed}");
        }
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn what_merges_in_between_stays() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(10, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk").stars(1))?;
    send(&laptop, &phone)?;
    laptop.update(Todo::patch(milk).title("Buy oat milk").stars(2))?;
    laptop.update(Todo::patch(milk).done(true))?;
    assert!(undo(&laptop)?);
    phone.update(Todo::patch(milk).stars(9))?;
    let tea = phone.create(Todo::draft().title("Make tea"))?;
    send(&phone, &laptop)?;

    // The last one of its own is next, and what the phone has overwritten stays.
    assert!(undo(&laptop)?);
    let todo = laptop.get(milk)?.there()?;
    assert_eq!((todo.title.as_deref(), todo.stars, todo.done), (Some("Buy milk"), Some(9), None));
    assert!(laptop.get(tea)?.is_some());
    // What was undone before the merge is done again after it.
    assert!(redo(&laptop)? && redo(&laptop)? && !redo(&laptop)?);
    let todo = laptop.get(milk)?.there()?;
    assert_eq!((todo.title.as_deref(), todo.done), (Some("Buy oat milk"), Some(true)));
    // The phone takes back its own, and no more.
    assert!(undo(&phone)? && undo(&phone)? && !undo(&phone)?);
    send(&phone, &laptop)?;
    send(&laptop, &phone)?;
    assert!(laptop.get(tea)?.is_none());
    assert_eq!(shown(&laptop)?, shown(&phone)?);
    verified(&laptop)?;
    verified(&phone)
}

#[test]
fn what_others_have_overwritten_is_passed_over() -> Outcome {
    let (laptop, phone) = (after(0, 1)?, after(10, 2)?);
    let milk = laptop.create(Todo::draft().title("Buy milk"))?;
    laptop.update(Todo::patch(milk).done(true))?;
    laptop.update(Todo::patch(milk).title("Buy oat milk"))?;
    send(&laptop, &phone)?;
    phone.update(Todo::patch(milk).title("Buy soy milk"))?;
    send(&phone, &laptop)?;
    assert!(undo(&laptop)?);
    let todo = laptop.get(milk)?.there()?;
    assert_eq!((todo.title.as_deref(), todo.done), (Some("Buy soy milk"), None));
    assert!(redo(&laptop)?);
    assert_eq!(laptop.get(milk)?.there()?.done, Some(true));
    // Another device may undo it too; then there is nothing left of it.
    let last = laptop.history(milk)?.first().there()?.transaction;
    send(&laptop, &phone)?;
    phone.undo(last)?;
    send(&phone, &laptop)?;
    assert_eq!(shown(&laptop)?, []);
    verified(&laptop)
}

#[test]
fn what_was_compacted_is_not_undone() -> Outcome {
    let db = after(0, 1)?;
    let milk = db.create(Todo::draft().title("Buy milk"))?;
    db.update(Todo::patch(milk).stars(1))?;
    db.compact(&[db.version_vector()?])?;
    assert!(!undo(&db)?);
    db.update(Todo::patch(milk).stars(2))?;
    assert!(undo(&db)? && !undo(&db)?);
    assert_eq!(db.get(milk)?.there()?.stars, Some(1));
    verified(&db)
}
