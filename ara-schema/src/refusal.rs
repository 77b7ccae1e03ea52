//! The messages of the compiler about released things that are gone or have changed.

mod code;
mod column_gone;
mod lenses;
mod offers;
mod tables;
#[cfg(test)]
mod tests;
mod types;

use crate::lookup::{names_table, position};
use crate::refusal::column_gone::{new_names, write_column_gone};
use crate::refusal::lenses::{
    write_lens_changed, write_lens_gone, write_lens_older, write_lens_wider,
    write_retired_unreleased,
};
use crate::refusal::tables::{write_key_changed, write_local, write_table_gone};
use crate::refusal::types::{write_narrower, write_type_changed, write_variant_gone};
use crate::table::TableDef;
use crate::text::Text;
use crate::ty::Type;
use crate::violation::{Violation, Violations};

/// The place in a struct at which the refusal of its table is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The name of the struct.
    Struct,
    /// The field of the column with this position.
    Field(usize),
}

impl Place {
    /// Returns the position of the field's column, or `usize::MAX` for the struct. Generated code is smaller by it.
    #[must_use]
    pub const fn position(self) -> usize {
        match self {
            Self::Struct => usize::MAX,
            Self::Field(at) => at,
        }
    }
}

/// Returns the place at which to show what a table breaks of what was released of it, or `None` if it
/// breaks nothing.
#[must_use]
pub const fn place_of_refusal(
    released: &'static TableDef,
    now: &'static TableDef,
) -> Option<Place> {
    match Violations::new(released, now).next() {
        None => None,
        Some(Violation::Local | Violation::Key) => Some(Place::Struct),
        Some(Violation::ColumnGone { column }) => match new_names(released, now, column) {
            (1, at) => Some(Place::Field(at)),
            _ => Some(Place::Struct),
        },
        Some(
            Violation::TypeChanged { now: column, .. }
            | Violation::Narrower { now: column, .. }
            | Violation::VariantGone { now: column, .. }
            | Violation::LensGone { now: column, .. }
            | Violation::LensChanged { now: column, .. }
            | Violation::LensWider { now: column, .. }
            | Violation::LensOlder { now: column, .. }
            | Violation::RetiredUnreleased { now: column },
        ) => match position(now.columns, column.name) {
            Some(at) => Some(Place::Field(at)),
            None => Some(Place::Struct),
        },
    }
}

/// Writes everything that a table breaks of what was released of it, and how to mend it.
pub const fn write_refusal(
    text: &mut Text<'_>,
    released: &'static TableDef,
    now: &'static TableDef,
) {
    let mut violations = Violations::new(released, now);
    let mut count = 0;
    let mut is_of_released = false;
    let mut is_gone = false;
    while !text.is_full()
        && let Some(violation) = violations.next()
    {
        if count > 0 {
            text.push("\n\n");
        }
        count += 1;
        is_of_released |= !matches!(violation, Violation::RetiredUnreleased { .. });
        is_gone |= match violation {
            Violation::ColumnGone { .. } => true,
            Violation::VariantGone { now, .. } => matches!(now.ty, Type::Enum(_)),
            _ => false,
        };
        match violation {
            Violation::Local => write_local(text, released),
            Violation::Key => write_key_changed(text, released, now),
            Violation::ColumnGone { column } => write_column_gone(text, released, now, column),
            Violation::TypeChanged { column, now } => {
                write_type_changed(text, released, column, now)
            }
            Violation::Narrower { column, now } => write_narrower(text, released, column, now),
            Violation::VariantGone { now, variant, released: before, variants } => {
                write_variant_gone(text, released, now, variant, (before, variants));
            }
            Violation::LensGone { now, released: before } => {
                write_lens_gone(text, released, now, before);
            }
            Violation::LensChanged { now, released: before, replaces } => {
                write_lens_changed(text, released, now, (before, replaces));
            }
            Violation::LensWider { now, replaces } => {
                write_lens_wider(text, released, now, replaces)
            }
            Violation::LensOlder { now, released: before, replaces } => {
                write_lens_older(text, released, now, (before, replaces));
            }
            Violation::RetiredUnreleased { now: column } => {
                write_retired_unreleased(text, now, column);
            }
        }
    }
    if is_of_released {
        write_why(text, is_gone);
    }
}

/// Returns whether any released table is missing among the tables of a schema.
#[must_use]
pub const fn lacks_a_table(released: &'static [TableDef], now: &[&'static TableDef]) -> bool {
    let mut at = 0;
    while at < released.len() {
        if !names_table(now, released[at].name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Writes which released tables are missing among those of the schema that is called `schema`, and how to
/// mend it.
pub const fn write_lacking_tables(
    text: &mut Text<'_>,
    schema: &str,
    released: &'static [TableDef],
    now: &[&'static TableDef],
) {
    let mut at = 0;
    let mut count = 0;
    while at < released.len() && !text.is_full() {
        let table = &released[at];
        if !names_table(now, table.name) {
            if count > 0 {
                text.push("\n\n");
            }
            count += 1;
            write_table_gone(text, schema, table, released, now);
        }
        at += 1;
    }
    write_why(text, true);
}

/// Writes why nothing released may go, and if something has, what becomes of it.
const fn write_why(text: &mut Text<'_>, is_gone: bool) {
    text.push(
        "\n\nwhat was released stays, for devices that run an older version: `ara.lock` lists it",
    );
    if is_gone {
        text.push(
            "\nkept unused, it costs nothing: rows keep what they hold, older versions go on reading and writing it,\n\
             and find it missing in rows that this version creates",
        );
    }
}
