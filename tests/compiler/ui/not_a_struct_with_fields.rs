use ara::prelude::*;

#[derive(Table)]
enum Enum {
    A,
}

#[derive(Table)]
union Union {
    a: u8,
}

#[derive(Table)]
struct Tuple(Id<Tuple>, String);

#[derive(Table)]
struct Unit;

fn main() {
    let _: Option<(EnumRow, UnionPatch, TupleDraft)> = None;
    let _ = Unit::draft();
}
