//! What is shown, which buttons it offers, and what a line of input means to it.

use std::io;

use rust_decimal::Decimal;
use tokio::io::AsyncWriteExt;

use crate::channel::markup;
use crate::channel::terminal::look::{Style, visible};
use crate::channel::terminal::words::Words;
use crate::channel::terminal::{Output, Settings, lines};
use crate::channel::{Command, Menus};
use crate::engine::{Keyboard, Message, Press};
use crate::expr::{File, FileAt};

/// How what the person types becomes visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Not at all.
    Unseen,
    /// The terminal shows it, behind a prompt.
    Prompted,
    /// It is piped in, and repeated so that the conversation can be read.
    Repeated,
}

/// The screen.
pub(super) struct Screen {
    style: Style,
    typing: Typing,
    columns: Option<usize>,
    output: Output,
    menus: Menus,
    /// What the person speaks: as they said, then as the bot says.
    language: Option<String>,
    /// The roles they hold.
    roles: Vec<String>,
    /// The prompt is the last thing on the screen.
    prompted: bool,
    /// The buttons that numbers mean now.
    offers: Vec<Offer>,
    /// The message they stand under.
    under: Option<String>,
    asking_number: bool,
    asking_location: bool,
    listed: String,
}

/// A button that is shown.
struct Offer {
    label: String,
    choice: Choice,
}

/// What choosing a button does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// It is pressed.
    Token {
        /// What it carries.
        token: String,
        /// The message.
        under: String,
    },
    /// Its content is shown: an address, or a text to copy.
    Shows(String),
    /// It shares the own number, which has to be typed here.
    AsksNumber,
    /// It shares a location, which has to be typed here.
    AsksLocation,
    /// It says its label.
    Says(String),
}

/// What a line means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing.
    Nothing,
    /// A button.
    Chosen(Choice),
    /// The person's own number.
    Number(String),
    /// Where the person is.
    Location(Decimal, Decimal),
    /// A file, by its path.
    File(String),
    /// A text.
    Text(String),
}

impl Screen {
    pub(super) fn new(settings: &Settings, output: Output) -> Self {
        Self {
            style: settings.style,
            typing: settings.typing,
            columns: settings.columns,
            output,
            menus: Menus::default(),
            roles: Vec::new(),
            language: settings.visitor.language.clone(),
            prompted: false,
            offers: Vec::new(),
            under: None,
            asking_number: false,
            asking_location: false,
            listed: String::new(),
        }
    }

