//! The terminal: a conversation with one person by lines of text.
//!
//! A line is a text, the number of a button or its label. Input may be piped: the next line is read when the answer to the one
//! before has been shown, and the end of input ends the conversation. There is no redelivery here: a line that cannot be kept is
//! handed in until it is.

mod files;
mod lines;
mod look;
mod screen;
mod words;

use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, BufReader};
use tokio::sync::{Mutex, oneshot, watch};
use tokio::time::{Instant, sleep};

use crate::channel::{ChannelError, Contents, Delivery, Inbox, Incoming, Menus, Natives, Shutdown, Unopened, resolve, stopped};
use crate::engine::{Act, EffectKind, EventId, EventKind, Message, RecordId, Visitor};

use screen::{Choice, Line, Screen};

pub use look::Style;
pub use screen::Typing;

/// Where lines come from.
pub type Input = Box<dyn AsyncBufRead + Send + Unpin>;

/// Where messages are shown.
pub type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// The account of the one person in the terminal.
pub const ACCOUNT: &str = "me";

/// How long to wait before a line that could not be kept is handed in again.
const PAUSE: Duration = Duration::from_secs(1);

/// How the conversation is held.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who the person is.
    pub visitor: Visitor,
    /// Whether messages are shown with colours.
    pub style: Style,
    /// How what is typed becomes visible.
    pub typing: Typing,
    /// How wide the window is, if lines are to be broken for it.
    pub columns: Option<usize>,
    /// The next line is read when nothing was shown for so long: this is what puts piped lines after the answers they belong to.
    pub quiet: Duration,
    /// True while nothing is under way; the next line, and the end of the conversation, wait for that, too.
    pub idle: Option<watch::Receiver<bool>>,
    /// Changes when somebody else has written a line over the prompt, which is then drawn again.
    pub written: Option<watch::Receiver<u64>>,
}

impl Default for Settings {
    fn default() -> Self {
        let visitor = Visitor { first_name: "Me".to_owned(), ..Visitor::default() };
        Self {
            visitor,
            style: Style::Plain,
            typing: Typing::Unseen,
            columns: None,
            quiet: Duration::from_millis(300),
            idle: None,
            written: None,
        }
    }
}

/// A conversation in a terminal.
pub struct Terminal {
    name: String,
    settings: Settings,
    /// What makes ids of this run different from those of any other.
    run: String,
    next: AtomicU64,
    input: Mutex<Option<Input>>,
    screen: Mutex<Screen>,
    /// When something was last shown.
    shown: std::sync::Mutex<Instant>,
}

impl Terminal {
    /// A conversation over these streams. `name` is the channel's name, which begins the ids of its person and events.
    pub fn new(name: &str, settings: Settings, input: Input, output: Output) -> Self {
        // Without randomness the clock tells runs apart well enough.
        let run = getrandom::u32().unwrap_or_else(|_| std::process::id());
        Self {
            name: name.to_owned(),
            run: format!("{run:08x}"),
            next: AtomicU64::new(1),
            input: Mutex::new(Some(input)),
            screen: Mutex::new(Screen::new(&settings, output)),
            shown: std::sync::Mutex::new(Instant::now()),
            settings,
        }
    }

    /// A conversation over the standard streams of the process.
    pub fn standard(name: &str, settings: Settings) -> Self {
        let typing = if std::io::stdin().is_terminal() { Typing::Prompted } else { Typing::Repeated };
        let settings = Settings { typing, columns: columns(), ..settings };
        Self::new(name, settings, Box::new(BufReader::new(tokio::io::stdin())), Box::new(tokio::io::stdout()))
    }

    /// The record of the person in the terminal.
    pub fn record(&self) -> RecordId {
        RecordId::person(&self.name, ACCOUNT)
    }

    /// See [`crate::channel::Channel::receive`]. Ends when the input does. May be called once.
    pub async fn receive(&self, inbox: Inbox, mut shutdown: Shutdown) -> Result<(), ChannelError> {
        let Some(input) = self.input.lock().await.take() else { return Ok(()) };
        tokio::select! {
            biased;
            () = stopped(&mut shutdown) => Ok(()),
            ended = self.converse(input, &inbox) => ended,
        }
    }

    /// See [`crate::channel::Channel::perform`].
    pub async fn perform(&self, kind: &EffectKind, native: Natives<'_>) -> Delivery {
        let mut screen = self.screen.lock().await;
        let (id, written) = match kind {
            EffectKind::Send(message) => self.send(&mut screen, message).await,
            EffectKind::Edit { of, message } => {
                if let Some(of) = resolve(of, native) {
                    (None, screen.edited(&of, message).await)
                } else {
                    self.send(&mut screen, message).await
                }
            }
            // What was chosen stands there as it was typed.
            EffectKind::Strip { of } | EffectKind::Freeze { of, .. } => {
                screen.strip(resolve(of, native).as_deref());
                (None, Ok(()))
            }
            EffectKind::Delete { of } => (None, screen.deleted(resolve(of, native).as_deref()).await),
            EffectKind::Acknowledge { text, .. } => (None, screen.notice(text.as_deref()).await),
            EffectKind::ShowCommands { language } => (None, screen.commands(Some(language), &[]).await),
            EffectKind::ShowMenu(menu) => (None, screen.commands(menu.language.as_deref(), &menu.roles).await),
            EffectKind::Call { .. } | EffectKind::Tell { .. } => return Delivery::Refused("this is not a matter of messages".to_owned()),
        };
        self.note_shown();
        match written {
            Ok(()) => Delivery::Done(id),
            Err(error) => Delivery::Refused(format!("the terminal cannot be written to: {}", error.kind())),
        }
    }

