//! Files and locations that people send, and files that they are shown.

use rust_decimal::Decimal;

use crate::diagnostic::Diagnostic;
use crate::expr::{Shown, media};
use crate::scenario::codes;
use crate::scenario::read::lines::Reading;
use crate::scenario::read::scalars::{spoken, text};
use crate::scenario::script::{Deed, Phrase};
use crate::syntax::{Entry, Kind, Node};

/// A file is as large as this, if a line does not say.
const USUAL: u64 = 200 << 10;

/// `{ photo: name, size, album }`, `{ document: name, size, kind, album }`; `true` for a file whose name does not matter.
pub(super) fn file(reading: &mut Reading<'_>, node: &Node, head: &Entry) -> Option<Deed> {
    reading.only(node, &[head.key.as_str(), "size", "kind", "album"]);
    let photo = head.key == "photo";
    let name = match head.value.kind {
        Kind::Bool(_) => if photo { "photo.jpg" } else { "document.pdf" }.to_owned(),
        _ => text(&head.value, reading.findings)?,
    };
    let size = match node.get("size") {
        Some(size) => bytes(reading, size)?,
        None => USUAL,
    };
    // A messenger makes a JPEG of every photo.
    let kind = node
        .get("kind")
        .and_then(|kind| text(kind, reading.findings))
        .unwrap_or_else(|| if photo { "image/jpeg" } else { media::of_name(&name) }.to_owned());
    let album = node.get("album").and_then(|album| text(album, reading.findings));
    Some(Deed::SendsFile { name, kind, size, album })
}

fn bytes(reading: &mut Reading<'_>, node: &Node) -> Option<u64> {
    let written = text(node, reading.findings)?;
    let size = crate::syntax::shape::bytes(&written);
    if size.is_none() {
        let found = Diagnostic::error(codes::BAD_FORMAT, node.span, format!("\"{written}\" is no size"));
        reading.findings.push(found.help("write a number with B, KB or MB: 2MB"));
    }
    size
}

/// `photo` or `document` of a message of the bot's.
pub(super) fn shown(reading: &mut Reading<'_>, node: &Node) -> Option<(Shown, Phrase)> {
    let keys = [("photo", Shown::Photo), ("document", Shown::Document)];
    let (node, shown) = keys.into_iter().find_map(|(key, shown)| Some((node.get(key)?, shown)))?;
    Some((shown, spoken(node, reading.findings)?))
}

/// `{ location: "55.75, 37.61" }`: degrees north and east.
pub(super) fn location(reading: &mut Reading<'_>, node: &Node, value: &Node) -> Option<Deed> {
    reading.only(node, &["location"]);
    let written = text(value, reading.findings)?;
    let degrees = |text: &str| text.trim().parse::<Decimal>().ok();
    let point = written.split_once(',').and_then(|(north, east)| Some((degrees(north)?, degrees(east)?)));
    let Some((latitude, longitude)) = point else {
        let found = Diagnostic::error(codes::BAD_FORMAT, value.span, format!("\"{written}\" is no location"));
        reading.findings.push(found.help("write degrees north and east: \"55.75, 37.61\""));
        return None;
    };
    Some(Deed::SharesLocation { latitude, longitude })
}
