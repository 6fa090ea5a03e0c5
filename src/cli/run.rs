//! `usher run`: the bot.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use clap::Args;
use tokio::net::TcpListener;

use crate::channel::Channel;
use crate::channel::telegram::{self, Telegram};
use crate::channel::terminal::{self, Terminal};
use crate::channel::web::{Numbers, Web};
use crate::cli::bot::{Candidate, Found, Ready, Running};
use crate::cli::config::{self, Config, Hook, Reach};
use crate::cli::control::{Bot, Control, Desk};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::listen::{self, Listening, Proxy};
use crate::cli::live::{self, Born, Life, Parents};
use crate::cli::reload::Folder;
use crate::cli::{audit, logging, owner, process};
use crate::diagnostic::Sources;
use crate::flow::Project;
use crate::runtime;
use crate::store::{Kind, Store, StoreError};

const EXAMPLE: &str = "\
Examples:
  TELEGRAM_TOKEN=… ERP_URL=https://erp.example.com ERP_KEY=… usher run
  usher run --config /etc/usher/usher.yaml";

/// Run the bot
///
/// Reads usher.yaml and the flows beside it, and talks to people until it is told to stop. It may be killed at any moment: started
/// again, it goes on where everybody was. Updates are confirmed to Telegram only when what they did is on the disk.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    #[command(flatten)]
    config: config::Place,
    /// Release a store that was restored from a backup, as `usher resume` does
    #[arg(long)]
    resume: bool,
}

/// Runs until told to stop.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let running = match Running::read(&arguments.config, Reach::Everything)? {
        Ok(running) => running,
        Err(refused) => return Ok(refused),
    };
    running.warn()?;
    let Running { config, bots, .. } = running;
    logging::begin(config.log);
    if config.channels.is_empty() {
        return Err(mistake(format!("{} names no channel, so there is nobody to talk to", arguments.config.display())));
    }
    // Broken files are no reason to be silent if the store holds what was live before; without a store there is nothing to fall back on.
    if bots.iter().any(|bot| bot.project.is_none()) && !is_there(&config) {
        return refuse(bots);
    }
    process::block_on(async {
        let channels = config.channels.iter().map(|(name, channel)| Ok((name.clone(), Arc::new(made(name, channel)?))));
        let channels = channels.collect::<anyhow::Result<BTreeMap<_, _>>>()?;
        let mut stop = Box::pin(process::asked_to_stop()?);
        let mut doors = match Doors::open(&config, &channels).await {
            Ok(doors) => doors,
            // Started twice, it would blame whoever has the port; it is itself.
            Err(_) if Store::is_in_use(&config.store) => return Err(live::cannot_open(StoreError::InUse { path: config.store.path })),
            Err(error) => return Err(error),
        };
        let (store, installation, connections) = (live::open(&config.store)?, config.installation, config.connections);
        let (is_kept, folder) = (config.store.kind != Kind::Memory, config.store.path.clone());
        let desk = Arc::new(Desk::alone(Arc::clone(&store)));
        let control = (config.store.kind != Kind::Memory).then(|| Control::begin(&config.store.path, Arc::clone(&desk)));
        let waiting = Waiting { store: &store, desk: &desk, at_once: arguments.resume, doors: &mut doors };
        if !waiting.released(&mut stop).await? {
            store.close().await?;
            return Ok(ExitCode::Done);
        }
        let mut born = Vec::new();
        for Candidate { bot, project, found } in bots {
            let folder = Some(Folder::new(&bot.flows, Some(&*arguments.config), &found.sources, &installation));
            let (project, sources) = match project {
                Some(project) => (project, found.sources),
                None => match runtime::last(&store, &bot.name, &installation).await.map_err(live::cannot_open)? {
                    Some(last) => fall_back(last, found)?,
                    None => return close(&store, found).await,
                },
            };
            born.push(Born { name: bot.name, channels: bot.channels, project, sources, folder });
        }
        let parents = Parents { bots: born, installation, store, connections };
        let life = Life::begin(parents, channels).await?;
        owner::offer(&life, is_kept.then_some(folder.as_path()))?;
        let listening = doors.begin(&life);
        desk.attach(Bot { eraser: life.eraser(), keeper: life.keeper(), shelf: life.shelf() });
        let digests = tokio::spawn(audit::take_daily(Arc::clone(&desk.store)));
        let ended = life.live(stop).await;
        digests.abort();
        drop(control);
        for listening in listening {
            listening.stop().await;
        }
        ended
    })
}

/// What is needed while a restored store waits to be released.
struct Waiting<'a> {
    store: &'a Store,
    desk: &'a Desk,
    /// It is not waited.
    at_once: bool,
    doors: &'a mut Doors,
}

