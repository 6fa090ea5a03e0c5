//! Bodies that hold files: each file is read while it is sent, so that none is ever held as a whole.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use reqwest::Body;
use reqwest::multipart::{Form, Part as Piece};

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

/// The body, its files opened.
pub(super) async fn form(parts: &[Part], files: &Opener) -> Result<Form, Answer> {
    // Names as they are, in UTF-8: that is what browsers send and servers read.
    let mut form = Form::new().percent_encode_noop();
    for part in parts {
        form = match part {
            Part::Field { name, text } => form.text(name.clone(), text.clone()),
            Part::File { name, file } => form.part(name.clone(), piece(file, files(file.clone()).await?)?),
        };
    }
    Ok(form)
}

fn piece(file: &File, stream: Stream) -> Result<Piece, Answer> {
    if stream.size > LARGEST {
        return Err(Answer::Unsendable { why: format!("a file ({}) is larger than 20 MB", file.kind) });
    }
    let name: String = file.name.chars().map(|c| if c.is_control() || matches!(c, '"' | '\\' | '/') { '_' } else { c }).collect();
    // What somebody's program calls the kind of a file may be anything.
    let kind = if is_media(&file.kind) { file.kind.as_str() } else { "application/octet-stream" };
    let piece = Piece::stream_with_length(Body::wrap_stream(stream.pieces), stream.size).file_name(name);
    piece.mime_str(kind).map_err(|_| Answer::Unsendable { why: "a file has a kind that cannot be written down".to_owned() })
}

/// `image/jpeg`, without parameters.
fn is_media(kind: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    kind.split_once('/').is_some_and(|(family, media)| word(family) && word(media))
}
