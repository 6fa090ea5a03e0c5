//! A body of several parts, read as strictly as the framework's own reader does.

use crate::demo::call::Call;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its name.
    pub name: String,
    /// The name of the file, if it is one.
    pub file: Option<String>,
    /// The media type, if it is said.
    pub kind: Option<String>,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// The parts of a `multipart/form-data` body; none of any other body, and of one that is malformed.
pub fn parts(call: &Call) -> Option<Vec<Part<'_>>> {
    let kind = call.header("content-type")?;
    let boundary = kind.strip_prefix("multipart/form-data;")?.trim().strip_prefix("boundary=")?.trim_matches('"');
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter has nothing before it.
    let mut rest = call.body.strip_prefix(&delimiter.as_bytes()[2..])?;
    let mut parts = Vec::new();
    while let Some(open) = rest.strip_prefix(b"\r\n") {
        let head = find(open, b"\r\n\r\n")?;
        let body = &open[head + 4..];
        let end = find(body, delimiter.as_bytes())?;
        parts.push(part(std::str::from_utf8(&open[..head]).ok()?, &body[..end])?);
        rest = &body[end + delimiter.len()..];
    }
    (rest.starts_with(b"--")).then_some(parts)
}

fn part<'a>(head: &str, bytes: &'a [u8]) -> Option<Part<'a>> {
    let header = |name: &str| {
        let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned()).next()
    };
    let disposition = header("content-disposition")?;
    let field = |name: &str| {
        let mut fields = disposition.strip_prefix("form-data;")?.split("; ").map(str::trim);
        Some(fields.find_map(|field| field.strip_prefix(&format!("{name}=\"")))?.strip_suffix('"')?.to_owned())
    };
    Some(Part { name: field("name")?, file: field("filename"), kind: header("content-type"), bytes })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
