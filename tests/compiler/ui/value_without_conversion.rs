use ara::prelude::*;

#[derive(Value)]
struct Title(String);

fn main() {}
