//! A file that a person sent: asked for by its id, and read piece by piece.
//!
//! The address of a file holds the token; it is made and used within [`Wire`] and goes nowhere else.

use serde::Deserialize;
use serde_json::json;

use crate::channel::telegram::Bot;
use crate::channel::telegram::wire::{Failure, Method};
use crate::channel::{Contents, Unopened};

/// What the Bot API tells of a file.
#[derive(Deserialize)]
struct Found {
    file_path: Option<String>,
}

/// Opens a file.
pub(super) async fn open(bot: &Bot, id: &str) -> Result<Contents, Unopened> {
    let found: Found = bot.wire.call(Method::GetFile, &json!({ "file_id": id })).await.map_err(|failure| unopened(&failure))?;
    let path = found.file_path.ok_or(Unopened::Gone)?;
    bot.wire.download(&path).await.map_err(|failure| unopened(&failure))
}

/// What Telegram refuses to give it will not give later either: the file is too big for a bot, or not there any more.
fn unopened(failure: &Failure) -> Unopened {
    match failure {
        Failure::Api { code: 400 | 404, .. } => Unopened::Gone,
        Failure::Api { code, .. } | Failure::Server(code) => {
            Unopened::Unavailable(format!("Telegram answers {code} to a question for a file"))
        }
        Failure::Unsent | Failure::Lost => Unopened::Unavailable("Telegram gives no file at present".to_owned()),
    }
}
