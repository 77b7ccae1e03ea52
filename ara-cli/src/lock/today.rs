//! The day of a release.

use std::env;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The environment variable with the time to use in place of the current one, in seconds since 1970.
/// Reproducible builds set it.
const FIXED: &str = "SOURCE_DATE_EPOCH";

/// Returns the current day in UTC, such as `2026-11-22`.
pub fn today() -> Result<String> {
    let now = match env::var(FIXED) {
        Ok(seconds) => at(&seconds).with_context(|| {
            format!("{FIXED} is `{seconds}`, and must be the seconds since 1970, or unset")
        })?,
        Err(_) => Timestamp::now(),
    };
    Ok(day_of(now))
}

fn at(seconds: &str) -> Result<Timestamp> {
    Ok(Timestamp::from_second(seconds.trim().parse()?)?)
}

fn day_of(moment: Timestamp) -> String {
    moment.to_zoned_datetime(TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_utc() -> Result<()> {
        assert_eq!(day_of(at("0")?), "1970-01-01");
        assert_eq!(day_of(at("1795391999")?), "2026-11-22");
        assert_eq!(day_of(at("1795392000")?), "2026-11-23");
        assert!(at("noon").is_err() && at("99999999999999").is_err());
        Ok(())
    }
}
