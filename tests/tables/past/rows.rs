//! Every change of a row.

use ara::prelude::*;
use ara::{RowChange, Stored, TransactionId};

use crate::past::{Setting, Todo, after, integer, text};
use support::{File, Outcome, There, Wall, send};

type Cell = (&'static str, Option<Stored<'static>>, Option<Stored<'static>>, bool);

/// What a change wrote: the column, from what, to what, and whether it is current.
#[track_caller]
fn assert_wrote(change: &RowChange, expected: &[Cell]) {
    let columns = change.columns.iter().map(|column| {
        let (from, to) = (column.from.clone(), column.to.clone());
        (column.column.as_str(), from, to, column.is_current)
    });
    assert_eq!(columns.collect::<Vec<_>>(), expected);
}

#[test]
fn every_change_is_told_in_its_order() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    let other = db.create(Todo::draft().title("Think"))?;
    wall.advance(10);
    db.update(Todo::patch(milk).title("Buy oat milk").stars(None))?;
    db.update(Todo::patch(other).stars(9))?;
    db.delete(milk)?;
    wall.advance(10);
    db.restore(milk)?;
    let history = db.history(milk)?;
    let times: Vec<_> = history.iter().map(|change| change.time.millis() - Wall::START).collect();
    assert_eq!(times, [0, 10, 10, 20]);
    assert_wrote(
        &history[0],
        &[
            ("is_deleted", None, integer(0), false),
            ("title", None, text("Buy milk"), false),
            ("stars", None, integer(1), false),
        ],
    );
    assert_wrote(
        &history[1],
        &[
            ("title", text("Buy milk"), text("Buy oat milk"), true),
            ("stars", integer(1), None, true),
        ],
    );
    assert_wrote(&history[2], &[("is_deleted", integer(0), integer(1), false)]);
    assert_wrote(&history[3], &[("is_deleted", integer(1), integer(0), true)]);
    Ok(())
}

#[test]
fn a_transaction_has_one_id() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let (milk, tea) = db.transaction(|tx| {
        let milk = tx.create(Todo::draft().title("Buy milk"))?;
        let tea = tx.create(Todo::draft().title("Make tea"))?;
        tx.update(Todo::patch(milk).stars(1))?;
        tx.create_all((0..100_i64).map(|n| Todo::draft().title("Think").stars(n)))?;
        Ok((milk, tea))
    })?;
    db.update(Todo::patch(tea).stars(1))?;
    let (milk, tea) = (db.history(milk)?, db.history(tea)?);
    let id = milk[0].transaction;
    assert_eq!((milk.len(), milk[1].transaction), (2, id));
    assert_eq!(tea[0].transaction, id);
    assert_ne!(tea[1].transaction, id);
    assert_eq!(id.to_string().parse::<TransactionId>()?, id);
    assert!(id.to_string().starts_with(&tea[1].node.to_string()));
    Ok(())
}

/// What was covered as soon as it came is told where it belongs.
#[test]
fn what_others_wrote_stands_where_its_clock_says() -> Outcome {
    let (early, late) = (after(0, 1)?, after(1000, 2)?);
    let milk = early.create(Todo::draft().title("Buy milk"))?;
    send(&early, &late)?;
    late.update(Todo::patch(milk).title("Buy oat milk"))?;
    early.update(Todo::patch(milk).title("Buy soy milk").done(true))?;
    send(&early, &late)?;
    send(&late, &early)?;
    let history = late.history(milk)?;
    assert_eq!(history, early.history(milk)?);
    assert_eq!(history.len(), 3);
    assert_ne!(history[1].node, history[2].node);
    assert_wrote(
        &history[1],
        &[
            ("title", text("Buy milk"), text("Buy soy milk"), false),
            ("done", None, integer(1), true),
        ],
    );
    assert_wrote(&history[2], &[("title", text("Buy soy milk"), text("Buy oat milk"), true)]);
    Ok(())
}

#[test]
fn what_was_never_there_has_none() -> Outcome {
    let db = Database::memory()?;
    assert_eq!(db.history(Id::<Todo>::from_key("nothing"))?, []);
    let dark = db.create(Setting::draft().name("dark"))?;
    assert_eq!(db.history(dark)?, []);
    let refused = db.transaction(|_| db.history(dark)).err().there()?;
    assert!(matches!(refused, ara::Error::InsideTransaction));
    Ok(())
}
