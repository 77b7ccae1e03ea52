//! What the code that the macros generate calls while an app is compiled. A panic in it is an error of the
//! compiler's, whose text the user reads.

use crate::json::write_json;
use crate::lookup::{find_table, names_table};
use crate::refusal::{write_lacking_tables, write_refusal};
use crate::table::TableDef;
use crate::text::{Text, same};
use crate::violation::UNRELEASED;

/// What was released of the table of a struct: unknown, for every struct.
///
/// `ara::schema!` with an `ara.lock` gives the structs that it names an associated constant of the same name, which takes
/// precedence over that of the trait. So the derive finds out whether a schema names its struct.
pub trait Unreleased {
    /// The table as it was released. The compiler shows the name of this constant in the error for a
    /// struct that two schemas name.
    const __A_TABLE_BELONGS_TO_ONE_SCHEMA: Option<&'static TableDef> = None;
}

impl<T: ?Sized> Unreleased for T {}

/// Returns what was released of the table of this name, for the constant above: [`UNRELEASED`], if that is nothing.
#[must_use]
pub const fn released_of(released: &'static [TableDef], name: &str) -> Option<&'static TableDef> {
    match find_table(released, name) {
        None => Some(&UNRELEASED),
        found => found,
    }
}

/// The crate that declares the struct of a table: unknown, for every type.
///
/// The derive gives its structs an associated constant of the same name, which takes precedence over that
/// of the trait.
pub trait Undeclared {
    /// The name of the crate, as the derive has composed it.
    const __DECLARED_IN: Option<&'static str> = None;
}

impl<T: ?Sized> Undeclared for T {}

/// Returns whether a table may be declared in the crate `here`. It is not if it is known to be declared in
/// another one.
#[must_use]
pub const fn may_be_of(declared_in: Option<&str>, here: &str) -> bool {
    match declared_in {
        Some(declared_in) => same(declared_in, here),
        None => true,
    }
}

/// Panics with the refusal of a table that breaks what was released of it.
#[track_caller]
pub const fn refuse(released: Option<&'static TableDef>, now: &'static TableDef) -> ! {
    let mut bytes = [0; MAX_LENGTH];
    let mut text = Text::new(&mut bytes);
    if let Some(released) = released {
        write_refusal(&mut text, released, now);
    }
    panic!("{}", text.as_str())
}

/// Panics with the refusal of a schema that does not name every released table.
#[track_caller]
pub const fn refuse_lacking(
    schema: &str,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) -> ! {
    let mut bytes = [0; MAX_LENGTH];
    let mut text = Text::new(&mut bytes);
    write_lacking_tables(&mut text, schema, released, now);
    if let [first, ..] = now {
        text.push("\na test, an example or a doc test needs no schema: `db.ensure::<");
        text.push_pascal(first.name);
        text.push(">()` takes a table alone");
    }
    panic!("{}", text.as_str())
}

/// The length of the longest message, in bytes. Nobody reads more than that.
const MAX_LENGTH: usize = 1 << 14;

/// The beginning of the message of [`emit`].
pub const EMITTED: &str = "the schema for `cargo ara`: ";

/// Returns the length of the message of [`emit`], in bytes.
#[must_use]
pub const fn length_emitted(schema: &str, tables: &[&TableDef]) -> usize {
    let mut text = Text::new(&mut []);
    write_emitted(&mut text, schema, tables);
    text.length()
}

/// Panics with the schema, for `cargo ara` to read in the compiler's messages: [`EMITTED`], and then a JSON
/// object with the schema's name and its tables. `LENGTH` must be what [`length_emitted`] returns.
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

/// Returns whether no table before the one at this position has the same name.
#[must_use]
pub const fn is_first(tables: &[&TableDef], at: usize) -> bool {
    let (before, rest) = tables.split_at(at);
    match rest {
        [table, ..] => !names_table(before, table.name),
        [] => true,
    }
}
