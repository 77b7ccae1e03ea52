//! The fields of a message: keeping those that this version does not know, and counting them before room is made.

use prost::DecodeError;
use prost::encoding::{DecodeContext, decode_key, skip_field};

/// Returns the encoded fields whose numbers are above `last`, in the order of their numbers.
pub(super) fn fields_above(last: u32, mut message: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let start = message;
        let (number, wire_type) = decode_key(&mut message)?;
        skip_field(wire_type, number, &mut message, DecodeContext::default())?;
        if number > last {
            let (field, _) = start.split_at(start.len() - message.len());
            fields.push((number, field));
        }
    }
    // The sort is stable: fields with the same number stay in the order in which they came.
    fields.sort_by_key(|(number, _)| *number);
    Ok(fields.into_iter().flat_map(|(_, field)| field).copied().collect())
}

/// How many fields a message may have, however short they are.
const ALWAYS: usize = 1 << 16;

/// How many bytes each field beyond these has at least, on average: a change has the id of its row.
const LEAST: usize = 16;

/// Returns whether a message has so many fields for its length that they can only be there to take room: in memory, a
/// field that is empty takes many times the bytes that it has in a message.
pub(super) fn are_too_many(mut message: &[u8]) -> bool {
    let most = ALWAYS + message.len() / LEAST;
    let mut count = 0;
    while !message.is_empty() && count <= most {
        let skipped = decode_key(&mut message).and_then(|(number, wire_type)| {
            skip_field(wire_type, number, &mut message, DecodeContext::default())
        });
        if skipped.is_err() {
            // Who decodes it says so.
            return false;
        }
        count += 1;
    }
    count > most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_in_the_order_of_their_numbers() {
        let [known, text, number, again] =
            [&[0x08, 1][..], &[0x92, 0x01, 2, b'h', b'i'], &[0x80, 0x01, 7], &[0x92, 0x01, 0]];
        let message = [text, known, number, again].concat();
        assert_eq!(fields_above(5, &message), Ok([number, text, again].concat()));
        assert_eq!(fields_above(18, &message), Ok(vec![]));
        assert!(fields_above(5, &message[..message.len() - 1]).is_err());
    }

    #[test]
    fn many_that_are_empty_are_too_many() {
        let empty = |count| [0x1a, 0].repeat(count);
        assert!(!are_too_many(&empty(ALWAYS)));
        assert!(are_too_many(&empty(2 * ALWAYS)));
        let mut change = vec![0x2a, 18, 0x22, 16];
        change.extend([7; 16]);
        assert!(!are_too_many(&change.repeat(4 * ALWAYS)));
        assert!(!are_too_many(&[0x1a, 5]));
    }
}
