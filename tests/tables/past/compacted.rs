//! What was before the log was compacted is no longer told.

use ara::prelude::*;
use ara::{Error, Timestamp};

use crate::past::Todo;
use support::{Outcome, There, Wall, verified};

#[test]
fn the_past_ends_where_the_log_was_compacted() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1))?;
    wall.advance(10);
    db.update(Todo::patch(milk).stars(2).done(true))?;
    wall.advance(10);
    db.update(Todo::patch(milk).stars(3))?;
    let whole = db.history(milk)?;
    assert!(whole.iter().all(|change| !change.is_compacted));
    let before = db.at(Timestamp::from_millis(wall.millis() - 5));
    assert_eq!(before.query::<Todo>().one()?.stars, Some(2));

    db.compact(&[db.version_vector()?])?;
    wall.advance(10);
    db.update(Todo::patch(milk).stars(4))?;
    // What was read already stays.
    assert_eq!(before.query::<Todo>().one()?.stars, Some(2));
    let history = db.history(milk)?;
    let compacted: Vec<_> = history.iter().map(|change| change.is_compacted).collect();
    assert_eq!(compacted, [true, true, true, false]);
    assert_eq!(history[3].columns[0].from, crate::past::integer(3));
    let horizon = Wall::START + 20;
    for (millis, stars) in [(horizon, 3), (horizon + 9, 3), (horizon + 10, 4)] {
        let past = db.at(Timestamp::from_millis(millis));
        assert_eq!(past.query::<Todo>().one()?.stars, Some(stars));
    }
    for millis in [horizon - 1, Wall::START] {
        let refused = db.at(Timestamp::from_millis(millis)).query::<Todo>().all().err().there()?;
        let until = Timestamp::from_millis(horizon);
        assert!(matches!(refused, Error::Compacted { until: told } if told == until), "{refused}");
    }
    for change in &whole {
        let refused = db.undo(change.transaction).err().there()?;
        let until = Timestamp::from_millis(horizon);
        let told = matches!(refused, Error::CompactedTransaction { until: told } if told == until);
        assert!(told && refused.to_string().contains("instead of an undo"), "{refused}");
    }
    assert_eq!(db.undo(history[3].transaction)?.written, 1);
    assert_eq!(db.get(milk)?.there()?.stars, Some(3));
    db.rebuild()?;
    verified(&db)
}
