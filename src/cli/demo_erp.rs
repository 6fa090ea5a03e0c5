//! `usher demo-erp`: the demo ERP by itself.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::net::TcpListener;

use crate::cli::config::{self, Log, LogLevel};
use crate::cli::exit::{ExitCode, mistake};
use crate::cli::{logging, process};
use crate::demo::{DemoErp, Options, Profile, Receiver, serve};

const EXAMPLE: &str = "\
Examples:
  usher demo-erp
  usher demo-erp --profile compat --listen 127.0.0.1:9000
  ERP_HOOK_SECRET=… usher demo-erp --report-to http://127.0.0.1:8080
  curl -H 'X-API-Key: demo-key' http://127.0.0.1:8090/api/v1/positions/
  curl -H 'content-type: application/json' -d '{\"status\": 500, \"next\": 2}' \\
    http://127.0.0.1:8090/_demo/faults";

/// The variable with what reports are signed with; the shipped operator's file names it, too.
const SECRET: &str = "ERP_HOOK_SECRET";

/// Run the demo ERP: a back-end in memory, with its activation page
///
/// It answers as a real back-end does, and fails on purpose when it is asked to: POST to /_demo/faults. Its /_demo/ routes have no
/// authentication, so keep it on a loopback address.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Where it listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// Which back-end it behaves as
    #[arg(long, value_enum, default_value_t)]
    profile: Named,
    /// The key that callers present as X-API-Key
    #[arg(long, value_name = "KEY", default_value = "demo-key")]
    api_key: String,
    /// So many positions more, for lists that need paging
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000))]
    extra_positions: u32,
    /// Where a bot listens: each activation is posted there, to /events/erp.activated, until it is taken (extended only)
    #[arg(long, value_name = "ADDRESS")]
    report_to: Option<String>,
    /// The file with the secret that reports are signed with; without it, the variable `ERP_HOOK_SECRET` holds it
    #[arg(long, value_name = "FILE", requires = "report_to")]
    report_secret_file: Option<PathBuf>,
}

/// A profile, as it is written on the command line.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Named {
    /// The back-end as it is
    Compat,
    /// The back-end with the agreed additions
    #[default]
    Extended,
}

/// Serves until it is told to stop.
pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { listen, profile, api_key, extra_positions, report_to, report_secret_file } = arguments;
    logging::begin(Log { level: LogLevel::Warn, ..Log::default() });
    if api_key.is_empty() || !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(mistake("--api-key must be a word of visible ASCII characters, because it travels in a header"));
    }
    let profile = match profile {
        Named::Compat => Profile::Compat,
        Named::Extended => Profile::Extended,
    };
    if report_to.is_some() && profile == Profile::Compat {
        return Err(mistake("the profile compat reports nothing; leave out --report-to, or choose --profile extended"));
    }
    let receiver = match &report_to {
        Some(base) => {
            let made = Receiver::new(base, secret(report_secret_file.as_deref())?);
            Some(made.map_err(|error| mistake(format!("--report-to: {error}")))?)
        }
        None => None,
    };
    let erp = Arc::new(DemoErp::new(Options { profile, api_key, extra_positions, receiver, ..Options::default() })?);
    process::block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(|error| process::cannot_listen(listen, &error, "--listen"))?;
        let address = listener.local_addr().context("the address cannot be told")?;
        announce(address, profile);
        serve(listener, erp, process::asked_to_stop()?).await.context("the demo ERP stopped")?;
        Ok(ExitCode::Done)
    })
}

/// What reports are signed with: in a file, or else in the environment.
fn secret(file: Option<&Path>) -> anyhow::Result<String> {
    match file {
        Some(file) => config::read_small(file).map_err(|why| mistake(format!("the file {} {why}", file.display()))),
        None => env::var(SECRET).ok().filter(|secret| !secret.is_empty()).ok_or_else(|| {
            mistake(format!("reports are signed, and there is no secret: set {SECRET}, or name its file with --report-secret-file"))
        }),
    }
}

/// Says where it is. Whoever started it without wanting to read that has it running all the same.
fn announce(address: SocketAddr, profile: Profile) {
    let profile = profile.name();
    let words = format!(
        "demo ERP, profile {profile}, on http://{address}\n\
         staff       http://{address}/\n\
         activation  http://{address}/activate\n\
         stop it with Ctrl+C\n"
    );
    let mut out = io::stdout().lock();
    let _ = out.write_all(words.as_bytes()).and_then(|()| out.flush());
}
