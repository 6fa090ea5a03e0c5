//! Commands on a store through the real binary: on the bot that runs, by its socket, and on one that is stopped.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

mod support {
    pub mod botapi;
}

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::botapi::BotApi;
use tempfile::TempDir;
use usher::engine::{Record, RecordId};
use usher::store::{Commit, IndexKey, Store, StoreConfig};

const FLOW: &str = "flow: hello
title: Hello
start: { command: start }
for: anyone
steps:
  name:
    ask: What is your name?
    type: text
  town:
    ask: \"{{ name }}, where do you live?\"
    type: text
    audit: town.told
  greeting:
    say: \"Hello, {{ name }} of {{ town }}!\"
    end: greeted
";

/// The folder of a bot.
struct Home(TempDir);

impl Home {
    fn new(api: &BotApi) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config =
            format!("usher: 1\nchannels:\n  tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\" }}\n", api.url());
        fs::create_dir(folder.path().join("flows")).unwrap();
        for (name, text) in
            [("usher.yaml", config.as_str()), ("flows/hello.yaml", FLOW), ("flows/bot.yaml", "bot: Hello\nlanguages: [en]\n")]
        {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command.args(arguments).current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn run(&self) -> Running {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = self.command(&["run"]);
        command.env("TELEGRAM_TOKEN", BotApi::TOKEN).stdout(log.try_clone().unwrap()).stderr(log);
        Running(command.spawn().unwrap())
    }

    /// Runs a command, without the bot's token: it needs none. Its exit code and all that it said.
    fn does(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).env_remove("TELEGRAM_TOKEN").output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (output.status.code().unwrap(), said)
    }

    fn done(&self, arguments: &[&str]) -> String {
        let (code, said) = self.does(arguments);
        assert_eq!(code, 0, "{arguments:?}: {said}\n{}", fs::read_to_string(self.path("log")).unwrap_or_default());
        said
    }
}

struct Running(Child);

