//! Keeps the fields of a message that this version does not know.

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
}
