//! What ara returns, as lines of the same form in which SQLite's rows are shown.

use ara::prelude::*;

use super::tables::{Remark, RemarkRow, State, Task, TaskRow, Team, TeamRow};

pub trait Shown {
    /// How many values it is of.
    const WIDTH: usize = 1;

    fn show(&self) -> String;
}

macro_rules! shown {
    ($($ty:ty: $it:ident => $shown:expr;)*) => {$(
        impl Shown for $ty {
            fn show(&self) -> String {
                let $it = self;
                $shown
            }
        }
    )*};
}

shown! {
    bool: it => u8::from(*it).to_string();
    i64: it => it.to_string();
    u8: it => it.to_string();
    f64: it => format!("{it:?}");
    String: it => format!("{it:?}");
    NonEmptyString<6>: it => format!("{:?}", it.as_str());
    Timestamp: it => it.millis().to_string();
    State: it => format!("\"{it:?}\"");
    Json<Vec<String>>: it => format!("{:?}", format!("{:?}", it.0).replace(", ", ","));
}

impl<T: Table> Shown for Id<T> {
    fn show(&self) -> String {
        self.uuid().simple().to_string()
    }
}

impl<T: Shown> Shown for Option<T> {
    const WIDTH: usize = T::WIDTH;

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| vec!["NULL"; T::WIDTH].join("|"), Shown::show)
    }
}

macro_rules! tuples {
    ($($part:ident)*) => {
        impl<$($part: Shown),*> Shown for ($($part,)*) {
            const WIDTH: usize = 0 $(+ $part::WIDTH)*;

            #[allow(non_snake_case)]
            fn show(&self) -> String {
                let ($($part,)*) = self;
                [$($part.show()),*].join("|")
            }
        }
    };
}

tuples! { A }
tuples! { A B }
tuples! { A B C }
tuples! { A B C D }
tuples! { A B C D E }
tuples! { A B C D E F }
tuples! { A B C D E F G }
tuples! { A B C D E F G H }

/// Rows, whatever was narrowed, and the structs themselves.
macro_rules! rows {
    ($($row:ident $whole:ident: $($column:ident $part:ident)*;)*) => {$(
        impl<$($part: Shown),*> Shown for $row<$($part),*> {
            const WIDTH: usize = 1 $(+ $part::WIDTH)*;

            fn show(&self) -> String {
                [self.id.show(), $(self.$column.show()),*].join("|")
            }
        }

        impl Shown for $whole {
            fn show(&self) -> String {
                [self.id.show(), $(self.$column.show()),*].join("|")
            }
        }
    )*};
}

rows! {
    TeamRow Team: name A parent_id B size C;
    TaskRow Task: title A note B done C stars D level E weight F state G labels H due I team_id J;
    RemarkRow Remark: task_id A text B points C;
}
