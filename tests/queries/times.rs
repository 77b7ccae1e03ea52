//! Parts of dates and times.

use ara::UtcOffset;
use ara::prelude::*;
use proptest::prelude::*;

use support::{Outcome, There};

#[derive(Debug, Table)]
pub struct Event {
    pub id: Id<Event>,
    pub at: Option<Timestamp>,
    pub instant: Option<jiff::Timestamp>,
    pub utc: Option<chrono::DateTime<chrono::Utc>>,
    pub offset: Option<time::OffsetDateTime>,
    pub zoned: Option<jiff::Zoned>,
    pub date: Option<jiff::civil::Date>,
    pub day: Option<chrono::NaiveDate>,
    pub civil: Option<jiff::civil::DateTime>,
    pub time: Option<time::Time>,
    pub due: Option<Due>,
}

#[derive(Debug, Clone, PartialEq, Value)]
pub struct Due(Timestamp);

impl From<Timestamp> for Due {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

type Parts = (
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

fn parts_of(civil: jiff::civil::DateTime) -> Parts {
    let number = |part: i8| Some(i64::from(part));
    (
        Some(civil.year().into()),
        number(civil.month()),
        number(civil.day()),
        number(civil.weekday().to_monday_one_offset()),
        number(civil.hour()),
        number(civil.minute()),
        number(civil.second()),
        Some(civil.date().to_string()),
    )
}

macro_rules! all_parts {
    ($of:expr) => {
        (
            $of.year(),
            $of.month(),
            $of.day(),
            $of.weekday(),
            $of.hour(),
            $of.minute(),
            $of.second(),
            $of.date(),
        )
    };
}

fn one(event: impl ara::Create<Table = Event>) -> Outcome<Database> {
    let db = Database::memory()?;
    db.create(event)?;
    Ok(db)
}

fn agree(millis: i64, nanos: i64, offset: i32) -> Outcome {
    let at = Timestamp::from_millis(millis);
    let instant =
        jiff::Timestamp::from_millisecond(millis)? + jiff::SignedDuration::from_nanos(nanos);
    let of_jiff = jiff::tz::Offset::from_seconds(offset)?;
    let event = Event::draft().at(at).instant(instant).due(Due(at));
    let db = one(event
        .zoned(instant.to_zoned(jiff::tz::TimeZone::UTC))
        .civil(of_jiff.to_datetime(instant)))?;
    let event = || db.query::<Event>();
    let here = parts_of(of_jiff.to_datetime(instant));
    let utc = parts_of(jiff::tz::Offset::UTC.to_datetime(instant));
    let millis = parts_of(of_jiff.to_datetime(jiff::Timestamp::from_millisecond(millis)?));
    assert_eq!(event().select(all_parts!(Event::instant)).one()?, utc);
    assert_eq!(event().select(all_parts!(Event::zoned)).one()?, utc);
    assert_eq!(event().select(all_parts!(Event::civil)).one()?, here);
    assert_eq!(event().select(all_parts!(Event::at.at_offset(of_jiff))).one()?, millis);
    assert_eq!(
        event().select(all_parts!(Event::due.at_offset(UtcOffset::seconds(offset)))).one()?,
        millis
    );
    assert_eq!(event().select(all_parts!(Event::instant.at_offset(of_jiff))).one()?, here);
    assert_eq!(event().select(all_parts!(Event::zoned.at_offset(of_jiff))).one()?, here);
    Ok(())
}

proptest! {
    /// As jiff computes them, in the years 0001 to 9998.
    #[test]
    fn parts_are_those_of_the_calendar(
        millis in -62_135_596_800_000_i64..253_370_764_800_000,
        nanos in 0_i64..1_000_000,
        offset in -50_400_i32..50_400,
    ) {
        agree(millis, nanos, offset).map_err(|error| TestCaseError::fail(error.to_string()))?;
    }
}

#[test]
fn a_day_ends_with_its_last_nanosecond() -> Outcome {
    for millis in [1_798_761_599_999, -1, 0, 951_868_799_999] {
        for offset in [0, 3_600, -12_600] {
            agree(millis, 999_999, offset)?;
        }
    }
    Ok(())
}

#[test]
fn the_types_of_all_libraries_have_parts() -> Outcome {
    let instant: jiff::Timestamp = "2026-12-31T23:30:00.5Z".parse()?;
    let event = Event::draft()
        .utc(chrono::DateTime::from_timestamp_nanos(instant.as_nanosecond().try_into()?))
        .offset(time::OffsetDateTime::from_unix_timestamp_nanos(instant.as_nanosecond())?)
        .date(jiff::civil::date(2026, 12, 31))
        .day(chrono::NaiveDate::from_ymd_opt(2026, 12, 31).there()?)
        .time(time::Time::from_hms(23, 30, 59)?);
    let db = one(event)?;
    let event = || db.query::<Event>();
    let east = chrono::FixedOffset::east_opt(3_600).there()?;
    let utc = (Event::utc.date(), Event::utc.hour(), Event::utc.at_offset(east).year());
    assert_eq!(event().select(utc).one()?, (Some("2026-12-31".to_owned()), Some(23), Some(2027)));
    let west = time::UtcOffset::from_hms(-8, 0, 0)?;
    let offset = (Event::offset.weekday(), Event::offset.at_offset(west).hour());
    assert_eq!(event().select(offset).one()?, (Some(4), Some(15)));
    let dates = (Event::date.year(), Event::date.date(), Event::day.month(), Event::day.weekday());
    assert_eq!(
        event().select(dates).one()?,
        (Some(2026), Some("2026-12-31".to_owned()), Some(12), Some(4))
    );
    assert_eq!(
        event().select((Event::time.hour(), Event::time.second())).one()?,
        (Some(23), Some(59))
    );
    assert_eq!(event().select(Event::created_at.year().gt(2000)).one()?, Some(true));
    Ok(())
}

#[test]
fn what_is_absent_or_far_away_has_no_parts() -> Outcome {
    for event in
        [Event::draft(), Event::draft().at(Timestamp::MAX), Event::draft().at(Timestamp::MIN)]
    {
        let db = one(event)?;
        let parts =
            (Event::at.year(), Event::at.date(), Event::at.at_offset(UtcOffset::hours(-1)).hour());
        assert_eq!(db.query::<Event>().select(parts).one()?, (None, None, None));
        assert_eq!(db.query::<Event>().filter(Event::at.year().gt(0)).count()?, 0);
    }
    Ok(())
}

#[test]
fn totals_of_each_month() -> Outcome {
    let db = Database::memory()?;
    for at in [
        "2026-10-31T22:30:00Z",
        "2026-10-31T23:30:00Z",
        "2026-11-30T12:00:00Z",
        "2027-10-01T00:00:00Z",
    ] {
        db.create(Event::draft().at(at.parse::<Timestamp>()?))?;
    }
    let here = || Event::at.at_offset(UtcOffset::hours(1));
    let (year, month) = (here().year(), here().month());
    let months = db.query::<Event>().group_by((year.clone(), month.clone()));
    let months = months.order_by((year.clone().of_group().desc(), month.clone().of_group()));
    let months = months.select((year.of_group(), month.of_group(), ara::count())).all()?;
    assert_eq!(
        months,
        [(Some(2027), Some(10), 1), (Some(2026), Some(10), 1), (Some(2026), Some(11), 2)]
    );
    Ok(())
}
