//! The tables that a query reads.

use ara_core::TableRef;
use ara_core::schema::{Text, same};

/// A table as a query reads it, under its own name or under an alias: a [`Member`](crate::Member) without
/// its type.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct MemberRef {
    pub(crate) table: TableRef,
    /// The name by which the query reads it.
    pub(crate) name: &'static str,
}

/// The prefix of the names by which a query reads tables under aliases: see [`alias!`](crate::alias).
const ALIAS: &str = "as ";

impl MemberRef {
    /// Returns the name of the alias, or that of the table.
    const fn name_in_rust(&self) -> &'static str {
        match self.name.split_at_checked(ALIAS.len()) {
            Some((before, name)) if same(before, ALIAS) => name,
            _ => self.name,
        }
    }
}

/// Refuses a query that reads the table it joined last under the name of another one. It is called in a
/// `const` block, so that a user sees its panic as a compile error, with the line of the call that joins.
pub(crate) const fn refuse_twice(members: &[MemberRef]) {
    let Some((last, others)) = members.split_last() else { return };
    let mut at = 0;
    while at < others.len() {
        if same(others[at].name, last.name) {
            let mut bytes = [0; 300];
            let mut text = Text::new(&mut bytes);
            text.push("this query reads `");
            text.push(last.name_in_rust());
            text.push("` twice: declare an alias, `ara::alias! { Other: ");
            text.push_pascal(last.table.def.name);
            text.push(
                " }`, and join it by `join_as(Other, ..)`, or by `join_many(column.of(Other))`",
            );
            panic!("{}", text.as_str());
        }
        at += 1;
    }
}
