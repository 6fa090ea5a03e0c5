//! `usher chat`: a bot in the terminal.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;

use crate::channel::Channel;
use crate::channel::terminal::{Settings, Style, Terminal};
use crate::cli::bot::Ready;
use crate::cli::config::{self, Log, LogLevel, Reach};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::live::{self, Born, Life, Parents};
use crate::cli::{logging, process, screen};
use crate::engine::Visitor;
use crate::store::{Kind, StoreConfig};

const EXAMPLE: &str = "\
Examples:
  usher chat
  usher chat --language en
  printf '/start\\n1\\n' | usher chat";

/// Talk to the bot of this folder in the terminal
///
/// For whoever writes flows: nothing is kept, and calls go to the connections of usher.yaml. Write a text, or the number or the label
/// of a button; the end of input ends the conversation. To try the shipped bot without an ERP: usher demo.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    #[command(flatten)]
    config: config::Place,
    /// Which bot, if usher.yaml has several: the folder of its flows, or a channel
    #[arg(long, value_name = "NAME")]
    bot: Option<String>,
    /// The language of whoever talks
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
}

/// Talks until the end of input.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Ready { config, project, sources } = match Ready::load(&arguments.config, arguments.bot.as_deref(), Reach::Connections)? {
        Ok(ready) => ready,
        Err(refused) => return Ok(refused),
    };
    if let Some(unspoken) = arguments.language.as_ref().filter(|language| !project.bot.languages.contains(language)) {
        return Err(mistake(format!("the bot does not speak {unspoken}; it speaks {}", project.bot.languages.join(", "))));
    }
    logging::begin(Log { level: LogLevel::Error, ..config.log });
    let store = StoreConfig { kind: Kind::Memory, ..config.store };
    process::block_on(async {
        let (store, installation, connections) = (live::open(&store)?, config.installation, config.connections);
        let parents = Parents { bots: Born::alone(project, sources, None), installation, store, connections };
        talk("chat", parents, BTreeMap::new(), arguments.language.clone(), |_| Ok(())).await
    })
}

/// Holds a conversation over the standard streams of the process, with other channels beside it until it ends. It begins with a
/// welcome, once nothing stands in its way.
pub async fn talk(
    name: &str,
    parents: Parents,
    mut channels: BTreeMap<String, Arc<Channel>>,
    language: Option<String>,
    welcome: impl FnOnce(&Life) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    let (idle, is_idle) = tokio::sync::watch::channel(true);
    let settings = Settings {
        visitor: Visitor { first_name: "Вы".to_owned(), language, ..Visitor::default() },
        style: if screen::has_colours() { Style::Ansi } else { Style::Plain },
        idle: Some(is_idle),
        written: Some(logging::beside_a_prompt()),
        ..Settings::default()
    };
    let terminal = Arc::new(Channel::Terminal(Terminal::standard(name, settings)));
    channels.insert(name.to_owned(), terminal);
    let stop = process::asked_to_stop()?;
    let life = Life::begin(parents, channels).await?;
    welcome(&life)?;
    let mut busy = life.idle();
    let told = tokio::spawn(async move {
        loop {
            let now = *busy.borrow_and_update();
            idle.send_replace(now);
            if busy.changed().await.is_err() {
                return;
            }
        }
    });
    let ended = life.live(stop).await;
    told.abort();
    ended
}
