use ara::prelude::*;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    größe: Option<i64>,
    _rank: Option<i64>,
    #[table(column = "Title")]
    title: Option<String>,
    #[table(column = "")]
    done: Option<bool>,
    #[table(column = "a-b")]
    stars: Option<u8>,
    rowid: Option<i64>,
    a_name_that_is_too_long_because_it_has_sixty_five_characters_in_it: Option<bool>,
}

#[derive(Table)]
struct Größe {
    id: Id<Größe>,
}

#[derive(Table)]
#[table(name = "Log")]
struct Log {
    id: Id<Log>,
}

fn main() {}
