//! Changes that follow one another, in a file or a stream.

use std::io::{self, Read};

use ara::prelude::*;
use ara::{Changes, Error};

use crate::wire::sample;
use support::Outcome;
use support::wire;

/// Two batches, and the end.
fn file() -> ara::Result<Vec<u8>> {
    let mut file = Vec::new();
    let changes = sample().changes()?;
    changes.write_to(&mut file)?;
    changes.write_to(&mut file)?;
    Changes::write_end(&mut file)?;
    Ok(file)
}

#[test]
fn they_come_one_by_one() -> Outcome {
    let file = [file()?, b"and what follows".to_vec()].concat();
    let mut reader = &*file;
    let read: Vec<Changes> = Changes::read_from(&mut reader).collect::<ara::Result<_>>()?;
    let changes = sample().changes()?;
    assert_eq!(read, [changes.clone(), changes]);
    assert_eq!(reader, b"and what follows");
    Ok(())
}

#[test]
fn a_file_that_was_cut_off_is_noticed() -> Outcome {
    let file = file()?;
    let batch = sample().encode().len();
    for end in 0..file.len() {
        let read: Vec<_> = Changes::read_from(&file[..end]).collect();
        let (last, whole) = read.split_last().ok_or("nothing is an error, too")?;
        assert!(matches!(last, Err(Error::Unreadable { .. })), "{last:?}");
        assert_eq!(whole.len(), end / batch);
        assert!(whole.iter().all(Result::is_ok));
    }
    Ok(())
}

/// Gives a byte at a time, and fails at the end.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.split_first() {
            None => Err(io::Error::other("the cable was pulled")),
            Some((first, rest)) => {
                let Some(place) = buffer.first_mut() else { return Ok(0) };
                (*place, self.0) = (*first, rest);
                Ok(1)
            }
        }
    }
}

#[test]
fn a_slow_reader_is_read_and_one_that_fails_is_told() -> Outcome {
    let file = file()?;
    assert_eq!(Changes::read_from(Slow(&file)).count(), 2);
    let cut = Changes::read_from(Slow(&file[..file.len() - 1])).last();
    let error = cut.ok_or("an error")?.err().ok_or("an error")?;
    let expected = "changes could not be passed on (the cable was pulled): check the disk or the connection, then try again";
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[test]
fn a_length_is_not_believed() {
    // It says that nearly all memory there can be follows.
    let mut file = sample().encode();
    file[8..16].copy_from_slice(&(u64::MAX >> 1).to_le_bytes());
    assert!(matches!(Changes::read_from(&*file).next(), Some(Err(Error::Unreadable { .. }))));
    assert!(matches!(Changes::from_bytes(&file), Err(Error::Unreadable { .. })));
}

#[test]
fn nothing_else_is_among_them() -> Outcome {
    let vector = Database::memory()?.version_vector()?.to_bytes();
    let newer = {
        let mut bytes = file()?;
        bytes[4] = 9;
        bytes
    };
    for bytes in
        [vector, newer, wire::record(b'x', &[]), b"nothing of the kind, but longer".to_vec()]
    {
        let read: Vec<_> = Changes::read_from(&*bytes).collect();
        assert!(
            matches!(&*read, [Err(Error::Unreadable { .. } | Error::NewerChanges { .. })]),
            "{read:?}"
        );
    }
    Ok(())
}
