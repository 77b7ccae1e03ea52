//! By what a file is recognized when it is opened again.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// FAT and exFAT store the time of birth in units of 10 milliseconds, and no inode: the system makes one up
/// each time that they are mounted. Other file systems have finer times, which are hardly ever whole units.
const UNIT_OF_FAT: u32 = 10_000_000;

/// The identity of a file, whatever path leads to it: its inode and its time of birth.
///
/// The device is no part of it, since another mount or a restart can change its number. The time of birth
/// tells a file from one that was deleted and had the same inode. A system may lack one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    inode: Option<u64>,
    /// The time since 1970.
    birth: Option<Duration>,
}

/// What a file says about its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Nothing: it is a backup.
    Absent,
    /// What no identity can be compared with: the system could not tell, or the value cannot be read.
    Unknown,
    /// An identity.
    Known(Identity),
}

/// Whether a file is the one that it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It is, or nobody can tell.
    Recorded,
    /// It is, and more is known about its identity than what it says. This is what it should say.
    Learned(Identity),
    /// It is a copy, or may well be one. This is what it should say.
    Copy(Option<Identity>),
}

impl Identity {
    /// Returns the identity of the file at a path, or `None` if there is none or the system cannot tell.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        let (inode, changed) = inode_and_change(&file).unzip();
        let birth = file.created().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        // Of a file system that does not store it, Apple's systems give the time of the last change.
        let birth = birth.filter(|_| !cfg!(target_vendor = "apple") || birth != changed);
        Self::told(inode, birth)
    }

    /// Returns the identity that a system's answers come to, or `None` if they say nothing.
    fn told(inode: Option<u64>, birth: Option<Duration>) -> Option<Self> {
        // Others give the beginning of 1970.
        let birth = birth.filter(|birth| !birth.is_zero());
        let is_fat = birth.is_some_and(|birth| birth.subsec_nanos().is_multiple_of(UNIT_OF_FAT));
        Self::new(inode.filter(|_| !is_fat), birth)
    }

    fn new(inode: Option<u64>, birth: Option<Duration>) -> Option<Self> {
        (inode.is_some() || birth.is_some()).then_some(Self { inode, birth })
    }

    /// Reads an identity as it is stored in the file.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        fn part<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
            if text.is_empty() { Some(None) } else { parse(text).map(Some) }
        }
        let (inode, birth) = text.split_once(':')?;
        let inode = part(inode, |inode| inode.parse().ok())?;
        let birth = part(birth, |birth| {
            let (seconds, nanoseconds) = birth.split_once('.')?;
            let nanoseconds = nanoseconds.parse().ok().filter(|it| *it < 1_000_000_000)?;
            Some(Duration::new(seconds.parse().ok()?, nanoseconds))
        })?;
        Self::new(inode, birth).filter(|identity| identity.to_string() == text)
    }
}

/// Returns the inode of a file, and the time at which it was last changed.
#[cfg(unix)]
fn inode_and_change(file: &fs::Metadata) -> Option<(u64, Duration)> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(file.ctime().try_into().unwrap_or_default());
    let nanoseconds = Duration::from_nanos(file.ctime_nsec().try_into().unwrap_or_default());
    Some((file.ino(), seconds.saturating_add(nanoseconds)))
}

#[cfg(not(unix))]
fn inode_and_change(_: &fs::Metadata) -> Option<(u64, Duration)> {
    None
}

/// Formats the identity as it is stored in the file.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(inode) = self.inode {
            write!(f, "{inode}")?;
        }
        f.write_str(":")?;
        if let Some(birth) = self.birth {
            write!(f, "{}.{:09}", birth.as_secs(), birth.subsec_nanos())?;
        }
        Ok(())
    }
}

impl ToSql for Identity {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.to_string()))
    }
}

/// Never fails: another program or a later version may have stored something else.
impl FromSql for Recorded {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = value.as_bytes().ok().and_then(|text| std::str::from_utf8(text).ok());
        Ok(text.and_then(Identity::parse).map_or(Self::Unknown, Self::Known))
    }
}

