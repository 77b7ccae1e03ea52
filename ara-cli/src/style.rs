//! The colours. They are always written, and taken out again where nobody wants them: by `anstream`,
//! which knows `--color`, NO_COLOR and whether it writes to a terminal.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};

pub const GOOD: Style = AnsiColor::Green.on_default().bold();
pub const ADDED: Style = AnsiColor::Green.on_default();
pub const LACKED: Style = AnsiColor::Yellow.on_default();
pub const BAD: Style = AnsiColor::Red.on_default().bold();
pub const NAME: Style = AnsiColor::Cyan.on_default();
pub const FAINT: Style = Style::new().dimmed();

/// Something in a style.
pub struct Styled<T>(pub Style, pub T);

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, shown) = self;
        write!(f, "{style}{shown}{style:#}")
    }
}
