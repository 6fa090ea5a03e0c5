//! How a message looks: its markup as colours, and nothing in it that commands the terminal.

use crate::channel::markup::{self, Piece};

/// How messages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text and nothing else.
    Plain,
    /// Bold, italic and dim by ANSI sequences.
    Ansi,
}

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RESET: &str = "\x1b[0m";

impl Style {
    /// The text of a message, in which what is emphasised stands out if it can.
    pub(super) fn text(self, html: &str) -> String {
        let mut text = String::new();
        let mut open: Vec<Tag> = Vec::new();
        for piece in markup::pieces(html) {
            match piece {
                Piece::Char { shown, .. } => text.push(if shown.is_control() && shown != '\n' { ' ' } else { shown }),
                Piece::Open { name, raw } => {
                    let tag = Tag::new(name, raw, text.len());
                    self.paint(&mut text, tag.look);
                    open.push(tag);
                }
                Piece::Close { .. } => {
                    let Some(tag) = open.pop() else { continue };
                    tag.write_address(&mut text);
                    if !tag.look.is_empty() {
                        self.paint(&mut text, RESET);
                        for tag in &open {
                            self.paint(&mut text, tag.look);
                        }
                    }
                }
            }
        }
        if !open.is_empty() {
            self.paint(&mut text, RESET);
        }
        text
    }

    fn paint(self, text: &mut String, look: &str) {
        if self == Self::Ansi {
            text.push_str(look);
        }
    }

    /// A text that is to be found, such as the number of a button.
    pub(super) fn bold(self, text: &str) -> String {
        self.wrapped(BOLD, text)
    }

    /// A text that is not to be in the way.
    pub(super) fn dim(self, text: &str) -> String {
        self.wrapped(DIM, text)
    }

    fn wrapped(self, look: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Ansi => format!("{look}{text}{RESET}"),
        }
    }
}

/// An open tag.
struct Tag {
    look: &'static str,
    address: Option<String>,
    /// Where in the text it began.
    start: usize,
}

impl Tag {
    fn new(name: &str, raw: &str, start: usize) -> Self {
        let look = match name.to_ascii_lowercase().as_str() {
            "b" | "strong" => BOLD,
            "i" | "em" => "\x1b[3m",
            "u" | "ins" => "\x1b[4m",
            "s" | "strike" | "del" => "\x1b[9m",
            "code" | "pre" => "\x1b[36m",
            "blockquote" => DIM,
            _ => "",
        };
        let address = if name.eq_ignore_ascii_case("a") { address(raw) } else { None };
        Self { look, address, start }
    }

    /// A link is of no use in a terminal unless its address can be read.
    fn write_address(&self, text: &mut String) {
        if let Some(address) = &self.address
            && text.get(self.start..) != Some(address)
        {
            text.push_str(" (");
            text.push_str(&visible(address));
            text.push(')');
        }
    }
}

/// The `href` of a tag.
fn address(raw: &str) -> Option<String> {
    let value = raw.split_once("href=")?.1;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split_once(quote).map(|(address, _)| markup::plain(address))
}

/// A text that cannot command the terminal: sequences that move the cursor or change colours begin with a control character.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}
