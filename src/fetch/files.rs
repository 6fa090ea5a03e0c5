//! Bodies that hold files: each file is read while it is sent, so that none is ever held as a whole.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use futures_util::stream::{self, BoxStream, StreamExt};
use reqwest::Body;

use crate::expr::File;
use crate::operation::{Answer, Part};

/// The largest file that is passed on, whatever a channel says.
const LARGEST: u64 = 20 << 20;

/// A file that is read now.
pub struct Stream {
    /// Bytes in all.
    pub size: u64,
    /// They, in order.
    pub pieces: BoxStream<'static, io::Result<Bytes>>,
}

/// Opens a file; the answer says why it cannot be sent.
pub type Opener = Arc<dyn Fn(File) -> BoxFuture<'static, Result<Stream, Answer>> + Send + Sync>;

/// There are no files.
pub(super) fn none() -> Opener {
    Arc::new(|_| Box::pin(async { Err(Answer::Unsendable { why: "there is no channel that holds the file".to_owned() }) }))
}

/// The body, its files opened, and its length.
pub(super) async fn body(parts: &[Part], boundary: &str, files: &Opener) -> Result<(Body, u64), Answer> {
    let (mut pieces, mut length) = (Vec::new(), 0);
    let mut put = |size: u64, piece: BoxStream<'static, io::Result<Bytes>>| {
        length += size;
        pieces.push(piece);
    };
    for part in parts {
        // Names as they are, in UTF-8: that is what browsers send and servers read.
        let (name, told) = match part {
            Part::Field { name, .. } => (name, String::new()),
            Part::File { name, file } => (name, format!("; filename=\"{}\"\r\nContent-Type: {}", plain_name(file), kind(file))),
        };
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{told}\r\n\r\n");
        put(head.len() as u64, text(head));
        match part {
            Part::Field { text: written, .. } => put(written.len() as u64, text(written.clone())),
            Part::File { file, .. } => {
                let Stream { size, pieces } = files(file.clone()).await?;
                if size > LARGEST {
                    return Err(Answer::Unsendable { why: format!("a file ({}) is larger than 20 MB", kind(file)) });
                }
                put(size, pieces);
            }
        }
        put(2, text("\r\n".to_owned()));
    }
    let end = format!("--{boundary}--\r\n");
    put(end.len() as u64, text(end));
    Ok((Body::wrap_stream(stream::iter(pieces).flatten()), length))
}

fn text(text: String) -> BoxStream<'static, io::Result<Bytes>> {
    stream::once(ready(Ok(Bytes::from(text)))).boxed()
}

/// The name of a file without what would end its place in the header.
fn plain_name(file: &File) -> String {
    file.name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\' | '/') { '_' } else { c }).collect()
}

/// The kind of a file. What somebody's program calls it may be anything.
fn kind(file: &File) -> &str {
    if is_media(&file.kind) { &file.kind } else { "application/octet-stream" }
}

/// `image/jpeg`, without parameters.
fn is_media(kind: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    kind.split_once('/').is_some_and(|(family, media)| word(family) && word(media))
}