impl Waiting<'_> {
    /// Waits while the store is paused; false if the process is to stop instead.
    async fn released(self, stop: impl Future<Output = ()>) -> anyhow::Result<bool> {
        let Some(paused) = self.store.paused().await.map_err(live::cannot_open)? else { return Ok(true) };
        if self.at_once || !paused.whole {
            // If it is not whole, this says so.
            self.store.resume().await.map_err(live::cannot_open)?;
            return Ok(true);
        }
        let backup = audit::moment(paused.backup);
        tracing::warn!("paused: restored from a backup of {backup} UTC; nothing is sent and nothing called until `usher resume`");
        let listening = self.doors.say_paused()?;
        let mut released = self.desk.released();
        let is_released = tokio::select! {
            _ = released.wait_for(|released| *released) => true,
            () = stop => false,
        };
        for listening in listening {
            listening.stop().await;
        }
        Ok(is_released)
    }
}

/// Where the process can be reached, occupied before anything is opened that somebody else may need.
#[derive(Default)]
struct Doors {
    admin: Option<TcpListener>,
    public: Option<(TcpListener, Router)>,
    hooks: BTreeMap<String, Hook>,
}

impl Doors {
    async fn open(config: &Config, channels: &BTreeMap<String, Arc<Channel>>) -> anyhow::Result<Self> {
        let mut doors = Self { hooks: config.hooks.clone(), ..Self::default() };
        if let Some(address) = config.admin_listen {
            doors.admin = Some(listen::bind("admin_listen", address).await?);
            listen::warn_of_strangers("admin_listen", address);
        }
        if let Some(address) = config.listen {
            let proxy = if config.behind_proxy { Proxy::OnThisMachine } else { Proxy::None };
            doors.public = Some((listen::bind("listen", address).await?, listen::public(&config.channels, channels, proxy)));
        }
        Ok(doors)
    }

    /// Whoever knocks hears that the bot is paused, until what is given here is stopped.
    fn say_paused(&mut self) -> anyhow::Result<Vec<Listening>> {
        let mut listening = Vec::new();
        let mut meanwhile = |listener, answers| {
            let (here, later) = listen::twins(listener)?;
            listening.push(Listening::begin(here, answers));
            anyhow::Ok(later)
        };
        self.admin = self.admin.take().map(|listener| meanwhile(listener, listen::paused())).transpose()?;
        let public = self.public.take().map(|(listener, routes)| anyhow::Ok((meanwhile(listener, listen::closed())?, routes)));
        self.public = public.transpose()?;
        Ok(listening)
    }

    fn begin(self, life: &Life) -> Vec<Listening> {
        let (status, hooks) = (life.status(), listen::hooks(self.hooks, life.events()));
        let admin = self.admin.map(|listener| Listening::begin(listener, listen::admin(status)));
        let public = self.public.map(|(listener, routes)| Listening::begin(listener, routes.merge(hooks)));
        admin.into_iter().chain(public).collect()
    }
}

/// True if there is a store that may hold flows.
fn is_there(config: &Config) -> bool {
    config.store.kind != Kind::Memory && config.store.path.is_dir()
}

/// The files are broken: the bot starts on what was live before, and everybody who listens hears of it.
fn fall_back((project, files): (Project, runtime::Sources), found: Found) -> anyhow::Result<(Project, Sources)> {
    Ready::refuse(found, ExitCode::Findings)?;
    tracing::error!(
        "the flows do not load: version {} goes on, which was live before; mend the files, and they go live",
        project.version.0
    );
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    Ok((project, sources))
}

/// Shows what is wrong with the flows of all bots.
fn refuse(bots: Vec<Candidate>) -> anyhow::Result<ExitCode> {
    let mut all = Found::default();
    for Candidate { found, .. } in bots {
        all.add(&found.sources, found.findings);
    }
    Ready::refuse(all, ExitCode::Findings)
}

/// Nothing was live before.
async fn close(store: &Store, found: Found) -> anyhow::Result<ExitCode> {
    store.close().await?;
    Ready::refuse(found, ExitCode::Findings)
}

/// A channel as the operator configured it.
pub fn made(name: &str, channel: &config::Channel) -> anyhow::Result<Channel> {
    match channel {
        config::Channel::Telegram { token, api_url, webhook } => {
            let mut settings = telegram::Settings::default();
            if let Some(api_url) = api_url {
                settings.api_url.clone_from(api_url);
            }
            settings.webhook = webhook.as_ref().map(|webhook| telegram::Webhook {
                url: webhook.url.clone(),
                secret: webhook.secret.expose().to_owned(),
                connections: webhook.connections,
            });
            let made = Telegram::new(name, token.expose(), settings);
            Ok(Channel::Telegram(made.map_err(|error| mistake(format!("the channel \"{name}\": {error}")))?))
        }
        config::Channel::Web { url, .. } => Ok(Channel::Web(Web::new(name, Numbers::Typed, url.clone()))),
        config::Channel::Terminal => Ok(Channel::Terminal(Terminal::standard(name, terminal::Settings::default()))),
    }
}
