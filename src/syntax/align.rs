//! Where each byte of a decoded scalar came from.
//!
//! The source and the decoded text are walked side by side. If they ever disagree there is no alignment, and whoever asks for a place
//! in the scalar gets the whole of it: a coarse place is better than a wrong one.

use std::ops::Range;

use granit_parser::ScalarStyle;

use crate::syntax::Run;

/// The runs of `decoded`, which was read from `range` of `source`; empty if they cannot be told.
pub fn align(source: &str, range: Range<usize>, style: ScalarStyle, decoded: &str) -> Vec<Run> {
    let Some(raw) = source.get(range.clone()) else { return Vec::new() };
    let mut walk = Walk::new(decoded, raw, range.start);
    let done = match style {
        ScalarStyle::Plain if raw == decoded => walk.verbatim(raw.len()),
        ScalarStyle::Plain => walk.flow(Quote::None),
        ScalarStyle::SingleQuoted => walk.skip(1).and_then(|()| walk.flow(Quote::Single)),
        ScalarStyle::DoubleQuoted => walk.skip(1).and_then(|()| walk.flow(Quote::Double)),
        ScalarStyle::Literal | ScalarStyle::Folded => return block(source, range, style, decoded),
    };
    done.map(|()| walk.runs).unwrap_or_default()
}

/// A block scalar begins in the middle of its first line that is not blank; both walks want whole lines, with the blank ones above it.
/// The indentation is that of the least indented line, or less where the header says so.
fn block(source: &str, range: Range<usize>, style: ScalarStyle, decoded: &str) -> Vec<Run> {
    let blank_above = decoded.len() - decoded.trim_start_matches('\n').len();
    let mut start = line_start(source, range.start);
    for _ in 0..blank_above {
        let ended = &source[..start];
        let Some(ended) = ended.strip_suffix("\r\n").or_else(|| ended.strip_suffix(['\n', '\r'])) else { break };
        let above = line_start(source, ended.len());
        if !ended[above..].trim().is_empty() {
            break;
        }
        start = above;
    }
    let raw = &source[start..range.end];
    let least =
        raw.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start_matches(' ').len()).min();
    // The declared indentation differs from the least by the 9 columns that a header can name, at most.
    let least = least.unwrap_or(0);
    for indent in (least.saturating_sub(9)..=least).rev() {
        let mut attempt = Walk::new(decoded, raw, start);
        let done = if style == ScalarStyle::Literal { attempt.literal(indent) } else { attempt.folded(indent) };
        if done.is_some() {
            return attempt.runs;
        }
    }
    Vec::new()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

struct Walk<'a> {
    decoded: &'a str,
    /// How far the decoded text is explained.
    at: usize,
    raw: &'a str,
    /// How far the source is used.
    from: usize,
    /// Where `raw` begins in the file.
    base: usize,
    runs: Vec<Run>,
}

