//! Clocks of any year, which jump at any moment.

use proptest::prelude::*;
use support::Wall;

/// What happens to the clock of a device.
#[derive(Debug, Clone, Copy)]
pub enum Jump {
    To(i64),
    By(i64),
}

const SECOND: i64 = 1000;
const HOUR: i64 = 60 * 60 * SECOND;
const YEAR: i64 = 365 * 24 * HOUR;

/// The first millisecond of 2100.
const END: i64 = 4_102_444_800_000;

/// Where a clock can stand at first, which the battery of some devices does not keep.
pub fn start() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => Just(Wall::START),
        1 => Just(0),
        1 => Wall::START - HOUR..Wall::START + HOUR,
        1 => Wall::START - 2 * YEAR..Wall::START + 2 * YEAR,
        3 => 0..END,
    ]
}

pub fn jump() -> impl Strategy<Value = Jump> {
    let by = prop_oneof![
        1 => -2 * SECOND..2 * SECOND,
        2 => -400 * SECOND..400 * SECOND,
        1 => -6 * HOUR..6 * HOUR,
        2 => -YEAR..YEAR,
        1 => -50 * YEAR..50 * YEAR,
    ];
    prop_oneof![2 => start().prop_map(Jump::To), 3 => by.prop_map(Jump::By)]
}

/// How long it takes until the next thing happens.
pub fn pause() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => 0..5_i64,
        2 => 0..3 * SECOND,
        1 => 0..400 * SECOND,
        1 => 0..30 * HOUR,
    ]
}

impl Jump {
    pub fn set(self, wall: &Wall) {
        let then = match self {
            Self::To(then) => then,
            Self::By(by) => wall.millis() + by,
        };
        wall.set(then.clamp(0, END));
    }
}
