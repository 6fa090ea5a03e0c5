//! `photo: ./office.png`: files beside the flows that messages show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Sources};
use crate::expr::{Expression, File, FileAt, Kind, Shown, Value, media};
use crate::flow::Enclosed;
use crate::flow::load::codes;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::shapes::holds_scenarios;
use crate::syntax::{Kind as Written, Node, parse};

/// The largest file that chats take, in bytes, and the largest picture.
pub const LARGEST: usize = 20 << 20;
const LARGEST_PICTURE: usize = 10 << 20;

/// What a path begins with, to be told from an expression.
const BESIDE: &str = "./";

/// The keys of a message that show a file.
const KEYS: [(&str, Shown); 2] = [("photo", Shown::Photo), ("document", Shown::Document)];

/// The paths of all files that messages of these flows show, as they are written. Whoever has a folder adds the files to the sources.
pub fn enclosed(sources: &Sources) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for (file, source) in sources.iter() {
        // Most files name none, and are not read twice.
        if source.text.contains(BESIDE)
            && !holds_scenarios(&source.path)
            && let (Some(node), _) = parse(file, &source.text)
        {
            gather(&node, &mut paths);
        }
    }
    paths
}

fn gather(node: &Node, paths: &mut BTreeSet<String>) {
    match &node.kind {
        Written::List(items) => items.iter().for_each(|item| gather(item, paths)),
        Written::Map(entries) => {
            for entry in entries {
                let shows = KEYS.iter().any(|(key, _)| *key == entry.key);
                match path(&entry.value).filter(|_| shows) {
                    Some(path) => drop(paths.insert(path.to_owned())),
                    None => gather(&entry.value, paths),
                }
            }
        }
        _ => {}
    }
}

/// The path that is written here, if it is one.
fn path(node: &Node) -> Option<&str> {
    node.text().filter(|text| text.starts_with(BESIDE))
}

/// The files, by their paths.
#[derive(Default)]
pub(super) struct Enclosures(BTreeMap<String, (String, Arc<[u8]>)>);

impl Enclosures {
    pub(super) fn new(attached: &BTreeMap<String, Arc<[u8]>>) -> Self {
        Self(attached.iter().map(|(path, bytes)| (path.clone(), (digest(bytes), Arc::clone(bytes)))).collect())
    }

    /// Paths, and the digests of what is in the files.
    pub(super) fn digests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, (digest, _))| (path.as_str(), digest.as_str()))
    }

    pub(super) fn by_digest(&self) -> BTreeMap<String, Arc<[u8]>> {
        self.0.values().cloned().collect()
    }
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Builder<'_> {
    /// `photo` or `document` of a message.
    pub(super) fn enclosed(&mut self, step: &Node, place: &Place<'_>) -> Option<Enclosed> {
        let (node, shown) = KEYS.iter().find_map(|(key, shown)| Some((step.get(key)?, *shown)))?;
        let file = match path(node) {
            Some(path) => Expression::constant(Value::File(self.beside(node, path, shown)?), node.span),
            None => self.of_kind(node, place, &[Kind::File])?,
        };
        Some(Enclosed { shown, file })
    }

    /// The file at a path below the folder of the flows.
    fn beside(&mut self, node: &Node, path: &str, shown: Shown) -> Option<File> {
        let found = self.world.enclosures.0.get(path);
        let wrong = match found {
            None => Some(absent(path)),
            Some((_, bytes)) => misfit(bytes, shown),
        };
        if let Some((message, help)) = wrong {
            self.writer.findings.push(Diagnostic::error(codes::UNUSABLE_FILE, node.span, message).help(help));
            return None;
        }
        let (digest, bytes) = found?;
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let kind = picture(bytes).unwrap_or_else(|| media::of_name(&name)).to_owned();
        let at = FileAt::Flows { path: path.to_owned(), digest: digest.clone() };
        Some(File { at, name, kind, size: bytes.len() as u64 })
    }
}

type Wrong = (String, &'static str);

fn absent(path: &str) -> Wrong {
    if path.split('/').any(|part| part == "..") {
        return (
            format!("\"{path}\" leads out of the folder of the flows"),
            "put the file into the folder, where it is kept with each version",
        );
    }
    (format!("there is no file \"{path}\" in the folder of the flows"), "the path is counted from that folder, with / between its parts")
}

/// Why a file cannot be shown, if it cannot.
fn misfit(bytes: &[u8], shown: Shown) -> Option<Wrong> {
    let (largest, told) = match shown {
        Shown::Photo => (LARGEST_PICTURE, "10 MB"),
        Shown::Document => (LARGEST, "20 MB"),
    };
    if bytes.is_empty() {
        return Some(("the file is empty".to_owned(), "chats take no empty files"));
    }
    if bytes.len() > largest {
        return Some((format!("the file is larger than {told}, which is the most here"), "make it smaller"));
    }
    if shown == Shown::Photo && picture(bytes).is_none() {
        return Some((
            "the file is no picture that chats show: JPEG, PNG or WebP".to_owned(),
            "send it as a \"document\", or make a picture of it",
        ));
    }
    None
}

/// The kind of a picture, told by how the file begins.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
