//! `store`: where progress is kept.

use std::path::PathBuf;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::store::{Key, KeySource, Kind, StoreConfig};
use crate::syntax::Node;

/// The data folder, if the operator's file says nothing else.
const FOLDER: &str = "data";

/// Reads how the store is opened; none if that cannot be used.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<StoreConfig> {
    let node = tree.get("store");
    let value = |key: &str| node.and_then(|node| node.get(key));
    let path = match value("path") {
        Some(path) if reading.is_whole() => reading.text(path)?,
        _ => FOLDER.to_owned(),
    };
    let kind = match value("kind").and_then(Node::text) {
        Some("memory") => Kind::Memory,
        _ => Kind::Sled,
    };
    let key = match value("key") {
        Some(key) if reading.is_whole() => KeySource::Given(parsed(key, reading)?),
        Some(key) => {
            reading.without_references(|reading| parsed(key, reading));
            KeySource::Beside
        }
        None => KeySource::Beside,
    };
    Some(StoreConfig { kind, key, ..StoreConfig::new(reading.beside(&path)) })
}

/// The file that the key comes from, if it is a reference to one.
pub fn key_file(tree: &Node, reading: &Reading<'_>) -> Option<PathBuf> {
    let written = tree.get("store")?.get("key")?.text()?;
    Some(reading.beside(written.strip_prefix("${file:")?.strip_suffix('}')?))
}

fn parsed(node: &Node, reading: &mut Reading<'_>) -> Option<Key> {
    let text = reading.secret("key", node)?;
    let key = Key::parse(text.expose());
    if key.is_none() {
        reading.error(codes::BAD_KEY, node.span, "this is not a key", Some("32 bytes are expected, as 64 hexadecimal digits or in base64"));
    }
    key
}
