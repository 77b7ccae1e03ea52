use ara::prelude::*;

#[derive(Value)]
struct Title(String);

struct Empty;

impl TryFrom<String> for Title {
    type Error = Empty;

    fn try_from(title: String) -> Result<Self, Empty> {
        if title.is_empty() { Err(Empty) } else { Ok(Self(title)) }
    }
}

fn main() {}
