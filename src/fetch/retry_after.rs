//! The `Retry-After` header.

use std::time::{SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Seconds to wait, if the server says so: as a number, or as a date, which is compared with the server's own clock where it tells it.
pub(super) fn seconds(headers: &HeaderMap) -> Option<u32> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let until = moment(value)?;
    let now = date(headers).or_else(clock)?;
    Some(u32::try_from((until - now).max(0)).unwrap_or(u32::MAX))
}

/// The server's clock, in seconds since 1970, where it tells it.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    headers.get(DATE).and_then(|date| moment(date.to_str().ok()?))
}

fn moment(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text.trim()).ok().map(|zoned| zoned.timestamp().as_second())
}

fn clock() -> Option<i64> {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(retry_after: &str, date: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        headers
    }

    #[test]
    fn seconds_are_taken_as_they_are() {
        assert_eq!(seconds(&headers("120", None)), Some(120));
        assert_eq!(seconds(&headers("99999999999999999999", None)), Some(u32::MAX));
    }

    #[test]
    fn a_date_is_compared_with_the_servers_clock() {
        let at = Some("Mon, 23 Nov 2026 10:05:00 GMT");
        assert_eq!(seconds(&headers("Mon, 23 Nov 2026 10:07:30 GMT", at)), Some(150));
        assert_eq!(seconds(&headers("Mon, 23 Nov 2026 10:00:00 GMT", at)), Some(0));
    }

    #[test]
    fn a_date_without_the_servers_clock_is_compared_with_ours() {
        assert_eq!(seconds(&headers("Wed, 21 Oct 2015 07:28:00 GMT", None)), Some(0));
        assert!(seconds(&headers("Wed, 21 Oct 2099 07:28:00 GMT", None)).is_some_and(|wait| wait > 86_400));
    }

    #[test]
    fn anything_else_says_nothing() {
        for value in ["", "soon", "-5", "1.5"] {
            assert_eq!(seconds(&headers(value, None)), None, "{value}");
        }
    }
}
