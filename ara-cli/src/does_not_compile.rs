//! The error where the app's code does not compile.

use std::fmt;

/// The schema cannot be learnt, because the code does not compile.
#[derive(Debug)]
pub struct DoesNotCompile {
    pub package: String,
    /// What the compiler said, or cargo if it did not come to compiling, coloured.
    pub compiler: String,
}

impl fmt::Display for DoesNotCompile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, .. } = self;
        write!(
            f,
            "`{package}` does not compile, and only the compiler knows its schema: mend this first"
        )
    }
}

impl std::error::Error for DoesNotCompile {}
