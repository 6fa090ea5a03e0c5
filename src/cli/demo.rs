//! `usher demo`: everything embedded, nothing to configure.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use clap::Args;
use tokio::net::TcpListener;

use crate::channel::Channel;
use crate::channel::web::{Numbers, Web};
use crate::cli::bot::{Found, Ready};
use crate::cli::config::{FLOWS, Log, LogLevel};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::live::{self, Parents};
use crate::cli::reload::Folder;
use crate::cli::{chat, logging, process, sources};
use crate::demo::{self, DemoErp};
use crate::diagnostic::Sources;
use crate::expr::Value;
use crate::fetch::{Auth, Connection, Redirects, Secret};
use crate::flow::{Installation, load};
use crate::store::StoreConfig;

/// The flows of the shipped bot, for a machine that has nothing but the binary.
const SHIPPED: &[(&str, &str)] = &[
    ("flows/activation.yaml", include_str!("../../flows/activation.yaml")),
    ("flows/api/erp.yaml", include_str!("../../flows/api/erp.yaml")),
    ("flows/bot.yaml", include_str!("../../flows/bot.yaml")),
    ("flows/cabinet.yaml", include_str!("../../flows/cabinet.yaml")),
    ("flows/messages/en.yaml", include_str!("../../flows/messages/en.yaml")),
    ("flows/registration.yaml", include_str!("../../flows/registration.yaml")),
];

const EXAMPLE: &str = "\
Examples:
  usher demo
  usher demo --language en
  usher demo --data /tmp/somewhere   a conversation of its own";

/// Register somebody in this terminal, against a built-in demo ERP
///
/// Starts the demo ERP with its activation page, and begins the conversation here and, at the address that is told, in the browser. The
/// flows are those of this folder if it has any, else the shipped ones. Progress is kept in the data folder: stop it, or kill it, start
/// it again, and the conversation goes on.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Where progress is kept
    #[arg(long, value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// Where the demo ERP listens; another port is taken if this one is in use
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// The language of whoever talks: ru or en
    #[arg(long, value_name = "CODE", default_value = "ru")]
    language: String,
}

/// Talks until the end of input.
pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    logging::begin(Log { level: LogLevel::Error, ..Log::default() });
    process::block_on(async {
        let listener = listen(arguments.listen).await?;
        let address = listener.local_addr().context("the address cannot be told")?;
        let site = format!("http://{address}");
        let sources = flows()?;
        let installation = installation(&site);
        let loaded = load(&sources, &installation);
        let Some(project) = loaded.project else {
            let mut found = Found::default();
            found.add(&sources, loaded.findings);
            return Ready::refuse(found, ExitCode::Findings);
        };
        std::fs::create_dir_all(&arguments.data).map_err(|error| sources::cannot_write(&arguments.data, &error))?;
        let erp = DemoErp::kept_in(demo::Options::default(), arguments.data.join("demo-erp.json"))?;
        let key = demo::Options::default().api_key;
        let web = Web::new("web", Numbers::Believed);
        let browser = Router::new().route("/chat", get(|| async { Redirect::permanent("/chat/") })).nest("/chat/", web.router());
        let serving = tokio::spawn(demo::serve_beside(listener, Arc::new(erp), browser, process::asked_to_stop()?));
        let connections = BTreeMap::from([("erp".to_owned(), connection(&site, key)?)]);
        let store = live::open(&StoreConfig::new(arguments.data.join("store")))?;
        let folder = has_flows().then(|| Folder::new(Path::new(FLOWS), None, &sources, &installation));
        let parents = Parents { project, sources, installation, folder, store, connections };
        let beside = BTreeMap::from([("web".to_owned(), Arc::new(Channel::Web(web)))]);
        let language = &arguments.language;
        let ended = chat::talk("demo", parents, beside, Some(language.clone()), || welcome(&site, &arguments.data, language)).await;
        serving.abort();
        ended
    })
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

fn installation(site: &str) -> Installation {
    Installation {
        settings: BTreeMap::from([("site".to_owned(), Value::Text(site.to_owned()))]),
        profiles: BTreeMap::from([("erp".to_owned(), demo::Profile::Extended.name().to_owned())]),
        ..Installation::default()
    }
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
fn welcome(site: &str, data: &Path, language: &str) -> anyhow::Result<()> {
    let data = data.display();
    let text = if language.starts_with("en") {
        format!(
            "Usher demo: an employee registers in a demo ERP. Nothing leaves this machine.\n  chat in browser  {site}/chat/\n  activation page  {site}/activate\n  \
             the ERP's staff  {site}/\n  progress         {data}\nWrite a text, or the number of a button. /start begins, Ctrl+D ends it.\n"
        )
    } else {
        format!(
            "Демонстрация Usher: сотрудник регистрируется в демо-ERP. Ничего не покидает этот компьютер.\n  чат в браузере      {site}/chat/\n  страница активации  \
             {site}/activate\n  сотрудники в ERP    {site}/\n  ход разговора       {data}\nПишите текст или номер кнопки. /start начинает, \
             Ctrl+D заканчивает.\n"
        )
    };
    let mut out = io::stdout().lock();
    let told = writeln!(out, "{text}").and_then(|()| out.flush());
    told.map_err(|error| mistake(format!("the terminal cannot be written to: {error}")))
}
