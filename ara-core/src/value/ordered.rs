//! The values whose stored order is that of the Rust type.

use uuid::Uuid;

use crate::value::column_type::Value;
use crate::value::text::NonEmptyString;
use crate::value::timestamp::Timestamp;

/// A [`Value`] whose stored values sort as the Rust type does, so that `lt`, `le`, `gt`, `ge` and
/// `between` can compare them.
///
/// Enums, JSON and zoned times are not ordered, because their stored texts sort by letters.
/// `#[derive(Value)]` makes a newtype ordered if its inner type is. For a `Value` that is implemented
/// by hand, implement this trait if SQLite sorts what `store` returns in the intended order.
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
