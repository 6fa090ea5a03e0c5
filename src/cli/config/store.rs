//! `store`: where progress is kept.

use std::path::PathBuf;

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::store::{KeySource, Kind, Ring, StoreConfig};
use crate::syntax::Node;

/// The data folder, if the operator's file says nothing else.
const FOLDER: &str = "data";

/// The store of a file that says nothing of it.
pub fn usual(reading: &Reading<'_>) -> StoreConfig {
    StoreConfig::new(reading.beside(FOLDER))
}

/// Reads how the store is opened; none if that cannot be used.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<StoreConfig> {
    let node = tree.get("store");
    let value = |key: &str| node.and_then(|node| node.get(key));
    let path = match value("path") {
        Some(path) if reading.has_store() => reading.text(path)?,
        _ => FOLDER.to_owned(),
    };
    if let Some(place) = value("path").filter(|_| reading.is_somewhere && reading.beside(&path).is_file()) {
        let help = "name a folder: what is kept lies in several files";
        reading.error(codes::UNREADABLE_FILE, place.span, format!("{path} is a file"), Some(help));
    }
    let kind = match value("kind").and_then(Node::text) {
        Some("memory") => Kind::Memory,
        _ => Kind::Sled,
    };
    let key = match (value("key"), value("key_file")) {
        (Some(key), Some(file)) => {
            let help = Some("keep `key` if the keys come from a secret store, `key_file` if usher may change them");
            reading.error(codes::BAD_KEY, file.span, "the keys cannot be both given and kept in a file", help);
            KeySource::Given(parsed(key, reading).filter(|_| reading.has_store())?)
        }
        (Some(key), None) if reading.has_store() => KeySource::Given(parsed(key, reading)?),
        (None, Some(file)) if reading.has_store() => {
            let path = reading.text(file)?;
            KeySource::File(reading.beside(&path))
        }
        (Some(key), None) => {
            reading.without_references(|reading| parsed(key, reading));
            KeySource::Beside
        }
        (None, _) => KeySource::Beside,
    };
    Some(StoreConfig { kind, key, ..StoreConfig::new(reading.beside(&path)) })
}

/// The file that the keys come from, if they come from one.
pub fn key_file(tree: &Node, reading: &Reading<'_>) -> Option<PathBuf> {
    let store = tree.get("store")?;
    if let Some(file) = store.get("key_file").and_then(Node::text) {
        return Some(reading.beside(file));
    }
    let written = store.get("key")?.text()?;
    Some(reading.beside(written.strip_prefix("${file:")?.strip_suffix('}')?))
}

fn parsed(node: &Node, reading: &mut Reading<'_>) -> Option<Ring> {
    let text = reading.secret("key", node)?;
    let key = Ring::parse(text.expose());
    if key.is_none() {
        reading.error(codes::BAD_KEY, node.span, "this is not a key", Some("32 bytes are expected, as 64 hexadecimal digits or in base64"));
    }
    key
}
