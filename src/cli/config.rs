//! `usher.yaml`: the operator's file, with its references resolved and all mistakes found at once.
//!
//! References (`${env:NAME}`, `${file:PATH}`) are resolved here and nowhere else. What they give, and secrets written into the file
//! itself, get into no message: findings show names, and the text kept for excerpts has such values blotted out.

mod bots;
mod channels;
mod codes;
mod connections;
mod hooks;
mod installation;
mod listeners;
mod names;
mod reading;
mod store;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, FileId, Sources, Span, has_errors, sort};
use crate::fetch::Connection;
use crate::flow::shapes::{FileKind, kind_of, shape_of};
use crate::flow::{Installation, Role};
use crate::store::StoreConfig;
use crate::syntax::shape::check;
use crate::syntax::{MAX_BYTES, Node, parse};

use self::reading::{Reading, blot, blot_values};

pub use bots::Bot;
pub use channels::{Channel, Webhook};
pub use hooks::Hook;
pub use names::Names;
pub use reading::{Reach, read_small};

/// The name of the operator's file in a bot's folder.
pub const FILE: &str = "usher.yaml";

// The option by which every command that reads the operator's file is told where it is.
#[allow(missing_docs, reason = "documentation here would become the help of those commands")]
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The operator's file
    #[arg(long = "config", value_name = "FILE", default_value = FILE, global = true)]
    path: PathBuf,
}

impl Deref for Place {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

/// The folder of the flows, if the operator's file says nothing else.
pub const FLOWS: &str = "flows";

/// What the operator's file says.
#[derive(Debug)]
pub struct Config {
    /// The bots; one at least.
    pub bots: Vec<Bot>,
    /// Channels by name.
    pub channels: BTreeMap<String, Channel>,
    /// How the store is opened.
    pub store: StoreConfig,
    /// False if what the file says of the store cannot be used and was left out.
    pub has_store: bool,
    /// The file of the store's key, if it comes from one.
    pub key_file: Option<PathBuf>,
    /// Connections by name.
    pub connections: BTreeMap<String, Connection>,
    /// Other systems that may report events.
    pub hooks: BTreeMap<String, Hook>,
    /// What flows may depend on.
    pub installation: Installation,
    /// Where web chats and webhooks are answered, if they are.
    pub listen: Option<SocketAddr>,
    /// A proxy on this machine ends TLS before [`Config::listen`].
    pub behind_proxy: bool,
    /// Where health and metrics are shown, if they are.
    pub admin_listen: Option<SocketAddr>,
    /// What is logged, and how.
    pub log: Log,
}

/// What is logged, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// How much is logged.
    pub level: LogLevel,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How much is logged; each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// What has failed.
    Error,
    /// What somebody should look at.
    Warn,
    /// What has happened.
    #[default]
    Info,
    /// How.
    Debug,
    /// Everything.
    Trace,
}

/// What became of an operator's file.
#[derive(Debug)]
pub struct Read {
    /// What it says, as far as it could be read. A bot may run with it only if it is [usable](Read::is_usable).
    pub config: Option<Config>,
    /// The bots, whatever else is wrong with the file; none if it cannot be read.
    pub bots: Vec<Bot>,
    /// What flows may depend on, whatever else is wrong with the file.
    pub installation: Installation,
    /// The names in it that flows have to know.
    pub names: Names,
    /// The file, for excerpts: secrets are blotted out.
    pub sources: Sources,
    /// All mistakes, sorted.
    pub findings: Vec<Diagnostic>,
}

impl Read {
    /// Whether a bot may run with it: there is no error in it.
    pub fn is_usable(&self) -> bool {
        self.config.is_some() && !has_errors(&self.findings)
    }
}

/// Reads the operator's file at `path`, which is called `shown` in findings. `variable` looks up the environment.
pub fn read(path: &Path, shown: &str, reach: Reach, variable: &dyn Fn(&str) -> Option<String>) -> io::Result<Read> {
    let (text, mut findings) = text_of(path)?;
    let mut read = understand(text, Some(path.parent().unwrap_or(Path::new(""))), shown, reach, variable);
    findings.append(&mut read.findings);
    sort(&read.sources, &mut findings);
    Ok(Read { findings, ..read })
}

