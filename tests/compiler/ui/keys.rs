use ara::prelude::*;

#[derive(Table)]
#[table(key = nam)]
struct Unknown {
    id: Id<Unknown>,
    name: String,
}

#[derive(Table)]
#[table(key = name)]
struct Optional {
    id: Id<Optional>,
    name: Option<String>,
}

#[derive(Table)]
#[table(key = name)]
struct Defaulted {
    id: Id<Defaulted>,
    #[table(default = "none")]
    name: String,
}

#[derive(Table)]
#[table(key = name)]
struct Replacing {
    id: Id<Replacing>,
    #[table(replaces(label, read = read, write = write))]
    name: String,
    #[table(retired)]
    label: Option<String>,
}

#[derive(Table)]
#[table(key = "name")]
struct Quoted {
    id: Id<Quoted>,
    name: String,
}

#[derive(Table)]
struct OfAField {
    id: Id<OfAField>,
    #[table(key)]
    name: String,
}

fn main() {}
