//! Values that SQLite does not hold as they are.

use ara::prelude::*;
use ara::{Rule, Stored, Type, Value};

use crate::merge::send;
use support::Outcome;

/// A number that may be none: ara's own column types let no NaN in, an app's own may.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reading(f64);

impl Value for Reading {
    const TYPE: Type = Type::Real;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Real(self.0))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Real(real) => Some(Self(real)),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Table)]
struct Sample {
    id: Id<Sample>,
    reading: Option<Reading>,
}

/// SQLite takes NaN for NULL.
#[test]
fn nan_is_absent_on_every_device() -> Outcome {
    let (laptop, phone) = (Database::memory()?, Database::memory()?);
    let sample = laptop.create(Sample::draft().reading(Some(Reading(f64::NAN))))?;
    send(&laptop, &phone)?;
    for db in [&laptop, &phone] {
        assert_eq!(db.get(sample)?.ok_or("is there")?.reading, None);
        assert!(db.verify()?.holds());
    }
    // It is there already.
    let vector = laptop.version_vector()?;
    assert!(laptop.update(Sample::patch(sample).reading(Some(Reading(f64::NAN))))?);
    assert_eq!(laptop.version_vector()?, vector);
    Ok(())
}
