//! Implementing traits for tuples of one to eight members.

/// Calls a macro for each tuple, with three tokens for each member: the name of its type, the name of a type
/// that belongs to it, and its position: `A I0 0 B I1 1`. Tokens after the macro's name come first.
macro_rules! tuples {
    ($then:ident $($given:tt)*) => {
        $then! { $($given)* A I0 0 }
        $then! { $($given)* A I0 0 B I1 1 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 }
    };
}

/// Calls a macro for each member of each tuple, with the members before it, the member, its position, and the
/// members after it: `[A] B 1 [C]`.
macro_rules! members {
    ($then:ident) => {
        tuples! { members $then [] }
    };
    ($then:ident [$($before:ident)*]) => {};
    ($then:ident [$($before:ident)*] $at:ident $_i:ident $n:literal $($after:ident $i:ident $m:literal)*) => {
        $then! { [$($before)*] $at $n [$($after)*] }
        members! { $then [$($before)* $at] $($after $i $m)* }
    };
}