/// What an operator's file says whose text this is; files that it names are relative to `folder`. Of a text that stands in none,
/// no folder of flows has to be there.
pub fn understand(text: String, folder: Option<&Path>, shown: &str, reach: Reach, variable: &dyn Fn(&str) -> Option<String>) -> Read {
    let mut sources = Sources::default();
    let (tree, mut findings) = parse(FileId(0), &text);
    let Some(mut tree) = tree else {
        sources.add(shown, blot_values(&text));
        return unread(sources, findings);
    };
    if kind_of(&tree) != Some(FileKind::Usher) {
        let message = "this is not an operator's file";
        let place = tree.entries().first().map_or(tree.span, |entry| entry.key_span);
        findings.push(Diagnostic::error(codes::NO_OPERATORS_FILE, place, message).help("begin it with: usher: 1"));
        sources.add(shown, blot_values(&text));
        return unread(sources, findings);
    }
    check(&mut tree, shape_of(FileKind::Usher), &mut findings);
    let mut reading = Reading::new(folder.map(Path::to_owned), reach, variable);
    let installation = installation::read(&tree, &mut reading);
    let bots = bots::read(&tree, &mut reading);
    let config = config(&tree, &bots, &installation, &mut reading);
    findings.append(&mut reading.findings);
    sources.add(shown, blot(text, &reading.secrets));
    sort(&sources, &mut findings);
    Read { config, bots, installation, names: Names::of(&tree), sources, findings }
}

fn unread(sources: Sources, findings: Vec<Diagnostic>) -> Read {
    let installation = Installation { unread: true, ..Installation::default() };
    Read { config: None, bots: Vec::new(), installation, names: Names::default(), sources, findings }
}

/// The roles of an operator's file, whatever else is wrong with it; references in it are not followed.
pub fn roles_of(text: &str) -> BTreeMap<String, Role> {
    let (tree, _) = parse(FileId(0), text);
    let mut reading = Reading::new(None, Reach::Flows, &|_| None);
    tree.map(|tree| installation::read(&tree, &mut reading).roles).unwrap_or_default()
}

/// The text of the file; bytes that are no UTF-8 are a finding.
fn text_of(path: &Path) -> io::Result<(String, Vec<Diagnostic>)> {
    let bytes = fs::read(path)?;
    if bytes.len() > MAX_BYTES {
        // The parser says so itself, and needs no more than this to know.
        return Ok((" ".repeat(MAX_BYTES + 1), Vec::new()));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => (text, Vec::new()),
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let place = Span::new(FileId(0), start, start + 1);
            let finding = Diagnostic::error(crate::syntax::codes::BAD_ENCODING, place, "the file is not UTF-8").help("save it as UTF-8");
            (String::from_utf8_lossy(error.as_bytes()).into_owned(), vec![finding])
        }
    })
}

fn config(tree: &Node, bots: &[Bot], installation: &Installation, reading: &mut Reading<'_>) -> Option<Config> {
    let channels = channels::read(tree, reading);
    let store = store::read(tree, reading);
    let connections = connections::read(tree, reading);
    let hooks = hooks::read(tree, reading);
    let (listen, admin_listen) = listeners::read(tree, reading);
    let has_store = store.is_some();
    Some(Config {
        bots: bots.to_vec(),
        channels: channels?,
        store: store.or_else(|| reading.leaves_out().then(|| store::usual(reading)))?,
        has_store,
        key_file: store::key_file(tree, reading),
        connections: connections?,
        hooks: hooks?,
        installation: installation.clone(),
        listen,
        behind_proxy: tree.get("behind_proxy").and_then(Node::boolean).unwrap_or(false),
        admin_listen,
        log: log(tree),
    })
}

fn log(tree: &Node) -> Log {
    let word = |key: &str| tree.get("log").and_then(|log| log.get(key)).and_then(Node::text);
    let format = match word("format") {
        Some("json") => LogFormat::Json,
        _ => LogFormat::Text,
    };
    let level = match word("level") {
        Some("error") => LogLevel::Error,
        Some("warn") => LogLevel::Warn,
        Some("debug") => LogLevel::Debug,
        Some("trace") => LogLevel::Trace,
        _ => LogLevel::Info,
    };
    Log { format, level }
}
