use ara::prelude::*;

#[derive(Table)]
#[table(local)]
pub struct Window {
    pub id: Id<Window>,
    pub title: Option<String>,
    pub place: Option<String>,
}

#[derive(OneOf)]
#[one_of(Window)]
pub enum Last {
    Title(String),
    Place(String),
}

fn main() {}
