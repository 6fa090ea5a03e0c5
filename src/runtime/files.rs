//! Files on their way from the channel that holds them to the server that gets them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::channel::{Channel, Contents, Unopened};
use crate::expr::File;
use crate::fetch::{Opener, Stream};
use crate::operation::Answer;

/// Opens a file in the channel that it was sent to.
pub(super) fn opener(channels: BTreeMap<String, Arc<Channel>>) -> Opener {
    Arc::new(move |file: File| {
        let channel = channels.get(&file.channel).cloned();
        Box::pin(async move {
            let Some(channel) = channel else { return Err(gone(&file)) };
            match channel.open(&file.id).await {
                Ok(Contents { size, pieces }) => Ok(Stream { size, pieces }),
                Err(Unopened::Gone) => Err(gone(&file)),
                Err(Unopened::Unavailable(why)) => Err(Answer::NothingSent { why }),
            }
        })
    })
}

/// The name of a file may be a person's own: it is not told.
fn gone(file: &File) -> Answer {
    Answer::Unsendable { why: format!("a file ({}) is not in its channel any more", file.kind) }
}
