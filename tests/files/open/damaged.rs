//! Files that were ara's, and are damaged. What can still be told from what cannot be read must not
//! be told wrong.

use std::path::Path;

use ara::Error;

use crate::open::{TestResult, make_notes, note, notes};
use support::cases::scaled;
use support::disk;
use support::random::Random;

const PAGE: usize = 4096;

struct Original {
    bytes: Vec<u8>,
    notes: Vec<String>,
}

fn original() -> Result<Original, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 150)?;
    let notes = notes(&disk::open(&path)?)?;
    Ok(Original { bytes: std::fs::read(&path)?, notes })
}

/// Uses a damaged file in every way. Whatever happens is told as what it is, and a file that is said
/// to be right is right.
fn use_it(bytes: &[u8], original: &Original, what: &str) -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    std::fs::write(&path, bytes)?;
    match read_all(&path) {
        Ok((read, true)) => assert_eq!(read, original.notes, "{what}: wrong, and not told"),
        Ok((_, false)) => {}
        Err(error) => assert!(is_told(&error), "{what}: {error:?}"),
    }
    if let Err(error) = disk::open(&path).and_then(|db| db.create(note(1000))) {
        assert!(is_told(&error), "{what}, written: {error:?}");
    }
    Ok(())
}

fn read_all(path: &Path) -> ara::Result<(Vec<String>, bool)> {
    let db = disk::open(path)?;
    let holds = db.verify()?.holds();
    Ok((notes(&db)?, holds))
}

/// The marks by which ara knows its files can be hit as well.
fn is_told(error: &Error) -> bool {
    assert!(!error.to_string().contains("note 1"), "{error}");
    matches!(
        error,
        Error::Corrupt
            | Error::NewerFormat { .. }
            | Error::OlderFormat { .. }
            | Error::ForeignDatabase { .. }
            | Error::NotADatabase { .. }
            // Where the first page was overwritten at random, nobody can tell.
            | Error::Encrypted { .. }
            | Error::Shape { .. }
            // The table of the nodes was hit, so that it seems to have the last ordinal there is.
            | Error::TooManyNodes
    )
}

#[test]
fn a_truncated_file_is_damaged() -> TestResult {
    let original = original()?;
    let length = original.bytes.len();
    assert_eq!(length % PAGE, 0);
    let lengths = [1, 15, 16, 50, 99, 100, 512, PAGE, length / 2, length - PAGE];
    for cut in lengths {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        std::fs::write(&path, &original.bytes[..cut])?;
        match disk::open(&path) {
            Err(Error::NotADatabase { .. }) if cut < 16 => {}
            Err(Error::Corrupt) if cut >= 16 => {}
            opened => panic!("{cut} bytes: {opened:?}"),
        }
        assert_eq!(std::fs::read(&path)?, original.bytes[..cut], "{cut} bytes");
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1, "{cut} bytes");
    }
    // SQLite takes what is missing of a page for zeros.
    for missing in [1, 10, 100, 1000, PAGE - 1] {
        use_it(&original.bytes[..length - missing], &original, &format!("less {missing}"))?;
    }
    Ok(())
}

#[test]
fn flipped_bits_are_told() -> TestResult {
    let mut random = Random::new();
    let original = original()?;
    for _ in 0..scaled(50) {
        let mut bytes = original.bytes.clone();
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
        use_it(&bytes, &original, &format!("a bit at {at}"))?;
    }
    Ok(())
}

#[test]
fn every_byte_of_the_header_may_be_wrong() -> TestResult {
    let mut random = Random::new();
    let original = original()?;
    for at in 0..100 {
        let mut bytes = original.bytes.clone();
        bytes[at] ^= 1 + random.below(255) as u8;
        use_it(&bytes, &original, &format!("byte {at}"))?;
    }
    Ok(())
}

#[test]
fn overwritten_pages_are_told() -> TestResult {
    let mut random = Random::new();
    let original = original()?;
    for page in 0..original.bytes.len() / PAGE {
        for fill in [0, 1, 2] {
            let mut bytes = original.bytes.clone();
            for byte in &mut bytes[page * PAGE..(page + 1) * PAGE] {
                *byte = if fill == 2 { random.next() as u8 } else { fill * 0xff };
            }
            use_it(&bytes, &original, &format!("page {page} filled with {fill}"))?;
        }
    }
    Ok(())
}

/// Pages that were written to the wrong place.
#[test]
fn exchanged_pages_are_told() -> TestResult {
    let mut random = Random::new();
    let original = original()?;
    let pages = original.bytes.len() / PAGE;
    for _ in 0..scaled(30) {
        let (from, to) = (random.below(pages), random.below(pages));
        let mut bytes = original.bytes.clone();
        bytes.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
        use_it(&bytes, &original, &format!("page {from} over page {to}"))?;
    }
    Ok(())
}

/// Of a page that leads to others, one pointer is put in the place of another: what is read in order of its
/// keys then comes back to where it was, and must not go round for ever.
#[test]
fn pages_that_lead_back_are_told() -> TestResult {
    const LEADS_TO_OTHERS: u8 = 5;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    (0..400).try_for_each(|number| db.create(note(number)).map(drop))?;
    let notes = notes(&db)?;
    drop(db);
    let original = Original { bytes: std::fs::read(&path)?, notes };

    let two = |page: usize, at: usize| -> usize {
        let at = page * PAGE + at;
        usize::from(u16::from_be_bytes([original.bytes[at], original.bytes[at + 1]]))
    };
    let mut tried = 0;
    for page in 1..original.bytes.len() / PAGE {
        if original.bytes[page * PAGE] != LEADS_TO_OTHERS {
            continue;
        }
        let cells: Vec<usize> = (0..two(page, 3)).map(|cell| two(page, 12 + 2 * cell)).collect();
        for cell in &cells[1..] {
            let mut bytes = original.bytes.clone();
            let [first, cell] = [cells[0], *cell].map(|cell| page * PAGE + cell);
            bytes.copy_within(first..first + 4, cell);
            use_it(&bytes, &original, &format!("page {page}, the cell at {cell}"))?;
            tried += 1;
        }
    }
    assert!(tried > 5, "{tried}");
    Ok(())
}
