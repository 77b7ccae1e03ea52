//! Which values are stored in their order.

use uuid::Uuid;

use crate::value::column_type::Value;
use crate::value::text::NonEmptyString;
use crate::value::timestamp::Timestamp;

/// A [`Value`] whose stored values are in the order of the Rust type: what `lt`, `le`, `gt`, `ge` and
/// `between` compare.
///
/// Enums, JSON and zoned times are not: their texts sort by their letters. A newtype is ordered when
/// what it holds is, `#[derive(Value)]` sees to it. For a `Value` written by hand, implement it if
/// SQLite's order of what `store` gives is the order that is meant.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` are not stored in their order",
    label = "has no order that SQLite could compare by",
    note = "name the values that are meant, `.is_in([..])`, or keep what orders them in a number column",
    note = "`Json`, enums and zoned times have no such order; a `Value` written by hand may implement `ara::Ordered`"
)]
pub trait Ordered: Value {}

macro_rules! ordered {
    ($($ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Ordered for $ty {}
    )*};
}

ordered!(bool, i8, i16, i32, i64, u8, u16, u32, f32, f64);
ordered!(String, Vec<u8>, Uuid, Timestamp);

#[diagnostic::do_not_recommend]
impl<const MAX: usize> Ordered for NonEmptyString<MAX> {}
