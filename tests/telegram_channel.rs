//! The Telegram channel against a Bot API server that is as strict as Telegram, with a hand-made inbox in place of the runtime.
#![cfg(feature = "shell")]
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

mod support {
    pub mod botapi;
}

mod telegram {
    mod classification;
    mod files;
    mod groups;
    mod receiving;
    mod secrecy;
    mod sending;
    mod set_up;
    mod shown;
    mod the_server;
    mod webhook;
}

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use support::botapi::{BotApi, Card, Does, Fault, ShownFile, User};
use usher::channel::telegram::{Limits, Settings, Telegram};
use usher::channel::{Channel, ChannelError, Command, Contents, Delivery, Files, Incoming, Menus, Unkept, Unopened};
use usher::engine::{
    Act, Attached, Button, EffectId, EffectKind, EventKind, Keyboard, Menu, Message, MessageRef, Press, RecordId, Visitor,
};
use usher::expr::{File, FileAt, Shown};

/// No limits and short pauses, so that tests wait for nothing but what they test.
fn settings(api: &BotApi) -> Settings {
    Settings {
        api_url: api.url(),
        poll: Duration::from_secs(20),
        answer_within: Duration::from_secs(2),
        pause: Duration::from_millis(20),
        limits: Limits { chat: 0, burst: 0, overall: 0 },
        ..Settings::default()
    }
}

fn channel(api: &BotApi) -> Channel {
    Channel::Telegram(Telegram::new("tg", BotApi::TOKEN, settings(api)).unwrap())
}

fn menus() -> Menus {
    let command = |name: &str, title: &str| Command { name: name.to_owned(), title: title.to_owned(), roles: Vec::new() };
    Menus {
        language: "ru".to_owned(),
        titles: BTreeMap::new(),
        commands: [
            ("ru".to_owned(), vec![command("start", "Регистрация"), command("отмена", "Не команда")]),
            ("en".to_owned(), vec![command("start", "Registration")]),
        ]
        .into(),
        private_only: [
            ("ru".to_owned(), "Пишите мне лично: {link}".to_owned()),
            ("en".to_owned(), "Write to me in private: {link}".to_owned()),
        ]
        .into(),
    }
}

/// A channel that receives.
struct Running {
    channel: Arc<Channel>,
    inbox: mpsc::Receiver<Incoming>,
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<(), ChannelError>>,
}

impl Running {
    fn start(channel: Channel) -> Self {
        let channel = Arc::new(channel);
        let (sender, inbox) = mpsc::channel(64);
        let (stop, shutdown) = watch::channel(false);
        let receiving = Arc::clone(&channel);
        let task = tokio::spawn(async move { receiving.receive(sender, shutdown).await });
        Self { channel, inbox, stop, task }
    }

    async fn next(&mut self) -> Incoming {
        timeout(Duration::from_secs(10), self.inbox.recv()).await.expect("something comes").expect("the channel is alive")
    }

    /// The next thing a person did, kept at once.
    async fn act(&mut self) -> Act {
        let incoming = self.next().await;
        incoming.kept.send(Ok(())).unwrap();
        act(incoming.kind)
    }

    async fn nothing_comes(&mut self) {
        assert!(timeout(Duration::from_millis(150), self.inbox.recv()).await.is_err(), "nothing is to come");
    }

    async fn stop(self) {
        self.stop.send(true).unwrap();
        timeout(Duration::from_secs(10), self.task).await.unwrap().unwrap().unwrap();
    }

    /// As if the process were killed.
    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn act(kind: EventKind) -> Act {
    match kind {
        EventKind::Acted { act, .. } => act,
        other => panic!("{other:?}"),
    }
}

fn text(act: Act) -> String {
    match act {
        Act::Wrote { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

/// Somebody who has opened the bot.
fn person(api: &BotApi) -> User<'_> {
    let person = api.user(1001, "Алина", "ru");
    person.write("/start");
    person
}

fn message(html: &str) -> Message {
    Message { html: html.to_owned(), ..Message::default() }
}

fn button(label: &str, press: Press) -> Button {
    Button { label: label.to_owned(), press }
}

fn yes_and_no() -> Keyboard {
    let token = |token: &str| Press::Token(token.to_owned());
    Keyboard::Rows(vec![vec![button("Да", token("yes")), button("Нет", token("no"))]])
}

async fn perform(channel: &Channel, kind: EffectKind) -> Delivery {
    channel.perform("1001", &kind, &|_| None).await
}

async fn send(channel: &Channel, message: Message) -> Delivery {
    perform(channel, EffectKind::Send(message)).await
}

async fn sent(channel: &Channel, message: Message) -> String {
    match send(channel, message).await {
        Delivery::Done(Some(id)) => id,
        other => panic!("{other:?}"),
    }
}

fn native(id: &str) -> MessageRef {
    MessageRef::Native(id.to_owned())
}
