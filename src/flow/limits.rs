//! How much one person may do, as the operator's file says it.

use crate::expr::parse_duration;
use crate::syntax::Node;

/// How fast a person may write: at most `burst` messages at once, then one each `refill`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageLimit {
    /// Messages at once.
    pub burst: u32,
    /// Milliseconds until there may be one more.
    pub refill: i64,
    /// Milliseconds in which they are told once.
    pub notice: i64,
}

impl Default for MessageLimit {
    /// Nobody writes faster by hand, not even whoever sends an album of ten pictures.
    fn default() -> Self {
        Self { burst: 20, refill: 1000, notice: 30_000 }
    }
}

impl MessageLimit {
    /// The `messages` of `limits`; what is not said there is as by default.
    pub fn read(messages: Option<&Node>) -> Self {
        let usual = Self::default();
        let millis = |key: &str| messages?.get(key)?.text().and_then(parse_duration);
        let burst = messages.and_then(|messages| messages.get("burst")?.integer()).and_then(|burst| u32::try_from(burst).ok());
        Self {
            burst: burst.unwrap_or(usual.burst),
            refill: millis("refill").unwrap_or(usual.refill),
            notice: millis("notice").unwrap_or(usual.notice),
        }
    }
}
