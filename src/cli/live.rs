//! Bots that live: their store, their versions, their connections and channels, from the start to a graceful stop.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::channel::{Channel, ChannelError, Menus};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::menus;
use crate::cli::reload::{self, Folder, Wishes};
use crate::cli::status::Status;
use crate::diagnostic::Sources;
use crate::expr::Time;
use crate::fetch::{Connection, Fetch};
use crate::flow::{Installation, Project};
use crate::runtime::{self, Beginning, Eraser, Events, Keeper, Links, Parts, Runtime, Shelf, files_of};
use crate::store::{KEY_FILE, Store, StoreConfig, StoreError};

/// How long a channel that could not show its menus waits before it tries again.
const SET_UP_AGAIN: Duration = Duration::from_secs(15);

/// How long a stop waits for the channels to let go of what they were given. With what the runtime takes it is less than ten seconds.
const LET_GO_WITHIN: Duration = Duration::from_secs(3);

/// A bot that is to live.
pub struct Born {
    /// By which the store knows it; empty if it is alone.
    pub name: String,
    /// The channels on which it speaks; none named if it is alone.
    pub channels: Vec<String>,
    /// The current version.
    pub project: Project,
    /// Its files, kept for the sessions that begin on it.
    pub sources: Sources,
    /// Where they are, if they may change while the bot lives.
    pub folder: Option<Folder>,
}

impl Born {
    /// A bot that is alone.
    pub fn alone(project: Project, sources: Sources, folder: Option<Folder>) -> Vec<Self> {
        vec![Self { name: String::new(), channels: Vec::new(), project, sources, folder }]
    }
}

/// What bots live on.
pub struct Parents {
    /// The bots; one at least.
    pub bots: Vec<Born>,
    /// The operator's side.
    pub installation: Installation,
    /// Where progress is kept.
    pub store: Arc<Store>,
    /// The servers it may call.
    pub connections: BTreeMap<String, Connection>,
}

/// A bot whose flows may change while it lives, and what it offers.
struct Grown {
    name: String,
    channels: Vec<String>,
    menus: Menus,
    folder: Option<(Folder, Wishes)>,
}

/// Bots under way.
pub struct Life {
    store: Arc<Store>,
    runtime: Runtime,
    channels: BTreeMap<String, Arc<Channel>>,
    bots: Vec<Grown>,
    status: Arc<Status>,
}

impl Life {
    /// Begins: takes up what was under way.
    pub async fn begin(parents: Parents, channels: BTreeMap<String, Arc<Channel>>) -> anyhow::Result<Self> {
        let Parents { bots: born, installation, store, connections } = parents;
        let fetch = Fetch::new(connections).map_err(|error| mistake(error.to_string()))?;
        for channel in channels.values() {
            channel.attach(&store);
        }
        let (mut bots, mut beginnings, mut readers) = (Vec::new(), Vec::new(), BTreeMap::new());
        for Born { name, channels, project, sources, folder } in born {
            let folder = folder.map(|folder| {
                let (reader, wishes) = mpsc::unbounded_channel();
                readers.insert(name.clone(), reader);
                (folder, wishes)
            });
            bots.push(Grown { name: name.clone(), channels: channels.clone(), menus: menus::of(&project), folder });
            beginnings.push(Beginning { name, project, files: files_of(&sources), channels });
        }
        let libraries = runtime::libraries(&store, beginnings, installation).await.map_err(cannot_open)?;
        for (bot, library) in libraries.iter() {
            tracing::info!(
                version = library.current.0,
                versions = library.projects.len(),
                flows = (!bot.is_empty()).then_some(bot),
                "ready"
            );
        }
        let parts = Parts { libraries, store: Arc::clone(&store), fetch: Arc::new(fetch), channels: channels.clone(), readers };
        let runtime = Runtime::start(parts);
        let status = Arc::new(Status::new(Arc::clone(&store), &runtime, channels.keys()));
        Ok(Self { store, runtime, channels, bots, status })
    }

