//! The SQL of several columns of a row of which the one counts that was edited last.

use ara_core::edit_columns_of;
use sea_query::{BinOper, CaseStatement, Expr as Sql, Func};

use crate::untyped::column::ColumnTerm;
use crate::untyped::member::MemberRef;
use crate::untyped::sql::{binary, constant, null};

/// A [`OneOf`](crate::OneOf) without its type: columns of a row of which the one counts that was edited last.
#[derive(Debug, Clone)]
pub struct OneOfTerm {
    member: MemberRef,
    columns: Vec<ColumnTerm>,
}

impl OneOfTerm {
    pub(crate) fn new(member: MemberRef, columns: Vec<ColumnTerm>) -> Self {
        Self { member, columns }
    }

    /// Returns the value and which of the columns it is of, as the app reads it. It is NULL if there is none.
    pub(crate) fn value(&self) -> Sql {
        let values = self.columns.iter().map(|column| column.sql());
        Func::cust("ara_one_of").args(std::iter::once(self.last()).chain(values)).into()
    }

    /// Returns the condition that there is a value.
    pub(crate) fn is_there(&self) -> Sql {
        binary(self.last(), BinOper::IsNot, null())
    }

    /// Returns which of the columns counts, or NULL if none does.
    fn last(&self) -> Sql {
        let clock = Sql::col((self.member.name, "ara_clock"));
        let columns =
            self.columns.iter().flat_map(|column| [self.ordinals(*column), held(*column)]);
        Func::cust("ara_last_of").args(std::iter::once(clock).chain(columns)).into()
    }

    /// Returns the ordinals by which the clocks of rows list the edits of a column. They are another file's in each
    /// file, and SQLite looks them up once for a statement.
    fn ordinals(&self, column: ColumnTerm) -> Sql {
        let (table, name) = column.stored_names();
        let mut names = String::new();
        for name in edit_columns_of(self.member.table, name) {
            names.push_str(if names.is_empty() { "'" } else { ", '" });
            names.push_str(&name);
            names.push('\'');
        }
        Sql::Custom(
            format!(
                "(SELECT group_concat(\"c\".\"ordinal\") FROM \"ara_column\" \"c\" \
                 JOIN \"ara_table\" \"t\" ON \"t\".\"ordinal\" = \"c\".\"tbl\" \
                 WHERE \"t\".\"name\" = '{table}' AND \"c\".\"name\" IN ({names}))"
            )
            .into(),
        )
    }
}

/// Returns what a column holds: 2 for a value that the app can read, 1 for another one, and 0 for none.
fn held(column: ColumnTerm) -> Sql {
    let held = CaseStatement::new();
    let held = match column.is_readable() {
        Some(readable) => {
            held.case(readable, constant(2_i64)).case(column.is_stored(), constant(1_i64))
        }
        None => held.case(column.is_stored(), constant(2_i64)),
    };
    held.finally(constant(0_i64)).into()
}
