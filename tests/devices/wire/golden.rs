//! The format, to the byte. What is written today must be read for ever.

use ara::prelude::*;
use ara::{Changes, VersionVector};
use expect_test::expect;

use crate::wire::{exported, forgotten, sample, sent};
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
    let [exported] = &exported(&db)?[..] else { return Err("one batch".into()) };
    assert_eq!(sent(exported)?, sample().without_marks());
    Ok(())
}

#[test]
fn changes_are_these_bytes() {
    expect![[r#"
        61 72 61 63 02 00 00 00 d7 00 00 00 00 00 00 00
        1b de 9a 56 ef a0 03 c5 0a 04 74 6f 64 6f 12 0a
        69 73 5f 64 65 6c 65 74 65 64 12 05 74 69 74 6c
        65 12 04 64 6f 6e 65 12 05 73 74 61 72 73 1a ae
        01 0a 10 07 07 07 07 07 07 07 07 07 07 07 07 07
        07 07 07 12 00 1a 0b 08 03 11 e5 f2 56 76 41 df
        2f 16 2a 29 10 fe ff ff ff ac f9 e7 8b 03 22 10
        01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01
        2a 0b 05 23 08 42 75 79 20 6d 69 6c 6b 2a 2b 22
        10 02 02 02 02 02 02 02 02 02 02 02 02 02 02 02
        02 2a 0c 05 23 08 54 65 65 20 f0 9f 8d b5 40 30
        01 41 97 3d 72 d4 58 48 37 61 2a 33 10 fc ff 47
        22 10 01 01 01 01 01 01 01 01 01 01 01 01 01 01
        01 01 2a 12 56 07 4d 05 6e 65 77 65 72 62 3f e0
        00 00 00 00 00 00 30 01 38 b0 c0 95 ff bc 31
    "#]]
    .assert_eq(&hex(&sample().encode()));
}

#[test]
fn changes_of_a_forgotten_row_are_these_bytes() -> Outcome {
    let bytes = forgotten().encode();
    expect![[r#"
        61 72 61 63 02 00 00 00 e9 00 00 00 00 00 00 00
        07 ca 0f 9c 93 14 80 2b 0a 04 74 6f 64 6f 12 0a
        69 73 5f 64 65 6c 65 74 65 64 12 05 74 69 74 6c
        65 12 04 64 6f 6e 65 1a c7 01 0a 10 07 07 07 07
        07 07 07 07 07 07 07 07 07 07 07 07 12 00 1a 0b
        08 04 11 d4 96 9d 03 a9 21 36 60 2a 2a 10 fe ff
        ff ff ac f9 e7 8b 03 22 10 01 01 01 01 01 01 01
        01 01 01 01 01 01 01 01 01 2a 03 08 01 01 49 de
        69 d3 01 92 ff 71 48 2a 2b 22 10 02 02 02 02 02
        02 02 02 02 02 02 02 02 02 02 02 2a 0c 05 23 08
        54 65 65 20 f0 9f 8d b5 40 30 01 41 97 3d 72 d4
        58 48 37 61 2a 2d 10 fc ff 47 22 10 01 01 01 01
        01 01 01 01 01 01 01 01 01 01 01 01 2a 03 08 01
        01 30 01 38 b0 c0 95 ff bc 31 49 72 cf 24 a2 19
        97 18 77 2a 1c 10 fe ff 07 22 10 01 01 01 01 01
        01 01 01 01 01 01 01 01 01 01 01 2a 02 08 00 30
        01
    "#]]
    .assert_eq(&hex(&bytes));
    let db = Database::memory()?;
    let report = db.merge(&Changes::from_bytes(&bytes)?)?;
    assert_eq!((report.changes, report.refused.len()), (4, 0));
    let [exported] = &exported(&db)?[..] else { return Err("one batch".into()) };
    assert_eq!(sent(exported)?, forgotten().without_marks());
    // A device that has the row sends it like that, too, once it was forgotten there.
    let own = Database::memory()?;
    own.merge(&sample().changes()?)?;
    assert_eq!(own.merge(&forgotten().changes()?)?.changes, 1);
    assert_eq!(crate::wire::exported(&own)?, std::slice::from_ref(exported));
    Ok(())
}

/// A batch of the first format, which was never published: it is refused.
#[test]
fn the_first_format_is_refused() {
    let digits = FIRST_FORMAT.split_whitespace();
    let bytes: Vec<u8> = digits.filter_map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    assert_eq!(bytes.len(), 238);
    let error = Changes::from_bytes(&bytes).expect_err("is of another format").to_string();
    let expected = "these bytes are no changes of ara's: an ara from before its first release wrote them: \
                    update that app";
    assert_eq!(error, expected);
    let read: Vec<_> = Changes::read_from(&*bytes).collect();
    assert!(matches!(&read[..], [Err(read)] if read.to_string() == error), "{read:?}");
}

const FIRST_FORMAT: &str = "
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
        00 00 00 00 00 29 8e 63 41 29 8a 71 d8 40";

#[test]
fn a_vector_is_these_bytes() -> Outcome {
    let db = Database::memory()?;
    db.merge(&sample().changes()?)?;
    let bytes = db.version_vector()?.to_bytes();
    assert_eq!(VersionVector::from_bytes(&bytes)?, db.version_vector()?);
    expect![[r#"
        61 72 61 76 02 00 00 00 21 00 00 00 00 00 00 00
        ec 36 fc 58 03 ee 75 1c 0a 1f 0a 10 07 07 07 07
        07 07 07 07 07 07 07 07 07 07 07 07 12 0b 08 03
        11 e5 f2 56 76 41 df 2f 16
    "#]]
    .assert_eq(&hex(&bytes));
    Ok(())
}

#[test]
fn an_end_is_these_bytes() -> Outcome {
    let mut bytes = Vec::new();
    Changes::write_end(&mut bytes)?;
    expect![[r#"
        61 72 61 65 02 00 00 00 00 00 00 00 00 00 00 00
        4e 3a b7 66 0a 1e 24 11
    "#]]
    .assert_eq(&hex(&bytes));
    Ok(())
}
