//! Commands on a store, whoever has it open: the bot that runs, through a socket in the data folder, or else the command itself.
//!
//! Only one process may have a store open. So a bot that runs listens on `control.sock` in its data folder, which nobody but its own user
//! may open. A command writes one line of JSON there, its [`Request`], and reads lines of JSON, each a [`Line`], the last of which says
//! how it ended. If nobody listens there, the command opens the store and does the same by itself.

mod perform;
mod serve;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::cli::bot::{Ready, operators_file};
use crate::cli::config::Reach;
use crate::cli::exit::{ExitCode, Mistake, mistake};
use crate::cli::{live, process};
use crate::flow::{House, Maintenance};
use crate::store::{Kind, Paused, Store, StoreConfig};

pub use perform::{Bot, Desk};
pub use serve::Control;

/// The socket's name in the data folder.
const NAME: &str = "control.sock";

/// The longest address of a socket that every system takes.
const ADDRESS_MAX: usize = 100;

/// What a command wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Which keys there are.
    Keys,
    /// A new key.
    RotateKey,
    /// A new key, everything sealed anew, and the end of all others.
    RetireKeys,
    /// Everything into a file.
    BackUp {
        /// Which, from the root.
        file: PathBuf,
    },
    /// The end of a pause.
    Resume,
    /// Who is in the middle of something.
    Sessions {
        /// And whoever is in the middle of nothing, but of whom something is kept.
        #[serde(default)]
        all: bool,
        /// Only of this flow.
        flow: Option<String>,
        /// Only at this step: `flow.step`.
        step: Option<String>,
        /// Only where nothing has happened for so many days.
        days: Option<u32>,
        /// At most so many.
        limit: usize,
    },
    /// What is kept of a person, masked.
    Show {
        /// Their record.
        person: String,
    },
    /// What is kept of a person, for themselves.
    Export {
        /// Their record.
        person: String,
    },
    /// The end of all that is kept of a person.
    Erase {
        /// Their record.
        person: String,
    },
    /// What could not be dealt with.
    Parked,
    /// That is tried again.
    RetryParked {
        /// Only this.
        name: Option<String>,
    },
    /// That is dropped.
    DropParked {
        /// Only this.
        name: Option<String>,
    },
    /// What is remembered.
    Audit {
        /// Of this person.
        person: Option<String>,
        /// Of these names only: an audit name, or the beginning of one.
        name: Option<String>,
        /// Not before this moment, in milliseconds since 1970.
        since: Option<i64>,
        /// At most so many.
        limit: usize,
    },
    /// Whether anything was changed or cut.
    VerifyAudit,
    /// How it stands with the bot: one [`Standing`] as JSON.
    Standing,
    /// Whether people are asked to wait.
    Maintenance,
    /// People are to be asked to wait, or not any more.
    Maintain {
        /// What they are asked.
        maintenance: Option<Maintenance>,
    },
}

/// How it stands with a bot, by what its store says.
#[derive(Debug, Serialize, Deserialize)]
pub struct Standing {
    /// Nothing is sent and nothing called, as it was restored from a backup.
    pub paused: Option<Paused>,
    /// What people have told the bot itself.
    pub house: House,
}

/// What a command is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A line for standard output.
    Say(String),
    /// A line for standard error: how far it has come.
    Note(String),
    /// It is done; the exit code.
    End(u8),
    /// It cannot be done.
    Fail {
        /// Why, in one sentence.
        why: String,
        /// It is a mistake of whoever asked.
        mistake: bool,
    },
}

/// Where lines go.
pub type Out = Arc<dyn Fn(Line) + Send + Sync>;

/// Has a request performed on the store of this operator's file, and shows what comes of it.
pub fn ask(operators: &Path, request: Request) -> anyhow::Result<ExitCode> {
    let config = match store_of(operators)? {
        Ok(config) => config,
        Err(refused) => return Ok(refused),
    };
    // Whoever may not look does not know that there is none.
    if access(&config.path, Access::READ_OK | Access::EXEC_OK) == Err(Errno::ACCESS) {
        let folder = config.path.display();
        return Err(mistake(format!("the data folder {folder} may not be read by this user; run this as the user that the bot runs as")));
    }
    if !Store::exists(&config) {
        return Err(mistake(format!("there is no store in {}", config.path.display())));
    }
    process::block_on(async {
        match connect(&config.path).await {
            Some(stream) => relay(stream, &request, &printing()).await,
            None => alone(&config, request).await,
        }
    })
}

