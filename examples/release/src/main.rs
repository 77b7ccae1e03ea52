//! An app in its third release. `ara.lock` lists what the three have released, and `cargo check` compares
//! this file with it.
//!
//! Rename `watered`, or remove `Thirst::Low`: the compiler refuses it, and says how to fix it. What the app
//! no longer needs is still here, and no other code has to mention it.

use ara::prelude::*;

#[derive(Table)]
pub struct Plant {
    pub id: Id<Plant>,

    /// Released as `name`: in the file it keeps that name.
    #[table(column = "name")]
    pub species: NonEmptyString<100>,

    /// What a room is for now. It was required once; that may change at any time.
    #[deprecated = "use `room_id`"]
    pub place: Option<String>,

    pub thirst: Option<Thirst>,

    #[table(index)]
    pub watered: Option<Timestamp>,

    pub room_id: Option<Id<Room>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Value)]
pub enum Thirst {
    Low,
    Medium,
    /// Released as `High`.
    #[value(name = "High")]
    Great,
}

#[derive(Table)]
pub struct Room {
    pub id: Id<Room>,
    pub name: NonEmptyString<100>,
}

ara::schema! { pub App: Plant, Room }

fn main() -> ara::Result<()> {
    let db = Database::memory()?;
    db.ensure::<App>()?; // every table now, in one transaction

    let kitchen = db.create(Room::draft().name("Kitchen"))?;
    db.create(Plant::draft().species("Basil").thirst(Thirst::Great).room_id(kitchen))?;
    db.create(Plant::draft().species("Cactus").thirst(Thirst::Low))?;

    let thirsty = db.query::<Plant>().narrow(Plant::species).filter(Plant::thirst.ne(Thirst::Low));
    for plant in thirsty.order_by(Plant::watered.asc().nulls_first()).all()? {
        println!("{} needs water", plant.species);
    }
    Ok(())
}
