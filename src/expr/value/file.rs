//! Files as values: where their bytes are, and what is known of them without reading any.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A file. What is in it stays where it is: a record holds no bytes but those of a small file that the engine itself has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct File {
    /// Where its bytes are.
    pub at: FileAt,
    /// Its name; one is made up for a photo, which has none.
    pub name: String,
    /// Its media type, as whoever made or sent it says: `image/jpeg`.
    pub kind: String,
    /// Bytes.
    pub size: u64,
}

/// Where the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAt {
    /// In a channel that a person has sent it to.
    Channel {
        /// The channel, as `usher.yaml` names it.
        channel: String,
        /// The channel's own id of it.
        id: String,
    },
    /// Beside the flows. The digest finds it also when the folder has changed since.
    Flows {
        /// From the folder of the flows, as the author writes it: `./office.png`.
        path: String,
        /// Of its content, in hexadecimal digits.
        digest: String,
    },
    /// Here: the engine has made it.
    Here(Content),
}

/// How a message shows a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// As a picture, to be looked at where it stands.
    Photo,
    /// As something to be opened or kept.
    Document,
}

/// What is in a file that the engine has made: a picture of a link, the data of a person. It may be personal, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Vec<u8>);

/// The most bytes that are kept as content of a record.
pub const MADE_AT_MOST: usize = 64 << 10;

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl File {
    /// A file that the engine makes; `None` if it is larger than a record may hold.
    pub fn made(name: &str, kind: &str, bytes: Vec<u8>) -> Option<Self> {
        let size = bytes.len() as u64;
        let fits = bytes.len() <= MADE_AT_MOST;
        fits.then(|| Self { at: FileAt::Here(Content(bytes)), name: name.to_owned(), kind: kind.to_owned(), size })
    }

    /// The id by which this channel has it, if that is where it is.
    pub fn held_by(&self, channel: &str) -> Option<&str> {
        match &self.at {
            FileAt::Channel { channel: holder, id } if holder == channel => Some(id),
            _ => None,
        }
    }

    /// True if chats show it as a picture: of a kind that all of them know, and of at most 10 MB.
    pub fn is_picture(&self) -> bool {
        matches!(self.kind.as_str(), "image/jpeg" | "image/png" | "image/webp") && self.size <= 10 << 20
    }
}

/// A file as it has been stored since there were only those of channels. No channel is called like the other places.
#[derive(Serialize, Deserialize)]
struct Stored {
    channel: String,
    id: String,
    name: String,
    kind: String,
    size: u64,
}

/// What stands in the place of a channel.
const FLOWS: &str = "./";
const HERE: &str = "=";

impl From<File> for Stored {
    fn from(File { at, name, kind, size }: File) -> Self {
        let (channel, id) = match at {
            FileAt::Channel { channel, id } => (channel, id),
            FileAt::Flows { path, digest } => (FLOWS.to_owned(), format!("{digest} {path}")),
            FileAt::Here(Content(bytes)) => (HERE.to_owned(), STANDARD.encode(bytes)),
        };
        Self { channel, id, name, kind, size }
    }
}

impl TryFrom<Stored> for File {
    type Error = &'static str;

    fn try_from(Stored { channel, id, name, kind, size }: Stored) -> Result<Self, Self::Error> {
        let at = match channel.as_str() {
            FLOWS => {
                let (digest, path) = id.split_once(' ').ok_or("it is no file of the flows")?;
                FileAt::Flows { path: path.to_owned(), digest: digest.to_owned() }
            }
            HERE => FileAt::Here(Content(STANDARD.decode(id).map_err(|_| "it is no content of a file")?)),
            _ => FileAt::Channel { channel, id },
        };
        Ok(Self { at, name, kind, size })
    }
}

/// All of it, so that two files are never taken for the same one.
pub(super) fn write(file: &File) -> Json {
    let place = match &file.at {
        FileAt::Channel { channel, id } => vec![("channel", channel.clone()), ("id", id.clone())],
        FileAt::Flows { path, digest } => vec![("path", path.clone()), ("digest", digest.clone())],
        FileAt::Here(Content(bytes)) => vec![("content", STANDARD.encode(bytes))],
    };
    let named = [("name", file.name.clone()), ("kind", file.kind.clone())];
    let texts = place.into_iter().chain(named).map(|(key, text)| (key.to_owned(), Json::from(text)));
    Json::Object(texts.chain([("size".to_owned(), Json::from(file.size))]).collect())
}

pub(super) fn read(json: &Json) -> Option<File> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    let at = match (text("channel"), text("path"), text("content")) {
        (Some(channel), None, None) => FileAt::Channel { channel, id: text("id")? },
        (None, Some(path), None) => FileAt::Flows { path, digest: text("digest")? },
        (None, None, Some(content)) => {
            let bytes = STANDARD.decode(content).ok().filter(|bytes| bytes.len() <= MADE_AT_MOST)?;
            FileAt::Here(Content(bytes))
        }
        _ => return None,
    };
    Some(File { at, name: text("name")?, kind: text("kind")?, size: json.get("size")?.as_u64()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_after_it_was_written_as_json() {
        let channel = FileAt::Channel { channel: "tg".to_owned(), id: "AgAC".to_owned() };
        let flows = FileAt::Flows { path: "./office.png".to_owned(), digest: "00ff".to_owned() };
        let here = FileAt::Here(Content(vec![0, 1, 255]));
        for at in [channel, flows, here] {
            let file = File { at, name: "a.png".to_owned(), kind: "image/png".to_owned(), size: 3 };
            assert_eq!(read(&write(&file)).as_ref(), Some(&file));
        }
    }

    #[test]
    fn what_was_made_is_bounded_and_not_printed() {
        assert_eq!(File::made("a.bin", "application/octet-stream", vec![0; MADE_AT_MOST + 1]), None);
        let file = File::made("me.json", "application/json", b"{\"phone\":\"+79161234567\"}".to_vec()).unwrap();
        assert!(!format!("{file:?}").contains("7916") && format!("{file:?}").contains("24 bytes"));
    }
}
