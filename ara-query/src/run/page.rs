//! Pages that follow one another, however the rows between them change.

use std::fmt;
use std::iter;
use std::str::FromStr;

use ara_core::{Result, Rule};
use rusqlite::types::ValueRef;
use sea_query::{BinOper, Expr as Sql, JoinType, NullOrdering, Order as Direction, Value};

use crate::expr::order::Ordered;
use crate::expr::scope::Scope;
use crate::query::Query;
use crate::query::join::Joined;
use crate::query::rows::Rows;
use crate::query::view::StartsWith;
use crate::run::reader::{Next, each_row};
use crate::untyped::clauses::Clauses;
use crate::untyped::condition::Part;
use crate::untyped::sql::{and, binary, constant, or};
use crate::untyped::term::{ColumnTerm, Term};

/// Some rows of a query, and where the next ones begin: see [`page`](Query::page).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<Cursor>,
}

/// A place among the rows of a query, by its order. It holds what the row before it is ordered by, and
/// can be kept as text, with `to_string` and `parse`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(Vec<Value>);

impl<S: Scope + StartsWith<(<S as Scope>::First,)>, R: Rows> Query<'_, S, R> {
    /// The first rows, as many as the query's limit says, or those after a cursor. Rows that come or go
    /// meanwhile neither repeat nor hide others, as they would with an offset; and a page far behind costs
    /// what the first one costs, where an index serves the order.
    ///
    /// Rows that the query's order leaves equal are ordered by the id of the first table, and by those of
    /// tables that were joined by [`join_many`](Self::join_many); so are all rows of a search, unless it has
    /// an order: ranks change with every row that comes. An offset is of the first page.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, #[table(index)] title: String }
    ///
    /// let db = Database::memory()?;
    /// db.create_all(["a", "b", "c"].map(|title| Todo::draft().title(title)))?;
    ///
    /// let todos = db.query::<Todo>().narrow(Todo::title).order_by(Todo::title).limit(2);
    /// let first = todos.clone().page(None)?;
    /// assert_eq!(first.rows[1].title, "b");
    /// db.create(Todo::draft().title("aa"))?;
    /// let second = todos.page(first.next.as_ref())?;
    /// assert_eq!(second.rows[0].title, "c");
    /// assert_eq!(second.next, None);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`](ara_core::Error::Parameter) for a cursor of a query with another order; the
    /// file cannot be read, or a value of the query breaks a rule.
    pub fn page(mut self, after: Option<&Cursor>) -> Result<Page<R::Output>> {
        self.clauses.check()?;
        if self.clauses.distinct {
            return Err(
                Rule::new("cannot be a page: a distinct query has no rows of its own").into()
            );
        }
        self.clauses.order_by_ids::<S>();
        let orders = self.clauses.orders.clone();
        if let Some(Cursor(values)) = after {
            if values.len() != orders.len() {
                return Err(Rule::new("must be a cursor of a query with the same order").into());
            }
            // The first page has passed over those rows.
            self.clauses.offset = 0;
            let filters = self.clauses.comes_after(&orders, values);
            self.clauses.filters.extend(filters.into_iter().map(Part::from));
        }
        // One more tells whether there is a next page.
        let limit = self.clauses.limit.take();
        self.clauses.limit = limit.map(|limit| limit.saturating_add(1));
        let tables = self.clauses.tables(S::MEMBERS);
        let select = self
            .clauses
            .rows_and(S::MEMBERS, orders.iter().map(|order| order.by.clone().stored()).collect());
        let statement = select.exactly();

        let count = orders.len();
        let mut page = Page { rows: Vec::new(), next: None };
        self.source.read(&tables, &mut |reading| {
            page = Page { rows: Vec::new(), next: None };
            let mut last = None;
            each_row(reading, &statement, &mut |row| {
                let full = limit.is_some_and(|limit| page.rows.len() as u64 >= limit);
                if full {
                    page.next = last.take();
                    return Ok(Next::Nothing);
                }
                if let Some(read) = R::from_row(row) {
                    page.rows.push(read);
                    let width = row.as_ref().column_count();
                    let values =
                        (width.saturating_sub(count)..width).map(|at| value(row.get_ref(at)));
                    last = Some(Cursor(values.collect()));
                }
                Ok(Next::Row)
            })
        })?;
        Ok(page)
    }
}

fn value(stored: rusqlite::Result<ValueRef<'_>>) -> Value {
    match stored {
        Ok(ValueRef::Integer(integer)) => integer.into(),
        Ok(ValueRef::Real(real)) => real.into(),
        Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned().into(),
        Ok(ValueRef::Blob(bytes)) => bytes.to_vec().into(),
        Ok(ValueRef::Null) | Err(_) => Value::Bytes(None),
    }
}

