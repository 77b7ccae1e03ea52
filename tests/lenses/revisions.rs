//! Revisions of what columns replace.

use ara::prelude::*;
use support::{Outcome, There, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub note: String,
    }
}

/// The name of the newest column is that of the one before it and the number of that one's revision.
mod v3 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(retired)]
        note: Option<String>,
        #[table(retired, replaces(note, read = upper, write = lower, revision = 2))]
        text: Option<String>,
        #[table(replaces(text, read = starred, write = bare))]
        pub text_2: String,
    }

    pub fn upper(note: String) -> String {
        note.to_uppercase()
    }

    pub fn lower(text: &str) -> String {
        text.to_lowercase()
    }

    fn starred(text: String) -> String {
        text + "*"
    }

    pub fn bare(text: &str) -> String {
        text.trim_end_matches('*').to_owned()
    }
}

#[test]
fn a_revision_never_has_the_name_of_another_column() -> Outcome {
    let db = Database::memory()?;
    let old = db.create(v1::Expense::draft().note("milk"))?;
    let milk = Id::<v3::Expense>::from_uuid(old.uuid());
    assert_eq!(db.get(milk)?.there()?.text_2.as_deref(), Some("MILK*"));
    db.update(v3::Expense::patch(milk).text_2("TEA*"))?;
    assert_eq!(db.get(milk)?.there()?.text_2.as_deref(), Some("TEA*"));
    assert_eq!(db.get(old)?.there()?.note.as_deref(), Some("tea"));

    // What lies beside the columns is ara's own affair.
    assert_eq!(db.schema_drift()?, []);
    let schema = db.schema()?;
    let columns = schema.tables.iter().flat_map(|table| &table.columns);
    let names: Vec<_> = columns.map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["note", "text", "text_2"]);
    verified(&db)
}

/// The same functions as in version 3, but for one that was changed without a revision, and one more column.
#[cfg(debug_assertions)]
mod changed {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(retired)]
        note: Option<String>,
        #[table(retired, replaces(note, read = upper, write = lower, revision = 2))]
        text: Option<String>,
        #[table(replaces(text, read = dotted, write = bare))]
        pub text_2: String,
        pub paid: Option<bool>,
    }

    use super::v3::{bare, lower, upper};

    fn dotted(text: String) -> String {
        text + "."
    }
}

/// Things are tried without raising a revision each time.
#[test]
#[cfg(debug_assertions)]
fn a_debug_build_works_out_all_rows_once_it_is_opened() -> Outcome {
    let file = support::File::new()?;
    let db = file.open()?;
    let old = db.create(v1::Expense::draft().note("milk"))?;
    let text = db.get(Id::<v3::Expense>::from_uuid(old.uuid()))?.there()?.text_2;
    assert_eq!(text.as_deref(), Some("MILK*"));
    drop(db);
    let db = file.open()?;
    db.ensure::<changed::Expense>()?;
    assert_eq!(
        db.get(Id::<changed::Expense>::from_uuid(old.uuid()))?.there()?.text_2.as_deref(),
        Some("MILK.")
    );
    Ok(())
}
