//! The format, to the byte. What is written today must be read for ever.

use ara::prelude::*;
use ara::{Changes, VersionVector};
use expect_test::expect;

use crate::wire::{exported, sample};
use support::Outcome;

/// Sixteen bytes a line.
fn hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| line.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    bytes.chunks(16).map(|bytes| line(bytes).join(" ") + "\n").collect()
}

#[test]
fn the_format_is_as_it_is_described() -> Outcome {
    let bytes = sample().encode();
    let read = Changes::from_bytes(&bytes)?;
    assert_eq!(read.len(), 3);
    assert_eq!(hex(&read.to_bytes()), hex(&bytes));

    let db = Database::memory()?;
    let report = db.merge(&read)?;
    assert_eq!((report.changes, report.written, report.refused.len()), (3, 7, 0));
    assert_eq!(exported(&db)?.iter().map(|bytes| hex(bytes)).collect::<Vec<_>>(), [hex(&bytes)]);
    Ok(())
}

#[test]
fn changes_are_these_bytes() {
    expect![[r#"
        61 72 61 63 01 00 00 00 d6 00 00 00 00 00 00 00
        5b ca 80 60 b1 43 d1 94 0a 04 74 6f 64 6f 12 0a
        69 73 5f 64 65 6c 65 74 65 64 12 05 74 69 74 6c
        65 12 04 64 6f 6e 65 12 05 73 74 61 72 73 1a ad
        01 0a 10 07 07 07 07 07 07 07 07 07 07 07 07 07
        07 07 07 12 00 1a 12 09 00 00 09 68 e5 cf 8b 01
        11 8e 63 41 29 8a 71 d8 40 2a 29 08 80 80 80 c0
        d6 fc f3 c5 01 1a 10 01 01 01 01 01 01 01 01 01
        01 01 01 01 01 01 01 22 0b 05 13 08 42 75 79 20
        6d 69 6c 6b 2a 2b 08 01 1a 10 02 02 02 02 02 02
        02 02 02 02 02 02 02 02 02 02 22 0c 05 13 08 54
        65 65 20 f0 9f 8d b5 20 29 87 ec 64 4a c4 73 ad
        84 2a 2b 08 ff ff 23 1a 10 01 01 01 01 01 01 01
        01 01 01 01 01 01 01 01 01 22 0a 26 32 3f e0 00
        00 00 00 00 00 29 8e 63 41 29 8a 71 d8 40
    "#]]
    .assert_eq(&hex(&sample().encode()));
}

#[test]
fn a_vector_is_these_bytes() -> Outcome {
    let db = Database::memory()?;
    db.merge(&sample().changes()?)?;
    let bytes = db.version_vector()?.to_bytes();
    assert_eq!(VersionVector::from_bytes(&bytes)?, db.version_vector()?);
    expect![[r#"
        61 72 61 76 01 00 00 00 28 00 00 00 00 00 00 00
        7d 34 d0 78 50 02 b6 e3 0a 26 0a 10 07 07 07 07
        07 07 07 07 07 07 07 07 07 07 07 07 12 12 09 00
        00 09 68 e5 cf 8b 01 11 8e 63 41 29 8a 71 d8 40
    "#]]
    .assert_eq(&hex(&bytes));
    Ok(())
}

#[test]
fn an_end_is_these_bytes() -> Outcome {
    let mut bytes = Vec::new();
    Changes::write_end(&mut bytes)?;
    expect![[r#"
        61 72 61 65 01 00 00 00 00 00 00 00 00 00 00 00
        b3 ca 26 bc 3a b6 c7 f2
    "#]]
    .assert_eq(&hex(&bytes));
    Ok(())
}
