//! A column that got wider: what the older app cannot read is absent there, and kept.

use ara::prelude::*;

use support::{Outcome, There, agree, send};

mod old {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Plant {
        pub id: Id<Plant>,
        pub name: NonEmptyString<10>,
        pub leaves: u8,
        pub weight: f32,
    }

    ara::schema! { pub App: Plant }
}

mod new {
    use ara::prelude::*;

    #[derive(Debug, Clone, PartialEq, Table)]
    pub struct Plant {
        pub id: Id<Plant>,
        pub name: String,
        pub leaves: i64,
        pub weight: f64,
    }

    ara::schema! { pub App: Plant }
}

#[test]
fn what_is_beyond_a_width_is_absent_and_comes_back_whole() -> Outcome {
    let (phone, laptop) = (Database::memory()?, Database::memory()?);
    phone.ensure::<old::App>()?;
    laptop.ensure::<new::App>()?;

    // The newer version reads all that the older one writes.
    let fern = phone.create(old::Plant::draft().name("Fern").leaves(255).weight(f32::MAX))?;
    send(&phone, &laptop)?;
    let fern = Id::<new::Plant>::from_uuid(fern.uuid());
    let whole = laptop.query::<new::Plant>().narrow_all().find(fern)?.there()?;
    assert_eq!((&*whole.name, whole.leaves, whole.weight), ("Fern", 255, f32::MAX.into()));

    // What is beyond the width of the older one is absent there.
    let palm = new::Plant::draft().name("A palm with a long name").leaves(-1).weight(1e39);
    let palm = laptop.create(palm)?;
    send(&laptop, &phone)?;
    let old_palm = Id::<old::Plant>::from_uuid(palm.uuid());
    let row = phone.get(old_palm)?.there()?;
    assert_eq!((row.name, row.leaves, row.weight), (None, None, None));
    assert_eq!(phone.query::<old::Plant>().narrow_all().count()?, 1);
    let unread: Vec<_> =
        phone.unreadable::<old::Plant>()?.iter().map(|told| (told.column, told.rows)).collect();
    assert_eq!(unread, [("name", 1), ("leaves", 1), ("weight", 1)]);

    // An app that loads the row and saves it keeps what it cannot read; what it writes comes back.
    assert!(phone.update(old::Plant::patch(old_palm).leaves(3))?);
    send(&phone, &laptop)?;
    let whole = laptop.query::<new::Plant>().narrow_all().find(palm)?.there()?;
    assert_eq!((&*whole.name, whole.leaves, whole.weight), ("A palm with a long name", 3, 1e39));
    agree(&phone, &laptop)
}

/// Each width is a version of the schema, whose history tells the ranges.
#[test]
fn the_history_of_schemas_tells_the_ranges() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<old::App>()?;
    db.ensure::<new::App>()?;
    db.ensure::<old::App>()?;
    let ranges = |at: usize| -> Outcome<Vec<String>> {
        let versions = db.schema()?.versions;
        let snapshot = versions.get(at).and_then(|version| version.snapshot.as_ref()).there()?;
        let columns = &snapshot.table("plant").there()?.columns;
        Ok(columns.iter().filter_map(|column| Some(column.range?.to_string())).collect())
    };
    assert_eq!(ranges(0)?, ["1..=10", "0..=255", "..=32"]);
    assert_eq!(ranges(1)?, ["..", "..", ".."]);
    assert_eq!(db.schema()?.versions.len(), 2);
    Ok(())
}
