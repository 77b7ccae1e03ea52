//! The cells that a draft or a patch sets.

use ara_schema::TableDef;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::model::table::{Column, as_read};
use crate::value::{AsRead, Id, IntoOptional, IntoValue, Rule, Stored, Value, uuid_of_key};

/// The cells that a mutation writes into one row.
///
/// Columns are given by their position in the table's definition. If a value breaks a rule, the rule is
/// kept in its place, and the mutation returns it as an error.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    id: Option<Uuid>,
    cells: Vec<Cell>,
    refused: Vec<(usize, Rule)>,
}

/// How many cells there is room for at first. It suits most rows, which then never have to reallocate.
const USUAL_COLUMNS: usize = 8;

impl Cells {
    /// Returns no cells, of a row without an id.
    pub fn new() -> Self {
        Self { cells: Vec::with_capacity(USUAL_COLUMNS), ..Self::default() }
    }

    /// Returns no cells, of the row with this id.
    pub fn of<T>(id: Id<T>) -> Self {
        Self { id: Some(id.uuid()), ..Self::new() }
    }

    /// Sets the id of the row.
    #[must_use]
    pub fn id<T>(mut self, id: Id<T>) -> Self {
        self.id = Some(id.uuid());
        self
    }

    /// Sets the required column `C` at this position.
    #[must_use]
    pub fn set_column<C: Column>(self, at: usize, value: impl IntoValue<C::Value>) -> Self {
        let stored = value.into_value().and_then(C::Value::store).map(Some);
        self.put(at, stored, as_read::<C>())
    }

    /// Sets or clears the optional column `C` at this position.
    #[must_use]
    pub fn set_optional_column<C: Column, How>(
        self,
        at: usize,
        value: impl IntoOptional<C::Value, How>,
    ) -> Self {
        let stored = value.into_optional().and_then(|value| value.map(C::Value::store).transpose());
        self.put(at, stored, as_read::<C>())
    }

    /// Sets the column `C` at this position to a value of the table's struct.
    #[must_use]
    pub fn fill_column<C: Column>(self, at: usize, value: Option<C::Value>) -> Self {
        self.put(at, value.map(C::Value::store).transpose(), as_read::<C>())
    }

    /// Turns the cells that were set so far into defaults of a new row. An upsert does not write them
    /// if the row exists.
    #[must_use]
    pub fn as_defaults(mut self) -> Self {
        for cell in &mut self.cells {
            cell.is_default = true;
        }
        self
    }

    /// Writes what was set in the column at this position as written through from another column, which is no edit of
    /// this one. What replaces columns does so by itself; tests do it for columns that nothing replaces.
    #[doc(hidden)]
    #[must_use]
    pub fn written_through(mut self, column: usize) -> Self {
        if let Some(cell) = self.cells.iter_mut().find(|cell| cell.column == column) {
            cell.kind = Kind::Through;
        }
        self
    }

    fn put(
        mut self,
        column: usize,
        stored: Result<Option<Stored<'static>>, Rule>,
        as_read: AsRead,
    ) -> Self {
        // The last value of a column counts, whether it keeps the rules or not.
        self.refused.retain(|(refused, _)| *refused != column);
        match stored {
            Ok(value) => {
                let as_read = Some(as_read);
                let kind = Kind::Plain;
                let cell = Cell { column, value, is_default: false, as_read, kind };
                match self.cells.iter_mut().find(|known| known.column == column) {
                    Some(known) => *known = cell,
                    None => self.cells.push(cell),
                }
            }
            Err(rule) => self.refused.push((column, rule)),
        }
        self
    }

    /// Returns the row's id, if it was set, and the cells in the order of the columns.
    ///
    /// Returns [`Error::Rule`] for the first column whose value breaks a rule.
    pub(crate) fn finish(self, table: &TableDef) -> Result<(Option<Uuid>, Vec<Cell>)> {
        if let Some((column, rule)) = self.refused.into_iter().min_by_key(|(column, _)| *column) {
            let column = table.columns.get(column).map_or("", |column| column.name);
            return Err(Error::Rule { table: table.name, column, rule });
        }
        let mut cells = self.cells;
        cells.sort_by_key(|cell| cell.column);
        let id = match table.key {
            Some(key) => id_of_key(table, key, (self.id, &cells))?,
            None => self.id,
        };
        Ok((id, cells))
    }
}

/// Returns the id of a row, which is made from its key if that is set.
fn id_of_key(
    table: &TableDef,
    key: &'static str,
    (id, cells): (Option<Uuid>, &[Cell]),
) -> Result<Option<Uuid>> {
    let is_key =
        |cell: &&Cell| table.columns.get(cell.column).is_some_and(|column| column.name == key);
    let Some(Stored::Text(text)) = cells.iter().find(is_key).and_then(|cell| cell.value.as_ref())
    else {
        return Ok(id);
    };
    let made = uuid_of_key(table.name, text.as_bytes());
    if id.is_some_and(|id| id != made) {
        let rule = Rule::new("must be the key from which the row's id is made: `Id::from_key(..)`");
        return Err(Error::Rule { table: table.name, column: key, rule });
    }
    Ok(Some(made))
}

/// A value to write into a column.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    /// The column's position in the table's definition.
    pub(crate) column: usize,
    /// The value; `None` clears the column.
    pub(crate) value: Option<Stored<'static>>,
    /// Whether it is written only if the row is new.
    pub(crate) is_default: bool,
    /// How the app sees what is there. It is not written if that is the value. If this is `None`, only what is
    /// stored counts.
    pub(crate) as_read: Option<AsRead>,
    pub(crate) kind: Kind,
}

