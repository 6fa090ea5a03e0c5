//! What is asked once at start, and rarely: who the bot is, how its updates come, and the menus of commands.

use reqwest::Url;
use serde::Serialize;
use teloxide::payloads::SetMyCommandsSetters;
use teloxide::requests::{Request, Requester};
use teloxide::types::{BotCommand, BotCommandScope, WebhookInfo};
use teloxide::{ApiError, RequestError};
use tracing::{error, info, warn};

use crate::channel::telegram::receiver::KINDS;
use crate::channel::telegram::wire::{Failure, Method, redacted};
use crate::channel::telegram::{Bot, Standing, Webhook};
use crate::channel::{ChannelError, Command, Menus};

/// The menu shows no more.
const COMMANDS: usize = 100;

/// Characters of a command's description.
const TITLE: usize = 256;

/// A client for rare calls.
pub(super) fn rare(api_url: &str, token: &str) -> Result<teloxide::Bot, ChannelError> {
    let address = Url::parse(api_url.trim_end_matches('/')).map_err(|_| ChannelError::AddressMalformed)?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(ChannelError::AddressMalformed);
    }
    let client = teloxide::net::default_reqwest_settings().build().map_err(|_| ChannelError::NoClient)?;
    Ok(teloxide::Bot::with_client(token, client).set_api_url(address))
}

/// Learns the bot's name, makes sure that updates can come, and shows the menus.
pub(super) async fn run(bot: &Bot, menus: &Menus) -> Result<(), ChannelError> {
    bot.learn(|known| known.menus = menus.clone());
    let me = bot.rare.get_me().await.map_err(|error| told(&error))?;
    bot.learn(|known| known.username.clone_from(&me.user.username));
    let known = webhook_of(bot).await?;
    match (&bot.settings.webhook, known.url) {
        (Some(webhook), url) => {
            if let Some(url) = url.filter(|url| !is_same(url, webhook)) {
                warn!(
                    channel = bot.name,
                    host = url.host_str(),
                    "a webhook elsewhere takes the updates of this bot: it is replaced by ours"
                );
            }
            set_webhook(bot, webhook).await?;
        }
        (None, Some(url)) => {
            warn!(
                channel = bot.name,
                host = url.host_str(),
                "a webhook takes the updates of this bot: it is removed, as the bot is set to poll"
            );
            bot.rare.delete_webhook().await.map_err(|error| told(&error))?;
        }
        (None, None) => {}
    }
    show(bot, menus).await.map_err(|error| told(&error))
}

async fn webhook_of(bot: &Bot) -> Result<WebhookInfo, ChannelError> {
    bot.rare.get_webhook_info().await.map_err(|error| told(&error))
}

/// Asks and changes nothing.
pub(super) async fn standing(bot: &Bot) -> Result<Standing, ChannelError> {
    let me = bot.rare.get_me().await.map_err(|error| told(&error))?;
    let found = webhook_of(bot).await?;
    let failed = found.last_error_date.map(|date| (date.timestamp(), redacted(&found.last_error_message.unwrap_or_default())));
    Ok(Standing { username: me.user.username.clone(), webhook: found.url.map(String::from), waiting: found.pending_update_count, failed })
}

fn is_same(url: &Url, webhook: &Webhook) -> bool {
    Url::parse(&webhook.url).is_ok_and(|ours| ours == *url)
}

/// Sets the webhook, and makes sure that Telegram has it. What waits at Telegram stays there. If it cannot be set, whoever looks into the
/// log sees that at once: nobody is heard until then.
async fn set_webhook(bot: &Bot, webhook: &Webhook) -> Result<(), ChannelError> {
    let set = take_over(bot, webhook).await;
    match &set {
        Err(error @ ChannelError::Refused(_)) => error!(
            channel = bot.name,
            %error,
            "the webhook cannot be set, so no message comes: its url must be https on port 443, 80, 88 or 8443, under a name that DNS knows, \
             with a certificate that others accept"
        ),
        Err(error) => error!(channel = bot.name, %error, "the webhook cannot be set, so no message comes; usher doctor tells more"),
        Ok(()) => {}
    }
    set
}