    /// How it is; to be asked at any time.
    pub fn status(&self) -> Arc<Status> {
        Arc::clone(&self.status)
    }

    /// What erases people while it lives.
    pub fn eraser(&self) -> Eraser {
        self.runtime.eraser()
    }

    /// What tells the house while it lives.
    pub fn keeper(&self) -> Keeper {
        self.runtime.keeper()
    }

    /// What tries again what was put aside while it lives.
    pub fn shelf(&self) -> Shelf {
        self.runtime.shelf()
    }

    /// True if somebody may everything, or no role may.
    pub fn is_owned(&self) -> bool {
        self.runtime.is_owned()
    }

    /// The same, for whoever asks again and again.
    pub fn owned(&self) -> impl Fn() -> bool + Send + use<> {
        self.runtime.owned()
    }

    /// Somebody who has this code becomes the first owner, until then.
    pub fn offer_ownership(&self, code: &str, until: Time) {
        self.runtime.offer_ownership(code, until);
    }

    /// Where other systems report events.
    pub fn events(&self) -> Events {
        self.runtime.events()
    }

    /// True while no message and no call is under way.
    pub fn idle(&self) -> watch::Receiver<bool> {
        self.runtime.idle()
    }

    /// Lives until it is told to stop, a channel ends, or the store fails; then stops gracefully.
    pub async fn live(self, stop: impl Future<Output = ()>) -> anyhow::Result<ExitCode> {
        let Self { store, runtime, channels, bots, status } = self;
        let (shutdown, stopping) = watch::channel(false);
        let (mut reloading, mut offered, mut shown) = (Vec::new(), Vec::new(), Vec::new());
        for Grown { name, channels, menus, folder } in bots {
            let (sender, menus) = watch::channel(menus);
            if let Some((folder, wishes)) = folder {
                reloading.push(reload::follow(folder, wishes, runtime.flows(&name), sender.clone())?);
            }
            offered.push((channels, menus));
            shown.push(sender);
        }
        let mut receiving = JoinSet::new();
        for (name, channel) in &channels {
            // A bot that is alone speaks on all of them.
            let Some((_, menus)) = offered.iter().find(|(channels, _)| channels.is_empty() || channels.contains(name)) else { continue };
            let (name, channel, menus) = (name.clone(), Arc::clone(channel), menus.clone());
            let (inbox, stopping, status, links) = (runtime.inbox(), stopping.clone(), Arc::clone(&status), runtime.links());
            receiving.spawn(async move {
                set_up(&name, &channel, menus, &status, &links).await?;
                channel.receive(inbox, stopping).await.map_err(|error| (name, error))
            });
        }
        let mut failure = runtime.failure();
        let ended = tokio::select! {
            () = stop => Ok(ExitCode::Done),
            Some(ended) = receiving.join_next() => match ended {
                Ok(Ok(())) => Ok(ExitCode::Done),
                Ok(Err((name, error))) => Err(cannot_talk(&name, &error)),
                Err(error) => Err(anyhow::anyhow!("a channel ended by itself: {error}")),
            },
            why = failed(&mut failure) => Err(anyhow::anyhow!("the store has failed, so nothing more is confirmed; start again: {why}")),
        };
        tracing::info!("stopping");
        status.stopping();
        reloading.iter().for_each(JoinHandle::abort);
        shutdown.send_replace(true);
        let let_go = async { while receiving.join_next().await.is_some() {} };
        if tokio::time::timeout(LET_GO_WITHIN, let_go).await.is_err() {
            receiving.abort_all();
        }
        runtime.stop().await;
        let closed = store.close().await;
        // Why it ended is worth more than that a store that has failed cannot be closed either.
        let code = ended?;
        closed?;
        Ok(code)
    }
}

/// Returns when the store has failed, and why.
async fn failed(failure: &mut watch::Receiver<Option<String>>) -> String {
    match failure.wait_for(Option::is_some).await {
        Ok(why) => why.clone().unwrap_or_default(),
        Err(_) => std::future::pending().await,
    }
}

