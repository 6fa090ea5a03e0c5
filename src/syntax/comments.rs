//! Comments, which say nothing to the bot, and something to whoever checks it.

use std::ops::Range;

use granit_parser::{Event, Parser};

use crate::syntax::{MAX_BYTES, MAX_DEPTH};

/// Where the comments of a file stand, from `#` to the end of the line; those before the place where the parser gives up, if it does.
pub fn comments(text: &str) -> Vec<Range<usize>> {
    if text.len() > MAX_BYTES {
        return Vec::new();
    }
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut found = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let Ok((event, place)) = event else { break };
        if let (Event::Comment(..), Some(start), Some(end)) = (event, place.start.byte_offset(), place.end.byte_offset())
            && text.get(start..end).is_some_and(|comment| comment.starts_with('#'))
        {
            found.push(start..end);
        }
    }
    found
}
