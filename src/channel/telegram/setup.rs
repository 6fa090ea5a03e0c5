//! What is asked once at start, and rarely: who the bot is, that nothing else takes its updates, and the menus of commands.

use std::time::Duration;

use teloxide::payloads::SetMyCommandsSetters;
use teloxide::requests::{Request, Requester};
use teloxide::types::{BotCommand, BotCommandScope, ChatId, Recipient};
use teloxide::{ApiError, RequestError};
use tracing::warn;

use crate::channel::telegram::Bot;
use crate::channel::telegram::wire::redacted;
use crate::channel::{ChannelError, Command, Delivery, Menus};

/// The menu shows no more.
const COMMANDS: usize = 100;

/// Characters of a command's description.
const TITLE: usize = 256;

/// A client for rare calls.
pub(super) fn rare(api_url: &str, token: &str) -> Result<teloxide::Bot, ChannelError> {
    let address = reqwest::Url::parse(api_url.trim_end_matches('/')).map_err(|_| ChannelError::AddressMalformed)?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(ChannelError::AddressMalformed);
    }
    let client = teloxide::net::default_reqwest_settings().build().map_err(|_| ChannelError::NoClient)?;
    Ok(teloxide::Bot::with_client(token, client).set_api_url(address))
}

/// Learns the bot's name, makes sure that polling can work, and shows the menus.
pub(super) async fn run(bot: &Bot, menus: &Menus) -> Result<(), ChannelError> {
    bot.learn(|known| known.menus = menus.clone());
    let me = bot.rare.get_me().await.map_err(|error| told(&error))?;
    bot.learn(|known| known.username.clone_from(&me.user.username));
    let webhook = bot.rare.get_webhook_info().await.map_err(|error| told(&error))?;
    if let Some(url) = webhook.url {
        warn!(
            channel = bot.name,
            host = url.host_str(),
            "a webhook takes the updates of this bot: it is removed, as the bot is set to poll"
        );
        bot.rare.delete_webhook().await.map_err(|error| told(&error))?;
    }
    show(bot, menus).await.map_err(|error| told(&error))
}

/// Removes a webhook that was set behind our back. Best effort: the next poll says whether it worked.
pub(super) async fn drop_webhook(bot: &Bot) {
    if let Err(error) = bot.rare.delete_webhook().await {
        warn!(channel = bot.name, why = %told(&error), "the webhook could not be removed");
    }
}

/// Shows the menu of a language to one person, who chose it.
pub(super) async fn show_commands(bot: &Bot, chat: i64, language: &str) -> Delivery {
    let commands = bot.know(|known| commands(&bot.name, known.menus.commands_of(language)));
    let scope = BotCommandScope::Chat { chat_id: Recipient::Id(ChatId(chat)) };
    match bot.rare.set_my_commands(commands).scope(scope).send().await {
        Ok(_) => Delivery::Done(None),
        Err(RequestError::RetryAfter(pause)) => Delivery::Later(pause.duration()),
        Err(RequestError::Network(_)) => Delivery::Later(Duration::from_secs(3)),
        Err(error) => Delivery::Refused(told(&error).to_string()),
    }
}

/// The default language's menu for everybody, and each language's for those whose application speaks it. Private chats only: in
/// groups there is nothing to command.
async fn show(bot: &Bot, menus: &Menus) -> Result<(), RequestError> {
    let scope = BotCommandScope::AllPrivateChats;
    let default = commands(&bot.name, menus.commands_of(&menus.language));
    bot.rare.set_my_commands(default).scope(scope.clone()).send().await?;
    for (language, listed) in &menus.commands {
        if language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let listed = commands(&bot.name, listed);
            bot.rare.set_my_commands(listed).scope(scope.clone()).language_code(language).send().await?;
        }
    }
    Ok(())
}

/// The commands that Telegram would take; one that it would not must not cost the others.
fn commands(channel: &str, listed: &[Command]) -> Vec<BotCommand> {
    let fits = |command: &&Command| {
        let named = (1..=32).contains(&command.name.len())
            && command.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let fits = named && !command.title.trim().is_empty();
        if !fits {
            warn!(channel, command = command.name, "not shown in the menu: 1–32 of a–z, 0–9 and _, and a title");
        }
        fits
    };
    let described = |command: &Command| BotCommand::new(command.name.as_str(), command.title.chars().take(TITLE).collect::<String>());
    listed.iter().filter(fits).take(COMMANDS).map(described).collect()
}

/// An error without any address in it: the address of a method holds the token.
fn told(error: &RequestError) -> ChannelError {
    match error {
        RequestError::Api(ApiError::InvalidToken) => ChannelError::TokenRefused,
        RequestError::Api(error) => ChannelError::Refused(redacted(&error.to_string())),
        RequestError::RetryAfter(pause) => ChannelError::Unavailable(format!("it asks for a pause of {} s", pause.seconds())),
        RequestError::Network(error) if error.is_timeout() => ChannelError::Unavailable("no answer in time".to_owned()),
        RequestError::Network(error) if error.is_connect() => ChannelError::Unavailable("no connection".to_owned()),
        RequestError::Network(_) | RequestError::Io(_) => ChannelError::Unavailable("the connection broke".to_owned()),
        RequestError::MigrateToChatId(_) => ChannelError::Refused("the chat has moved".to_owned()),
        RequestError::InvalidJson { .. } => ChannelError::Unavailable("its answer is none of the Bot API's".to_owned()),
    }
}
