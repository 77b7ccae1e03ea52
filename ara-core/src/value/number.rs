//! Numbers and booleans.

use ara_schema::{Range, Type};

use crate::value::column_type::Value;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

macro_rules! integers {
    ($($ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Value for $ty {
            const TYPE: Type = Type::Integer;
            const EXACT: bool = true;
            const RANGE: Range = Range::new(<$ty>::MIN as i64, <$ty>::MAX as i64);

            fn store(self) -> Result<Stored<'static>, Rule> {
                Ok(Stored::Integer(self.into()))
            }

            fn read(stored: Stored<'_>) -> Option<Self> {
                match stored {
                    Stored::Integer(integer) => integer.try_into().ok(),
                    _ => None,
                }
            }

            fn readable() -> Readable {
                Readable::Integers(Self::RANGE.min, Self::RANGE.max)
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32);

#[diagnostic::do_not_recommend]
impl Value for bool {
    const TYPE: Type = Type::Bool;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Integer(self.into()))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Integer(0) => Some(false),
            Stored::Integer(1) => Some(true),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Integers(0, 1)
    }
}

/// Reads a float. JSON and other programs store whole ones as integers, which are read if they are floats
/// without a loss.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "is checked")]
fn real(stored: Stored<'_>) -> Option<f64> {
    match stored {
        Stored::Real(real) if !real.is_nan() => Some(real),
        Stored::Integer(whole) => {
            let real = whole as f64;
            (real as i128 == i128::from(whole)).then_some(real)
        }
        _ => None,
    }
}

const NO_NUMBER: Rule = Rule::fixed("must be a number, and NaN is none");

#[diagnostic::do_not_recommend]
impl Value for f64 {
    const TYPE: Type = Type::Real;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        if self.is_nan() { Err(NO_NUMBER) } else { Ok(Stored::Real(self)) }
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        real(stored)
    }

    fn readable() -> Readable {
        Readable::Reals
    }
}

/// The number is stored with 64 bits. A stored number beyond the range of `f32` cannot be read.
#[diagnostic::do_not_recommend]
impl Value for f32 {
    const TYPE: Type = Type::Real;
    const RANGE: Range = Range::new(i64::MIN, 32);

    fn store(self) -> Result<Stored<'static>, Rule> {
        f64::from(self).store()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, digits may go")]
    fn read(stored: Stored<'_>) -> Option<Self> {
        let real = real(stored)?;
        let narrow = real as f32;
        (narrow.is_finite() || real.is_infinite()).then_some(narrow)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use proptest::prelude::*;

    use super::*;
    use crate::value::tests::{others, stored_and_read};

    fn ends_and_beyond<V: Value + Copy + PartialEq + Debug>(min: V, max: V)
    where
        i64: From<V>,
    {
        for end in [min, max] {
            assert_eq!(stored_and_read(end), end);
        }
        for beyond in [i64::from(min).checked_sub(1), i64::from(max).checked_add(1)] {
            assert_eq!(beyond.and_then(|beyond| V::read(Stored::Integer(beyond))), None);
        }
        for other in others("integer") {
            assert_eq!(V::read(other), None);
        }
    }

    #[test]
    fn integers_are_read_up_to_their_limits_only() {
        ends_and_beyond(i8::MIN, i8::MAX);
        ends_and_beyond(i16::MIN, i16::MAX);
        ends_and_beyond(i32::MIN, i32::MAX);
        ends_and_beyond(i64::MIN, i64::MAX);
        ends_and_beyond(u8::MIN, u8::MAX);
        ends_and_beyond(u16::MIN, u16::MAX);
        ends_and_beyond(u32::MIN, u32::MAX);
        ends_and_beyond(false, true);
    }

    #[test]
    fn nan_is_no_number() {
        for rule in [f64::NAN.store().expect_err("NaN"), f32::NAN.store().expect_err("NaN")] {
            assert_eq!(rule.to_string(), "must be a number, and NaN is none");
        }
        assert_eq!(f64::read(Stored::Real(f64::NAN)), None);
        assert_eq!(f32::read(Stored::Real(f64::NAN)), None);
    }

    #[test]
    fn reals_keep_their_edges() {
        for real in [f64::MIN, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY, -f64::INFINITY] {
            assert_eq!(stored_and_read(real), real);
        }
        assert!(stored_and_read(-0.0_f64).is_sign_negative());
        for other in others("real") {
            let whole = matches!(other, Stored::Integer(1)).then_some(1.0);
            assert_eq!(f64::read(other.clone()), whole);
            assert_eq!(f32::read(other).map(f64::from), whole);
        }
    }

    #[test]
    fn integers_that_a_float_holds_are_floats() {
        let edge = 1 << f64::MANTISSA_DIGITS;
        for whole in [0, 5, -7, edge, -edge, edge + 2, i64::MIN] {
            let read = f64::read(Stored::Integer(whole)).expect("is one");
            assert_eq!(format!("{read:.0}"), whole.to_string());
        }
        // These would be rounded.
        for beyond in [edge + 1, -edge - 1, i64::MAX] {
            assert_eq!(f64::read(Stored::Integer(beyond)), None);
            assert_eq!(f32::read(Stored::Integer(beyond)), None);
        }
    }

    #[test]
    fn f32_reads_what_is_in_its_range() {
        for real in [f32::MIN, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::INFINITY, -f32::INFINITY] {
            assert_eq!(stored_and_read(real), real);
        }
        assert!(stored_and_read(-0.0_f32).is_sign_negative());
        assert_eq!(f32::read(Stored::Real(0.1)), Some(0.1));
        assert_eq!(f32::read(Stored::Real(1e-300)), Some(0.0));
        // Rounds to the greatest f32; the next step up is beyond the range.
        assert_eq!(f32::read(Stored::Real(3.402_823_5e38)), Some(f32::MAX));
        for beyond in [3.402_823_6e38, -3.402_823_6e38, 1e39, f64::MAX] {
            assert_eq!(f32::read(Stored::Real(beyond)), None);
        }
    }

    proptest! {
        #[test]
        fn numbers_come_back(integer: i64, real: f64, narrow: f32) {
            prop_assert_eq!(stored_and_read(integer), integer);
            prop_assert_eq!(stored_and_read(real).to_bits(), real.to_bits());
            prop_assert_eq!(stored_and_read(narrow).to_bits(), narrow.to_bits());
        }
    }
}
