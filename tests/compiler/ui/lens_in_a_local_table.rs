use ara::prelude::*;

#[derive(Table)]
#[table(local)]
struct Window {
    id: Id<Window>,
    #[table(replaces(size, read = read, write = write))]
    width: i64,
    #[table(retired)]
    size: Option<String>,
}

fn main() {}
