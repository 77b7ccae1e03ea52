//! What becomes of a table with faults: code that compiles is generated all the same, so that the
//! faults are the only errors.

use super::ast::Table;
use super::valid::{ROW_DERIVES, ROW_FIELDS};
use crate::input::names::plain;

impl Table<'_> {
    /// Removes what would not compile.
    pub fn mend(&mut self) {
        self.is_faulty = true;
        self.columns.retain(|column| !ROW_FIELDS.contains(&plain(column.ident).as_str()));
        self.args.derives.retain(|path| !ROW_DERIVES.iter().any(|derived| path.is_ident(derived)));
    }
}
