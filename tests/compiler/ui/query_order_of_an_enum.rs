use ara::prelude::*;

#[derive(Debug, Clone, PartialEq, Value)]
pub enum Mood {
    Calm,
    Stormy,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Temper(Mood);

impl From<Mood> for Temper {
    fn from(mood: Mood) -> Self {
        Self(mood)
    }
}

#[derive(Table)]
pub struct Weather {
    pub id: Id<Weather>,
    pub mood: Mood,
    pub temper: Option<Temper>,
    pub places: Option<Json<Vec<String>>>,
}

fn main() {}

fn f(db: &ara::Database) {
    let _ = db.query::<Weather>().filter(Weather::mood.gt(Mood::Calm)).all();
    let _ = db.query::<Weather>().filter(Weather::temper.between(Mood::Calm, Mood::Stormy)).all();
    let _ = db.query::<Weather>().filter(Weather::places.le(Json(vec![]))).all();
    let _ = db.query::<Weather>().filter(Weather::mood.is_in([Mood::Calm])).order_by(Weather::mood).all();
}
