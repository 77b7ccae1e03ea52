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

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Stars(u8);

impl From<u8> for Stars {
    fn from(stars: u8) -> Self {
        Self(stars)
    }
}

ara::schema! { pub App: Plant }
