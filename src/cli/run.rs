//! `usher run`: the bot.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::channel::Channel;
use crate::channel::telegram::{self, Telegram};
use crate::channel::terminal::{self, Terminal};
use crate::cli::bot::Ready;
use crate::cli::config::{self, Reach};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::listen::{self, Listening};
use crate::cli::live::{Life, Parents};
use crate::cli::{logging, process};

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
    /// The operator's file
    #[arg(long, value_name = "FILE", default_value = config::FILE)]
    config: PathBuf,
}

/// Runs until told to stop.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Ready { config, project, sources } = match Ready::load(&arguments.config, Reach::Everything)? {
        Ok(ready) => ready,
        Err(refused) => return Ok(refused),
    };
    logging::begin(config.log);
    if config.channels.is_empty() {
        return Err(mistake(format!("{} names no channel, so there is nobody to talk to", arguments.config.display())));
    }
    process::block_on(async {
        let channels = config.channels.into_iter().map(|(name, channel)| Ok((name.clone(), Arc::new(made(&name, channel)?))));
        let channels = channels.collect::<anyhow::Result<BTreeMap<_, _>>>()?;
        let stop = process::asked_to_stop()?;
        let admin = match config.admin_listen {
            Some(address) => Some(listen::bind("admin_listen", address).await?),
            None => None,
        };
        let parents = Parents { project, sources, installation: config.installation, store: config.store, connections: config.connections };
        let life = Life::begin(parents, channels).await?;
        let listening = admin.map(|listener| Listening::begin(listener, listen::admin(life.status())));
        let ended = life.live(stop).await;
        if let Some(listening) = listening {
            listening.stop().await;
        }
        ended
    })
}

fn made(name: &str, channel: config::Channel) -> anyhow::Result<Channel> {
    match channel {
        config::Channel::Telegram { token, api_url } => {
            let mut settings = telegram::Settings::default();
            if let Some(api_url) = api_url {
                settings.api_url = api_url;
            }
            let made = Telegram::new(name, token.expose(), settings);
            Ok(Channel::Telegram(made.map_err(|error| mistake(format!("the channel \"{name}\": {error}")))?))
        }
        config::Channel::Terminal => Ok(Channel::Terminal(Terminal::standard(name, terminal::Settings::default()))),
    }
}