impl<'a> Walk<'a> {
    fn new(decoded: &'a str, raw: &'a str, base: usize) -> Self {
        Self { decoded, at: 0, raw, from: 0, base, runs: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.raw[self.from..]
    }

    fn wanted(&self) -> &'a str {
        &self.decoded[self.at..]
    }

    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.raw.is_char_boundary(self.from + bytes).then(|| self.from += bytes)
    }

    /// The next `len` bytes of the decoded text stand for the next `width` bytes of the source.
    fn explain(&mut self, len: usize, width: usize) -> Option<()> {
        let (at, from) = (u32::try_from(self.at).ok()?, u32::try_from(self.base + self.from).ok()?);
        let run = Run { at, len: u32::try_from(len).ok()?, from, width: u32::try_from(width).ok()? };
        match self.runs.last_mut() {
            Some(last) if last.joins(&run) => {
                last.len += run.len;
                last.width += run.width;
            }
            _ => self.runs.push(run),
        }
        self.at += len;
        self.from += width;
        Some(())
    }

    /// The next `bytes` bytes stand in both as they are.
    fn verbatim(&mut self, bytes: usize) -> Option<()> {
        let same = self.wanted().get(..bytes)? == self.rest().get(..bytes)?;
        if same { self.explain(bytes, bytes) } else { None }
    }

    /// Plain and quoted scalars: escapes, and line breaks that are folded together with the blanks around them.
    fn flow(&mut self, quote: Quote) -> Option<()> {
        while !self.wanted().is_empty() {
            let rest = self.rest();
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            if rest[blanks..].starts_with(['\n', '\r']) {
                self.skip(blanks)?;
                self.fold()?;
            } else if quote == Quote::Double && rest.starts_with('\\') {
                self.escape()?;
            } else if quote == Quote::Single && rest.starts_with("''") {
                self.wanted().starts_with('\'').then_some(())?;
                self.explain(1, 2)?;
            } else if blanks > 0 {
                // All at once: to look for their end again at each of them would take the square of their number.
                let wanted = self.wanted();
                let same = wanted.len() - wanted.trim_start_matches([' ', '\t']).len();
                self.verbatim(blanks.min(same.max(1)))?;
            } else {
                self.verbatim(rest.chars().next()?.len_utf8())?;
            }
        }
        Some(())
    }

    /// One line break is a space; of several, all but the first are kept.
    fn fold(&mut self) -> Option<()> {
        let region = self.region();
        let end = self.from + region.len();
        let breaks = breaks(region);
        if let [_] = breaks[..] {
            self.wanted().starts_with(' ').then_some(())?;
            self.explain(1, 1)?;
        } else {
            self.kept(&breaks[1..])?;
        }
        self.from = end;
        Some(())
    }

    /// The blanks and line breaks from here on.
    fn region(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()]
    }

    /// Line breaks, at these distances from here, that the decoded text has, too.
    fn kept(&mut self, breaks: &[usize]) -> Option<()> {
        let start = self.from;
        for at in breaks {
            self.wanted().starts_with('\n').then_some(())?;
            self.from = start + at;
            self.explain(1, 1)?;
        }
        Some(())
    }

    /// An escape of a double-quoted scalar.
    fn escape(&mut self) -> Option<()> {
        let rest = self.rest();
        let name = rest[1..].chars().next()?;
        if matches!(name, '\n' | '\r') {
            self.skip(1)?;
            let region = self.region();
            let end = self.from + region.len();
            self.kept(&breaks(region)[1..])?;
            self.from = end;
            return Some(());
        }
        let mut width = 1
            + name.len_utf8()
            + match name {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
        let first_half =
            name == 'u' && rest.get(2..4).is_some_and(|hex| matches!(hex.to_ascii_lowercase().as_str(), "d8" | "d9" | "da" | "db"));
        if first_half {
            width += 6;
        }
        rest.get(..width)?;
        self.explain(self.wanted().chars().next()?.len_utf8(), width)
    }

    /// Each line of the source, without its indentation, is a line of the text.
    fn literal(&mut self, indent: usize) -> Option<()> {
        while !self.wanted().is_empty() {
            let line = self.line(indent)?;
            self.verbatim(line)?;
            self.line_end()?;
        }
        Some(())
    }

    /// Lines are joined by a space, a blank line between two is a line break, and lines that are indented further are kept.
    fn folded(&mut self, indent: usize) -> Option<()> {
        while !self.wanted().is_empty() {
            let line = self.line(indent)?;
            self.verbatim(line)?;
            if self.wanted().starts_with(' ') && self.rest().starts_with(['\n', '\r']) {
                self.explain(1, break_width(self.rest()))?;
            } else {
                self.block_breaks(indent)?;
            }
        }
        Some(())
    }

    /// The line breaks up to the next line that is not blank; the text has as many of them or one fewer.
    fn block_breaks(&mut self, indent: usize) -> Option<()> {
        let rest = self.rest();
        let mut ends = Vec::new();
        let mut at = 0;
        while let width @ 1.. = break_width(&rest[at..]) {
            ends.push(at);
            at += width;
            let spaces = rest[at..].len() - rest[at..].trim_start_matches(' ').len();
            if break_width(&rest[at + spaces..]) == 0 || spaces > indent {
                break;
            }
            at += spaces;
        }
        let wanted = self.wanted().len() - self.wanted().trim_start_matches('\n').len();
        if wanted == 0 && !self.wanted().is_empty() {
            return None;
        }
        if wanted > ends.len() {
            return self.trailing(wanted);
        }
        let next = self.from + at;
        self.kept(&ends[ends.len() - wanted..])?;
        self.from = next;
        Some(())
    }

    /// The last line break of the text may have no counterpart at the very end of the file.
    fn trailing(&mut self, breaks: usize) -> Option<()> {
        if breaks != self.wanted().len() {
            return None;
        }
        let width = self.rest().len();
        self.explain(breaks, width)
    }

    /// Passes over the indentation of a line and tells the length of the rest of it.
    fn line(&mut self, indent: usize) -> Option<usize> {
        let rest = self.rest();
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        self.skip(spaces.min(indent))?;
        let rest = self.rest();
        Some(rest.find(['\n', '\r']).unwrap_or(rest.len()))
    }

    fn line_end(&mut self) -> Option<()> {
        let width = break_width(self.rest());
        if width == 0 {
            return self.trailing(self.wanted().len() - self.wanted().trim_start_matches('\n').len());
        }
        if self.wanted().is_empty() {
            return Some(());
        }
        self.wanted().starts_with('\n').then_some(())?;
        self.explain(1, width)
    }
}

/// Where the line begins in which this place is.
fn line_start(text: &str, place: usize) -> usize {
    text[..place].rfind(['\n', '\r']).map_or(0, |at| at + 1)
}

/// The length of the line break that `text` begins with.
fn break_width(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { usize::from(text.starts_with(['\n', '\r'])) }
}

/// Where the line breaks in `text` are.
fn breaks(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let width = break_width(&text[at..]);
        if width > 0 {
            found.push(at);
        }
        at += width.max(1);
    }
    found
}
