//! Dates and times of the three libraries, which share their stored forms.

use crate::unreadable::unreadable;

mod of_jiff {
    use super::*;
    use jiff::Timestamp as Moment;
    use jiff::civil::{Date, DateTime, Time};

    unreadable!(day: Date, reads [Date::constant(2024, 2, 29), Date::constant(0, 1, 1)],
        not ["'2023-02-29'", "'2024-13-01'", "'2024-1-01'", "'24-01-01'", "'2024-01-01 '", "20240101",
            "''", "x'323032342d30312d3031'", "'+012024-01-01'"]);
    unreadable!(time_of_day: Time, reads [Time::constant(23, 59, 59, 1)],
        not ["'24:00:00.000000000'", "'23:59:59'", "'23:59:60.000000000'", "'23:59:59.1'", "1"]);
    unreadable!(day_and_time: DateTime, reads [DateTime::constant(2024, 2, 29, 1, 2, 3, 4)],
        not ["'2024-02-29 01:02:03.000000004'", "'2024-02-29'", "'2024-02-30T01:02:03.000000004'"]);
    unreadable!(instant: Moment, reads [Moment::UNIX_EPOCH],
        not ["'1970-01-01T00:00:00.000000000'", "'1970-01-01T00:00:00Z'",
            "'1970-01-01T00:00:00.000000000+00:00'", "0", "'9999-12-31T23:59:59.999999999Z'"]);
}

mod of_chrono {
    use super::*;
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

    unreadable!(day: NaiveDate, reads [NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()],
        not ["'2023-02-29'", "'2024-13-01'", "'2024-1-01'", "20240101", "''"]);
    unreadable!(time_of_day: NaiveTime, reads [NaiveTime::MIN],
        not ["'24:00:00.000000000'", "'00:00:00'", "'23:59:60.000000000'", "1"]);
    unreadable!(instant: DateTime<Utc>, reads [DateTime::UNIX_EPOCH],
        not ["'1970-01-01T00:00:00.000000000'", "'1970-01-01T00:00:00Z'", "0"]);
}

mod of_time {
    use super::*;
    use time::{Date, Time, UtcDateTime};

    unreadable!(day: Date, reads [Date::from_ordinal_date(2024, 60).unwrap()],
        not ["'2023-02-29'", "'2024-13-01'", "'2024-1-01'", "20240101", "''"]);
    unreadable!(time_of_day: Time, reads [Time::MIDNIGHT],
        not ["'24:00:00.000000000'", "'00:00:00'", "'23:59:60.000000000'", "1"]);
    unreadable!(instant: UtcDateTime, reads [UtcDateTime::UNIX_EPOCH],
        not ["'1970-01-01T00:00:00.000000000'", "'1970-01-01T00:00:00Z'", "0"]);
}
