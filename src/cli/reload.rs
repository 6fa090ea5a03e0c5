//! Editing while the bot lives: what has changed in the folder of the flows is checked as a whole, and goes live if nothing is wrong
//! with it. Otherwise everything stays as it is, and whoever watches the log is told where and why.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::sync::watch::Sender;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::Instrument;

use crate::channel::Menus;
use crate::cli::bot::{Found, loaded, shown};
use crate::cli::sources::{self, Collected};
use crate::cli::watch::Watch;
use crate::cli::{menus, process, screen};
use crate::diagnostic::{self, Format, Severity, Sources, has_errors};
use crate::engine::Reloaded;
use crate::flow::{Installation, Project};
use crate::runtime::{Flows, files_of, guarded};
use crate::scenario;

/// Lines of what is wrong that are told in a chat, at most.
const IN_CHAT: usize = 12;

/// The files of a folder as they were read: paths and texts; or why they cannot be.
type Content = Result<Vec<(String, String)>, String>;

/// By which somebody waits for the flows to be read again.
pub type Wishes = UnboundedReceiver<oneshot::Sender<Reloaded>>;

/// The flows of a bot, where they can be edited.
pub struct Folder {
    path: PathBuf,
    /// The operator's file, which is no flow.
    except: Option<PathBuf>,
    installation: Arc<Installation>,
    /// What has been looked at already: it is not told twice what is wrong with it.
    seen: Content,
}

/// Files that may go live.
struct Checked {
    project: Project,
    sources: Sources,
}

/// What is wrong with files, line by line, and with how many things.
struct Refused {
    lines: Vec<String>,
    count: String,
    /// The command that shows all of it.
    shown_by: &'static str,
}

impl Folder {
    /// The folder that these files were read from.
    pub fn new(path: &Path, except: Option<&Path>, read: &Sources, installation: &Installation) -> Self {
        let (path, except) = (path.to_owned(), except.map(Path::to_owned));
        Self { path, except, installation: Arc::new(installation.clone()), seen: Ok(texts(read)) }
    }

