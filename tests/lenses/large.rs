//! Values that are larger than a row can hold.

use ara::prelude::*;
use support::{Outcome, There, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Picture {
        pub id: Id<Self>,
        pub side: i64,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Picture {
        pub id: Id<Self>,
        #[table(replaces(side, read = black))]
        pub pixels: Option<Vec<u8>>,
        #[table(retired)]
        side: Option<i64>,
    }

    fn black(side: i64) -> Option<Vec<u8>> {
        let side = usize::try_from(side).ok()?;
        Some(vec![0; side.checked_mul(side)?])
    }
}

/// A chain of columns with long values.
mod drawings {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Picture {
        pub id: Id<Self>,
        pub side: i64,
        pub svg: Option<String>,
    }

    pub mod newer {
        use ara::prelude::*;

        #[derive(Debug, Table)]
        pub struct Picture {
            pub id: Id<Self>,
            pub side: i64,
            #[table(replaces(drawing, read = String::from, write = String::from))]
            pub image: Option<String>,
            #[table(retired, replaces(svg, read = String::from, write = String::from))]
            drawing: Option<String>,
            #[table(retired)]
            svg: Option<String>,
        }
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// As if the function had returned no value: the other rows are read on.
#[test]
fn a_value_that_no_row_can_hold_is_absent() -> Outcome {
    let db = Database::memory()?;
    let small = db.create(v1::Picture::draft().side(3))?;
    let large = db.create(v1::Picture::draft().side(32_000))?;
    let pixels = |of| Ok::<_, ara::Error>(db.get::<v2::Picture>(id(of))?.and_then(|it| it.pixels));
    assert_eq!(pixels(small)?.map(|pixels| pixels.len()), Some(9));
    assert_eq!(pixels(large)?, None);
    assert_eq!(db.query::<v2::Picture>().count()?, 2);
    db.update(v1::Picture::patch(large).side(2))?;
    assert_eq!(pixels(large)?.there()?.len(), 4);
    verified(&db)
}

/// Others write in between, and what a transaction writes takes no more memory.
#[test]
fn few_rows_are_worked_out_at_once_if_they_are_long() -> Outcome {
    const ROWS: u64 = 24;
    let db = Database::memory()?;
    let svg = "x".repeat(1 << 20);
    let create = |_| db.create(drawings::Picture::draft().side(1).svg(svg.as_str()));
    let rows = (0..ROWS).map(create).collect::<ara::Result<Vec<_>>>()?;
    let mut told = Vec::new();
    db.ensure_with::<drawings::newer::Picture>(|progress| told.push(progress.done))?;
    told.dedup();
    assert!(told.len() > 5, "{told:?}");
    assert_eq!(told.last(), Some(&(ROWS * 2)));
    for row in rows {
        let image = db.get::<drawings::newer::Picture>(id(row))?.there()?.image;
        assert!(image.is_some_and(|image| image == svg));
    }
    verified(&db)
}
