//! How much a space may have, as it is written in arguments.

/// The least that a space may be given. Below, not even its members and one large change have room.
const LEAST_QUOTA: u64 = 1 << 20;

/// Reads how much a space may have.
pub(crate) fn parse_quota(text: &str) -> Result<u64, String> {
    let size = parse_size(text)?;
    if size < LEAST_QUOTA {
        return Err("a space needs at least 1MB, and a number without a unit is bytes: say `5GB`, for example".to_owned());
    }
    Ok(size)
}

fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit =
        match text.get(digits.len()..).unwrap_or_default().trim().to_ascii_uppercase().as_str() {
            "" | "B" => Some(0),
            "K" | "KB" => Some(10),
            "M" | "MB" => Some(20),
            "G" | "GB" => Some(30),
            "T" | "TB" => Some(40),
            _ => None,
        };
    let number = digits.trim().parse::<u64>().ok();
    let size = number.zip(unit).and_then(|(number, unit)| number.checked_mul(1 << unit));
    size.ok_or_else(|| "write it as in 500MB, or as a number of bytes".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        for (text, size) in
            [("10", 10), ("3KB", 3 << 10), ("5 mb", 5 << 20), ("2G", 2 << 30), ("1TB", 1 << 40)]
        {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        assert_eq!(parse_quota("1MB"), Ok(1 << 20));
        for text in ["5", "1023KB"] {
            assert!(parse_quota(text).unwrap_err().contains("at least 1MB"), "{text}");
        }
        for text in ["", "GB", "1.5GB", "-1", "3 apples", "99999999999TB", "1ä"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
