//! Questions to whoever sits at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// There is no terminal to ask at.
    Nobody,
}

/// Asks a question, to which the answer is no unless it is `y` or `yes`. Standard output stays free for the answer
/// of the command.
pub fn ask(question: &str) -> io::Result<Answer> {
    let stdin = io::stdin();
    if !stdin.is_terminal() || !io::stderr().is_terminal() {
        return Ok(Answer::Nobody);
    }
    ask_at(question, stdin.lock(), anstream::stderr().lock())
}

fn ask_at(question: &str, mut from: impl BufRead, mut to: impl Write) -> io::Result<Answer> {
    write!(to, "{question} [y/N] ")?;
    to.flush()?;
    let mut line = String::new();
    from.read_line(&mut line)?;
    let is_yes = ["y", "yes"].contains(&line.trim().to_lowercase().as_str());
    Ok(if is_yes { Answer::Yes } else { Answer::No })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() -> io::Result<()> {
        for (line, answer) in [
            ("y\n", Answer::Yes),
            (" YES \n", Answer::Yes),
            ("yes", Answer::Yes),
            ("\n", Answer::No),
            ("", Answer::No),
            ("n\n", Answer::No),
            ("yesterday\n", Answer::No),
        ] {
            let mut asked = Vec::new();
            assert_eq!(ask_at("Forget it?", line.as_bytes(), &mut asked)?, answer, "{line:?}");
            assert_eq!(asked, b"Forget it? [y/N] ");
        }
        Ok(())
    }
}
