//! Tuples of one to eight, for traits that tuples implement.

/// Calls a macro with the members of each tuple: `A B C`.
macro_rules! tuples {
    ($then:ident) => {
        $then! { A }
        $then! { A B }
        $then! { A B C }
        $then! { A B C D }
        $then! { A B C D E }
        $then! { A B C D E F }
        $then! { A B C D E F G }
        $then! { A B C D E F G H }
    };
}

/// Calls a macro with each member of each tuple between those before and those after it, and its
/// position: `[A] B 1 [C]`.
macro_rules! members {
    ($then:ident) => {
        members! { $then [] A 0 }
        members! { $then [] A 0 B 1 }
        members! { $then [] A 0 B 1 C 2 }
        members! { $then [] A 0 B 1 C 2 D 3 }
        members! { $then [] A 0 B 1 C 2 D 3 E 4 }
        members! { $then [] A 0 B 1 C 2 D 3 E 4 F 5 }
        members! { $then [] A 0 B 1 C 2 D 3 E 4 F 5 G 6 }
        members! { $then [] A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 }
    };
    ($then:ident [$($before:ident)*]) => {};
    ($then:ident [$($before:ident)*] $at:ident $n:literal $($after:ident $m:literal)*) => {
        $then! { [$($before)*] $at $n [$($after)*] }
        members! { $then [$($before)* $at] $($after $m)* }
    };
}
