use ara::prelude::*;

/// As a crate is that an app has in two versions.
macro_rules! version {
    ($version:ident) => {
        mod $version {
            use ara::{Rule, Stored, Type, Value};

            #[derive(Clone)]
            pub struct Money(pub i64);

            impl Value for Money {
                const TYPE: Type = Type::Integer;
                fn store(self) -> Result<Stored<'static>, Rule> {
                    self.0.store()
                }
                fn read(stored: Stored<'_>) -> Option<Self> {
                    i64::read(stored).map(Self)
                }
            }
        }
    };
}

version!(v1);
version!(v2);

#[derive(Table)]
struct Bill {
    id: Id<Bill>,
    sum: v1::Money,
    tip: Option<v1::Money>,
}

fn main() {
    // A type that is written by hand converts to itself, by value and by reference.
    let _ = Bill::draft().sum(v1::Money(1)).tip(&v1::Money(1));
    let _ = Bill::draft().sum(v2::Money(1));
    let _ = Bill::draft().tip(v2::Money(1));
}
