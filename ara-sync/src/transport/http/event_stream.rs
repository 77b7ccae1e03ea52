//! Server-sent events.

use std::io::{BufRead, BufReader, Read};

use super::failure::io_failure;
use crate::transport::{Events, TransportError};

/// The longest line. That of an event has less than 100 bytes.
const LONGEST_LINE: u64 = 4096;

/// A stream of events that is open.
pub(super) struct EventStream<R: Read> {
    lines: BufReader<R>,
}

impl<R: Read> EventStream<R> {
    pub(super) fn new(body: R) -> Self {
        Self { lines: BufReader::new(body) }
    }

    /// Returns the next line without its end, or `None` at the end of the stream.
    fn line(&mut self) -> Result<Option<Vec<u8>>, TransportError> {
        let mut line = vec![];
        let mut bounded = (&mut self.lines).take(LONGEST_LINE);
        bounded.read_until(b'\n', &mut line).map_err(io_failure)?;
        if line.pop() != Some(b'\n') {
            let is_cut_off = line.len() as u64 + 1 < LONGEST_LINE;
            return if is_cut_off { Ok(None) } else { Err(TransportError::TooLarge) };
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(line))
    }
}

impl<R: Read + Send> Events for EventStream<R> {
    fn next(&mut self) -> Result<Option<String>, TransportError> {
        let mut data = None;
        while let Some(line) = self.line()? {
            if line.is_empty() && data.is_some() {
                return Ok(data);
            }
            // Other lines are comments, and fields that tell nothing.
            if let Some(value) = line.strip_prefix(b"data:") {
                let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
                data = Some(match data.take() {
                    Some(before) if before.len() as u64 > LONGEST_LINE => {
                        return Err(TransportError::TooLarge);
                    }
                    Some(before) => format!("{before}\n{value}"),
                    None => value.into_owned(),
                });
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Result<Vec<String>, TransportError> {
        let mut stream = EventStream::new(bytes);
        let mut events = vec![];
        while let Some(event) = stream.next()? {
            events.push(event);
        }
        Ok(events)
    }

    #[test]
    fn events_are_parted_by_empty_lines() {
        let text =
            b": beat\n\ndata: 1 2 3\n\n\ndata:x\r\ndata:  y\r\nid: 7\r\n\r\nnonsense\n\ndata: cut";
        assert_eq!(all(text), Ok(vec!["1 2 3".to_owned(), "x\n y".to_owned()]));
        assert_eq!(all(b""), Ok(vec![]));
        assert_eq!(all(b"data: a\n"), Ok(vec![]));
    }

    #[test]
    fn what_never_ends_is_not_collected() {
        let endless = |bytes: &[u8]| all(&bytes.repeat(10_000));
        assert_eq!(endless(b"x"), Err(TransportError::TooLarge));
        assert_eq!(endless(b"data: x\n"), Err(TransportError::TooLarge));
        assert_eq!(endless(b": beat\n\n"), Ok(vec![]));
    }
}
