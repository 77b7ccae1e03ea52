//! This test's own program, run once more: to be killed, limited, or to write at the same time.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// Where the child is told its file.
const FILE: &str = "ARA_TEST_FILE";

/// What the child's own lines begin with; the rest of its output is the test runner's.
const MARK: &str = "> ";

/// The command that runs one test of this program, in which [`file()`] gives the path.
pub fn command(test: &str, file: &Path) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(FILE, file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// The same command in a process that may have this many files open.
pub fn limited(test: &str, file: &Path, files: u32) -> std::io::Result<Command> {
    let child = command(test, file)?;
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!("ulimit -n {files}; exec \"$0\" \"$@\""));
    limited.arg(child.get_program()).args(child.get_args());
    limited.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Ok(limited)
}

/// The file that this process was started for, if it is a child.
pub fn file() -> Option<std::path::PathBuf> {
    std::env::var_os(FILE).map(Into::into)
}

/// Tells the parent a line, at once and in one piece.
pub fn tell(line: &str) {
    let line = format!("{MARK}{line}\n");
    let mut out = std::io::stdout().lock();
    // A parent that does not listen any more has killed this process, or is about to.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

/// The lines that a child tells, until it ends.
pub fn told(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let out: Option<ChildStdout> = child.stdout.take();
    // The runner leaves its own line open when the test begins.
    out.into_iter()
        .flat_map(|out| BufReader::new(out).lines())
        .map_while(Result::ok)
        .filter_map(|line| line.split_once(MARK).map(|(_, told)| told.to_owned()))
}