/// What a write is, where columns replace others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The column replaces none and is not replaced, or the write was not compared yet.
    Plain,
    /// An edit of a column that replaces others, and that shows something else.
    Edit,
    /// What is written through into a replaced column.
    Through,
}

#[cfg(test)]
mod tests {
    use ara_schema::{ColumnDef, Type};

    use super::*;
    use crate::value::NonEmptyString;

    impl Cells {
        fn set<V: Value>(self, column: usize, value: impl IntoValue<V>) -> Self {
            let stored = value.into_value().and_then(V::store).map(Some);
            self.put(column, stored, AsRead::of::<V>(None))
        }

        fn set_optional<V: Value, How>(
            self,
            column: usize,
            value: impl IntoOptional<V, How>,
        ) -> Self {
            let stored = value.into_optional().and_then(|value| value.map(V::store).transpose());
            self.put(column, stored, AsRead::of::<V>(None))
        }
    }

    static TABLE: TableDef = TableDef {
        name: "todo",
        local: false,
        columns: &[
            ColumnDef {
                name: "title",
                ty: Type::Text,
                range: None,
                required: true,
                ..ColumnDef::EMPTY
            },
            ColumnDef {
                name: "done",
                ty: Type::Bool,
                range: None,
                required: false,
                ..ColumnDef::EMPTY
            },
            ColumnDef {
                name: "stars",
                ty: Type::Real,
                range: None,
                required: false,
                ..ColumnDef::EMPTY
            },
        ],
        indexes: &[],
        search: &[],
        ..TableDef::EMPTY
    };

    type Title = NonEmptyString<10>;

    fn text(text: &'static str) -> Option<Stored<'static>> {
        Some(Stored::Text(text.into()))
    }

    type Plain = (usize, Option<Stored<'static>>, bool);

    fn cell(column: usize, value: Option<Stored<'static>>) -> Plain {
        (column, value, false)
    }

    fn finish(cells: Cells) -> (Option<Uuid>, Vec<Plain>) {
        let (id, cells) = cells.finish(&TABLE).expect("no rule is broken");
        let plain = |cell: Cell| (cell.column, cell.value, cell.is_default);
        (id, cells.into_iter().map(plain).collect())
    }

    fn message(cells: Cells) -> String {
        cells.finish(&TABLE).expect_err("a rule is broken").to_string()
    }

    #[test]
    fn cells_come_in_the_order_of_the_columns() {
        let cells = Cells::new()
            .set_optional::<f64, _>(2, 0.5)
            .set_optional::<bool, _>(1, None)
            .set::<Title>(0, "Buy milk");
        let expected =
            vec![cell(0, text("Buy milk")), cell(1, None), cell(2, Some(Stored::Real(0.5)))];
        assert_eq!(finish(cells), (None, expected));
    }

    #[test]
    fn the_id_is_the_one_given_last() {
        struct Todo;
        let [first, second] = [1, 2].map(Uuid::from_u128);
        assert_eq!(finish(Cells::new()), (None, vec![]));
        let cells = Cells::of(Id::<Todo>::from_uuid(first));
        assert_eq!(finish(cells.clone()), (Some(first), vec![]));
        assert_eq!(finish(cells.id(Id::<Todo>::from_uuid(second))), (Some(second), vec![]));
    }

    #[test]
    fn the_last_value_of_a_column_counts() {
        let cells = Cells::new().set::<Title>(0, "Buy milk").set::<Title>(0, "Buy bread");
        assert_eq!(finish(cells).1, vec![cell(0, text("Buy bread"))]);

        let cells = Cells::new().set_optional::<bool, _>(1, true).set_optional::<bool, _>(1, None);
        assert_eq!(finish(cells).1, vec![cell(1, None)]);

        let cells = Cells::new().set::<Title>(0, " ").set::<Title>(0, "Buy bread");
        assert_eq!(finish(cells).1, vec![cell(0, text("Buy bread"))]);

        let cells = Cells::new().set::<Title>(0, "Buy milk").set::<Title>(0, " ");
        assert_eq!(message(cells), "column `todo.title` must not be blank");

        let cells = Cells::new().set::<Title>(0, " ").set::<Title>(0, "Buy milk, bread and eggs");
        assert_eq!(message(cells), "column `todo.title` must have 10 characters at most");
    }

    #[test]
    fn a_default_is_one_until_it_is_set() {
        let defaults = Cells::new().set::<Title>(0, "Untitled").set_optional::<f64, _>(2, 0.5);
        let cells = defaults.as_defaults().set::<Title>(0, "Buy milk");
        let default = (2, Some(Stored::Real(0.5)), true);
        let expected = vec![cell(0, text("Buy milk")), default];
        assert_eq!(finish(cells).1, expected);
    }

    #[test]
    fn mending_one_column_hides_no_other() {
        let cells = Cells::new()
            .set::<Title>(0, " ")
            .set_optional::<f64, _>(2, f64::NAN)
            .set::<Title>(0, "Buy milk");
        assert_eq!(message(cells), "column `todo.stars` must be a number, and NaN is none");
    }

    #[test]
    fn the_first_column_that_breaks_a_rule_is_reported() {
        let cells = Cells::new().set_optional::<f64, _>(2, f64::NAN).set::<Title>(0, " ");
        assert_eq!(message(cells), "column `todo.title` must not be blank");
    }
}
