//! Durations as they are written: `90s`, `1h30m`, `14d`.

/// The units, the longest first, in milliseconds.
const UNITS: [(&str, i64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads a duration in milliseconds: numbers with units, the longest unit first, each unit once.
pub fn parse_duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    let mut allowed = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let amount: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let unit = UNITS.iter().position(|(name, _)| *name == &rest[..letters])?;
        if unit < allowed {
            return None;
        }
        allowed = unit + 1;
        total = total.checked_add(amount.checked_mul(UNITS[unit].1)?)?;
        rest = &rest[letters..];
    }
    (allowed > 0).then_some(total)
}

/// Writes a duration so that [`parse_duration`] reads it back; one below zero gets a minus.
pub fn print_duration(millis: i64) -> String {
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    if millis < 0 {
        out.push('-');
    }
    let mut rest = millis.unsigned_abs();
    for (name, size) in UNITS {
        let size = size.unsigned_abs();
        if rest >= size {
            out.push_str(&(rest / size).to_string());
            out.push_str(name);
            rest %= size;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_language_allows() {
        assert_eq!(parse_duration("90s"), Some(90_000));
        assert_eq!(parse_duration("1h30m"), Some(5_400_000));
        assert_eq!(parse_duration("14d"), Some(14 * 86_400_000));
        assert_eq!(parse_duration("1m500ms"), Some(60_500));
        assert_eq!(parse_duration("0d"), Some(0));
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "1", "h", "1x", "30m1h", "1h1h", "1h30", "1.5h", "-1h", "1 h", "99999999999999999999d", "9223372036854775807d"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn reads_back_what_it_writes() {
        for millis in [0, 1, 999, 1000, 90_000, 5_400_000, 86_400_000, 90_061_001, i64::MAX] {
            assert_eq!(parse_duration(&print_duration(millis)), Some(millis));
        }
        assert_eq!(print_duration(5_400_000), "1h30m");
    }
}