    /// See [`crate::channel::Channel::open`].
    pub async fn open(&self, id: &str) -> Result<Contents, Unopened> {
        files::open(id).await
    }

    /// See [`crate::channel::Channel::set_up`].
    pub async fn set_up(&self, menus: &Menus) -> Result<(), ChannelError> {
        let mut screen = self.screen.lock().await;
        let written = screen.set_up(menus).await;
        self.note_shown();
        Ok(written?)
    }

    async fn send(&self, screen: &mut Screen, message: &Message) -> (Option<String>, std::io::Result<()>) {
        let id = self.fresh();
        let written = screen.message(&id, message).await;
        (Some(id), written)
    }

    async fn converse(&self, input: Input, inbox: &Inbox) -> Result<(), ChannelError> {
        let (mut lines, mut written) = (input.lines(), self.settings.written.clone());
        self.settle().await;
        loop {
            self.screen.lock().await.prompt().await?;
            let line = loop {
                tokio::select! {
                    line = lines.next_line() => break line?,
                    () = changed(&mut written) => self.screen.lock().await.prompt_again().await?,
                }
            };
            let Some(line) = line else { break };
            let Some(act) = self.act(line.trim()).await? else { continue };
            self.hand_in(inbox, act).await?;
            self.note_shown();
            self.settle().await;
        }
        Ok(self.screen.lock().await.end().await?)
    }

    /// What a line means; nothing if the terminal itself has dealt with it.
    async fn act(&self, line: &str) -> Result<Option<Act>, ChannelError> {
        let mut screen = self.screen.lock().await;
        let message = self.fresh();
        screen.typed(line).await?;
        let choice = match screen.read(line) {
            Line::Nothing => return Ok(None),
            Line::Number(number) => return Ok(Some(own_contact(&number, message))),
            Line::Location(latitude, longitude) => return Ok(Some(Act::SharedLocation { latitude, longitude, message })),
            Line::File(path) => {
                let Some(file) = files::named(&self.name, &path).await else {
                    screen.no_file().await?;
                    return Ok(None);
                };
                return Ok(Some(Act::SharedFile { file, album: None, message }));
            }
            Line::Text(text) => return Ok(Some(Act::Wrote { text, message, forwarded: false })),
            Line::Chosen(choice) => choice,
        };
        Ok(match choice {
            Choice::Token { token, under } => Some(Act::Pressed { token, press: message, message: Some(under) }),
            Choice::Says(text) => Some(Act::Wrote { text, message, forwarded: false }),
            Choice::Shows(content) => {
                screen.plain_line(&content).await?;
                None
            }
            Choice::AsksLocation => {
                screen.ask_location().await?;
                None
            }
            Choice::AsksNumber => {
                screen.ask_number().await?;
                None
            }
        })
    }

    async fn hand_in(&self, inbox: &Inbox, act: Act) -> Result<(), ChannelError> {
        let id = EventId(format!("{}/line/{}", self.name, self.fresh()));
        let kind = EventKind::Acted { who: self.settings.visitor.clone(), act };
        loop {
            let (kept, answer) = oneshot::channel();
            let incoming = Incoming { record: self.record(), id: id.clone(), kind: kind.clone(), kept };
            inbox.send(incoming).await.map_err(|_| ChannelError::Closed)?;
            if matches!(answer.await, Ok(Ok(()))) {
                return Ok(());
            }
            self.screen.lock().await.not_kept().await?;
            sleep(PAUSE).await;
        }
    }

    /// Waits until everything has been shown that the last line led to.
    async fn settle(&self) {
        loop {
            if let Some(mut idle) = self.settings.idle.clone() {
                // An error means that whoever tells is gone; then only quiet counts.
                let _ = idle.wait_for(|idle| *idle).await;
            }
            let since = self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner).elapsed();
            let Some(left) = self.settings.quiet.checked_sub(since).filter(|left| !left.is_zero()) else { return };
            sleep(left).await;
        }
    }

    fn note_shown(&self) {
        *self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Instant::now();
    }

    fn fresh(&self) -> String {
        format!("{}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// Waits for a change; for ever if there is nothing to change, or nobody left who would.
async fn changed(written: &mut Option<watch::Receiver<u64>>) {
    let is_changed = match written {
        Some(written) => written.changed().await.is_ok(),
        None => false,
    };
    if !is_changed {
        std::future::pending::<()>().await;
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Style {
    /// Colours if the standard output is a terminal and `NO_COLOR` is not set.
    pub fn of_standard_output() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !refused { Self::Ansi } else { Self::Plain }
    }
}

/// How wide the window is that the standard output goes to, if it goes to one.
fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// A number that is taken for the person's own.
pub(super) fn own_contact(number: &str, message: String) -> Act {
    Act::SharedContact { number: international(number), own: true, forwarded: false, message }
}

/// A number as messengers share it, with the code of the country. None has the code 89: mobile numbers are dialled so inside Russia.
fn international(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix("89") {
        Some(rest) if digits.len() == 11 && !number.starts_with('+') => format!("+79{rest}"),
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests;
