//! The seal of a line, by which a line is found that somebody has edited by hand. A seal is short, as it
//! is no protection against forgery.

use super::contents::Release;
use crate::fact::{Fact, hex};

/// Returns the seal of a fact and of the release that it came with.
pub(super) fn seal_of_fact(fact: &Fact, since: &str) -> String {
    seal(&format!("{fact} since {since}"))
}

/// Returns the seal of everything that the line of a release says.
pub(super) fn seal_of_release(release: &Release) -> String {
    let Release { version, checksum, after, date, message } = release;
    seal(&format!("release {version} {checksum} after {} {date} {message}", after.join(",")))
}

fn seal(line: &str) -> String {
    let [first, second, ..] = hmac_sha256::Hash::hash(line.as_bytes());
    hex(&[first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_the_first_digits_of_a_sha_256() {
        // printf 'table todo since 5b0c1f2e' | sha256sum
        let todo = Fact::Table { table: "todo".to_owned(), local: false, key: None };
        assert_eq!(seal_of_fact(&todo, "5b0c1f2e"), "7fba");
        // printf 'release 2 ab after 5b0c1f2e,6c 2026-12-01 add due date' | sha256sum
        let release = Release {
            version: 2,
            checksum: "ab".to_owned(),
            after: vec!["5b0c1f2e".to_owned(), "6c".to_owned()],
            date: "2026-12-01".to_owned(),
            message: "add due date".to_owned(),
        };
        assert_eq!(seal_of_release(&release), "8f74");
    }
}
