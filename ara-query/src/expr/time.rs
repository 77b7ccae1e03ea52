//! Parts of dates and times.

use std::marker::PhantomData;

use ara_core::schema::Type;
use ara_core::{UtcOffset, Value};
use sea_query::{Expr as Sql, Func};

use crate::expr::{Expr, Operand, Within};
use crate::untyped::sql::{as_real, binary, call, constant};
use crate::untyped::term::Untyped;

/// Declares a method for each part of a date and of a time.
macro_rules! parts {
    ($each:ident) => {
        $each! {
            /// Returns the year.
            year i64: "%Y" refuse_without_date;
            /// Returns the month, from 1 to 12.
            month i64: "%m" refuse_without_date;
            /// Returns the day of the month, from 1 to 31.
            day i64: "%d" refuse_without_date;
            /// Returns the day of the week, from 1 for Monday to 7 for Sunday.
            weekday i64: "%u" refuse_without_date;
            /// Returns the date, as text: `2026-11-21`.
            date String: "%Y-%m-%d" refuse_without_date;
            /// Returns the hour, from 0 to 23.
            hour i64: "%H" refuse_without_time;
            /// Returns the minute, from 0 to 59.
            minute i64: "%M" refuse_without_time;
            /// Returns the second, from 0 to 59.
            second i64: "%S" refuse_without_time;
        }
    };
}

macro_rules! of_operands {
    ($($(#[$doc:meta])* $name:ident $ty:ty: $format:literal $refuse:ident;)*) => {$(
        $(#[$doc])*
        fn $name<S, I>(self) -> Expr<S, $ty>
        where
            Self: Within<S, I>,
        {
            const { $refuse(&Self::Value::TYPE) };
            Expr::new(part(self.untyped(), &Self::Value::TYPE, UtcOffset::UTC, $format))
        }
    )*};
}

macro_rules! of_local_times {
    ($($(#[$doc:meta])* $name:ident $ty:ty: $format:literal $refuse:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(self) -> Expr<S, $ty> {
            Expr::new(part(self.moment, &self.ty, self.offset, $format))
        }
    )*};
}

/// Parts of dates and times: of [`Timestamp`](ara_core::Timestamp), and with the features `chrono`, `jiff` and `time` of
/// their types. Where a date or time is absent, so is the part.
///
/// Parts of a moment are those of UTC, unless [`at_offset`](Self::at_offset) names another offset, and so are those of a
/// time with a zone. Moments outside the years 0000 to 9999 have none.
///
/// A part that the type has not, such as the hour of a date, is an error at compile time.
///
/// ```
/// use ara::UtcOffset;
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Expense { id: Id<Expense>, at: Timestamp, cents: i64 }
///
/// let db = Database::memory()?;
/// for (at, cents) in [("2026-11-02T08:30:00Z", 250), ("2026-11-30T23:30:00Z", 120), ("2026-12-24T10:00:00Z", 990)] {
///     db.create(Expense::draft().at(at.parse::<Timestamp>()?).cents(cents))?;
/// }
/// assert_eq!(db.query::<Expense>().filter(Expense::at.hour().lt(10)).count()?, 1);
///
/// let month = Expense::at.at_offset(UtcOffset::hours(1)).month();
/// let totals = db.query::<Expense>().narrow(Expense::cents).group_by(month.clone());
/// let totals = totals.select((month.clone().of_group(), Expense::cents.sum())).order_by(month.of_group());
/// assert_eq!(totals.all()?, [(Some(11), 250), (Some(12), 1110)]);
/// # Ok::<(), ara::Error>(())
/// ```
pub trait TimeFunctions: Operand {
    parts! { of_operands }

    /// Returns a moment as clocks show it that are at this offset from UTC, to take parts of it.
    ///
    /// An offset is fixed: to follow the rules of a zone with summer time, filter by ranges of moments, and take the
    /// parts of each at its offset.
    fn at_offset<S, I>(self, offset: impl Into<UtcOffset>) -> LocalTime<S>
    where
        Self: Within<S, I>,
    {
        const { refuse_no_moment(&Self::Value::TYPE) };
        let (moment, ty) = (self.untyped(), Self::Value::TYPE);
        LocalTime { moment, ty, offset: offset.into(), scope: PhantomData }
    }
}

impl<O: Operand> TimeFunctions for O {}

/// A moment as clocks show it that are at an offset from UTC: see [`TimeFunctions::at_offset`].
#[derive(Debug, Clone)]
#[must_use = "take a part of it, such as `month()`"]
pub struct LocalTime<S> {
    moment: Untyped,
    ty: Type,
    offset: UtcOffset,
    scope: PhantomData<fn() -> S>,
}

impl<S> LocalTime<S> {
    parts! { of_local_times }
}

const fn refuse_without_date(ty: &Type) {
    assert!(
        matches!(ty, Type::Date | Type::DateTime) || is_moment(ty),
        "only dates and moments have parts of a date: `Timestamp`, and the types of jiff, chrono and time"
    );
}

const fn refuse_without_time(ty: &Type) {
    assert!(
        matches!(ty, Type::Time | Type::DateTime) || is_moment(ty),
        "only times and moments have parts of a time: `Timestamp`, and the types of jiff, chrono and time"
    );
}

const fn refuse_no_moment(ty: &Type) {
    assert!(
        is_moment(ty),
        "only a moment is another time at another offset: `Timestamp`, and the moments of jiff, chrono and time"
    );
}

const fn is_moment(ty: &Type) -> bool {
    matches!(ty, Type::Timestamp | Type::Instant | Type::Zoned)
}

/// Returns a part of a date or time by SQLite's `strftime`, as a number or as text.
fn part(it: Untyped, ty: &Type, offset: UtcOffset, format: &'static str) -> Untyped {
    let seconds = offset.seconds_east();
    let is_text = format.contains('-');
    it.compute(|it| {
        let mut arguments = vec![constant(format)];
        match ty {
            Type::Timestamp => {
                let seconds = binary(as_real(it), sea_query::BinOper::Div, constant(1000.0));
                arguments.extend([seconds, constant("unixepoch")]);
            }
            // SQLite rounds a fraction of a second, even up to the next day.
            Type::Time => arguments.push(begin_of(it, "00:00:00")),
            _ => arguments.push(begin_of(it, "0000-00-00T00:00:00")),
        }
        if seconds != 0 {
            arguments.push(constant(format!("{seconds:+} seconds")));
        }
        let part: Sql = Func::cust("strftime").args(arguments).into();
        if is_text { part } else { Func::cast_as(part, "INTEGER").into() }
    })
}

/// Returns as many characters of a text as the form has.
fn begin_of(text: Sql, form: &str) -> Sql {
    let length = i64::try_from(form.len()).unwrap_or(i64::MAX);
    call("substr", [text, constant(1_i64), constant(length)])
}
