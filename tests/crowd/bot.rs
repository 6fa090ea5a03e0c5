//! The real binary, and what the system says of its memory.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use usher::demo::{DemoErp, Options, Profile, serve};

use crate::support::botapi::BotApi;

/// A demo ERP; returns its address.
pub async fn erp() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let erp = DemoErp::new(Options { profile: Profile::Extended, ..Options::default() }).unwrap();
    tokio::spawn(serve(listener, Arc::new(erp), std::future::pending()));
    url
}

/// The bot's process.
pub struct Bot(Child);

impl Bot {
    /// Starts the bot in a folder whose `data` it goes on with; tells when.
    pub fn start(folder: &Path, api: &BotApi, erp: &str) -> (Self, Instant) {
        let flows = Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
        let config = format!(
            "usher: 1\nflows: {}\nchannels:\n  tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\" }}\n\
             store: {{ kind: sled, path: data }}\nconnections:\n  erp:\n    url: \"{erp}\"\n    \
             auth: {{ kind: header, name: X-API-Key, value: \"${{env:ERP_KEY}}\" }}\n    profile: extended\n    \
             redirects: same_origin\n    private_network: true\nroles: {{ hr: {{}}, it: {{}}, owner: {{}} }}\nsettings:\n  site: \"{erp}\"\n",
            flows.display(),
            api.url()
        );
        std::fs::write(folder.join("usher.yaml"), config).unwrap();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let started = Instant::now();
        let process = Command::new(env!("CARGO_BIN_EXE_usher"))
            .arg("run")
            .current_dir(folder)
            .env("TELEGRAM_TOKEN", BotApi::TOKEN)
            .env("ERP_KEY", "demo-key")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        (Self(process), started)
    }

    /// What it holds in memory now, in MiB.
    pub fn resident(&self) -> f64 {
        self.status("VmRSS:")
    }

    /// The most it ever held in memory, in MiB.
    pub fn peak(&self) -> f64 {
        self.status("VmHWM:")
    }

    fn status(&self, field: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("the process lives");
        let kibibytes: u32 = line.trim().trim_end_matches(" kB").parse().unwrap();
        f64::from(kibibytes) / 1024.0
    }

    /// The processor time it has used, to a hundredth of a second.
    pub fn worked(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        // The name, in brackets, may hold spaces; the times in user and in system mode are the 12th and 13th field behind it.
        let fields = stat.rsplit_once(") ").unwrap().1.split(' ');
        let ticks: u64 = fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Stops as an operator does, and tells the exit code.
    pub fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
