//! A version that does not become the next one, and one that cannot be stored.

use ara::prelude::*;

#[derive(Versioned)]
enum Doc {
    V1(String),
    V2(u8),
}

struct NoJson;

#[derive(Versioned)]
enum Other {
    V1(NoJson),
}

fn main() {}
