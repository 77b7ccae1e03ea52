//! Implementing traits for tuples.

/// Calls a macro for each tuple of one to eight members, as many as a query has tables, with three tokens for each
/// member: the name of its type, the name of a type that belongs to it, and its position: `A I0 0 B I1 1`. Tokens after
/// the macro's name come first.
macro_rules! tables {
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

/// Calls a macro for each tuple of one to sixteen members, as many as a query selects.
macro_rules! tuples {
    ($then:ident $($given:tt)*) => {
        tables! { $then $($given)* }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 L I10 10 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 L I10 10 M I11 11 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 L I10 10 M I11 11 N I12 12 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 L I10 10 M I11 11 N I12 12 O I13 13 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 L I10 10 M I11 11 N I12 12 O I13 13 P I14 14 }
        $then! { $($given)* A I0 0 B I1 1 C I2 2 D I3 3 E I4 4 F I5 5 G I6 6 H I7 7 J I8 8 K I9 9 L I10 10 M I11 11 N I12 12 O I13 13 P I14 14 Q I15 15 }
    };
}

/// Calls a macro for each member of each tuple that `tables` or `tuples` names, with the members before it, the member,
/// its position, and the members after it: `[A] B 1 [C]`.
macro_rules! members {
    ($tuples:ident $then:ident) => {
        $tuples! { members $then [] }
    };
    ($then:ident [$($before:ident)*]) => {};
    ($then:ident [$($before:ident)*] $at:ident $_i:ident $n:literal $($after:ident $i:ident $m:literal)*) => {
        $then! { [$($before)*] $at $n [$($after)*] }
        members! { $then [$($before)* $at] $($after $i $m)* }
    };
}
