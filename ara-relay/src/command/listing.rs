//! How spaces are listed.

use std::fmt::Write as _;

use ara_relay::admin::ListedSpace;
use ara_relay::now_seconds;
use ara_relay::store::SpaceState;

const A_DAY: u64 = 24 * 60 * 60;

/// Lists spaces for a reader.
pub(super) fn table(spaces: &[ListedSpace]) -> String {
    let mut table = format!(
        "{:32}  {:>8}  {:>8}  {:>8}  {:>7}  {:>7}  {:>10}  STATE\n",
        "SPACE", "BYTES", "QUOTA", "SEGMENTS", "RECORDS", "MEMBERS", "LAST USE"
    );
    for ListedSpace { space, segments, members } in spaces {
        let _ = writeln!(
            table,
            "{}  {:>8}  {:>8}  {segments:>8}  {:>7}  {:>7}  {:>10}  {}",
            space.key.id,
            size(space.used),
            // What a relay gives to all, it is told when it starts.
            space.quota.map_or_else(|| "default".to_owned(), size),
            space.records,
            members.map_or_else(|| "?".to_owned(), |members| members.to_string()),
            age(space.last_use, now_seconds()),
            state(space.state, space.is_deleted),
        );
    }
    table
}

/// Lists spaces for a program: an object a line.
pub(super) fn json(spaces: &[ListedSpace]) -> String {
    let number =
        |number: Option<u64>| number.map_or_else(|| "null".to_owned(), |it| it.to_string());
    let mut lines = String::new();
    for ListedSpace { space, segments, members } in spaces {
        let _ = writeln!(
            lines,
            r#"{{"space":"{}","bytes":{},"quota":{},"segments":{segments},"records":{},"members":{},"last_use":{},"state":"{}"}}"#,
            space.key.id,
            space.used,
            number(space.quota),
            space.records,
            number(members.map(|members| members as u64)),
            space.last_use,
            state(space.state, space.is_deleted),
        );
    }
    lines
}

const fn state(state: SpaceState, is_deleted: bool) -> &'static str {
    match state {
        _ if is_deleted => "deleted",
        SpaceState::Open => "open",
        SpaceState::Closed => "closed",
        SpaceState::Arriving => "arriving",
    }
}

/// Writes a number of bytes in three digits or four.
pub(super) fn size(bytes: u64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let unit = (0..units.len() - 1).take_while(|at| bytes >> (10 * at) >= 1000).count();
    let rounded = (u128::from(bytes) * 10) >> (10 * unit);
    match (rounded / 10, rounded % 10) {
        (whole, tenth) if whole < 10 && unit > 0 => format!("{whole}.{tenth} {}", units[unit]),
        (whole, _) => format!("{whole} {}", units[unit]),
    }
}

fn age(then: u64, now: u64) -> String {
    if then == 0 {
        return "never".to_owned();
    }
    match now.saturating_sub(then) / A_DAY {
        0 => "today".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} d ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_short() {
        for (bytes, short) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "0.9 KB"),
            (1536, "1.5 KB"),
            (10 << 10, "10 KB"),
            (1 << 30, "1.0 GB"),
            (u64::MAX, "16777215 TB"),
        ] {
            assert_eq!(size(bytes), short);
        }
    }

    #[test]
    fn an_age_is_in_days() {
        assert_eq!(age(0, 60 * A_DAY), "never");
        assert_eq!(age(10, 5), "today");
        assert_eq!(age(1, A_DAY + 1), "1 day ago");
        assert_eq!(age(1, 90 * A_DAY + 1), "90 d ago");
    }
}
