//! What `read_with` is given of a column that was replaced itself.

use ara::prelude::*;
use support::{Outcome, There, Wall, agree, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        pub a: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(a, read_with = format, write = plain))]
        pub b: Option<String>,
        #[table(retired)]
        a: Option<String>,
    }

    /// The format stays that it had.
    pub fn format(plain: String, last: Option<&String>) -> String {
        let format = last.and_then(|last| last.split_once('#')).map_or("-", |(_, format)| format);
        format!("{plain}#{format}")
    }

    pub fn plain(formatted: &str) -> String {
        formatted.split('#').next().unwrap_or_default().to_owned()
    }
}

mod v3 {
    use ara::prelude::*;

    use super::v2::{format, plain};

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Self>,
        #[table(replaces(b, read_with = remark, write = without_remarks))]
        pub c: Option<String>,
        #[table(retired, replaces(a, read_with = format, write = plain))]
        b: Option<String>,
        #[table(retired)]
        a: Option<String>,
    }

    /// The remarks stay that it had.
    fn remark(formatted: String, last: Option<&String>) -> String {
        let remarks =
            last.and_then(|last| last.split_once('$')).map_or("-", |(_, remarks)| remarks);
        format!("{formatted}${remarks}")
    }

    fn without_remarks(text: &str) -> String {
        text.split('$').next().unwrap_or_default().to_owned()
    }
}

/// Devices of the three versions, and one more of the newest, which know one row.
struct Devices {
    wall: Wall,
    old: Database,
    middle: Database,
    new: Database,
    newer: Database,
    note: Id<v1::Note>,
}

impl Devices {
    fn new() -> Outcome<Self> {
        let wall = Wall::new();
        let open = || wall.options().memory();
        let (old, middle, new, newer) = (open()?, open()?, open()?, open()?);
        middle.ensure::<v2::Note>()?;
        new.ensure::<v3::Note>()?;
        newer.ensure::<v3::Note>()?;
        let note = old.create(v1::Note::draft())?;
        for db in [&middle, &new, &newer] {
            send(&old, db)?;
        }
        Ok(Self { wall, old, middle, new, newer, note })
    }

    fn set_a(&self, a: &str) -> Outcome {
        self.wall.advance(1000);
        self.old.update(v1::Note::patch(self.note).a(a))?;
        Ok(())
    }

    fn set_b(&self, b: &str) -> Outcome {
        self.wall.advance(1000);
        self.middle.update(v2::Note::patch(id(self.note)).b(b))?;
        Ok(())
    }

    fn set_c(&self, db: &Database, c: &str) -> Outcome {
        self.wall.advance(1000);
        db.update(v3::Note::patch(id(self.note)).c(c))?;
        Ok(())
    }

    fn c(&self) -> Outcome<String> {
        self.new.get::<v3::Note>(id(self.note))?.there()?.c.there()
    }

    /// Exchanges all, and checks what each version shows then.
    fn meet(&self, expected: [&str; 3]) -> Outcome {
        let all = [&self.old, &self.middle, &self.new, &self.newer];
        for _ in 0..3 {
            for from in all {
                for to in all.into_iter().filter(|to| !std::ptr::eq(*to, from)) {
                    send(from, to)?;
                }
            }
        }
        for db in all {
            agree(db, &self.new)?;
            verified(db)?;
        }
        let a = self.old.get(self.note)?.there()?.a.there()?;
        let b = self.middle.get::<v2::Note>(id(self.note))?.there()?.b.there()?;
        assert_eq!([a, b, self.c()?], expected);
        Ok(())
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// What ara writes to keep a column right is nothing that it was set to.
#[test]
fn a_format_stays_that_is_heard_of_late() -> Outcome {
    let devices = Devices::new()?;
    devices.set_b("x#bold")?;
    devices.set_a("y")?;
    devices.wall.advance(1000);
    send(&devices.old, &devices.new)?;
    assert_eq!(devices.c()?, "y#-$-");
    send(&devices.middle, &devices.new)?;
    assert_eq!(devices.c()?, "y#bold$-");
    devices.meet(["y", "y#bold", "y#bold$-"])?;
    devices.set_a("z")?;
    devices.meet(["z", "z#bold", "z#bold$-"])
}

#[test]
fn a_format_stays_that_was_set_in_a_newer_column() -> Outcome {
    let devices = Devices::new()?;
    devices.set_b("x#italic")?;
    send(&devices.middle, &devices.new)?;
    devices.set_c(&devices.new, "x#bold$mine")?;
    devices.set_c(&devices.new, "x#bold$yours")?;
    devices.set_a("y")?;
    devices.meet(["y", "y#bold", "y#bold$yours"])?;
    devices.set_b("y#small")?;
    devices.set_a("z")?;
    devices.meet(["z", "z#small", "z#small$yours"])
}

#[test]
fn a_format_stays_that_was_set_in_a_newer_column_and_is_heard_of_late() -> Outcome {
    let devices = Devices::new()?;
    devices.set_c(&devices.newer, "x#bold$mine")?;
    devices.set_a("y")?;
    devices.wall.advance(1000);
    send(&devices.old, &devices.new)?;
    assert_eq!(devices.c()?, "y#-$-");
    send(&devices.newer, &devices.new)?;
    assert_eq!(devices.c()?, "y#bold$mine");
    devices.meet(["y", "y#bold", "y#bold$mine"])
}
