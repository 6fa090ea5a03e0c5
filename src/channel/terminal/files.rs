//! Files in a terminal: `/file path`. They stay where they are; what is kept of one is its path.

use std::path::Path;

use tokio::fs;

use crate::channel::kinds;
use crate::expr::File;

/// The file at this path; none if there is no file that can be read.
pub(super) async fn named(channel: &str, path: &str) -> Option<File> {
    let whole = fs::canonicalize(path).await.ok()?;
    let known = fs::metadata(&whole).await.ok().filter(std::fs::Metadata::is_file)?;
    fs::File::open(&whole).await.ok()?;
    let name = Path::new(path).file_name()?.to_string_lossy().into_owned();
    let kind = kinds::of_name(&name).to_owned();
    Some(File { channel: channel.to_owned(), id: whole.to_str()?.to_owned(), name, kind, size: known.len() })
}