async fn take_over(bot: &Bot, webhook: &Webhook) -> Result<(), ChannelError> {
    #[derive(Serialize)]
    struct SetWebhook<'a> {
        url: &'a str,
        secret_token: &'a str,
        allowed_updates: [&'static str; 4],
        max_connections: u8,
    }
    let Webhook { url, secret, connections } = webhook;
    let wanted = SetWebhook { url, secret_token: secret, allowed_updates: KINDS, max_connections: *connections };
    let done: bool = bot.wire.call(Method::SetWebhook, &wanted).await.map_err(|failure| failed(&failure))?;
    let found = webhook_of(bot).await?.url;
    if !done || !found.as_ref().is_some_and(|url| is_same(url, webhook)) {
        return Err(ChannelError::Unavailable("it has not taken the webhook".to_owned()));
    }
    info!(channel = bot.name, host = found.as_ref().and_then(Url::host_str), "Telegram brings updates to the webhook");
    Ok(())
}

/// Sets the webhook again if somebody else has taken its place, and tells once of each call that failed on its way; `at` is when the
/// last of these was.
pub(super) async fn look_at_webhook(bot: &Bot, webhook: &Webhook, at: &mut Option<i64>) -> Result<(), ChannelError> {
    let found = webhook_of(bot).await?;
    if !found.url.as_ref().is_some_and(|url| is_same(url, webhook)) {
        let host = found.url.as_ref().and_then(Url::host_str).unwrap_or("nobody");
        error!(channel = bot.name, host, "the webhook of this bot is not ours any more: somebody else uses its token; it is set again");
        return set_webhook(bot, webhook).await;
    }
    let last = found.last_error_date.map(|date| date.timestamp());
    if last > *at {
        *at = last;
        let (why, waiting) = (redacted(&found.last_error_message.unwrap_or_default()), found.pending_update_count);
        warn!(channel = bot.name, why, waiting, "Telegram could not bring an update to the webhook");
    }
    Ok(())
}

/// How a call of ours failed, for whoever starts the bot.
fn failed(failure: &Failure) -> ChannelError {
    match failure {
        Failure::Api { code: 401 | 404, .. } => ChannelError::TokenRefused,
        Failure::Api { code: 429, .. } => ChannelError::Unavailable("it asks for a pause".to_owned()),
        Failure::Api { description, .. } => ChannelError::Refused(redacted(description)),
        Failure::Server(status) => ChannelError::Unavailable(format!("it fails with status {status}")),
        Failure::Unsent => ChannelError::Unavailable("no connection".to_owned()),
        Failure::Lost => ChannelError::Unavailable("no answer that can be read".to_owned()),
    }
}

/// Removes a webhook that was set behind our back. Best effort: the next poll says whether it worked.
pub(super) async fn drop_webhook(bot: &Bot) {
    if let Err(error) = bot.rare.delete_webhook().await {
        warn!(channel = bot.name, why = %told(&error), "the webhook could not be removed");
    }
}

/// What one person's menu shows: what they may begin, in the language they speak.
pub(super) fn menu_of(bot: &Bot, language: Option<&str>, roles: &[String]) -> Vec<BotCommand> {
    bot.know(|known| {
        let menus = &known.menus;
        commands(&bot.name, &menus.commands_for(language.unwrap_or(&menus.language), roles))
    })
}

/// The default language's menu for everybody, and each language's for those whose application speaks it. Private chats only: in
/// groups there is nothing to command.
async fn show(bot: &Bot, menus: &Menus) -> Result<(), RequestError> {
    let scope = BotCommandScope::AllPrivateChats;
    let default = commands(&bot.name, &menus.commands_of(&menus.language));
    bot.rare.set_my_commands(default).scope(scope.clone()).send().await?;
    for language in menus.commands.keys() {
        if language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let listed = commands(&bot.name, &menus.commands_of(language));
            bot.rare.set_my_commands(listed).scope(scope.clone()).language_code(language).send().await?;
        }
    }
    Ok(())
}

/// The commands that Telegram would take; one that it would not must not cost the others.
fn commands(channel: &str, listed: &[&Command]) -> Vec<BotCommand> {
    let fits = |command: &&&Command| {
        let named = (1..=32).contains(&command.name.len())
            && command.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let fits = named && !command.title.trim().is_empty();
        if !fits {
            warn!(channel, command = command.name, "not shown in the menu: 1–32 of a–z, 0–9 and _, and a title");
        }
        fits
    };
    let described = |command: &&Command| BotCommand::new(command.name.as_str(), command.title.chars().take(TITLE).collect::<String>());
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