/// How it stands with the bot of this store: as the bot says that runs, or else as the store says. Nothing is changed.
pub async fn standing(config: &StoreConfig) -> anyhow::Result<Standing> {
    let Some(stream) = connect(&config.path).await else {
        let store = Store::open(config)?;
        let standing = perform::standing(&store).await;
        store.close().await?;
        return standing;
    };
    let said = Arc::new(Mutex::new(String::new()));
    let out: Out = {
        let said = Arc::clone(&said);
        Arc::new(move |line| {
            if let Line::Say(line) = line {
                *said.lock().unwrap_or_else(PoisonError::into_inner) = line;
            }
        })
    };
    relay(stream, &Request::Standing, &out).await?;
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    serde_json::from_str(&said).context("the running bot is of another version of this program")
}

/// How the store of an operator's file is opened. If the file cannot be used, all that is wrong with it is shown.
pub fn store_of(operators: &Path) -> anyhow::Result<Result<StoreConfig, ExitCode>> {
    if !operators.is_file() {
        return Err(mistake(format!("there is no {} here; name the operator's file with --config", operators.display())));
    }
    let read = operators_file(operators, Reach::Store)?;
    let is_usable = read.is_usable();
    let Some(config) = read.config.filter(|_| is_usable) else {
        let mut found = crate::cli::bot::Found::default();
        found.add(&read.sources, read.findings);
        return Ready::refuse(found, ExitCode::Usage).map(Err);
    };
    if config.store.kind == Kind::Memory {
        return Err(mistake("the store of this bot is kept in memory and is gone with the bot; there is nothing to work on"));
    }
    Ok(Ok(config.store))
}

/// Opens the store and performs the request here.
async fn alone(config: &StoreConfig, request: Request) -> anyhow::Result<ExitCode> {
    let store = Arc::new(Store::open(config).map_err(live::cannot_open)?);
    let performed = perform::perform(&Desk::alone(Arc::clone(&store)), request, &printing()).await;
    store.close().await?;
    performed
}

/// Whoever runs on this data folder and listens.
async fn connect(folder: &Path) -> Option<UnixStream> {
    let (address, _folder) = address(folder).ok()?;
    UnixStream::connect(address).await.ok()
}

/// Sends the request and passes on what is answered.
async fn relay(stream: UnixStream, request: &Request, out: &Out) -> anyhow::Result<ExitCode> {
    let (reading, mut writing) = stream.into_split();
    let request = serde_json::to_string(request).context("the request has no encoding")?;
    writing.write_all(format!("{request}\n").as_bytes()).await.context("the running bot does not listen")?;
    let mut lines = BufReader::new(reading).lines();
    while let Some(line) = lines.next_line().await.context("the running bot stopped in the middle of its answer")? {
        match serde_json::from_str(&line).context("the running bot is of another version of this program")? {
            Line::End(code) => return Ok(if code == 0 { ExitCode::Done } else { ExitCode::Findings }),
            Line::Fail { why, mistake: true } => return Err(mistake(why)),
            Line::Fail { why, mistake: false } => return Err(anyhow::anyhow!(why)),
            line => out(line),
        }
    }
    Err(anyhow::anyhow!("the running bot stopped in the middle of its answer"))
}

/// Shows lines to whoever runs the command.
fn printing() -> Out {
    Arc::new(|line| {
        // Whoever has stopped reading does not want to hear of it.
        let _ = match line {
            Line::Say(line) => writeln!(io::stdout(), "{line}"),
            Line::Note(line) => writeln!(io::stderr(), "{line}"),
            Line::End(_) | Line::Fail { .. } => Ok(()),
        };
    })
}

/// What became of a request, as its last line.
fn last_line(performed: anyhow::Result<ExitCode>) -> Line {
    match performed {
        Ok(code) => Line::End(code as u8),
        Err(error) => Line::Fail { why: format!("{error:#}"), mistake: error.chain().any(<dyn std::error::Error>::is::<Mistake>) },
    }
}

/// Where the socket of a data folder is. A path that is too long for a socket is gone by the folder's own descriptor.
fn address(folder: &Path) -> io::Result<(PathBuf, Option<File>)> {
    let plain = folder.join(NAME);
    if plain.as_os_str().len() < ADDRESS_MAX {
        return Ok((plain, None));
    }
    let opened = File::open(folder)?;
    Ok((PathBuf::from(format!("/proc/self/fd/{}/{NAME}", opened.as_raw_fd())), Some(opened)))
}
