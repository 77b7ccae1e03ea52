//! What a table's struct breaks of what was released.

use crate::text::same;
use crate::{ColumnDef, TableDef, Type};

/// Something that was released, and is gone or has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// The table is local now and was not, or the other way round.
    Local,
    /// The column is gone.
    ColumnGone {
        /// The column as it was released.
        column: &'static ColumnDef,
    },
    /// The column is stored in another way.
    TypeChanged {
        /// The column as it was released.
        column: &'static ColumnDef,
        /// The column as it is now.
        now: &'static ColumnDef,
    },
    /// A name of the column's enum is gone.
    VariantGone {
        /// The column as it is now.
        now: &'static ColumnDef,
        /// The stored name of the variant.
        variant: &'static str,
        /// The names of the enum as they were released.
        released: &'static [&'static str],
        /// The names of the enum as they are now.
        variants: &'static [&'static str],
    },
}

/// What a table breaks of what was released of it, in the order of what was released.
///
/// It holds the struct against the lock while the app is compiled, and the lock against itself in
/// `cargo ara`: there is no other comparison of schemas.
///
/// ```
/// use ara_schema::{ColumnDef, TableDef, Type, Violation, Violations};
///
/// const TITLE: ColumnDef = ColumnDef { name: "title", ty: Type::Text, required: true };
/// const RELEASED: TableDef =
///     TableDef { name: "todo", local: false, columns: &[TITLE], indexes: &[], search: &[] };
/// const NOW: TableDef = TableDef { columns: &[], ..RELEASED };
///
/// let mut violations = Violations::new(&RELEASED, &NOW);
/// assert_eq!(violations.next(), Some(Violation::ColumnGone { column: &TITLE }));
/// assert_eq!(violations.next(), None);
/// assert!(Violations::new(&NOW, &RELEASED).next().is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Violations {
    released: &'static TableDef,
    now: &'static TableDef,
    /// Whether `local` was looked at.
    started: bool,
    /// The next of the released columns, and the next of its variants.
    column: usize,
    variant: usize,
}

impl Violations {
    /// Compares a table with what was released of it.
    #[must_use]
    pub const fn new(released: &'static TableDef, now: &'static TableDef) -> Self {
        Self { released, now, started: false, column: 0, variant: 0 }
    }

    /// The next violation. (As an iterator's, but an iterator cannot run while the app is compiled.)
    pub const fn next(&mut self) -> Option<Violation> {
        if !self.started {
            self.started = true;
            if self.released.local != self.now.local {
                return Some(Violation::Local);
            }
        }
        while self.column < self.released.columns.len() {
            let violation = self.of_column(&self.released.columns[self.column]);
            match violation {
                Some(Violation::VariantGone { .. }) => return violation,
                _ => {
                    self.column += 1;
                    self.variant = 0;
                }
            }
            if violation.is_some() {
                return violation;
            }
        }
        None
    }

    const fn of_column(&mut self, column: &'static ColumnDef) -> Option<Violation> {
        let Some(now) = find_column(self.now.columns, column.name) else {
            return Some(Violation::ColumnGone { column });
        };
        let (Type::Enum(released), Type::Enum(variants)) = (column.ty, now.ty) else {
            return if is_stored_as(column.ty, now.ty) {
                None
            } else {
                Some(Violation::TypeChanged { column, now })
            };
        };
        while self.variant < released.len() {
            let variant = released[self.variant];
            self.variant += 1;
            if !contains(variants, variant) {
                return Some(Violation::VariantGone { now, variant, released, variants });
            }
        }
        None
    }
}

/// Whether a table breaks nothing of what was released of it, if that can be told by one pass: `sorted`
/// has the positions of its columns by name, and what was released is sorted so too.
///
/// [`Violations`] looks up each column among all, which costs the compiler the square of their number.
#[must_use]
pub const fn plainly_keeps(released: &TableDef, now: &TableDef, sorted: &[usize]) -> bool {
    if released.local != now.local {
        return false;
    }
    let mut at = 0;
    let mut next = 0;
    while at < released.columns.len() {
        let column = &released.columns[at];
        loop {
            if next == sorted.len() {
                return false;
            }
            let candidate = &now.columns[sorted[next]];
            next += 1;
            if same(column.name, candidate.name) {
                if !is_stored_as(column.ty, candidate.ty) {
                    return false;
                }
                break;
            }
        }
        at += 1;
    }
    true
}

/// The column of this name.
pub(crate) const fn find_column(
    columns: &'static [ColumnDef],
    name: &str,
) -> Option<&'static ColumnDef> {
    let mut at = 0;
    while at < columns.len() {
        if same(columns[at].name, name) {
            return Some(&columns[at]);
        }
        at += 1;
    }
    None
}

/// The table of this name: what `ara::schema!` looks up in the lock.
#[must_use]
pub const fn find_table(tables: &'static [TableDef], name: &str) -> Option<&'static TableDef> {
    let mut at = 0;
    while at < tables.len() {
        if same(tables[at].name, name) {
            return Some(&tables[at]);
        }
        at += 1;
    }
    None
}

/// Whether `name` is one of `names`.
pub(crate) const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a column of the type `now` can take over one of the type `released`.
pub(crate) const fn is_stored_as(released: Type, now: Type) -> bool {
    match (released, now) {
        (Type::Id(released), Type::Id(now)) => same(released, now),
        (Type::Enum(released), Type::Enum(now)) => {
            let mut at = 0;
            let mut next = 0;
            while at < released.len() {
                // Each search begins behind the variant that the last one found: the names come in
                // nearly the same order, and trying all for each costs the square of their number.
                let mut tried = 0;
                while tried < now.len() && !same(released[at], now[next]) {
                    tried += 1;
                    next = (next + 1) % now.len();
                }
                if tried == now.len() {
                    return false;
                }
                next = (next + 1) % now.len();
                at += 1;
            }
            true
        }
        (Type::Bool, Type::Bool)
        | (Type::Integer, Type::Integer)
        | (Type::Counter, Type::Counter)
        | (Type::Real, Type::Real)
        | (Type::Text, Type::Text)
        | (Type::Blob, Type::Blob)
        | (Type::Uuid, Type::Uuid)
        | (Type::Timestamp, Type::Timestamp)
        | (Type::Instant, Type::Instant)
        | (Type::Date, Type::Date)
        | (Type::Time, Type::Time)
        | (Type::DateTime, Type::DateTime)
        | (Type::Zoned, Type::Zoned)
        | (Type::Json, Type::Json) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_may_come_in_any_order() {
        const ABC: &[&str] = &["A", "B", "C"];
        let kept: [&'static [&'static str]; 5] = [
            ABC,
            &["B", "C", "A"],
            &["C", "B", "A"],
            &["New", "A", "Newer", "C", "B", "Newest"],
            &["C", "New", "A", "B"],
        ];
        for now in kept {
            assert!(is_stored_as(Type::Enum(ABC), Type::Enum(now)), "{now:?}");
        }
        let broken: [&'static [&'static str]; 4] =
            [&[], &["A", "B"], &["C", "B"], &["A", "C", "D"]];
        for now in broken {
            assert!(!is_stored_as(Type::Enum(ABC), Type::Enum(now)), "{now:?}");
        }
        assert!(is_stored_as(Type::Enum(&[]), Type::Enum(&[])));
    }
}
