//! What cannot be the versions of a document.

use ara::prelude::*;

#[derive(Versioned)]
enum WithoutAField {
    V1,
    V2(String),
}

#[derive(Versioned)]
enum WithTwoFields {
    V1(String, String),
}

#[derive(Versioned)]
enum WithAName {
    V1 { document: String },
}

#[derive(Versioned)]
enum Empty {}

#[derive(Versioned)]
enum SameName {
    V1(String),
    #[value(name = "V1")]
    V2(String),
}

#[derive(Versioned)]
struct NoEnum(String);

#[derive(Versioned)]
enum Generic<T> {
    V1(T),
}

fn main() {}
