//! Dates and times as other programs and people write them.

use crate::value::civil::{DAY, Date, DateTime, Reader, Time};
use crate::value::utc_offset::UtcOffset;

/// The nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

/// Reads a moment, and returns it in UTC. One without an offset is at `offset`, and one without a time is the beginning
/// of the day.
pub(super) fn read_moment(text: &str, offset: UtcOffset) -> Option<DateTime> {
    let mut reader = Reader::new(text);
    let date = Date::read(&mut reader)?;
    let mut time = MIDNIGHT;
    let mut seconds_east = offset.seconds_east();
    if reader.end().is_none() {
        reader.one_of(b"Tt ")?;
        time = read_time_of_day(&mut reader)?;
        if reader.end().is_none() {
            seconds_east = read_offset(&mut reader)?;
        }
    }
    at(DateTime { date, time }, -seconds_east)
}

/// Reads a date. A time of midnight may follow it.
pub(super) fn read_date(text: &str) -> Option<Date> {
    let mut reader = Reader::new(text);
    let date = Date::read(&mut reader)?;
    if reader.end().is_none() {
        reader.one_of(b"Tt ")?;
        (read_time_of_day(&mut reader)? == MIDNIGHT).then_some(())?;
        reader.end()?;
    }
    Some(date)
}

/// Reads a time of day.
pub(super) fn read_time(text: &str) -> Option<Time> {
    let mut reader = Reader::new(text);
    let time = read_time_of_day(&mut reader)?;
    reader.end()?;
    Some(time)
}

/// Reads a date and a time of day without an offset.
pub(super) fn read_date_time(text: &str) -> Option<DateTime> {
    let mut reader = Reader::new(text);
    let date = Date::read(&mut reader)?;
    reader.one_of(b"Tt ")?;
    let time = read_time_of_day(&mut reader)?;
    reader.end()?;
    Some(DateTime { date, time })
}

/// Returns a date and a time this many seconds later, or `None` if no calendar reaches it.
pub(super) fn at(DateTime { date, time }: DateTime, seconds_later: i32) -> Option<DateTime> {
    let seconds = (i128::from(date.days()) * i128::from(DAY) + i128::from(seconds_later)) * SECOND;
    of_nanoseconds(seconds + i128::from(time.nanoseconds()))
}

/// Returns the date and the time so many nanoseconds after 1970-01-01T00:00:00.
pub(super) fn of_nanoseconds(nanoseconds: i128) -> Option<DateTime> {
    let day = i128::from(DAY) * SECOND;
    let days = i64::try_from(nanoseconds.div_euclid(day)).ok()?;
    // The years of a calendar have twelve digits at most.
    (days.unsigned_abs() < 365_000_000_000_000).then_some(())?;
    let nanoseconds = i64::try_from(nanoseconds.rem_euclid(day)).ok()?;
    Some(DateTime { date: Date::from_days(days), time: Time::from_nanoseconds(nanoseconds) })
}

/// Returns the milliseconds from 1970-01-01T00:00:00 to a date and a time.
pub(super) fn millis_of(DateTime { date, time }: DateTime) -> i64 {
    date.days().saturating_mul(DAY * 1_000).saturating_add(time.millis())
}

const MIDNIGHT: Time = Time { hour: 0, minute: 0, second: 0, nanosecond: 0 };

/// Reads a time of day, which may lack its seconds and their fraction.
fn read_time_of_day(reader: &mut Reader<'_>) -> Option<Time> {
    let mut with_seconds = reader.clone();
    let Some(mut time) = Time::read_seconds(&mut with_seconds) else {
        let hour = reader.number(2).filter(|hour| *hour < 24)?;
        reader.one_of(b":")?;
        let minute = reader.number(2).filter(|minute| *minute < 60)?;
        return Some(Time { hour, minute, ..MIDNIGHT });
    };
    *reader = with_seconds;
    if reader.one_of(b".,").is_some() {
        time.nanosecond = reader.fraction()?;
    }
    Some(time)
}

/// Reads an offset from UTC, with or without a space before it, and returns how many seconds it is to the east.
fn read_offset(reader: &mut Reader<'_>) -> Option<i32> {
    let has_space = reader.one_of(b" ").is_some();
    let sign = match reader.one_of(b"Zz+-U")? {
        b'U' => {
            has_space.then_some(())?;
            reader.one_of(b"T")?;
            reader.one_of(b"C")?;
            reader.end()?;
            return Some(0);
        }
        b'Z' | b'z' => {
            reader.end()?;
            return Some(0);
        }
        b'-' => -1,
        _ => 1,
    };
    let hours = reader.number(2).filter(|hours| *hours < 24)?;
    let mut seconds = hours * 3_600;
    for unit in [60, 1] {
        if reader.end().is_some() {
            break;
        }
        // As in `+0100`, the colon may be missing.
        let _ = reader.one_of(b":");
        seconds += reader.number(2).filter(|part| *part < 60)? * unit;
    }
    reader.end()?;
    Some(sign * i32::try_from(seconds).ok()?)
}