/// Opens the store.
pub fn open(config: &StoreConfig) -> anyhow::Result<Arc<Store>> {
    let store = Store::open(config).map_err(cannot_open)?;
    for note in store.notes() {
        tracing::warn!("{note}");
    }
    Ok(Arc::new(store))
}

/// Shows the menus, and again whenever they change; a server that cannot be reached is waited for, one that refuses us is the operator's
/// matter.
async fn set_up(
    name: &str,
    channel: &Arc<Channel>,
    mut menus: watch::Receiver<Menus>,
    status: &Arc<Status>,
    links: &Links,
) -> Result<(), (String, ChannelError)> {
    let first = menus.borrow_and_update().clone();
    let again = match channel.set_up(&first).await {
        Ok(()) => {
            status.is_set_up(name);
            tell_link(name, channel, links);
            None
        }
        Err(ChannelError::Unavailable(why)) => {
            tracing::warn!(channel = name, why, "the menus are not shown yet");
            Some(SET_UP_AGAIN)
        }
        Err(error) => return Err((name.to_owned(), error)),
    };
    tokio::spawn(keep_shown(name.to_owned(), Arc::clone(channel), menus, again, Arc::clone(status), links.clone()));
    Ok(())
}

/// Links that lead into the channel's chat need its address.
fn tell_link(name: &str, channel: &Channel, links: &Links) {
    if let Some(link) = channel.link() {
        links.learn(name, &link);
    }
}

/// Shows the menus when they change, and `again` after this long, if they could not be shown.
async fn keep_shown(
    name: String,
    channel: Arc<Channel>,
    mut menus: watch::Receiver<Menus>,
    mut again: Option<Duration>,
    status: Arc<Status>,
    links: Links,
) {
    loop {
        tokio::select! {
            // An error means that the bot is stopping: until then whoever changes them is there.
            changed = menus.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(again.unwrap_or_default()), if again.is_some() => {}
        }
        let now = menus.borrow_and_update().clone();
        again = match channel.set_up(&now).await {
            Ok(()) => {
                status.is_set_up(&name);
                tell_link(&name, &channel, &links);
                None
            }
            Err(ChannelError::Unavailable(_)) => Some(SET_UP_AGAIN),
            Err(error) => {
                tracing::error!(channel = name, %error, "the menus cannot be shown");
                None
            }
        };
    }
}

/// A store that has failed is our own matter; anything else is something that the operator can put right.
pub fn cannot_open(error: StoreError) -> anyhow::Error {
    let advice = match &error {
        StoreError::Poisoned(_) => return error.into(),
        StoreError::Folder { source, .. } => format!(": {}; give the store a folder that this user may write to", plain(source)),
        StoreError::KeyFile { source, path, .. } if source.kind() == ErrorKind::IsADirectory => {
            format!(": it is a folder; name a file in it: {}", path.join(KEY_FILE).display())
        }
        StoreError::KeyFile { doing: "read", source, .. } => format!(": {}; let this user read it", plain(source)),
        StoreError::KeyFile { source, .. } => {
            format!(": {}; give the key file a folder that this user may write to", plain(source))
        }
        StoreError::Backup { source, .. } => format!(": {}", plain(source)),
        StoreError::InUse { .. } => "; stop that one, or give this one a data folder of its own".to_owned(),
        StoreError::Unavailable(_) => "; make room and start again".to_owned(),
        _ => String::new(),
    };
    mistake(format!("{error}{advice}"))
}

/// What the system says, without its number.
fn plain(error: &std::io::Error) -> String {
    let said = error.to_string();
    said.split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn cannot_talk(name: &str, error: &ChannelError) -> anyhow::Error {
    let sentence = format!("the channel \"{name}\" cannot go on: {error}");
    match error {
        ChannelError::TokenMalformed | ChannelError::TokenRefused | ChannelError::AddressMalformed | ChannelError::Refused(_) => {
            mistake(sentence)
        }
        _ => anyhow::anyhow!(sentence),
    }
}