    fn words(&self) -> &'static Words {
        let known = self.language.as_deref().filter(|language| self.menus.has(language));
        Words::of(known.unwrap_or(&self.menus.language))
    }

    /// Invites the person to type.
    pub(super) async fn prompt(&mut self) -> io::Result<()> {
        if self.typing != Typing::Prompted || self.prompted {
            return Ok(());
        }
        self.prompted = true;
        let bar = lines::bar(self.words().you);
        self.put(&bar).await
    }

    /// Invites the person again, if what invited them was written over.
    pub(super) async fn prompt_again(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.prompted) { self.prompt().await } else { Ok(()) }
    }

    /// The person has typed this.
    pub(super) async fn typed(&mut self, line: &str) -> io::Result<()> {
        self.prompted = false;
        match self.typing {
            Typing::Repeated => {
                let said = lines::said(self.words().you, &visible(line), self.columns);
                self.put(&format!("{said}\n")).await
            }
            Typing::Prompted => self.put("\n").await,
            Typing::Unseen => Ok(()),
        }
    }

    /// Nothing more will be typed.
    pub(super) async fn end(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.prompted) { self.put("\n").await } else { Ok(()) }
    }

    /// Shows a message and offers its buttons.
    pub(super) async fn message(&mut self, id: &str, message: &Message) -> io::Result<()> {
        let buttons = self.offer(id, &message.keyboard);
        let text = self.style.text(&message.html);
        if let Some(attached) = &message.file {
            self.dim(&named(&attached.file)).await?;
        }
        self.say(&format!("{text}\n{buttons}")).await
    }

    /// Shows what a message has become. If its buttons are gone, nothing new is asked, and it is shown discreetly.
    pub(super) async fn edited(&mut self, id: &str, message: &Message) -> io::Result<()> {
        if message.keyboard == Keyboard::None {
            self.strip(Some(id));
            return self.dim(&markup::plain(&message.html)).await;
        }
        self.message(id, message).await
    }

    /// The buttons of this message are over.
    pub(super) fn strip(&mut self, id: Option<&str>) {
        if id.is_some() && self.under.as_deref() == id {
            self.offers.clear();
            self.under = None;
        }
    }

    pub(super) async fn deleted(&mut self, id: Option<&str>) -> io::Result<()> {
        self.strip(id);
        self.dim(self.words().deleted).await
    }

    /// A short notice, if there is one.
    pub(super) async fn notice(&mut self, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => self.dim(&format!("({text})")).await,
            None => Ok(()),
        }
    }

    /// A line was not kept.
    pub(super) async fn not_kept(&mut self) -> io::Result<()> {
        self.dim(self.words().not_kept).await
    }

    /// Takes the menus over, and lists the commands of the person's language.
    pub(super) async fn set_up(&mut self, menus: &Menus) -> io::Result<()> {
        self.menus = menus.clone();
        self.list().await
    }

    /// The person speaks this language and holds these roles now.
    pub(super) async fn commands(&mut self, language: Option<&str>, roles: &[String]) -> io::Result<()> {
        self.language = language.map(str::to_owned);
        self.roles = roles.to_vec();
        self.list().await
    }

    /// Lists the commands, unless that is what was listed last.
    async fn list(&mut self) -> io::Result<()> {
        // A command and its title are not parted where a line is broken.
        let name = |command: &&Command| format!("/{} {}", command.name, command.title).replace(' ', "\u{a0}");
        let language = self.language.as_deref().unwrap_or(&self.menus.language);
        let commands: Vec<String> = self.menus.commands_for(language, &self.roles).iter().map(name).collect();
        let listed = commands.join(" · ");
        if listed.is_empty() || listed == self.listed {
            return Ok(());
        }
        self.dim(&listed).await?;
        self.listed = listed;
        Ok(())
    }

    pub(super) async fn plain_line(&mut self, text: &str) -> io::Result<()> {
        self.say(&visible(text)).await
    }

    pub(super) async fn ask_number(&mut self) -> io::Result<()> {
        self.asking_number = true;
        self.dim(self.words().number).await
    }

    pub(super) async fn ask_location(&mut self) -> io::Result<()> {
        self.asking_location = true;
        self.dim(self.words().location).await
    }

    /// A file cannot be read.
    pub(super) async fn no_file(&mut self) -> io::Result<()> {
        self.dim(self.words().no_file).await
    }

    /// What a line means now.
    pub(super) fn read(&mut self, line: &str) -> Line {
        if line.is_empty() {
            return Line::Nothing;
        }
        if let Some(number) = line.strip_prefix("/contact ").map(str::trim).filter(|number| !number.is_empty()) {
            self.asking_number = false;
            return Line::Number(number.to_owned());
        }
        if std::mem::take(&mut self.asking_number) && line.chars().filter(char::is_ascii_digit).count() >= 5 {
            return Line::Number(line.to_owned());
        }
        if let Some(path) = line.strip_prefix("/file ").map(str::trim).filter(|path| !path.is_empty()) {
            return Line::File(path.to_owned());
        }
        let typed = line.strip_prefix("/location ").or_else(|| std::mem::take(&mut self.asking_location).then_some(line));
        if let Some((latitude, longitude)) = typed.and_then(point) {
            return Line::Location(latitude, longitude);
        }
        let numbered = line.parse::<usize>().ok().and_then(|number| self.offers.get(number.checked_sub(1)?));
        let labelled = || self.offers.iter().find(|offer| offer.label.trim().to_lowercase() == line.to_lowercase());
        match numbered.or_else(labelled) {
            Some(offer) => Line::Chosen(offer.choice.clone()),
            None => Line::Text(line.to_owned()),
        }
    }

    /// Takes over the buttons of a message and writes them, a line for a row; without buttons the former ones stay.
    fn offer(&mut self, id: &str, keyboard: &Keyboard) -> String {
        let rows = rows(id, keyboard);
        if rows.iter().all(Vec::is_empty) {
            return String::new();
        }
        self.offers.clear();
        self.under = Some(id.to_owned());
        let mut text = String::new();
        for row in rows {
            let written: Vec<String> = row.iter().zip(self.offers.len() + 1..).map(|(offer, number)| self.button(number, offer)).collect();
            text.push_str(&written.join("  "));
            text.push('\n');
            self.offers.extend(row);
        }
        text
    }

    fn button(&self, number: usize, offer: &Offer) -> String {
        let label = visible(&offer.label);
        let content = match &offer.choice {
            Choice::Shows(content) => format!(": {}", visible(content)),
            _ => String::new(),
        };
        let number = self.style.bold(&format!("[{number}]"));
        format!("{number} {label}{content}")
    }

    async fn dim(&mut self, text: &str) -> io::Result<()> {
        let text = self.style.dim(&visible(text));
        self.show(&lines::said("", &text, self.columns)).await
    }

    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.show(&lines::said(self.words().bot, text, self.columns)).await
    }

    /// Writes whole lines, above the prompt if it is there.
    async fn show(&mut self, lines: &str) -> io::Result<()> {
        if !self.prompted {
            return self.put(lines).await;
        }
        let bar = lines::bar(self.words().you);
        self.put(&format!("\r{lines}\n{bar}")).await
    }

    async fn put(&mut self, text: &str) -> io::Result<()> {
        self.output.write_all(text.as_bytes()).await?;
        self.output.flush().await
    }
}

