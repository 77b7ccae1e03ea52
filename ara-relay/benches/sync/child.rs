//! This program again, in a process of its own.

use std::process::Command;

/// Runs this program with arguments, and returns the numbers that it prints.
pub fn run(arguments: &[&str]) -> Vec<u64> {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).args(arguments).output().expect("this program runs again");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "another process failed: {errors}");
    let told = String::from_utf8_lossy(&output.stdout);
    told.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}
