//! Selects, and the statements that they are run as.
//!
//! A row is returned only if every narrowed column of it is there and can be read. SQL can be asked for just
//! those rows, but its conditions take time, and the reader must look at each value anyway. So most selects
//! ask only nearly for them, and the reader leaves out the others.
//!
//! That will not do where SQL counts rows. A limit may have counted a row that is then left out: the select
//! is run again, exactly. Rows that an offset passes over, or that are merged with others, never reach the
//! reader: such a select is run exactly from the start.

use ara_core::{TableRef, checked_limit};
use sea_query::SelectStatement;

use crate::untyped::column::ColumnTerm;
use crate::untyped::one_of::OneOfTerm;
use crate::untyped::statement::Statement;

/// A select whose tables and conditions are settled.
#[derive(Debug)]
pub(crate) struct Select {
    pub select: SelectStatement,
    pub narrowed: Vec<ColumnTerm>,
    /// What each row has beside it. Without it, a row is left out as one without a narrowed column is.
    pub beside: Vec<OneOfTerm>,
    pub limit: Option<u64>,
    pub offset: u64,
    /// Whether it must be run exactly from the start.
    pub is_exact: bool,
    /// The tables that it reads.
    pub tables: Vec<TableRef>,
}

impl Select {
    /// Returns the statements that read the rows. They are to be run in turn: the next one only if the reader
    /// had to leave out a row of the one before.
    pub(crate) fn in_turn(self) -> impl Iterator<Item = Statement> {
        let nearly = (!self.is_exact).then(|| self.nearly());
        let exactly = (self.is_exact || self.is_cut()).then_some(self);
        // The second one is rarely run, so it is made only when it is asked for.
        nearly.into_iter().chain(exactly.into_iter().map(Self::exactly))
    }

    /// Returns the one statement for a reader that cannot run a second one.
    pub(crate) fn at_once(self) -> Statement {
        if self.is_exact || self.is_cut() { self.exactly() } else { self.nearly() }
    }

    /// Returns a statement that gives only rows whose narrowed columns can be read.
    pub(crate) fn exactly(mut self) -> Statement {
        self.leave_out_unread();
        self.nearly()
    }

    /// Returns the exact select, to be put into another one.
    pub(crate) fn whole(mut self) -> SelectStatement {
        self.leave_out_unread();
        if self.is_cut() {
            // SQLite knows no offset without a limit.
            self.select.limit(self.limit.unwrap_or(i64::MAX.unsigned_abs()));
        }
        if self.offset > 0 {
            self.select.offset(self.offset);
        }
        self.select
    }

    fn nearly(&self) -> Statement {
        let mut statement = Statement::from(&self.select);
        // SQLite plans by the limit, so it would prepare the statement again for each value that is bound there: the
        // limit is part of the text.
        let limit = self.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
        let limit = Some(limit).filter(|_| self.is_cut());
        if let Some(limit) = checked_limit(&self.tables, limit) {
            statement.sql.push_str(&format!(" LIMIT {limit}"));
        }
        if self.offset > 0 {
            statement.sql.push_str(" OFFSET ?");
            let offset = i64::try_from(self.offset).unwrap_or(i64::MAX);
            statement.values.push(offset.into());
        }
        statement
    }

    fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset > 0
    }

    fn leave_out_unread(&mut self) {
        for column in &self.narrowed {
            self.select.and_where(column.is_there());
        }
        for one_of in &self.beside {
            self.select.and_where(one_of.is_there());
        }
    }
}

#[cfg(test)]
mod tests {
    use ara::{Id, Table};
    use ara_core::TableRef;
    use sea_query::Expr as Sql;

    use super::*;
    use crate::untyped::member::MemberRef;

    #[derive(Table)]
    struct Todo {
        id: Id<Todo>,
    }

    fn select(limit: Option<u64>, offset: u64, is_exact: bool) -> Select {
        let mut select = SelectStatement::new();
        select.expr(Sql::cust("1"));
        let todo = MemberRef { table: TableRef::of::<Todo>(), name: "todo" };
        let narrowed = vec![ColumnTerm::id(todo)];
        Select { select, narrowed, beside: Vec::new(), limit, offset, is_exact, tables: Vec::new() }
    }

    #[test]
    fn only_a_limit_may_need_a_second_statement() {
        let in_turn = |limit, offset, is_exact| {
            let statements = select(limit, offset, is_exact).in_turn();
            statements.map(|statement| statement.sql).collect::<Vec<_>>()
        };
        let (nearly, exactly) = ("SELECT 1", r#"SELECT 1 WHERE "todo"."id" IS NOT NULL"#);
        assert_eq!(in_turn(None, 0, false), [nearly]);
        assert_eq!(in_turn(None, 0, true), [exactly]);
        let limited = [nearly, exactly].map(|sql| format!("{sql} LIMIT 2"));
        assert_eq!(in_turn(Some(2), 0, false), limited);
        assert_eq!(in_turn(None, 3, true), [format!("{exactly} LIMIT -1 OFFSET ?")]);

        assert_eq!(select(None, 0, false).at_once().sql, nearly);
        assert_eq!(select(Some(2), 0, false).at_once().sql, limited[1]);
    }
}
