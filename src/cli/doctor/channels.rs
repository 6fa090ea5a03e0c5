//! The channels: does Telegram know the bot, and who takes its updates?

use crate::channel::telegram::{Standing, Telegram};
use crate::channel::{Channel, ChannelError};
use crate::cli::config::{self, Config, Webhook};
use crate::cli::doctor::nothing_of;
use crate::cli::doctor::report::Report;
use crate::cli::run;

/// Updates that wait, more than a pause explains.
const MANY: u32 = 100;

/// Looks at each channel.
pub async fn look(config: &Config, report: &mut Report) {
    // One that cannot be used was told of where usher.yaml was.
    if config.bots.iter().all(|bot| bot.channels.is_empty()) {
        nothing_of("channels", config, report);
    }
    for (name, configured) in &config.channels {
        let about = format!("channel {name}");
        match (run::made(name, configured), configured) {
            (Ok(Channel::Telegram(telegram)), config::Channel::Telegram { webhook, .. }) => {
                telegram_bot(&about, &telegram, webhook.as_ref(), report).await;
            }
            (Ok(_), config::Channel::Web { path, .. }) => report.good(about, format!("a chat in the browser at {path}")),
            (Ok(_), _) => report.good(about, "a conversation in the terminal"),
            (Err(error), _) => report.bad(about, format!("{error:#}"), "correct it in usher.yaml, or where usher.yaml has it from"),
        }
    }
}

async fn telegram_bot(about: &str, telegram: &Telegram, webhook: Option<&Webhook>, report: &mut Report) {
    let standing = match telegram.standing().await {
        Ok(standing) => standing,
        Err(error @ ChannelError::Unavailable(_)) => {
            return report.bad(about, error.to_string(), "look whether this machine may reach it: DNS, firewall, proxy");
        }
        Err(error) => return report.bad(about, error.to_string(), "correct the token or api_url"),
    };
    report.good(about, format!("Telegram knows the bot as @{}", standing.username.as_deref().unwrap_or("nobody")));
    updates(about, &standing, webhook, report);
    if standing.waiting > MANY {
        let says = format!("{} updates wait at Telegram", standing.waiting);
        report.advice(about, says, "start the bot; if it runs, see its log and /metrics for what holds it up");
    }
}

/// Who takes the updates, and who should.
fn updates(about: &str, standing: &Standing, webhook: Option<&Webhook>, report: &mut Report) {
    let host = |url: &str| url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or("?").to_owned();
    match (webhook, &standing.webhook) {
        (None, None) => report.good(about, "nobody else takes its updates; it polls"),
        (None, Some(theirs)) => {
            let says = format!("the webhook of somebody else takes its updates: {}", host(theirs));
            report.bad(about, says, "stop that program, or make a new bot; `usher run` removes the webhook and polls");
        }
        (Some(ours), Some(theirs)) if ours.url.trim_end_matches('/') == theirs.trim_end_matches('/') => match &standing.failed {
            Some((_, why)) if standing.waiting > 0 => {
                let says = format!("Telegram cannot bring updates to the webhook: {why}");
                report.bad(about, says, "look whether the proxy answers from outside and passes the path on to `listen`");
            }
            _ => report.good(about, "Telegram brings its updates to our webhook"),
        },
        (Some(_), Some(theirs)) => {
            let says = format!("the webhook of somebody else takes its updates: {}", host(theirs));
            report.bad(about, says, "stop that program, or make a new bot; `usher run` puts ours in its place");
        }
        (Some(_), None) => report.good(about, "no webhook is set yet; `usher run` sets it"),
    }
}
