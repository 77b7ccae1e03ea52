//! The error for an app whose code does not compile.

use std::fmt;

/// The schema cannot be found out, as the code does not compile.
#[derive(Debug)]
pub struct DoesNotCompile {
    /// The name of the package.
    pub package: String,
    /// The coloured messages of the compiler, or those of cargo if nothing was compiled.
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