impl Recorded {
    /// Decides whether the file that says this is the one that was found.
    ///
    /// What either of the two lacks is not compared, and added to what the file says. So a file that is
    /// opened by turns on systems that know different parts becomes a copy once at most.
    pub(crate) fn recognize(self, found: Option<Identity>) -> Finding {
        let (recorded, found) = match (self, found) {
            (Self::Absent, found) => return Finding::Copy(found),
            (_, None) => return Finding::Recorded,
            (Self::Unknown, found) => return Finding::Copy(found),
            (Self::Known(recorded), Some(found)) => (recorded, found),
        };
        let both = Identity {
            inode: recorded.inode.or(found.inode),
            birth: recorded.birth.or(found.birth),
        };
        let inode = agree(recorded.inode, found.inode);
        let birth = agree(recorded.birth, found.birth);
        match (inode, birth) {
            (Some(false), _) | (_, Some(false)) => Finding::Copy(Some(found)),
            (None, None) => Finding::Copy(Some(both)),
            _ if both == recorded => Finding::Recorded,
            _ => Finding::Learned(both),
        }
    }
}

/// Returns whether two values are equal, or `None` if one is missing.
fn agree<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<bool> {
    Some(one? == other?)
}

#[cfg(test)]
mod tests {
    use rusqlite::types::Value;

    use super::*;
    use Finding::{Copy, Learned};
    use Recorded::{Absent, Known, Unknown};

    const BORN: Duration = Duration::new(1_700_000_000, 123_456_789);
    const LATER: Duration = Duration::new(1_700_000_000, 123_456_790);
    const WHOLE: Identity = Identity { inode: Some(7), birth: Some(BORN) };
    const INODE: Identity = Identity { inode: Some(7), birth: None };
    const BIRTH: Identity = Identity { inode: None, birth: Some(BORN) };

    /// Opens a file again and again as it is found in turn, and returns how often it was a copy.
    fn copies(mut recorded: Recorded, found: &[Option<Identity>]) -> usize {
        let mut copies = 0;
        for found in found.iter().cycle().take(10) {
            let identity = match recorded.recognize(*found) {
                Finding::Recorded => continue,
                Learned(identity) => Some(identity),
                Copy(identity) => {
                    copies += 1;
                    identity
                }
            };
            recorded = identity.map_or(Unknown, Known);
            assert_eq!(recorded.recognize(*found), Finding::Recorded);
        }
        copies
    }

    #[test]
    fn a_file_is_recognized_by_what_both_sides_know() {
        let other_inode = Identity { inode: Some(8), ..WHOLE };
        let other_birth = Identity { birth: Some(LATER), ..WHOLE };
        for (recorded, found, finding) in [
            (Known(WHOLE), Some(WHOLE), Finding::Recorded),
            (Known(WHOLE), Some(other_inode), Copy(Some(other_inode))),
            (Known(WHOLE), Some(other_birth), Copy(Some(other_birth))),
            // The time of birth was known before, or is now.
            (Known(WHOLE), Some(INODE), Finding::Recorded),
            (Known(other_inode), Some(INODE), Copy(Some(INODE))),
            (Known(INODE), Some(INODE), Finding::Recorded),
            (Known(INODE), Some(WHOLE), Learned(WHOLE)),
            (Known(INODE), Some(other_inode), Copy(Some(other_inode))),
            // The inode was.
            (Known(WHOLE), Some(BIRTH), Finding::Recorded),
            (Known(other_birth), Some(BIRTH), Copy(Some(BIRTH))),
            (Known(BIRTH), Some(BIRTH), Finding::Recorded),
            (Known(BIRTH), Some(WHOLE), Learned(WHOLE)),
            (Known(BIRTH), Some(other_birth), Copy(Some(other_birth))),
            // Nothing can be compared: a new node is safe, and what is recorded then makes it the last.
            (Known(INODE), Some(BIRTH), Copy(Some(WHOLE))),
            (Known(BIRTH), Some(INODE), Copy(Some(WHOLE))),
            (Unknown, Some(WHOLE), Copy(Some(WHOLE))),
            // The system tells nothing.
            (Known(WHOLE), None, Finding::Recorded),
            (Unknown, None, Finding::Recorded),
            // A backup is a copy wherever it is.
            (Absent, Some(WHOLE), Copy(Some(WHOLE))),
            (Absent, None, Copy(None)),
        ] {
            assert_eq!(recorded.recognize(found), finding, "{recorded:?}, {found:?}");
        }
    }

