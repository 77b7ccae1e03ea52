//! Numbers and booleans.

use ara_schema::Type;

use super::{IntoValue, Readable, Rule, Stored, Value};

macro_rules! exact {
    ($($ty:ty),*) => {$(
        impl IntoValue<$ty> for $ty {
            fn into_value(self) -> Result<$ty, Rule> {
                Ok(self)
            }
        }
    )*};
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl Value for $ty {
            const TYPE: Type = Type::Integer;

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
                Readable::Integers(<$ty>::MIN.into(), <$ty>::MAX.into())
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32);
exact!(bool, i8, i16, i32, i64, u8, u16, u32, f32, f64);

impl Value for bool {
    const TYPE: Type = Type::Bool;

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

const NO_NUMBER: Rule = Rule(std::borrow::Cow::Borrowed("must be a number, and NaN is none"));

impl Value for f64 {
    const TYPE: Type = Type::Real;

    fn store(self) -> Result<Stored<'static>, Rule> {
        if self.is_nan() { Err(NO_NUMBER) } else { Ok(Stored::Real(self)) }
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Real(real) => Some(real),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Reals
    }
}

/// Stored with 64 bits; a stored number beyond the range of 32 bits cannot be read.
impl Value for f32 {
    const TYPE: Type = Type::Real;

    fn store(self) -> Result<Stored<'static>, Rule> {
        f64::from(self).store()
    }

    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, digits may go")]
    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Real(real) => {
                let narrow = real as f32;
                (narrow.is_finite() || real.is_infinite()).then_some(narrow)
            }
            _ => None,
        }
    }
}
