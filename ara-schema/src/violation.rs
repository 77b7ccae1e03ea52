//! The comparison of a table with what was released of it.

use crate::lookup::{contains, find_column, same_names};
use crate::range::Range;
use crate::table::{ColumnDef, Replaces, TableDef};
use crate::text::same;
use crate::ty::Type;

/// A way in which a table breaks what was released of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// The table has become local, or is no longer local.
    Local,
    /// The rows' ids are made from another column, or are no longer made from one, or were not before.
    Key,
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
    /// The column no longer holds all that it could hold.
    Narrower {
        /// The column as it was released.
        column: &'static ColumnDef,
        /// The column as it is now.
        now: &'static ColumnDef,
    },
    /// A variant of the column's enum is gone.
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
    /// The column replaced others, and replaces nothing now.
    LensGone {
        /// The column as it is now.
        now: &'static ColumnDef,
        /// What it replaced when it was released.
        released: Replaces,
    },
    /// The column replaces others than it did, and its lens is still of the same revision.
    LensChanged {
        /// The column as it is now.
        now: &'static ColumnDef,
        /// What it replaced when it was released.
        released: Replaces,
        /// What it replaces now.
        replaces: Replaces,
    },
    /// The column is wider than it was released, and its lens is still of the same revision, whose values a version
    /// that cannot read the wider ones also keeps.
    LensWider {
        /// The column as it is now.
        now: &'static ColumnDef,
        /// What it replaces.
        replaces: Replaces,
    },
    /// The revision of the column's lens is lower than it was.
    LensOlder {
        /// The column as it is now.
        now: &'static ColumnDef,
        /// What it replaced when it was released.
        released: Replaces,
        /// What it replaces now.
        replaces: Replaces,
    },
    /// The column is retired, and was never released.
    RetiredUnreleased {
        /// The column as it is now.
        now: &'static ColumnDef,
    },
}

/// What was released of a table that was never released.
pub const UNRELEASED: TableDef = TableDef::EMPTY;

/// Returns whether nothing was released of a table.
pub(crate) const fn is_unreleased(released: &TableDef) -> bool {
    released.name.is_empty()
}

/// The violations of a table, in the order of what was released. Of a table that was not released, what was
/// released is [`UNRELEASED`].
///
/// The compiler compares structs with `ara.lock` by it, and so does `cargo ara`: there is no other
/// comparison of a schema with what was released of it.
///
/// ```
/// use ara_schema::{ColumnDef, Range, TableDef, Type, Violation, Violations};
///
/// const TITLE: ColumnDef =
///     ColumnDef { name: "title", range: Some(Range::ALL), required: true, ..ColumnDef::EMPTY };
/// const RELEASED: TableDef =
///     TableDef { name: "todo", columns: &[TITLE], ..TableDef::EMPTY };
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
    /// Whether `local` and the key have been compared.
    is_local_compared: bool,
    is_key_compared: bool,
    /// The position of the next released column, and that of the next of its variants.
    column: usize,
    variant: usize,
    /// Whether the type of that column has been compared.
    is_type_compared: bool,
    /// The position of the next column of the struct.
    retired: usize,
}

impl Violations {
    /// Compares a table with what was released of it.
    #[must_use]
    pub const fn new(released: &'static TableDef, now: &'static TableDef) -> Self {
        Self {
            released,
            now,
            is_local_compared: is_unreleased(released),
            is_key_compared: is_unreleased(released),
            column: 0,
            variant: 0,
            is_type_compared: false,
            retired: 0,
        }
    }

    /// Returns the next violation. This is not an `Iterator`, as those do not work in constants.
    pub const fn next(&mut self) -> Option<Violation> {
        if !self.is_local_compared {
            self.is_local_compared = true;
            if self.released.local != self.now.local {
                return Some(Violation::Local);
            }
        }
        if !self.is_key_compared {
            self.is_key_compared = true;
            if !is_same_key(self.released.key, self.now.key) {
                return Some(Violation::Key);
            }
        }
        while self.column < self.released.columns.len() {
            let column = &self.released.columns[self.column];
            let Some(now) = find_column(self.now.columns, column.name) else {
                self.column += 1;
                return Some(Violation::ColumnGone { column });
            };
            if !self.is_type_compared {
                let violation = self.of_type(column, now);
                self.is_type_compared = !matches!(violation, Some(Violation::VariantGone { .. }));
                if violation.is_some() {
                    return violation;
                }
            }
            self.column += 1;
            self.variant = 0;
            self.is_type_compared = false;
            let violation = of_lens(column, now);
            if violation.is_some() {
                return violation;
            }
        }
        while self.retired < self.now.columns.len() {
            let now = &self.now.columns[self.retired];
            self.retired += 1;
            if now.retired && find_column(self.released.columns, now.name).is_none() {
                return Some(Violation::RetiredUnreleased { now });
            }
        }
        None
    }

