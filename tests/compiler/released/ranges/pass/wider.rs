use ara::prelude::*;

#[derive(Table)]
pub struct Plant {
    pub id: Id<Plant>,
    pub name: Name,
    pub note: String,
    pub leaves: u16,
    pub height: i64,
    pub depth: i16,
    pub weight: Option<f64>,
    pub growth: f64,
    pub stars: Even,
}

/// As wide as what it is made of.
#[derive(Debug, Clone, PartialEq, Value)]
pub struct Name(NonEmptyString<1000>);

impl From<NonEmptyString<1000>> for Name {
    fn from(name: NonEmptyString<1000>) -> Self {
        Self(name)
    }
}

/// A type that says nothing of its range holds everything.
#[derive(Debug, Clone, PartialEq)]
pub struct Even(i64);

impl Value for Even {
    const TYPE: ara::Type = ara::Type::Integer;

    fn store(self) -> Result<ara::Stored<'static>, ara::Rule> {
        self.0.store()
    }

    fn read(stored: ara::Stored<'_>) -> Option<Self> {
        i64::read(stored).filter(|number| number % 2 == 0).map(Self)
    }
}

ara::schema! { pub App: Plant }
