//! What is generated in spite of faults, so that no further errors follow from them.

use crate::ast::Table;
use crate::names::plain;
use crate::valid::{ROW_DERIVES, ROW_FIELDS};

impl Table<'_> {
    /// Leaves out what would not compile.
    pub fn mend(&mut self) {
        self.is_faulty = true;
        self.columns.retain(|column| !ROW_FIELDS.contains(&plain(column.ident).as_str()));
        self.args.derives.retain(|path| !ROW_DERIVES.iter().any(|derived| path.is_ident(derived)));
    }
}
