//! Which bots there are: each a folder of flows, and the channels on which it speaks them.

use std::path::PathBuf;

use crate::cli::config::reading::Reading;
use crate::cli::config::{FLOWS, codes};
use crate::diagnostic::Span;
use crate::syntax::Node;

/// A bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bot {
    /// By which the store knows it: the folder as it is written; empty for the one of the whole file.
    pub name: String,
    /// The folder of its flows.
    pub flows: PathBuf,
    /// Its channels.
    pub channels: Vec<String>,
}

/// Reads the bots: that of the whole file first, unless every channel has flows of its own. There is always one.
pub fn read(tree: &Node, reading: &mut Reading<'_>) -> Vec<Bot> {
    let of_all = tree.get("flows").and_then(|node| Some((reading.text(node)?, node.span)));
    let (whole, place) = of_all.unwrap_or_else(|| (FLOWS.to_owned(), tree.span));
    let mut bots: Vec<(String, Span, Vec<String>)> = vec![(whole.clone(), place, Vec::new())];
    let entries = tree.get("channels").map_or(&[][..], Node::entries);
    for entry in entries {
        let own = entry.value.get("flows").and_then(|node| Some((reading.text(node)?, node.span)));
        let (folder, place) = own.unwrap_or((whole.clone(), place));
        match bots.iter_mut().find(|(known, ..)| plain(known) == plain(&folder)) {
            Some((.., channels)) => channels.push(entry.key.clone()),
            None => bots.push((folder, place, vec![entry.key.clone()])),
        }
    }
    if bots.len() > 1 && bots[0].2.is_empty() {
        bots.remove(0);
    }
    overlaps(&bots, reading);
    if reading.has_connections() && reading.is_somewhere {
        absent(&bots, tree.span, reading);
    }
    let named = |folder: &str| if plain(folder) == plain(&whole) { String::new() } else { plain(folder).to_owned() };
    bots.iter()
        .map(|(folder, _, channels)| Bot { name: named(folder), flows: reading.beside(folder), channels: channels.clone() })
        .collect()
}

/// The flows of one bot must not be a part of another's: both would read them.
fn overlaps(bots: &[(String, Span, Vec<String>)], reading: &mut Reading<'_>) {
    for (at, (folder, place, _)) in bots.iter().enumerate() {
        let (own, others) = (reading.beside(plain(folder)), &bots[..at]);
        let meets = |other: &str| {
            let other = reading.beside(plain(other));
            let all = |path: &PathBuf| path.file_name().is_none_or(|name| name == ".");
            own.starts_with(&other) || other.starts_with(&own) || all(&own) || all(&other)
        };
        if let Some((other, ..)) = others.iter().find(|(other, ..)| meets(other)) {
            let message = format!("the folders {other} and {folder} lie in each other, so that one bot would read the flows of the other");
            reading.error(codes::SHARED_FLOWS, *place, message, Some("give each bot a folder beside that of the other"));
        }
    }
}

/// A folder that is named and is not there. The usual one needs no name, and whoever misses it is told without a place.
fn absent(bots: &[(String, Span, Vec<String>)], nowhere: Span, reading: &mut Reading<'_>) {
    for (folder, place, _) in bots.iter().filter(|(_, place, _)| *place != nowhere) {
        if !reading.beside(folder).exists() {
            reading.error(
                codes::UNREADABLE_FILE,
                *place,
                format!("the folder {folder} does not exist"),
                Some("name the folder of the flows"),
            );
        }
    }
}

/// A folder without what does not change its meaning.
fn plain(folder: &str) -> &str {
    folder.strip_prefix("./").unwrap_or(folder).trim_end_matches('/')
}
