//! The grammar of HTML as the Bot API documents it, written from the documentation and not from the bot's own reader, so that the
//! two check each other.

/// What a tag turns into: its kind with what distinguishes it, and where it stands in UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entity {
    pub(super) kind: String,
    pub(super) offset: usize,
    pub(super) length: usize,
}

/// A text and its formatting.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

impl Formatted {
    /// A text without formatting.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.trim().to_owned(), entities: Vec::new() }
    }

    /// In UTF-16 units.
    pub(super) fn length(&self) -> usize {
        self.text.encode_utf16().count()
    }
}

struct Open {
    name: String,
    kind: String,
    offset: usize,
}

/// Parses a text, or says in Telegram's words why it cannot be parsed.
pub(super) fn parse(html: &str) -> Result<Formatted, String> {
    let mut text = String::new();
    let mut entities = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(c) = html[at..].chars().next() {
        match c {
            '&' => {
                let (shown, length) = entity(&html[at..]);
                text.push(shown);
                at += length;
            }
            '<' if html[at..].starts_with("</") => {
                let Some(length) = html[at..].find('>') else { return Err(format!("Unclosed end tag at byte offset {at}")) };
                let name = html[at + 2..at + length].trim_end().to_ascii_lowercase();
                let Some(tag) = open.pop() else { return Err(format!("Unexpected end tag at byte offset {at}")) };
                if !name.is_empty() && name != tag.name {
                    return Err(format!("Unmatched end tag at byte offset {at}, expected \"</{}>\", found \"</{name}>\"", tag.name));
                }
                let end = text.encode_utf16().count();
                if end > tag.offset {
                    entities.push(Entity { kind: tag.kind, offset: tag.offset, length: end - tag.offset });
                }
                at += length + 1;
            }
            '<' => {
                let (tag, length) = start_tag(&html[at..], at, text.encode_utf16().count())?;
                open.push(tag);
                at += length;
            }
            c => {
                text.push(c);
                at += c.len_utf8();
            }
        }
    }
    match open.pop() {
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{}\"", tag.name)),
        None => Ok(Formatted { text: text.trim().to_owned(), entities }),
    }
}

/// The character an entity stands for and how many bytes it takes; an unknown one is just an ampersand.
fn entity(rest: &str) -> (char, usize) {
    for (name, shown) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if rest.starts_with(name) {
            return (shown, name.len());
        }
    }
    let numeric = rest.strip_prefix("&#").and_then(|rest| rest.split_once(';')).and_then(|(digits, _)| {
        let code = match digits.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        };
        Some((char::from_u32(code).filter(|c| *c != '\0')?, digits.len() + 3))
    });
    numeric.unwrap_or(('&', 1))
}

fn start_tag(rest: &str, at: usize, offset: usize) -> Result<(Open, usize), String> {
    let name_end = rest.find(|c: char| c.is_whitespace() || c == '>').ok_or_else(|| format!("Unclosed start tag at byte offset {at}"))?;
    let name = rest[1..name_end].to_ascii_lowercase();
    let (attributes, length) = attributes(&rest[name_end..], at)?;
    let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let kind = match name.as_str() {
        "b" | "strong" => "bold".to_owned(),
        "i" | "em" => "italic".to_owned(),
        "u" | "ins" => "underline".to_owned(),
        "s" | "strike" | "del" => "strikethrough".to_owned(),
        "tg-spoiler" => "spoiler".to_owned(),
        "span" if value("class") == Some("tg-spoiler") => "spoiler".to_owned(),
        "span" => return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}")),
        "code" => format!("code {}", value("class").unwrap_or_default()),
        "pre" => "pre".to_owned(),
        "blockquote" => if value("expandable").is_some() { "expandable_blockquote" } else { "blockquote" }.to_owned(),
        "a" => format!("text_link {}", value("href").unwrap_or_default()),
        "tg-emoji" => format!("custom_emoji {}", value("emoji-id").unwrap_or_default()),
        _ => return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}")),
    };
    Ok((Open { name, kind, offset }, name_end + length))
}

/// The attributes up to the closing bracket, and how many bytes they take together with it.
fn attributes(rest: &str, at: usize) -> Result<(Vec<(String, String)>, usize), String> {
    let mut found = Vec::new();
    let mut place = 0;
    loop {
        place += rest[place..].len() - rest[place..].trim_start().len();
        let left = &rest[place..];
        if left.is_empty() {
            return Err(format!("Unclosed start tag at byte offset {at}"));
        }
        if left.starts_with('>') {
            return Ok((found, place + 1));
        }
        let name_end = left.find(|c: char| c == '=' || c == '>' || c.is_whitespace()).unwrap_or(left.len());
        let name = left[..name_end].to_ascii_lowercase();
        if name.is_empty() {
            return Err(format!("Empty attribute name in the tag at byte offset {at}"));
        }
        place += name_end;
        let mut value = String::new();
        if rest[place..].starts_with('=') {
            let (read, length) = attribute_value(&rest[place + 1..], at)?;
            value = read;
            place += 1 + length;
        }
        found.push((name, value));
    }
}

fn attribute_value(rest: &str, at: usize) -> Result<(String, usize), String> {
    let unclosed = || format!("Unclosed start tag at byte offset {at}");
    let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-').ok_or_else(unclosed)?;
        return Ok((rest[..end].to_owned(), end));
    };
    let mut value = String::new();
    let mut place = 1;
    loop {
        match rest[place..].chars().next().ok_or_else(unclosed)? {
            c if c == quote => return Ok((value, place + 1)),
            '&' => {
                let (shown, length) = entity(&rest[place..]);
                value.push(shown);
                place += length;
            }
            c => {
                value.push(c);
                place += c.len_utf8();
            }
        }
    }
}
