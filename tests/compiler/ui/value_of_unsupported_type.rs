use ara::prelude::*;

#[derive(Value)]
struct Size(u64);

impl From<u64> for Size {
    fn from(size: u64) -> Self {
        Self(size)
    }
}

fn main() {}
