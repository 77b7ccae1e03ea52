use ara::prelude::*;

#[derive(Value)]
enum Data {
    Open,
    #[value(name = "{")]
    Done(Timestamp),
    #[value(name = "Left(..)")]
    Left { rank: i64 },
}

#[derive(Value)]
enum Empty {}

#[derive(Value)]
enum Same {
    Open,
    #[value(name = "Open")]
    New,
}

#[derive(Value)]
enum Names {
    #[value(name = "")]
    A,
    #[value(name = "a\nb")]
    B,
    #[value(name = "a name that is too long because it has sixty-five characters in it")]
    C,
    #[value(rename = "d")]
    D,
    #[value(nme = "e", name = "e")]
    E,
    #[value(name = "f", name = "g")]
    F,
    #[value(name = 1)]
    G,
}

#[derive(Value)]
#[value(name = "status")]
enum Outside {
    A,
}

fn main() {}