impl Clauses {
    /// Orders rows that are equal so far by what no two of them share.
    fn order_by_ids<S: Scope>(&mut self) {
        let many = self.joins.iter().filter(|joined| joined.are_many);
        let many = many.map(|joined| ColumnTerm::id_of(joined.member));
        let ids: Vec<_> = iter::once(ColumnTerm::id::<S::First>()).chain(many).collect();
        self.orders.extend(ids.into_iter().map(|id| Ordered {
            by: Term::Column(id),
            direction: Direction::Asc,
            nulls: None,
        }));
    }

    /// The rows that come after one that is ordered by these values.
    fn comes_after(&self, orders: &[Ordered], values: &[Value]) -> Vec<Sql> {
        let orders: Vec<_> = orders.iter().zip(values).collect();
        let mut filters = Vec::new();
        // Of the first order alone, an index finds where the rows begin.
        if let Some((order, value)) = orders.first()
            && !is_null(value)
            && (order.nulls_come_first() || self.is_never_null(&order.by))
        {
            filters.push(binary(order.sql(), order.further(true), Sql::Value((*value).clone())));
        }
        let mut after: Option<Sql> = None;
        for (order, value) in orders.into_iter().rev() {
            let further = order.is_further(value);
            after = Some(match after {
                None => further,
                Some(after) => {
                    let same = binary(order.sql(), BinOper::Is, Sql::Value(value.clone()));
                    or(further, and(same, after))
                }
            });
        }
        filters.extend(after);
        filters
    }

    /// Whether it is there in every row.
    fn is_never_null(&self, term: &Term) -> bool {
        let Term::Column(column) = *term else { return false };
        if self.narrowed.iter().any(|known| known.is(column)) {
            return true;
        }
        let is_left = |joined: &Joined| joined.kind == JoinType::LeftJoin;
        let mut left = self.joins.iter().filter(|joined| is_left(joined));
        column.is_system() && !left.any(|joined| column.is_of(joined.member))
    }
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::Bytes(None))
}

impl Ordered {
    fn sql(&self) -> Sql {
        self.by.clone().stored()
    }

    fn nulls_come_first(&self) -> bool {
        match self.nulls {
            Some(nulls) => matches!(nulls, NullOrdering::First),
            // SQLite takes NULL for the least.
            None => !matches!(self.direction, Direction::Desc),
        }
    }

    fn further(&self, or_same: bool) -> BinOper {
        match (&self.direction, or_same) {
            (Direction::Desc, false) => BinOper::SmallerThan,
            (Direction::Desc, true) => BinOper::SmallerThanOrEqual,
            (_, false) => BinOper::GreaterThan,
            (_, true) => BinOper::GreaterThanOrEqual,
        }
    }

    /// Whether a row comes after those with this value.
    fn is_further(&self, value: &Value) -> Sql {
        let null = || Sql::Keyword(sea_query::Keyword::Null);
        match (is_null(value), self.nulls_come_first()) {
            (true, true) => binary(self.sql(), BinOper::IsNot, null()),
            (true, false) => constant(false),
            (false, first) => {
                let further = binary(self.sql(), self.further(false), Sql::Value(value.clone()));
                if first { further } else { or(further, binary(self.sql(), BinOper::Is, null())) }
            }
        }
    }
}

/// Each value as a letter for its kind and hexadecimal digits, with dots between.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, value) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { "." } else { "" })?;
            let (kind, bytes) = match value {
                Value::BigInt(Some(integer)) => ('i', integer.to_be_bytes().to_vec()),
                Value::Double(Some(real)) => ('r', real.to_bits().to_be_bytes().to_vec()),
                Value::String(Some(text)) => ('t', text.as_bytes().to_vec()),
                Value::Bytes(Some(bytes)) => ('b', bytes.to_vec()),
                _ => ('n', Vec::new()),
            };
            write!(f, "{kind}")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        let values: Option<_> = text.split('.').map(parse_value).collect();
        values.map(Self).ok_or_else(|| Rule::new("must be the text of a cursor"))
    }
}

fn parse_value(text: &str) -> Option<Value> {
    let mut characters = text.chars();
    let kind = characters.next()?;
    let digits = characters.as_str().as_bytes();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    Some(match kind {
        'i' => i64::from_be_bytes(bytes.try_into().ok()?).into(),
        'r' => f64::from_bits(u64::from_be_bytes(bytes.try_into().ok()?)).into(),
        't' => String::from_utf8(bytes).ok()?.into(),
        'b' => bytes.into(),
        'n' if bytes.is_empty() => Value::Bytes(None),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_text_and_back() {
        let values = [
            Value::from(i64::MIN),
            (-0.5).into(),
            "größe.".to_owned().into(),
            vec![0_u8, 255].into(),
            Value::Bytes(None),
            String::new().into(),
        ];
        let cursor = Cursor(values.into());
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "x", "i00", "t0", "tff", "n00", "i0000000000000000.", "bä"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
