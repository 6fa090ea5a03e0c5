//! `store`: where progress is kept.

use crate::cli::config::codes;
use crate::cli::config::reading::Reading;
use crate::store::{KeySource, Kind, Ring, StoreConfig};
use crate::syntax::Node;

/// The data folder, if the operator's file says nothing else.
const FOLDER: &str = "data";

/// Reads how the store is opened; none if that cannot be used.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Option<StoreConfig> {
    let node = tree.get("store");
    let value = |key: &str| node.and_then(|node| node.get(key));
    let path = match value("path") {
        Some(path) if reading.has_store() => reading.text(path)?,
        _ => FOLDER.to_owned(),
    };
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
        _ => KeySource::Beside,
    };
    Some(StoreConfig { kind, key, ..StoreConfig::new(reading.beside(&path)) })
}

fn parsed(node: &Node, reading: &mut Reading<'_>) -> Option<Ring> {
    let text = reading.secret("key", node)?;
    let key = Ring::parse(text.expose());
    if key.is_none() {
        reading.error(codes::BAD_KEY, node.span, "this is not a key", Some("32 bytes are expected, as 64 hexadecimal digits or in base64"));
    }
    key
}
