//! `usher demo`: everything embedded, nothing to configure.

mod people;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use tokio::net::TcpListener;

use crate::channel::Channel;
use crate::channel::web::{Numbers, Web};
use crate::cli::bot::{Found, Ready};
use crate::cli::config::{self, FILE, FLOWS, Hook, Log, LogLevel};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::live::{self, Born, Life, Parents};
use crate::cli::reload::Folder;
use crate::cli::{chat, listen, logging, process, sources};
use crate::demo::{self, DemoErp, Receiver};
use crate::diagnostic::Sources;
use crate::expr::Value;
use crate::fetch::{Auth, Connection, Redirects, Secret};
use crate::flow::{Installation, Role, load, unknown_settings};
use crate::store::StoreConfig;

use self::people::People;

/// The flows of the shipped bot, for a machine that has nothing but the binary.
const SHIPPED: &[(&str, &str)] = &[
    ("flows/activation.yaml", include_str!("../../flows/activation.yaml")),
    ("flows/admin/broadcast.yaml", include_str!("../../flows/admin/broadcast.yaml")),
    ("flows/admin/codes.yaml", include_str!("../../flows/admin/codes.yaml")),
    ("flows/admin/menu.yaml", include_str!("../../flows/admin/menu.yaml")),
    ("flows/admin/operations.yaml", include_str!("../../flows/admin/operations.yaml")),
    ("flows/admin/outreach.yaml", include_str!("../../flows/admin/outreach.yaml")),
    ("flows/admin/people.yaml", include_str!("../../flows/admin/people.yaml")),
    ("flows/admin/requests.yaml", include_str!("../../flows/admin/requests.yaml")),
    ("flows/admin/roles.yaml", include_str!("../../flows/admin/roles.yaml")),
    ("flows/api/erp.yaml", include_str!("../../flows/api/erp.yaml")),
    ("flows/bot.yaml", include_str!("../../flows/bot.yaml")),
    ("flows/cabinet.yaml", include_str!("../../flows/cabinet.yaml")),
    ("flows/code.yaml", include_str!("../../flows/code.yaml")),
    ("flows/link_existing_staff.yaml", include_str!("../../flows/link_existing_staff.yaml")),
    ("flows/messages/en.yaml", include_str!("../../flows/messages/en.yaml")),
    ("flows/position_access.yaml", include_str!("../../flows/position_access.yaml")),
    ("flows/registration.yaml", include_str!("../../flows/registration.yaml")),
];

/// The operator's file of the shipped bot: the demo takes its roles, and nothing else.
const OPERATORS: &str = include_str!("../../usher.yaml");

const EXAMPLE: &str = "\
Examples:
  usher demo
  usher demo --language en
  usher demo --set mode=approved     somebody of HR decides: the page has their chat, too
  usher demo --no-terminal           only in the browser
  usher demo --data /tmp/somewhere   a conversation of its own";

/// Register somebody in the browser or in this terminal, against a built-in demo ERP
///
/// Prints one address: a page with the chat, the ERP's activation page and what the ERP holds, side by side. The conversation can be
/// held in this terminal as well. The flows are those of this folder if it has any, else the shipped ones; each role of usher.yaml is
/// held by somebody whom the page lets you be. Progress is kept in the data folder: stop it, or kill it, start it again, and the
/// conversation goes on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Where progress is kept
    #[arg(long, value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// Where it listens; another port is taken if this one is in use
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The language of whoever talks in the terminal
    #[arg(long, value_name = "CODE", default_value = "ru", value_parser = ["ru", "en"])]
    language: String,
    /// So many positions more in the demo ERP, for lists that need paging
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000))]
    extra_positions: u32,
    /// A setting of the flows with another value; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// Talk in the browser only; Ctrl+C ends it
    #[arg(long)]
    no_terminal: bool,
}

