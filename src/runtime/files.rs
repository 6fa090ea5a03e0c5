//! Files on their way to a chat or a server, from wherever they are: the channel that a person sent them to, the flows, the record.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;

use crate::channel::{Channel, Contents, Files, Unopened};
use crate::expr::{Content, File, FileAt};
use crate::fetch::{Opener, Stream};
use crate::operation::Answer;
use crate::runtime::editions::Editions;

/// Reads files, wherever they are. Channels are lent this, so it does not keep them alive.
pub(super) fn reader(channels: &BTreeMap<String, Arc<Channel>>, editions: Arc<Editions>) -> Files {
    let channels: BTreeMap<String, Weak<Channel>> =
        channels.iter().map(|(name, channel)| (name.clone(), Arc::downgrade(channel))).collect();
    Arc::new(move |file: File| match file.at {
        FileAt::Channel { channel, id } => {
            let channel = channels.get(&channel).and_then(Weak::upgrade);
            Box::pin(async move { channel.ok_or(Unopened::Gone)?.open(&id).await })
        }
        FileAt::Flows { digest, .. } => {
            let found = editions.now().file(&digest).map(|bytes| Contents::of(Bytes::from_owner(bytes)));
            Box::pin(async move { found.ok_or(Unopened::Gone) })
        }
        FileAt::Here(Content(bytes)) => Box::pin(async move { Ok(Contents::of(bytes.into())) }),
    })
}

/// The same for what sends calls.
pub(super) fn opener(files: &Files) -> Opener {
    let files = Arc::clone(files);
    Arc::new(move |file: File| {
        let gone = gone(&file);
        let opened = files(file);
        Box::pin(async move {
            match opened.await {
                Ok(Contents { size, pieces }) => Ok(Stream { size, pieces }),
                Err(Unopened::Gone) => Err(gone),
                Err(Unopened::Unavailable(why)) => Err(Answer::NothingSent { why }),
            }
        })
    })
}

/// The name of a file may be a person's own: it is not told.
fn gone(file: &File) -> Answer {
    Answer::Unsendable { why: format!("a file ({}) is not there any more", file.kind) }
}
