//! Batches that do not fit.

use ara::prelude::*;
use ara::{Obstacle, Reason, VersionVector};

use crate::merge::{Todo, same, send};
use support::Outcome;

#[test]
fn what_was_made_for_another_is_refused() -> Outcome {
    let (laptop, phone, tablet) = (Database::memory()?, Database::memory()?, Database::memory()?);
    laptop.create(Todo::draft().title("Buy milk"))?;
    send(&laptop, &phone)?;
    laptop.create(Todo::draft().title("Make tea"))?;
    phone.create(Todo::draft().title("Call home"))?;
    send(&phone, &laptop)?;
    for changes in laptop.changes_since(&phone.version_vector()?)? {
        let report = tablet.merge(&changes?)?;
        assert_eq!(report.refused.len(), 1);
        assert_eq!(report.refused[0].reason, Reason::Unconnected);
        assert_eq!(report.changes, 0);
    }
    assert_eq!(tablet.version_vector()?, VersionVector::default());
    let aside = tablet.set_aside()?;
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].obstacle, Obstacle::Refused(Reason::Unconnected));
    assert_eq!((aside[0].node, aside[0].time), (laptop.node()?, None));
    send(&laptop, &tablet)?;
    assert_eq!(tablet.set_aside()?, []);
    same(&laptop, &tablet)
}
