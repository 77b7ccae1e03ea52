use ara::prelude::*;

#[derive(Table)]
pub struct Plant {
    pub id: Id<Plant>,
    pub name: NonEmptyString<100>,
    pub note: Option<String>,
    pub leaves: i8,
    pub height: i64,
    pub depth: Option<i8>,
    pub weight: f64,
    pub growth: Option<f32>,
    pub stars: u8,
}

ara::schema! { pub App: Plant }

fn main() {}
