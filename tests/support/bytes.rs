//! How the log and the wire pack integers and bytes, written and read without ara's code.

/// An integer in base 128, lowest digit first.
pub fn integer_of(mut integer: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    while integer >= 128 {
        digits.push((integer % 128) as u8 + 128);
        integer /= 128;
    }
    digits.push(integer as u8);
    digits
}

/// An integer of either sign: 0, -1, 1, -2, .. are 0, 1, 2, 3, ..
pub fn zigzag_of(integer: i64) -> Vec<u8> {
    integer_of(((integer << 1) ^ (integer >> 63)).cast_unsigned())
}

/// Bytes, led by their number.
pub fn led(bytes: &[u8]) -> Vec<u8> {
    let mut led = integer_of(bytes.len() as u64);
    led.extend(bytes);
    led
}

pub fn take<'a>(packed: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = packed.split_at_checked(count)?;
    *packed = rest;
    Some(taken)
}

pub fn byte(packed: &mut &[u8]) -> Option<u8> {
    let [byte] = *take(packed, 1)? else { return None };
    Some(byte)
}

/// Eight bytes, highest first.
pub fn eight(packed: &mut &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(take(packed, 8)?.try_into().ok()?))
}

pub fn integer(packed: &mut &[u8]) -> Option<u64> {
    let mut integer = 0;
    for place in 0..10 {
        let byte = byte(packed)?;
        integer |= u64::from(byte % 128) << (7 * place);
        if byte < 128 {
            return Some(integer);
        }
    }
    None
}

pub fn zigzag(packed: &mut &[u8]) -> Option<i64> {
    Some(of_zigzag(integer(packed)?))
}

pub fn of_zigzag(zigzag: u64) -> i64 {
    let half = (zigzag / 2).cast_signed();
    if zigzag.is_multiple_of(2) { half } else { -half - 1 }
}

/// Bytes that are led by their number.
pub fn bytes<'a>(packed: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = integer(packed)?;
    take(packed, usize::try_from(count).ok()?)
}

/// What of the end of a transaction is hashed with a change, after all else.
pub fn end_of(ends: bool, date: Option<i64>, others: Option<u32>) -> Vec<u8> {
    let mut end: Vec<u8> = date.into_iter().flat_map(i64::to_be_bytes).collect();
    end.extend(others.into_iter().flat_map(u32::to_be_bytes));
    end.push(u8::from(date.is_some()) << 1 | u8::from(others.is_some()) << 2 | 1);
    if ends { end } else { vec![0] }
}