impl Running {
    fn stop(mut self) {
        assert!(Command::new("kill").arg(self.0.id().to_string()).status().unwrap().success());
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What `sessions list` says when nobody is there.
const NOBODY: &str = "nobody is in the middle of anything that was asked for\n";

fn sees(text: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(text.contains(wanted), "no \"{wanted}\" in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_is_listed_in_order_of_time_whoever_it_is_of() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let _bot = home.run();
    let (ann, bob) = (api.user(1001, "Ann", "en"), api.user(1_234_567, "Bob", "en"));
    for user in [&ann, &bob, &ann, &bob] {
        for text in ["/start", "Name", "Kazan"] {
            user.write(text);
            user.expect_message().await;
        }
    }
    let of = |arguments: &[&str]| {
        let listed = home.done(&[&["audit", "list"], arguments].concat());
        listed.lines().map(|line| line.split("  ").nth(1).unwrap().trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&[]), ["tg:1001", "tg:1234567", "tg:1001", "tg:1234567"]);
    let listed = home.done(&["audit", "list"]);
    let columns: Vec<_> = listed.lines().map(|line| line.find("town.told")).collect();
    assert!(columns.iter().all(|column| column.is_some() && *column == columns[0]), "{listed}");
    let (code, latest) = home.does(&["audit", "list", "--limit", "1"]);
    assert_eq!(code, 0, "{latest}");
    sees(&latest, &["tg:1234567", "these are the latest 1; ask for more with --limit"]);
    assert!(!latest.contains("tg:1001"), "{latest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_running_bot_does_what_commands_ask_and_goes_on() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let bot = home.run();
    let user = api.user(1001, "Ann", "en");
    user.write("/start");
    user.expect_message().await;
    user.write("Annabella");
    assert_eq!(user.expect_message().await.text, "Annabella, where do you live?");

    let socket = home.path("data/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let first = home.done(&["key", "list"]);
    sees(&first, &["active"]);
    sees(&home.done(&["key", "rotate"]), &["encrypts from now on"]);
    assert_eq!(home.done(&["key", "list"]).lines().count(), 2);
    sees(&home.done(&["key", "retire"]), &["sealed anew", "Destroyed", &first[..8]]);
    assert_eq!(home.done(&["key", "list"]).lines().count(), 1);

    sees(&home.done(&["sessions", "list"]), &["tg:1001", "hello.town"]);
    assert_eq!(home.done(&["sessions", "list"]), home.done(&["sessions", "list", "--step", "hello.town"]));
    assert_eq!(home.done(&["sessions", "list"]), home.done(&["sessions", "list", "--all"]));
    for (asked, told) in [
        (["sessions", "list", "--flow", "helo"], "there is no flow \"helo\"; did you mean \"hello\"?"),
        (["sessions", "list", "--step", "hello.twn"], "there is no step \"hello.twn\"; did you mean \"hello.town\"?"),
        (["audit", "list", "--person", "tg:1002"], "nothing is kept of \"tg:1002\""),
    ] {
        let (code, said) = home.does(&asked);
        assert_eq!(code, 2, "{said}");
        sees(&said, &[told]);
    }
    for (impossible, form) in [("chat:0f3a", "in a web chat"), ("tg:ann", "tg:1001"), ("1001", "channel and account")] {
        let (code, said) = home.does(&["sessions", "show", impossible]);
        assert_eq!(code, 2, "{said}");
        sees(&said, &[&format!("nothing is kept of \"{impossible}\": "), form, "`usher sessions list --all` shows them"]);
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    assert_eq!(home.done(&["sessions", "list", "--older", "2"]), NOBODY);
    let shown = home.done(&["sessions", "show", "tg:1001"]);
    sees(&shown, &["A…", "waits for an answer", "name: •••", "answered hello.name"]);
    assert!(!shown.contains("Annabella") && !shown.contains("Ann "), "{shown}");
    let exported: serde_json::Value = serde_json::from_str(&home.done(&["sessions", "export", "tg:1001"])).unwrap();
    assert_eq!(exported["sessions"][0]["answers"]["hello.name"], "Annabella");

    sees(&home.done(&["backup", "saved"]), &["1 record in"]);
    assert_eq!(fs::metadata(home.path("saved")).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, said) = home.does(&["backup", "saved"]);
    assert_eq!(code, 2, "{said}");
    sees(&said, &["is there already"]);

    user.write("Kazan");
    assert_eq!(user.expect_message().await.text, "Hello, Annabella of Kazan!");
    // What is kept of a conversation that is over is told as well.
    let shown = home.done(&["sessions", "show", "tg:1001"]);
    sees(&shown, &["as greeted, its answers are kept until", "name: •••", "town: •••"]);
    assert!(!shown.contains("Annabella") && !shown.contains("Kazan"), "{shown}");
    let exported: serde_json::Value = serde_json::from_str(&home.done(&["sessions", "export", "tg:1001"])).unwrap();
    assert_eq!((&exported["kept"][0]["flow"], &exported["kept"][0]["answers"]["hello.town"]), (&"hello".into(), &"Kazan".into()));
    sees(&home.done(&["audit", "list"]), &["town.told"]);
    assert_eq!(home.done(&["audit", "list", "--name", "consent"]), "");
    sees(&home.done(&["audit", "list", "--person", "tg:1001"]), &["started hello", "reached hello.town", "ended hello: greeted"]);
    sees(&home.done(&["audit", "verify"]), &["Everything agrees."]);

    // Whoever is in the middle of nothing can be found, too.
    assert_eq!(home.done(&["sessions", "list"]), NOBODY);
    sees(&home.done(&["sessions", "list", "--all"]), &["tg:1001  —"]);

    let (code, said) = home.does(&["sessions", "erase", "system:house"]);
    assert_eq!(code, 2, "{said}");
    sees(&said, &["is nobody's to erase"]);
    let act = home.done(&["sessions", "erase", "tg:1001"]);
    sees(&act, &["Act A-1", "Erased: tg:1001", "usher key retire"]);
    assert_eq!(home.done(&["sessions", "list", "--all"]), NOBODY);
    let (code, said) = home.does(&["sessions", "show", "tg:1001"]);
    assert_eq!(code, 2, "{said}");
    let (code, said) = home.does(&["sessions", "erase", "tg:1001"]);
    assert_eq!(code, 2, "{said}");
    sees(&home.done(&["audit", "verify"]), &["Everything agrees."]);
    // The bot goes on: whoever was erased is somebody new.
    user.write("/start");
    assert_eq!(user.expect_message().await.text, "What is your name?");
    bot.stop();
    assert!(!socket.exists());

    // The same on a store that nobody has open.
    sees(&home.done(&["sessions", "list"]), &["hello.name"]);
    sees(&home.done(&["key", "retire"]), &["Destroyed"]);
    assert_eq!(home.does(&["sessions", "erase", "system:house"]).0, 2);
    sees(&home.done(&["sessions", "erase", "tg:1001"]), &["Act A-2"]);
    assert_eq!(home.done(&["sessions", "list"]), NOBODY);
    assert!(home.command(&["sessions", "list"]).output().unwrap().stdout.is_empty(), "a script reads no sentence");
    sees(&home.done(&["audit", "verify"]), &["Everything agrees."]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_bot_is_paused_until_it_is_released() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let bot = home.run();
    let user = api.user(1001, "Ann", "en");
    user.write("/start");
    user.expect_message().await;
    user.write("Annabella");
    user.expect_message().await;
    api.expect_all_confirmed().await;
    home.done(&["backup", "saved"]);
    bot.stop();
    fs::copy(home.path("data/usher.key"), home.path("kept.key")).unwrap();
    let (code, said) = home.does(&["restore", "saved"]);
    assert_eq!(code, 2, "{said}");
    sees(&said, &["is not empty"]);
    fs::remove_dir_all(home.path("data")).unwrap();
    let (code, said) = home.does(&["restore", "saved"]);
    assert_eq!(code, 2, "{said}");
    sees(&said, &["the backup is sealed, and no key was given to open it", "with --key"]);
    let (code, said) = home.does(&["restore", "saved.yesterday"]);
    assert_eq!(code, 2, "{said}");
    sees(&said, &["saved.yesterday"]);
    assert!(!said.contains("key"), "{said}");
    sees(&home.done(&["restore", "saved", "--key", "kept.key"]), &["1 records", "paused"]);
    assert_eq!(fs::metadata(home.path("data")).unwrap().permissions().mode() & 0o777, 0o700);

    let asked = api.calls().len();
    let bot = home.run();
    wait_for(&home.path("data/control.sock"));
    user.write("Kazan");
    sees(&home.done(&["sessions", "list"]), &["hello.town"]);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(api.calls().len(), asked, "a paused bot asks and sends nothing");
    sees(&home.done(&["resume"]), &["Released"]);
    let mut said = user.expect_message().await.text;
    if said == "Annabella, where do you live?" {
        // The backup did not know yet that this had arrived.
        said = user.expect_message().await.text;
    }
    assert_eq!(said, "Hello, Annabella of Kazan!");
    bot.stop();
    sees(&home.done(&["resume"]), &["is not paused"]);
    sees(&home.done(&["audit", "verify"]), &["Everything agrees."]);
}

/// The columns stand below their heading, also where the id of a person is longer than it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_below_their_heading_however_long_an_id_is() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let bot = home.run();
    let users = [1001, 4_503_599_627_370_495].map(|id| api.user(id, "Ann", "en"));
    for user in &users {
        user.write("/start");
        user.expect_message().await;
    }
    let said = home.command(&["sessions", "list"]).output().unwrap();
    let [heading, rows] = [said.stderr, said.stdout].map(|bytes| String::from_utf8(bytes).unwrap());
    let at = heading.find("where").unwrap();
    assert!(rows.lines().count() == 2 && rows.lines().all(|row| row.find("hello.name") == Some(at)), "{heading}{rows}");
    bot.stop();
}

fn wait_for(path: &Path) {
    for _ in 0..600 {
        if path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("{} does not come", path.display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_are_one_sentence() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let (code, said) = home.does(&["key", "list"]);
    assert_eq!((code, said.lines().count()), (2, 1), "{said}");
    sees(&said, &["there is no store in"]);
    assert!(!home.path("data").exists(), "a command that looks makes no store");
    for arguments in [&["sessions", "show", "tg:1"][..], &["restore", "nowhere"], &["audit", "list", "--since", "yesterday"]] {
        let (code, said) = home.does(arguments);
        assert_eq!(code, 2, "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

impl Home {
    /// Changes what is kept of somebody, while no bot runs.
    async fn rewrite(&self, person: &str, change: impl FnOnce(&mut Record)) {
        let store = Store::open(&StoreConfig::new(self.path("data"))).unwrap();
        let mut record = store.load(&RecordId(person.to_owned())).await.unwrap().unwrap();
        let expected = record.version;
        record.version += 1;
        change(&mut record);
        let (wake, keys) = (record.next_timer(), IndexKey::all_of(&record));
        store.commit(Commit { expected, wake, keys, facts: Vec::new(), record }).await.unwrap();
        store.close().await.unwrap();
    }
}

/// A session always stands somewhere; one that stands nowhere is what the engine does not survive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_the_program_fail_is_parked_over_kills_and_done_or_dropped_when_somebody_says_so() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let (ann, bob) = (api.user(1001, "Ann", "en"), api.user(1002, "Bob", "en"));
    let bot = home.run();
    for text in ["/start", "Annabella"] {
        ann.write(text);
        ann.expect_message().await;
    }
    bot.stop();
    let mut frames = Vec::new();
    home.rewrite("tg:1001", |record| frames = std::mem::take(&mut record.sessions[0].frames)).await;

    let bot = home.run();
    ann.write("/back");
    ann.write("/back again");
    bob.write("/start");
    assert_eq!(bob.expect_message().await.text, "What is your name?", "everybody else goes on");
    api.expect_all_confirmed().await;
    // What became of the message is committed a moment after it was sent.
    tokio::time::sleep(Duration::from_millis(600)).await;
    drop(bot); // killed
    let listed = home.done(&["parked", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    sees(&listed, &["tg:1001", "a message", "a fault of the program"]);
    assert!(!listed.contains("back") && !listed.contains("Ann"), "{listed}");
    let names: Vec<&str> = listed.lines().map(|line| &line[..12]).collect();
    let (code, said) = home.does(&["parked", "retry", "--all"]);
    assert_eq!(code, 2, "only a bot that runs can: {said}");
    assert_eq!(home.does(&["parked", "drop", "nothing"]).0, 2);

    let bot = home.run();
    bob.write("Bob");
    bob.expect_message().await;
    assert_eq!(home.done(&["parked", "list"]), listed, "they outlive the process");
    let (code, said) = home.does(&["parked", "retry", names[0]]);
    assert_eq!(code, 1, "{said}");
    sees(&said, &["fails as before"]);
    sees(&home.done(&["parked", "drop", names[1]]), &["dropped"]);
    assert_eq!(home.done(&["parked", "list"]).lines().count(), 1);
    bot.stop();

    // The fault is mended.
    home.rewrite("tg:1001", |record| record.sessions[0].frames = frames).await;
    let bot = home.run();
    bob.write("Tula");
    assert_eq!(bob.expect_message().await.text, "Hello, Bob of Tula!");
    sees(&home.done(&["parked", "retry", "--all"]), &[names[0], "done"]);
    assert_eq!(ann.expect_message().await.text, "What is your name?");
    sees(&home.done(&["parked", "list"]), &["nothing is parked"]);
    bot.stop();
    assert_eq!(ann.chat().said().len(), 3, "nothing was said twice");
}

/// What is parked of somebody is theirs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_erased_leaves_nothing_parked() {
    let api = BotApi::start().await;
    let home = Home::new(&api);
    let ann = api.user(1001, "Ann", "en");
    let bot = home.run();
    ann.write("/start");
    ann.expect_message().await;
    bot.stop();
    home.rewrite("tg:1001", |record| record.sessions[0].frames.clear()).await;
    let bot = home.run();
    ann.write("/back");
    api.expect_all_confirmed().await;
    sees(&home.done(&["parked", "list"]), &["tg:1001", "a message"]);
    bot.stop();
    home.done(&["sessions", "erase", "tg:1001"]);
    sees(&home.done(&["parked", "list"]), &["nothing is parked"]);
}
