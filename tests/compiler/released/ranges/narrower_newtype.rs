use ara::prelude::*;

#[derive(Table)]
pub struct Plant {
    pub id: Id<Plant>,
    pub name: Name,
    pub note: Option<String>,
    pub leaves: u8,
    pub height: i64,
    pub depth: Option<i8>,
    pub weight: f64,
    pub growth: Option<f32>,
    pub stars: u8,
}

/// As wide as what it is made of.
#[derive(Debug, Clone, PartialEq, Value)]
pub struct Name(NonEmptyString<50>);

impl From<NonEmptyString<50>> for Name {
    fn from(name: NonEmptyString<50>) -> Self {
        Self(name)
    }
}

ara::schema! { pub App: Plant }

fn main() {}
