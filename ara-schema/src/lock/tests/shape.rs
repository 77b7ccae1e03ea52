//! Texts that are not locks, and locks in another layout.

use super::*;

#[track_caller]
fn refused(text: &str, line: Option<usize>, parts: &[&str]) {
    let error = Lock::parse(text).expect_err(text);
    assert_eq!(error.line, line, "{error}\n{text}");
    for part in parts {
        assert!(error.reason.contains(part), "`{part}`: {error}\n{text}");
    }
}

/// Returns the text of a lock with these lines, whose seals need not be right.
fn with(releases: &str, schema: &str) -> String {
    format!(
        "{{\n\"format\": 1,\n\"about\": \"\",\n\"releases\": [\n{releases}\n\"end\"],\n\
         \"schema\": [\n{schema}\n\"end\"]}}"
    )
}

#[test]
fn a_newer_format_is_told_before_all_else() {
    let newer = ["written by a newer ara (format 4; this one reads 3): update ara"];
    refused(r#"{"tables": {}, "format": 4}"#, None, &newer);
    refused(&linear().to_string().replace("\"format\": 3", "\"format\": 4"), None, &newer);
    refused(r#"{"format": 4, "about": "", "releases": [], "schema": []}"#, None, &newer);
    refused(r#"{"format": 18446744073709551615}"#, None, &["newer ara", "18446744073709551615"]);
    let zeroth = linear().to_string().replace("\"format\": 3", "\"format\": 0");
    refused(&zeroth, None, &["there is no format 0", "version control"]);
}

#[test]
fn what_is_no_json_is_told_with_its_line() {
    let mend = "version control";
    refused("", Some(1), &["not JSON", mend]);
    refused("\n\nversion = 1", Some(3), &["not JSON", mend]);
    refused("null", Some(1), &["null", mend]);
    refused("[1]", Some(1), &["expected an object", mend]);
    refused("{}", Some(1), &["missing field `format`", mend]);
    refused(&linear().to_string().replace(" }", " "), Some(6), &["not JSON", mend]);
    refused(
        &linear().to_string().replace("\"format\"", "\"fromat\""),
        Some(2),
        &["`fromat`", mend],
    );
    let text = linear().to_string();
    refused(&text.replace("\"format\": 3", "\"format\": \"3\""), Some(2), &["invalid type", mend]);
    refused(&format!("{text}}}"), Some(text.lines().count() + 1), &["not JSON", mend]);
}

#[test]
fn every_array_has_its_end() {
    let text = linear().to_string();
    let without = text.replacen("},\n    \"end\"", "}", 1);
    refused(&without, Some(7), &["last entry of `releases` is not \"end\""]);
    let empty = r#"{"format":1,"about":"","releases":["end"],"schema":[]}"#;
    refused(empty, None, &["`schema` has no \"end\""]);
    refused(&with("\"end\",", ""), Some(5), &["invalid type: string \"end\""]);
}

#[test]
fn lines_of_another_shape_are_told() {
    let schema = |line: &str| with("", &format!("{line},"));
    let told = |line: &str, part: &str| refused(&schema(line), Some(8), &[part, "version control"]);
    told("{}", "missing field `table`");
    told(r#"{"table":"a","seal":""}"#, "missing field `since`");
    told(r#"{"table":"a","since":"","seal":"","at":1}"#, "unknown field `at`");
    told(r#"{"table":"a","since":"","seal":"","seal":""}"#, "duplicate field `seal`");
    told(r#"{"table":"a","column":"b","since":"","seal":""}"#, "a line is of a table");
    told(r#"{"table":"a","type":"text","since":"","seal":""}"#, "a line is of a table");
    told(r#"{"table":"a","variant":"B","since":"","seal":""}"#, "a line is of a table");
    let variant = r#"{"table":"a","column":"b","variant":"B","range":"..","since":"","seal":""}"#;
    told(variant, "a line is of a table");
    told(
        r#"{"table":"a","column":"b","type":"text","range":"1-9","since":"","seal":""}"#,
        "a range is written as",
    );
    for lens in [
        r#""replaces":["b"],"revision":1"#,
        r#""column":"b","replaces":["c"]"#,
        r#""column":"b","revision":1"#,
        r#""column":"b","replaces":[],"revision":1"#,
        r#""column":"b","replaces":["c"],"revision":0"#,
        r#""column":"b","type":"text","replaces":["c"],"revision":1"#,
        r#""column":"b","variant":"C","by_key":true"#,
        r#""column":"b","type":"text","key":"b""#,
    ] {
        told(&format!(r#"{{"table":"a",{lens},"since":"","seal":""}}"#), "a line is of a table");
    }
    told(
        r#"{"table":"a","column":"b","replaces":["C"],"revision":1,"since":"","seal":""}"#,
        "`C` is no stored name",
    );
    told(r#"{"table":"a","key":"B","since":"","seal":""}"#, "`B` is no stored name");
    told(r#"{"table":"A","since":"","seal":""}"#, "`A` is no stored name");
    told(r#"{"table":"a","column":"id","type":"text","since":"","seal":""}"#, "system column");
    told(
        r#"{"table":"a","column":"b","type":{"id":"ara_c"},"since":"","seal":""}"#,
        "`ara_c` is no stored name",
    );
    told(r#"{"table":"a","column":"b","type":{},"since":"","seal":""}"#, "missing field `id`");
    told(r#"{"table":"a","column":"b","type":{"ID":"c"},"since":"","seal":""}"#, "field, `id`");
    told(r#"{"table":"a","column":"b","type":1,"since":"","seal":""}"#, "such as \"text\"");
    told(r#"{"table":"a","column":"b","variant":"","since":"","seal":""}"#, "no such name");
    told(
        r#"{"table":"a","column":"b","type":"money","since":"","seal":""}"#,
        "type `money` is unknown to this ara; if a newer one wrote it, update ara",
    );

    let release = |version: &str, checksum: &str, date: &str| {
        let line = format!(
            r#"{{"version":{version},"checksum":"{checksum}","after":[],"date":"{date}","message":"","seal":""}},"#
        );
        Lock::parse(&with(&line, "")).expect_err("no release")
    };
    let checksum = "0".repeat(64);
    for (version, checksum, date, part) in [
        ("0", &*checksum, "2026-11-22", "begin with 1"),
        ("-1", &checksum, "2026-11-22", "invalid value"),
        ("1", "5b0c1f2e", "2026-11-22", "64 digits"),
        ("1", &"ä".repeat(32), "2026-11-22", "64 digits"),
        ("1", &"A".repeat(64), "2026-11-22", "64 digits"),
        ("1", &checksum, "2026-11-31", "2026-11-22"),
        ("1", &checksum, "2026-02-29", "2026-11-22"),
        ("1", &checksum, "2026-11-00", "2026-11-22"),
        ("1", &checksum, "2026-13-01", "2026-11-22"),
        ("1", &checksum, "2026-1-22", "2026-11-22"),
        ("1", &checksum, "22.11.2026", "2026-11-22"),
        ("1", &checksum, "2026-11-22-", "2026-11-22"),
        ("1", &checksum, "+026-11-22", "2026-11-22"),
        ("1", &checksum, "2028-02-29", "seal"),
    ] {
        let error = release(version, checksum, date);
        assert_eq!(error.line, Some(5), "{error}");
        assert!(error.reason.contains(part), "{error}");
    }
}

#[test]
fn a_line_inside_of_an_entry_is_counted() {
    refused(&with("", "{\"table\": \"a\",\n\n\"at\": 1},"), Some(10), &["unknown field `at`"]);
}

#[test]
fn merge_markers_are_told() {
    let text = linear().to_string();
    let line = text.lines().nth(4).expect("a release");
    for marker in ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base"] {
        let stopped = text.replacen(line, &format!("{line}\n{marker}\n{line}"), 1);
        let parts = [&marker[..7], "keep the lines of both", "ara.lock merge=union"];
        refused(&stopped, Some(6), &parts);
        refused(&stopped.replace('\n', "\r\n"), Some(6), &parts);
    }
}

#[test]
fn any_layout_is_read() {
    for lock in [linear(), branched()] {
        let text = lock.to_string();
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let pretty = serde_json::to_string_pretty(&value).expect("JSON");
        for other in [
            text.replace('\n', "\r\n"),
            format!("\u{feff}{text}"),
            format!("\n\n{text}\n\n"),
            text.replace("\": ", "\"\t:\n").replace("    {", "{"),
            value.to_string(),
            pretty,
        ] {
            assert_eq!(parsed(&other).to_string(), text);
        }
    }
}

#[test]
fn lines_are_counted_in_any_layout() {
    let lock = linear();
    let edited = lock.to_string().replace("\"due\"", "\"until\"");
    let at = edited.lines().position(|line| line.contains("until")).expect("a line") + 1;
    refused(&edited, Some(at), &["seal"]);
    refused(&edited.replace('\n', "\r\n"), Some(at), &["seal"]);
    refused(&format!("\u{feff}{edited}"), Some(at), &["seal"]);
    refused(&format!("\n\n{edited}"), Some(at + 2), &["seal"]);
    let value: serde_json::Value = serde_json::from_str(&edited).expect("JSON");
    refused(&value.to_string(), Some(1), &["seal"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        prop_assert!(Lock::parse(&text).is_err());
    }

    #[test]
    fn no_damage_makes_it_panic(
        from in any::<prop::sample::Index>(), length in 0..9_usize, put in "[\\]\\[{},:\"0a\\\\\n]{0,3}",
    ) {
        let text = branched().to_string();
        let from = from.index(text.len());
        let to = (from + length).min(text.len());
        let damaged = format!("{}{put}{}", &text[..from], &text[to..]);
        if let Ok(lock) = Lock::parse(&damaged) {
            prop_assert_eq!(lock.to_string(), text);
        }
    }
}