/// A file as a terminal shows it: by its path where it has one, else by its name.
fn named(file: &File) -> String {
    let path = match &file.at {
        FileAt::Flows { path, .. } => path,
        FileAt::Channel { id, .. } if id.starts_with('/') => id,
        FileAt::Channel { .. } | FileAt::Here(_) => &file.name,
    };
    format!("📎 {path}")
}

fn rows(id: &str, keyboard: &Keyboard) -> Vec<Vec<Offer>> {
    match keyboard {
        Keyboard::None => Vec::new(),
        Keyboard::Rows(rows) => {
            let offer = |button: &crate::engine::Button| Offer { label: button.label.clone(), choice: choice(id, &button.press) };
            rows.iter().map(|row| row.iter().map(offer).collect()).collect()
        }
        Keyboard::Contact { label, skip } => vec![shares(label, Choice::AsksNumber, skip.as_ref())],
        Keyboard::Location { label, skip } => vec![shares(label, Choice::AsksLocation, skip.as_ref())],
    }
}

/// A button that shares what has to be typed, and the one that skips it.
fn shares(label: &str, choice: Choice, skip: Option<&String>) -> Vec<Offer> {
    let skip = skip.map(|label| Offer { label: label.clone(), choice: Choice::Says(label.clone()) });
    std::iter::once(Offer { label: label.to_owned(), choice }).chain(skip).collect()
}

/// `55.7512, 37.6184`
fn point(typed: &str) -> Option<(Decimal, Decimal)> {
    let mut degrees = typed.split([',', ' ', ';']).filter(|word| !word.is_empty()).map(|word| word.parse::<Decimal>().ok());
    let point = (degrees.next()??, degrees.next()??);
    degrees.next().is_none().then_some(point)
}

fn choice(id: &str, press: &Press) -> Choice {
    match press {
        Press::Token(token) => Choice::Token { token: token.clone(), under: id.to_owned() },
        Press::Url(content) | Press::Copy(content) => Choice::Shows(content.clone()),
    }
}
