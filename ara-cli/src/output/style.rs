//! The colours. They are always written, and `anstream` removes them again where they are not wanted: it
//! knows `--color`, `NO_COLOR` and whether it writes to a terminal.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};

/// The style of a good answer.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// The style of what was added.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// The style of what is lacking, and of warnings.
pub const LACKED: Style = AnsiColor::Yellow.on_default();
/// The style of a bad answer, and of errors.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// The style of names.
pub const NAME: Style = AnsiColor::Cyan.on_default();
/// The style of what matters less.
pub const FAINT: Style = Style::new().dimmed();

/// Something that is displayed in a style.
pub struct Styled<T>(pub Style, pub T);

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, shown) = self;
        write!(f, "{style}{shown}{style:#}")
    }
}
