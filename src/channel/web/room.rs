//! The open pages of one person, and what they are told.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

use crate::channel::Inbox;
use crate::channel::web::Desk;
use crate::channel::web::account::account;
use crate::channel::web::letter::Letter;
use crate::channel::web::mailbox::Mailbox;
use crate::store::StoreError;

/// News that a slow page may be behind by; then it is given the whole mailbox again.
const BEHIND: usize = 64;

/// What pages are told.
#[derive(Debug, Clone)]
pub enum News {
    /// A message is new, or has become this.
    Letter(Letter),
    /// Everything is another now.
    Anew,
    /// A short notice, not kept.
    Notice(String),
    /// The person's language, and what the menu offers in it.
    Commands(String, Vec<(String, String)>),
}

/// One person's pages.
pub struct Room {
    /// Held by whoever changes the mailbox.
    pub writing: tokio::sync::Mutex<()>,
    /// Held by whoever hands in what the person did: one after the other.
    pub acting: tokio::sync::Mutex<()>,
    news: broadcast::Sender<News>,
}

/// The rooms that somebody is in.
#[derive(Default)]
pub struct Rooms(Mutex<HashMap<String, Weak<Room>>>);

impl Rooms {
    /// The room of an account.
    pub fn of(&self, account: &str) -> Arc<Room> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(account).and_then(Weak::upgrade) {
            return room;
        }
        rooms.retain(|_, room| room.strong_count() > 0);
        let room = Arc::new(Room {
            writing: tokio::sync::Mutex::default(),
            acting: tokio::sync::Mutex::default(),
            news: broadcast::Sender::new(BEHIND),
        });
        rooms.insert(account.to_owned(), Arc::downgrade(&room));
        room
    }
}

impl Room {
    /// Tells the open pages. That there is none is no fault: what counts is in the mailbox.
    pub fn tell(&self, news: News) {
        let _ = self.news.send(news);
    }

    /// Makes the changes of a mailbox durable, and then tells of them.
    pub async fn publish(&self, mailbox: Mailbox<'_>) -> Result<(), StoreError> {
        for letter in mailbox.commit().await? {
            self.tell(News::Letter(letter));
        }
        Ok(())
    }
}

/// `GET events`: the whole mailbox and the menu, and then whatever changes.
pub async fn listen(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    let account = match account(&desk, &headers) {
        Ok(Some(account)) => account,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    let room = desk.rooms.of(&account);
    let listener = Listener { news: room.news.subscribe(), open: desk.inbox.subscribe(), desk, account, room, given: Given::Nothing };
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    let headers = [(header::CACHE_CONTROL, "no-store"), (unbuffered, "no")];
    (headers, Sse::new(listener.stream()).keep_alive(KeepAlive::default())).into_response()
}

/// One open page.
struct Listener {
    desk: Arc<Desk>,
    account: String,
    room: Arc<Room>,
    news: broadcast::Receiver<News>,
    open: watch::Receiver<Option<Inbox>>,
    given: Given,
}

/// What a page has been given of what it begins with.
enum Given {
    Nothing,
    Mailbox,
    Everything,
}

impl Listener {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut listener| async {
            let event = listener.next().await?;
            Some((Ok(event), listener))
        })
    }

    /// What comes next; nothing when the chat is closed or the mailbox cannot be read, and the browser is to come again.
    async fn next(&mut self) -> Option<Event> {
        if let Given::Nothing = self.given {
            self.given = Given::Mailbox;
            return self.whole().await;
        }
        if let Given::Mailbox = self.given {
            self.given = Given::Everything;
            if let Some(menu) = self.menu().await {
                return Some(menu);
            }
        }
        loop {
            tokio::select! {
                news = self.news.recv() => return match news {
                    Ok(News::Anew) | Err(RecvError::Lagged(_)) => self.whole().await,
                    Ok(news) => event(&news),
                    Err(RecvError::Closed) => None,
                },
                changed = self.open.changed() => {
                    if changed.is_err() || self.open.borrow_and_update().is_none() {
                        return None;
                    }
                }
            }
        }
    }

    async fn whole(&mut self) -> Option<Event> {
        let _order = self.room.writing.lock().await;
        let mailbox = self.desk.mailbox(&self.account).await.ok()?;
        let letters: Vec<Letter> = mailbox.letters().iter().map(Letter::for_page).collect();
        Event::default().event("letters").json_data(letters).ok()
    }

    /// What somebody whose language and roles are known may begin with. Anybody else has what the page came with.
    async fn menu(&self) -> Option<Event> {
        let record = self.desk.known(&self.account).await?;
        let roles = record.menu.map(|menu| menu.roles).unwrap_or_default();
        let language = record.person.language?;
        let commands = self.desk.commands(&language, &roles);
        event(&News::Commands(language, commands))
    }
}

fn event(news: &News) -> Option<Event> {
    match news {
        News::Letter(letter) => Event::default().event("letter").json_data(letter.for_page()).ok(),
        News::Anew => None,
        News::Notice(text) => Event::default().event("notice").json_data(json!(text)).ok(),
        News::Commands(language, commands) => {
            Event::default().event("commands").json_data(json!({ "language": language, "commands": commands })).ok()
        }
    }
}
