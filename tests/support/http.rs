//! As much HTTP as the client and the relay speak with each other.

use std::io::{self, BufRead, ErrorKind};

/// The head of a request or of an answer.
pub struct Head {
    /// All of it, up to the empty line.
    pub bytes: Vec<u8>,
    /// The second word of its first line: the path of a request, the status of an answer.
    pub what: String,
    /// How long the body is, if that is told. Otherwise it goes on as long as it likes.
    pub length: Option<usize>,
}

/// Reads a head, or returns `None` at the end of the connection.
pub fn read_head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let (mut bytes, mut length) = (vec![], None);
    loop {
        let begin = bytes.len();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return if begin == 0 { Ok(None) } else { Err(ErrorKind::UnexpectedEof.into()) };
        }
        let line = String::from_utf8_lossy(&bytes[begin..]).trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = Some(value.trim().parse().map_err(|_| ErrorKind::InvalidData)?);
        }
        if line.is_empty() {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let what = text.split_whitespace().nth(1).unwrap_or_default().to_owned();
    Ok(Some(Head { what, length, bytes }))
}

/// Reads a body of which the length is known.
pub fn read_body(reader: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(body)
}
