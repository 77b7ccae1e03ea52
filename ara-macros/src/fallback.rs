//! What is generated in spite of faults, so that no further errors follow from them.

use crate::ast::Table;
use crate::names::plain;

impl Table<'_> {
    /// Leaves out what would not compile.
    pub fn mend(&mut self) {
        self.is_faulty = true;
        self.columns.retain(|column| {
            let field = plain(column.ident);
            field != "created_at" && field != "updated_at"
        });
        self.args.derives.retain(|path| {
            !["Debug", "Clone", "PartialEq"].iter().any(|derived| path.is_ident(derived))
        });
    }
}