    /// Returns the next violation of how a column is stored.
    const fn of_type(
        &mut self,
        column: &'static ColumnDef,
        now: &'static ColumnDef,
    ) -> Option<Violation> {
        let ((Type::Enum(released), Type::Enum(variants))
        | (Type::Versioned(released), Type::Versioned(variants))) = (column.ty, now.ty)
        else {
            return if !is_stored_as(column.ty, now.ty) {
                Some(Violation::TypeChanged { column, now })
            } else if !is_as_wide(column.range, now.range) {
                Some(Violation::Narrower { column, now })
            } else {
                None
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

/// Returns how a column breaks what it replaced when it was released.
const fn of_lens(released: &'static ColumnDef, now: &'static ColumnDef) -> Option<Violation> {
    match (released.replaces, now.replaces) {
        // A column may begin to replace others at any time.
        (None, _) => None,
        (Some(released), None) => Some(Violation::LensGone { now, released }),
        (Some(before), Some(replaces)) => {
            if before.revision > replaces.revision {
                Some(Violation::LensOlder { now, released: before, replaces })
            } else if before.revision < replaces.revision {
                None
            } else if !(before.by_key == replaces.by_key
                && same_names(before.columns, replaces.columns))
            {
                Some(Violation::LensChanged { now, released: before, replaces })
            } else if is_stored_as(released.ty, now.ty)
                && !(is_stored_as(now.ty, released.ty) && is_as_wide(now.range, released.range))
            {
                Some(Violation::LensWider { now, replaces })
            } else {
                None
            }
        }
    }
}

const fn is_same_key(released: Option<&str>, now: Option<&str>) -> bool {
    match (released, now) {
        (Some(released), Some(now)) => same(released, now),
        (None, None) => true,
        _ => false,
    }
}

/// Returns `true` if a table breaks nothing of what was released of it. `false` means only that one pass
/// over the columns could not tell, so that [`Violations`] must.
///
/// `sorted` has the positions of the columns of `now`, sorted by name. The columns of `released` must be
/// sorted by name themselves.
///
/// This is for tables with many columns: [`Violations`] looks up each column among all, for which the
/// compiler's time grows with the square of their number.
#[must_use]
pub const fn plainly_keeps(
    released: &'static TableDef,
    now: &'static TableDef,
    sorted: &[usize],
) -> bool {
    if !is_unreleased(released)
        && (released.local != now.local || !is_same_key(released.key, now.key))
    {
        return false;
    }
    let mut at = 0;
    let mut next = 0;
    while at < released.columns.len() || next < sorted.len() {
        if at == released.columns.len() {
            if now.columns[sorted[next]].retired {
                return false;
            }
            next += 1;
            continue;
        }
        let column = &released.columns[at];
        loop {
            if next == sorted.len() {
                return false;
            }
            let candidate = &now.columns[sorted[next]];
            next += 1;
            if same(column.name, candidate.name) {
                if !is_stored_as(column.ty, candidate.ty)
                    || !is_as_wide(column.range, candidate.range)
                    || of_lens(column, candidate).is_some()
                {
                    return false;
                }
                break;
            }
            if candidate.retired {
                return false;
            }
        }
        at += 1;
    }
    true
}

/// Returns whether a column of the range `now` holds all that was released as the range `released`. A range
/// that was not recorded keeps nothing from changing.
const fn is_as_wide(released: Option<Range>, now: Option<Range>) -> bool {
    match (released, now) {
        (Some(released), Some(now)) => now.holds(released),
        _ => true,
    }
}

/// Returns whether a column of the type `now` keeps what was released as one of the type `released`.
pub(crate) const fn is_stored_as(released: Type, now: Type) -> bool {
    match (released, now) {
        (Type::Id(released), Type::Id(now)) => same(released, now),
        (Type::Enum(released), Type::Enum(now))
        | (Type::Versioned(released), Type::Versioned(now)) => {
            let mut at = 0;
            let mut next = 0;
            while at < released.len() {
                // The names are in nearly the same order, so each search begins behind the variant that
                // the last one has found. Searching from the beginning would take time that grows with
                // the square of their number.
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
        | (Type::Merged, Type::Merged)
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