    #[test]
    fn a_file_that_systems_open_by_turns_is_a_copy_once_at_most() {
        let eyes = [Some(WHOLE), Some(INODE), Some(BIRTH), None];
        for one in eyes {
            for other in eyes {
                for recorded in [Known(WHOLE), Known(INODE), Known(BIRTH)] {
                    assert!(
                        copies(recorded, &[one, other]) <= 1,
                        "{recorded:?}, {one:?}, {other:?}"
                    );
                }
                assert!(copies(Unknown, &[one, other]) <= 2);
                assert!(matches!(copies(Absent, &[one, other]), 1..=2));
            }
        }
        assert_eq!(copies(Known(WHOLE), &eyes), 0);
        assert_eq!(copies(Known(INODE), &[Some(INODE), Some(WHOLE)]), 0);
        assert_eq!(copies(Known(INODE), &[Some(BIRTH), Some(INODE), Some(WHOLE)]), 1);
        assert_eq!(copies(Absent, &[None]), 1);
    }

    #[test]
    fn what_a_system_tells_is_taken_for_what_it_is() {
        let told = Identity::told;
        assert_eq!(told(Some(7), Some(BORN)), Some(WHOLE));
        assert_eq!(told(Some(7), None), Some(INODE));
        assert_eq!(told(None, Some(BORN)), Some(BIRTH));
        assert_eq!(told(None, None), None);
        // The system has no time of birth, and says so in its own way.
        assert_eq!(told(Some(7), Some(Duration::ZERO)), Some(INODE));
        assert_eq!(told(None, Some(Duration::ZERO)), None);
        // FAT: another inode at each mount.
        let born = Duration::new(1_700_000_000, 120_000_000);
        let [one, other] = [told(Some(7), Some(born)), told(Some(8), Some(born))];
        assert_eq!(one, Some(Identity { inode: None, birth: Some(born) }));
        assert_eq!(one, other);
    }

    #[test]
    fn an_identity_is_stored_as_text() {
        for (identity, text) in [
            (WHOLE, "7:1700000000.123456789"),
            (INODE, "7:"),
            (BIRTH, ":1700000000.123456789"),
            (Identity { birth: Some(Duration::new(1, 2)), ..INODE }, "7:1.000000002"),
            (
                Identity { inode: Some(u64::MAX), birth: Some(Duration::MAX) },
                "18446744073709551615:18446744073709551615.999999999",
            ),
        ] {
            assert_eq!(identity.to_string(), text);
            assert_eq!(Recorded::column_result(ValueRef::from(text)), Ok(Known(identity)));
        }
    }

    #[test]
    fn what_is_no_identity_cannot_be_compared() {
        let texts = [
            "",
            ":",
            "7",
            "7:1",
            "7:1.5",
            "7:1.1234567890",
            "7:.123456789",
            "7:1.",
            "7:-1.123456789",
            "-7:",
            "+7:",
            "07:",
            " 7:",
            "7: ",
            "7:1700000000.123456789:",
            "7:1700000000.123456789 x",
            "18446744073709551616:",
            "7:18446744073709551616.000000000",
            "65024:10067985",
            "\u{666}:",
        ];
        let texts = texts.map(|text| Value::Text(text.to_owned()));
        let blobs = [vec![], vec![0xff], vec![0; 1000]].map(Value::Blob);
        let numbers = [Value::Null, Value::Integer(7), Value::Integer(i64::MIN), Value::Real(7.5)];
        for value in texts.iter().chain(&blobs).chain(&numbers) {
            assert_eq!(Recorded::column_result(ValueRef::from(value)), Ok(Unknown), "{value:?}");
        }
        assert_eq!(Recorded::column_result(ValueRef::Text(b"7:\xff")), Ok(Unknown));
    }
}
