//! Flows that are read again because somebody of a role asks for it in the chat. Who waits for it stands in the house's record, so it is done
//! and answered though the process dies in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use crate::engine::{Letter, Reloaded, Wish, house_id, wishes};
use crate::runtime::{Shared, stopped};

/// The pause before the store is asked again, if it could not answer.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Has the flows of a bot read again: whoever takes this says what came of it.
pub type Reader = mpsc::UnboundedSender<oneshot::Sender<Reloaded>>;

/// Has the flows read again whenever somebody waits for it. `readers` are those of the bots whose flows are in a folder, by their names.
pub(super) async fn run(shared: Arc<Shared>, readers: BTreeMap<String, Reader>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        biased;
        () = stopped(&mut stop) => {}
        () = answer_all(&shared, &readers) => {}
    }
}

async fn answer_all(shared: &Shared, readers: &BTreeMap<String, Reader>) {
    // Those whose answers are on their way to the house.
    let mut answered: BTreeSet<Wish> = BTreeSet::new();
    loop {
        let waiting = match shared.store.load(&house_id()).await {
            Ok(record) => record.map(|record| wishes(&record)).unwrap_or_default(),
            Err(error) => {
                shared.cannot_read(&error);
                tokio::time::sleep(ASK_AGAIN).await;
                continue;
            }
        };
        answered.retain(|wish| waiting.contains(wish));
        let Some(wish) = waiting.into_iter().find(|wish| !answered.contains(wish)) else {
            shared.wished.notified().await;
            continue;
        };
        // No edition is held meanwhile: a replacement waits until nobody holds an older one.
        let bot = shared.editions.now().bot_of(&wish.who).to_owned();
        let came = match readers.get(&bot) {
            Some(reader) => {
                let (read, came) = oneshot::channel();
                let _ = reader.send(read);
                // Whoever reads is gone only when everything stops; the next process begins with the files as they are, and answers.
                let Ok(came) = came.await else { return };
                came
            }
            None => Reloaded::Impossible { why: "these flows are in no folder".to_owned() },
        };
        // Whoever posts is gone only when everything stops.
        let _ = shared.letters.send(Letter::Reloaded { wish: wish.clone(), came });
        answered.insert(wish);
    }
}
