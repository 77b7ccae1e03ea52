use ara::prelude::*;

#[derive(Table)]
pub struct Plant {
    pub id: Id<Plant>,
    pub name: NonEmptyString<10>,
    pub note: Option<NonEmptyString<10>>,
    pub leaves: u8,
    pub height: Option<i32>,
    pub depth: u8,
    pub weight: f32,
    pub growth: Option<f32>,
    pub stars: String,
}

ara::schema! { pub App: Plant }

fn main() {}