/// Talks until the end of input, or until it is told to stop.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    logging::begin(Log { level: LogLevel::Error, ..Log::default() });
    process::block_on(async {
        let listener = listen(arguments.listen).await?;
        let address = listener.local_addr().context("the address cannot be told")?;
        let site = format!("http://{address}");
        let sources = flows()?;
        let people = People::of(roles()?);
        let installation = installation(&site, &people, &arguments.set);
        let loaded = load(&sources, &installation);
        let Some(project) = loaded.project else {
            let wrong = loaded.findings.iter().find(|finding| finding.elsewhere.first().is_some_and(|key| key == "settings"));
            if let Some(wrong) = wrong {
                let help = wrong.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
                return Err(mistake(format!("{}{help}", wrong.message)));
            }
            let mut found = Found::default();
            found.add(&sources, loaded.findings);
            return Ready::refuse(found, ExitCode::Findings);
        };
        // The address of the demo ERP is offered to all flows; only what was written on the command line must be known to them.
        let written = |name: &String| arguments.set.iter().any(|(set, _)| set == name);
        if let Some((name, nearest)) = unknown_settings(&project, &installation).iter().find(|(name, _)| written(name)) {
            let meant = nearest.as_ref().map_or_else(String::new, |nearest| format!(" (did you mean \"{nearest}\"?)"));
            return Err(mistake(format!("the flows have no setting \"{name}\"{meant}")));
        }
        std::fs::create_dir_all(&arguments.data).map_err(|error| sources::cannot_write(&arguments.data, &error))?;
        let secret = secret()?;
        let receiver = Some(Receiver::new(&site, secret.expose().to_owned())?);
        let options = demo::Options { extra_positions: arguments.extra_positions, receiver, ..demo::Options::default() };
        let key = options.api_key.clone();
        let erp = DemoErp::kept_in(options, arguments.data.join("demo-erp.json"))?;
        let web = Web::new(people::CHANNEL, Numbers::Believed, Some(format!("{site}{}/", people::EMPLOYEES)));
        let page = Page { listener, erp, routes: people.router(&web, &project.bot), secret };
        let connections = BTreeMap::from([("erp".to_owned(), connection(&site, key)?)]);
        let store = live::open(&StoreConfig::new(arguments.data.join("store")))?;
        let folder = has_flows().then(|| Folder::new(Path::new(FLOWS), None, &sources, &installation));
        let parents = Parents { bots: Born::alone(project, sources, folder), installation, store, connections };
        let beside = BTreeMap::from([(people::CHANNEL.to_owned(), Arc::new(Channel::Web(web)))]);
        talk(arguments, parents, beside, page, &site).await
    })
}

/// What is at the one address.
struct Page {
    listener: TcpListener,
    erp: DemoErp,
    /// The chats.
    routes: Router,
    /// What the ERP signs its reports with.
    secret: Secret,
}

impl Page {
    /// Serves for as long as the bot lives. Whoever has connected before has waited.
    fn open(self, life: &Life) -> anyhow::Result<()> {
        let hook = Hook { events: vec![demo::ACTIVATED.to_owned()], secret: self.secret };
        let hooks = listen::hooks(BTreeMap::from([("erp".to_owned(), hook)]), life.events());
        tokio::spawn(demo::serve_beside(self.listener, Arc::new(self.erp), self.routes.merge(hooks), process::asked_to_stop()?));
        Ok(())
    }
}

/// In the browser, and in the terminal unless that is not wanted.
async fn talk(
    arguments: &Arguments,
    parents: Parents,
    beside: BTreeMap<String, Arc<Channel>>,
    page: Page,
    site: &str,
) -> anyhow::Result<ExitCode> {
    let begin = |life: &Life| {
        page.open(life)?;
        tell(&welcome(arguments, site))
    };
    if !arguments.no_terminal {
        return chat::talk("demo", parents, beside, Some(arguments.language.clone()), begin).await;
    }
    let stop = process::asked_to_stop()?;
    let life = Life::begin(parents, beside).await?;
    begin(&life)?;
    life.live(stop).await
}

