//! Files in a terminal: `/file path`. They stay where they are; what is kept of one is its path.

use std::path::Path;

use bytes::BytesMut;
use futures_util::stream::{self, StreamExt};
use tokio::fs;
use tokio::io::AsyncReadExt;

use crate::channel::{Contents, Unopened};
use crate::expr::{File, FileAt, media};

/// Bytes read at once.
const PIECE: usize = 64 << 10;

/// Opens a file that was named before.
pub(super) async fn open(path: &str) -> Result<Contents, Unopened> {
    let file = fs::File::open(path).await.map_err(|_| Unopened::Gone)?;
    let size = file.metadata().await.map_err(|_| Unopened::Gone)?.len();
    let pieces = stream::try_unfold(file, |mut file| async {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = file.read_buf(&mut piece).await?;
        Ok((read > 0).then(|| (piece.freeze(), file)))
    });
    Ok(Contents { size, pieces: pieces.boxed() })
}

/// The file at this path; none if there is no file that can be read.
pub(super) async fn named(channel: &str, path: &str) -> Option<File> {
    let whole = fs::canonicalize(path).await.ok()?;
    let known = fs::metadata(&whole).await.ok().filter(std::fs::Metadata::is_file)?;
    fs::File::open(&whole).await.ok()?;
    let name = Path::new(path).file_name()?.to_string_lossy().into_owned();
    let kind = media::of_name(&name).to_owned();
    let at = FileAt::Channel { channel: channel.to_owned(), id: whole.to_str()?.to_owned() };
    Some(File { at, name, kind, size: known.len() })
}