    /// What is in the folder now.
    async fn read(&self) -> Result<Collected, String> {
        let (path, except) = (self.path.clone(), self.except.clone());
        let read = spawn_blocking(move || sources::collect(&path, &shown(&path), except.as_deref()));
        match read.await {
            Ok(read) => read.map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// What is in the folder: texts, and what tells the other files from those that stood there before.
fn texts(sources: &Sources) -> Vec<(String, String)> {
    let texts = sources.iter().map(|(_, file)| (file.path.clone(), file.text.clone()));
    texts.chain(files_of(sources).into_iter().filter(|(path, _)| sources.attached().contains_key(path))).collect()
}

/// Keeps the flows of a bot as they are in the folder, until it is aborted. Files that have changed since they were read for the start
/// are noticed, too.
pub fn follow(mut folder: Folder, mut wishes: Wishes, flows: Flows, menus: Sender<Menus>) -> anyhow::Result<JoinHandle<()>> {
    let mut hangup = process::asked_to_reload()?;
    // Of several bots each says whose flows it means.
    let about = tracing::info_span!("flows", folder = %folder.path.display());
    let life = async move {
        let watch = Watch::new(&folder.path);
        loop {
            look(&mut folder, &watch, &flows, &menus).await;
            let wish = tokio::select! {
                () = watch.touched() => continue,
                Some(()) = hangup.recv() => None,
                Some(wish) = wishes.recv() => Some(wish),
            };
            tracing::info!("asked to read the flows again");
            let read = folder.read().await;
            let came = take(&mut folder, read, &watch, &flows, &menus).await;
            if let Some(wish) = wish {
                // Nobody waits for it any more only when everything stops.
                let _ = wish.send(came);
            }
        }
    };
    Ok(tokio::spawn(life.instrument(about)))
}

/// Reads the folder, and acts if its content has changed.
async fn look(folder: &mut Folder, watch: &Watch, flows: &Flows, menus: &Sender<Menus>) {
    let read = folder.read().await;
    if content(&read) != folder.seen {
        take(folder, read, watch, flows, menus).await;
    }
}

fn content(read: &Result<Collected, String>) -> Content {
    read.as_ref().map(|collected| texts(&collected.sources)).map_err(Clone::clone)
}

/// Takes what was read, or what was saved while that was being checked, unless something is wrong with it.
async fn take(folder: &mut Folder, mut read: Result<Collected, String>, watch: &Watch, flows: &Flows, menus: &Sender<Menus>) -> Reloaded {
    let checked = loop {
        folder.seen = content(&read);
        match read {
            Ok(collected) => match check(collected, folder, watch).await {
                Ended::Checked(checked) => break *checked,
                Ended::Saved(newer) => read = newer,
            },
            Err(why) => break Err(Refused { lines: vec![why], count: screen::counted(1, "error"), shown_by: "usher lint" }),
        }
    };
    let checked = match checked {
        Ok(checked) => checked,
        Err(refused) => {
            let findings = refused.brief();
            flows.refused(findings.clone());
            refused.tell(&flows.current().0);
            return Reloaded::Wrong { findings };
        }
    };
    activate(checked, flows, menus).await.unwrap_or_else(|why| {
        // What the store could not keep now it may keep when it is looked at again.
        folder.seen = Err(String::new());
        Reloaded::Impossible { why }
    })
}

/// Makes the files live; or why that could not be kept.
async fn activate(checked: Checked, flows: &Flows, menus: &Sender<Menus>) -> Result<Reloaded, String> {
    let Checked { project, sources } = checked;
    let version = project.version.clone();
    if version == flows.current() {
        tracing::info!(version = version.0, "the flows are those that are live");
        return Ok(Reloaded::Live { version: version.0, changed: false });
    }
    let offered = menus::of(&project);
    if let Err(error) = flows.replace(project, &files_of(&sources)).await {
        tracing::error!(%error, "reload refused: the store cannot keep the flows; version {} stays live", flows.current().0);
        return Err("the store cannot keep the flows".to_owned());
    }
    tracing::info!("reloaded: version {} is live", version.0);
    menus.send_if_modified(|shown| {
        let has_changed = *shown != offered;
        *shown = offered;
        has_changed
    });
    Ok(Reloaded::Live { version: version.0, changed: true })
}

/// How a check ended.
enum Ended {
    /// By what was found.
    Checked(Box<Result<Checked, Refused>>),
    /// It was given up: something else is in the folder by now.
    Saved(Result<Collected, String>),
}

/// Loads the files and plays their scenarios, away from those who wait for answers. Whoever saves again does not wait for the end of it.
async fn check(collected: Collected, folder: &Folder, watch: &Watch) -> Ended {
    let (installation, is_wanted) = (Arc::clone(&folder.installation), Arc::new(AtomicBool::new(true)));
    let wanted = Arc::clone(&is_wanted);
    let mut checking = spawn_blocking(move || guarded(|| checked(collected, &installation, &wanted)));
    let ended = loop {
        let is_settled = tokio::select! {
            ended = &mut checking => break ended,
            is_changing = watch.noticed() => !is_changing,
        };
        if !is_settled {
            watch.settled().await;
        }
        let read = folder.read().await;
        if content(&read) != folder.seen {
            tracing::info!("the flows were saved again: their check begins anew");
            is_wanted.store(false, Ordering::Relaxed);
            // One check at a time, however often somebody saves.
            let _ = checking.await;
            return Ended::Saved(read);
        }
    };
    let fault = || Refused {
        lines: vec!["the flows could not be checked because of a fault of ours; please report it".to_owned()],
        count: screen::counted(1, "error"),
        shown_by: "usher lint",
    };
    Ended::Checked(Box::new(ended.ok().flatten().unwrap_or_else(|| Err(fault()))))
}

/// What came of the files; of no meaning if it was not wanted until the end.
fn checked(collected: Collected, installation: &Installation, is_wanted: &AtomicBool) -> Result<Checked, Refused> {
    let (project, mut found) = loaded(collected, installation);
    let scenario::Read { suite, findings } = scenario::read(&found.sources);
    found.findings.extend(findings);
    let project = match project {
        Some(project) if !has_errors(&found.findings) => project,
        _ => return Err(errors(found)),
    };
    if suite.tests.is_empty() {
        return Ok(Checked { project, sources: found.sources });
    }
    let report = scenario::play_while(&|| is_wanted.load(Ordering::Relaxed), &found.sources, installation, &suite);
    if report.passed() {
        return Ok(Checked { project, sources: found.sources });
    }
    if report.failed() == 0 {
        return Err(errors(Found { sources: found.sources, findings: report.findings }));
    }
    let lines = report.brief(&found.sources).lines().map(str::to_owned).collect();
    Err(Refused { lines, count: screen::counted(report.failed(), "failed scenario"), shown_by: "usher test" })
}

fn errors(mut found: Found) -> Refused {
    found.findings.retain(|finding| finding.severity == Severity::Error);
    diagnostic::sort(&found.sources, &mut found.findings);
    let text = diagnostic::render(&found.sources, &found.findings, Format::Concise, false);
    Refused {
        lines: text.lines().map(str::to_owned).collect(),
        count: screen::counted(found.findings.len(), "error"),
        shown_by: "usher lint",
    }
}

impl Refused {
    /// As much of it as can be read in a chat.
    fn brief(&self) -> String {
        let mut lines: Vec<&str> = self.lines.iter().map(String::as_str).take(IN_CHAT).collect();
        let more = (self.lines.len() > IN_CHAT).then(|| format!("… {}", self.shown_by));
        lines.extend(more.as_deref());
        lines.join("\n")
    }

    fn tell(self, version: &str) {
        for line in self.lines.iter().filter(|line| !line.is_empty()) {
            tracing::error!("{line}");
        }
        tracing::error!("reload refused: {}; version {version} stays live", self.count);
    }
}