/// The roles of this folder's operator's file; without flows of its own, those of the shipped one.
fn roles() -> anyhow::Result<BTreeMap<String, Role>> {
    let file = Path::new(FILE);
    if !has_flows() {
        return Ok(config::roles_of(OPERATORS));
    }
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(config::roles_of(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(sources::cannot_read(file, &error)),
    }
}

/// True if this folder has flows of its own.
fn has_flows() -> bool {
    Path::new(FLOWS).join("bot.yaml").is_file()
}

/// The flows of this folder, or the shipped ones.
fn flows() -> anyhow::Result<Sources> {
    if has_flows() {
        return Ok(sources::collect(Path::new(FLOWS), FLOWS, None)?.sources);
    }
    let mut shipped = Sources::default();
    for (path, text) in SHIPPED {
        shipped.add(*path, *text);
    }
    Ok(shipped)
}

/// A setting as it is written on the command line.
fn setting(written: &str) -> Result<(String, String), String> {
    let (name, value) = written.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn installation(site: &str, people: &People, set: &[(String, String)]) -> Installation {
    let text = |value: &str| Value::Text(value.to_owned());
    let set = set.iter().map(|(name, value)| (name.clone(), text(value)));
    Installation {
        settings: [("site".to_owned(), text(site))].into_iter().chain(set).collect(),
        roles: people.roles(),
        profiles: BTreeMap::from([("erp".to_owned(), demo::Profile::Extended.name().to_owned())]),
        ..Installation::default()
    }
}

/// What the demo ERP signs its reports with, in this run and nowhere else.
fn secret() -> anyhow::Result<Secret> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the operating system gives no random numbers: {error}"))?;
    Ok(Secret::new(STANDARD.encode(bytes)))
}

fn connection(site: &str, key: String) -> anyhow::Result<Connection> {
    let base = site.parse().context("the demo ERP has no address")?;
    let auth = Auth::Header { name: "X-API-Key".to_owned(), value: Secret::new(key) };
    Ok(Connection { auth, redirects: Redirects::SameOrigin, private_network: true, ..Connection::new(base) })
}

/// Listens where it was asked to, or on any port if that one is in use.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let anywhere = SocketAddr::new(address.ip(), 0);
            TcpListener::bind(anywhere).await.map_err(|error| process::cannot_listen(anywhere, &error, "--listen"))
        }
        bound => bound.map_err(|error| process::cannot_listen(address, &error, "--listen")),
    }
}

/// What stands above the conversation, in its language.
fn welcome(Arguments { data, language, no_terminal, .. }: &Arguments, site: &str) -> String {
    let (data, english) = (data.display(), language == "en");
    let open = if english {
        format!(
            "Usher demo: an employee registers in a demo ERP. Nothing leaves this machine.\n\n  Open in a browser:  {site}/\n\n\
             There are the chat, the activation page and what the ERP holds, side by side. Progress is kept in {data}.\n"
        )
    } else {
        format!(
            "Демонстрация Usher: сотрудник регистрируется в демо-ERP. Ничего не покидает этот компьютер.\n\n  Откройте в браузере:  {site}/\n\n\
             Там рядом чат, страница активации и то, что хранит ERP. Ход разговора хранится в {data}.\n"
        )
    };
    let talk = match (no_terminal, english) {
        (true, true) => "Ctrl+C ends it.\n",
        (true, false) => "Ctrl+C заканчивает.\n",
        (false, true) => "Or talk right here: write a text, or the number of a button. /start begins, Ctrl+D ends it.\n",
        (false, false) => "Или разговаривайте прямо здесь: пишите текст или номер кнопки. /start начинает, Ctrl+D заканчивает.\n",
    };
    open + talk
}

fn tell(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let told = writeln!(out, "{text}").and_then(|()| out.flush());
    told.map_err(|error| mistake(format!("the terminal cannot be written to: {error}")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::sources;

    #[test]
    fn every_flow_of_the_shipped_bot_is_in_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
        let collected = sources::collect(&folder, "flows", None).expect("the flows can be read");
        let mut files: Vec<_> = collected.sources.iter().map(|(_, file)| (file.path.as_str(), file.text.as_str())).collect();
        files.retain(|(path, _)| !crate::flow::shapes::holds_scenarios(path));
        files.sort_unstable();
        let mut shipped = SHIPPED.to_vec();
        shipped.sort_unstable();
        assert!(files == shipped, "{:?}", files.iter().zip(&shipped).find(|(file, shipped)| file != shipped).map(|((path, _), _)| path));
        assert_eq!(collected.sources.attached().len(), 0, "a file that is shown would have to be shipped, too");
    }
}
