//! What the macros' code asks while the app is compiled. A panic in it is an error of the compiler's,
//! and its text is what the user reads.

use crate::text::same;
use crate::{TableDef, Text, write_json, write_lacking_tables, write_refusal};

/// What was released of the table of a struct, as an associated constant: nothing, for every struct.
/// `ara::schema!` gives the structs that it names a constant of their own by this name, which goes
/// before that of the trait. So the derive finds out whether a schema names its struct.
pub trait Unreleased {
    /// The table as it was released. Its name is what rustc says of a struct in two schemas.
    const __A_TABLE_BELONGS_TO_ONE_SCHEMA: Option<&'static TableDef> = None;
}

impl<T: ?Sized> Unreleased for T {}

/// The crate that declares a table, as an associated constant: unknown, for every type. The derive gives
/// the structs of tables a constant of their own by this name, which goes before that of the trait.
pub trait Undeclared {
    /// What Cargo calls the crate.
    const __DECLARED_IN: Option<&'static str> = None;
}

impl<T: ?Sized> Undeclared for T {}

/// Whether a table may be declared in this crate: it is not, if it is known to be of another.
#[must_use]
pub const fn may_be_of(declared_in: Option<&str>, here: &str) -> bool {
    match declared_in {
        Some(declared_in) => same(declared_in, here),
        None => true,
    }
}

/// Refuses a table that breaks what was released of it.
#[track_caller]
pub const fn refuse(released: Option<&'static TableDef>, now: &'static TableDef) -> ! {
    let mut bytes = [0; MOST];
    let mut text = Text::new(&mut bytes);
    if let Some(released) = released {
        write_refusal(&mut text, released, now);
    }
    panic!("{}", text.as_str())
}

/// Refuses a schema that does not name every table that was released.
#[track_caller]
pub const fn refuse_lacking(
    schema: &str,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) -> ! {
    let mut bytes = [0; MOST];
    let mut text = Text::new(&mut bytes);
    write_lacking_tables(&mut text, schema, released, now);
    if let [first, ..] = now {
        text.push("\na test, an example or a doc test needs no schema: `db.ensure::<");
        text.push_pascal(first.name);
        text.push(">()` takes a table alone");
    }
    panic!("{}", text.as_str())
}

/// The most bytes of a message: what is longer than that nobody reads.
const MOST: usize = 1 << 16;

/// What the message begins with that [`emit`] gives.
pub const EMITTED: &str = "the schema for `cargo ara`: ";

/// How long the message of [`emit`] is.
#[must_use]
pub const fn length_emitted(schema: &str, tables: &[&TableDef]) -> usize {
    let mut text = Text::new(&mut []);
    write_emitted(&mut text, schema, tables);
    text.length()
}

/// Gives the schema to `cargo ara`, as a message of the compiler's: [`EMITTED`], then a JSON object with
/// the schema's name and its tables. `LENGTH` is what [`length_emitted`] says.
#[track_caller]
pub const fn emit<const LENGTH: usize>(schema: &str, tables: &[&TableDef]) -> ! {
    let mut bytes = [0; LENGTH];
    let mut text = Text::new(&mut bytes);
    write_emitted(&mut text, schema, tables);
    panic!("{}", text.as_str())
}

const fn write_emitted(text: &mut Text<'_>, schema: &str, tables: &[&TableDef]) {
    text.push(EMITTED);
    text.push("{\"schema\":");
    text.push_json(schema);
    text.push(",\"tables\":");
    write_json(text, tables);
    text.push("}");
}

/// Whether no table before the one at this position has the same name.
#[must_use]
pub const fn is_first(tables: &[&TableDef], at: usize) -> bool {
    let mut before = 0;
    while before < at {
        if same(tables[before].name, tables[at].name) {
            return false;
        }
        before += 1;
    }
    true
}
