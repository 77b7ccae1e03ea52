use ara::prelude::*;

#[derive(Table)]
struct Person {
    id: Id<Person>,
    #[table(replaces(name, read = first))]
    first_name: String,
    #[table(replaces(name, read = last))]
    last_name: Option<String>,
    #[table(retired)]
    name: Option<String>,
}

/// Two would write it.
#[derive(Table)]
struct Place {
    id: Id<Place>,
    #[table(replaces(address, read = first, write = join(city, street)))]
    city: String,
    #[table(replaces(address, read = last, write = alone))]
    street: Option<String>,
    #[table(retired)]
    address: Option<String>,
}

fn main() {}
