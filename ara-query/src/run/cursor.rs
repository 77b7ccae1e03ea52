//! Places among the rows of a query.

use std::fmt;
use std::str::FromStr;

use ara_core::ParseError;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use sea_query::Value;

/// A place among the rows of a query: see [`page`](crate::Query::page).
///
/// It holds the values that the row before it is ordered by. `to_string` makes a text of it, and `parse`
/// makes a cursor of that again, so that it can be kept.
///
/// ```
/// use ara::Cursor;
/// # use ara::prelude::*;
/// # #[derive(Table)]
/// # struct Todo { id: Id<Todo>, title: String }
/// # let db = Database::memory()?;
/// # db.create_all(["a", "b"].map(|title| Todo::draft().title(title)))?;
/// let todos = db.query::<Todo>().order_by(Todo::title).limit(1);
/// let first = todos.clone().page(None)?;
/// let kept = first.next.expect("there are more").to_string();
///
/// let cursor: Cursor = kept.parse()?;
/// let second = todos.page(Some(&cursor))?;
/// assert_eq!(second.rows[0].title.as_deref(), Some("b"));
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor(Vec<Value>);

impl Cursor {
    /// Returns the place after a row, the last values of which are those that it is ordered by.
    pub(super) fn after(row: &Row<'_>, orders: usize) -> Self {
        let width = row.as_ref().column_count();
        Self((width.saturating_sub(orders)..width).map(|at| value(row.get_ref(at))).collect())
    }

    /// Returns the values that the row before it is ordered by.
    pub(super) fn values(&self) -> &[Value] {
        &self.0
    }
}

fn value(stored: rusqlite::Result<ValueRef<'_>>) -> Value {
    match stored {
        Ok(ValueRef::Integer(integer)) => integer.into(),
        Ok(ValueRef::Real(real)) => real.into(),
        Ok(ValueRef::Text(text)) => String::from_utf8_lossy(text).into_owned().into(),
        Ok(ValueRef::Blob(bytes)) => bytes.to_vec().into(),
        Ok(ValueRef::Null) | Err(_) => Value::Bytes(None),
    }
}

/// Writes each value as a letter for its kind followed by hexadecimal digits, with dots between the values.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, value) in self.0.iter().enumerate() {
            f.write_str(if at > 0 { "." } else { "" })?;
            let (kind, bytes) = match value {
                Value::BigInt(Some(integer)) => ('i', integer.to_be_bytes().to_vec()),
                Value::Double(Some(real)) => ('r', real.to_bits().to_be_bytes().to_vec()),
                Value::String(Some(text)) => ('t', text.as_bytes().to_vec()),
                Value::Bytes(Some(bytes)) => ('b', bytes.to_vec()),
                _ => ('n', Vec::new()),
            };
            write!(f, "{kind}")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let values: Option<_> = text.split('.').map(parse_value).collect();
        values.map(Self).ok_or(ParseError::new(
            "the text is not a cursor: keep what `to_string` makes of the `next` of a page",
        ))
    }
}

fn parse_value(text: &str) -> Option<Value> {
    let mut characters = text.chars();
    let kind = characters.next()?;
    let digits = characters.as_str().as_bytes();
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
        }
        _ => None,
    });
    let bytes: Vec<u8> = pairs.collect::<Option<_>>()?;
    Some(match kind {
        'i' => i64::from_be_bytes(bytes.try_into().ok()?).into(),
        'r' => f64::from_bits(u64::from_be_bytes(bytes.try_into().ok()?)).into(),
        't' => String::from_utf8(bytes).ok()?.into(),
        'b' => bytes.into(),
        'n' if bytes.is_empty() => Value::Bytes(None),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_text_and_back() {
        let values = [
            Value::from(i64::MIN),
            (-0.5).into(),
            "größe.".to_owned().into(),
            vec![0_u8, 255].into(),
            Value::Bytes(None),
            String::new().into(),
        ];
        let cursor = Cursor(values.into());
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "x", "i00", "t0", "tff", "n00", "i0000000000000000.", "bä"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
