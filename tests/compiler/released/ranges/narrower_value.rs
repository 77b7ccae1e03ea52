use ara::prelude::*;

#[derive(Table)]
pub struct Plant {
    pub id: Id<Plant>,
    pub name: NonEmptyString<100>,
    pub note: Option<String>,
    pub leaves: u8,
    pub height: i64,
    pub depth: Option<i8>,
    pub weight: f64,
    pub growth: Option<f32>,
    pub stars: Stars,
}

/// A type that says what its range is.
#[derive(Debug, Clone, PartialEq)]
pub struct Stars(i64);

impl Value for Stars {
    const TYPE: ara::Type = ara::Type::Integer;
    const RANGE: ara::Range = ara::Range::new(0, 5);

    fn store(self) -> Result<ara::Stored<'static>, ara::Rule> {
        self.0.store()
    }

    fn read(stored: ara::Stored<'_>) -> Option<Self> {
        i64::read(stored).filter(|number| (0..=5).contains(number)).map(Self)
    }
}

ara::schema! { pub App: Plant }

fn main() {}
