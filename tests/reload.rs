//! Flows that are edited while the real binary runs: what is whole goes live, what is broken changes nothing, nobody who is in the
//! middle of a conversation notices, and what was live last survives a kill.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

mod support {
    pub mod botapi;
}

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::botapi::BotApi;
use tempfile::TempDir;

/// How long the log is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

const CONFIG: &str = "usher: 1\nchannels:\n  tg: { kind: telegram, token: \"${env:TELEGRAM_TOKEN}\", api_url: \"${env:BOT_API}\" }\n\
                      store: { kind: sled, path: data }\n";

/// The bot: a name, a position, and thanks. An edit may put a question before the last step.
const FLOW: &str = "\
flow: form
title: Анкета
start: { command: start, menu: Анкета }
for: anyone
steps:
  name: { ask: Как вас зовут?, type: text }
  position: { ask: Кем вы работаете?, type: text }
  done:
    say: \"Готово: {{ name }}, {{ position }}\"
    end: done
";

const SCENARIOS: &str = "\
scenarios: form
given:
  now: 2026-11-23 10:00
  people: { me: { id: 1, first_name: Анна } }
tests:
  begins:
    talk:
      - me: /start
      - bot: Как вас зовут?
";

/// The form with a question about the city after the position.
fn with_city() -> String {
    FLOW.replace("  done:\n", "  city: { ask: В каком городе вы работаете?, type: text }\n  done:\n")
}

/// The bot's process, its folder and its flows, which the test edits.
struct Bot {
    folder: TempDir,
    api: String,
    process: Option<Child>,
}

impl Bot {
    async fn start(api: &BotApi) -> Self {
        Self::start_with(api, CONFIG, &[]).await
    }

    /// With this operator's file and these flows besides.
    async fn start_with(api: &BotApi, config: &str, flows: &[(&str, &str)]) -> Self {
        let mut bot = Self { folder: tempfile::tempdir().unwrap(), api: api.url(), process: None };
        fs::create_dir(bot.folder.path().join("flows")).unwrap();
        fs::write(bot.folder.path().join("usher.yaml"), config).unwrap();
        let usual = [("bot.yaml", "bot: Проба\nlanguages: [ru]\n"), ("form.yaml", FLOW), ("form.test.yaml", SCENARIOS)];
        for (name, text) in usual.iter().chain(flows) {
            fs::write(bot.flow(name), text).unwrap();
        }
        bot.again();
        bot.logs("ready", 1).await;
        bot
    }

    fn flow(&self, name: &str) -> PathBuf {
        self.folder.path().join("flows").join(name)
    }

    fn again(&mut self) {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_usher"))
            .arg("run")
            .current_dir(self.folder.path())
            .env("TELEGRAM_TOKEN", BotApi::TOKEN)
            .env("BOT_API", &self.api)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    /// `kill -9`.
    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args(["-s", name, &process]).status().unwrap().success());
    }

    /// Replaces a file as editors do: written beside it, then moved over it.
    fn move_over(&self, name: &str, text: &str) {
        let swap = self.flow(&format!(".{name}.swp"));
        fs::write(&swap, text).unwrap();
        fs::rename(swap, self.flow(name)).unwrap();
    }

    fn logged(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits until the log says so for the so-many-th time.
    async fn logs(&self, what: &str, times: usize) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while self.logged().matches(what).count() < times {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        assert!(waited.await.is_ok(), "the log does not say «{what}» {times} times");
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the bot's log:\n{}", self.logged());
        }
    }
}

/// Somebody writes, and hears this.
async fn hears(api: &BotApi, id: i64, text: &str, answer: &str) {
    api.user(id, "Анна", "ru").write(text);
    assert_eq!(api.expect_message(id).await.text, answer);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_in_the_middle_stays_and_whoever_begins_sees_the_new_question() {
    let api = BotApi::start().await;
    let bot = Bot::start(&api).await;
    hears(&api, 1, "/start", "Как вас зовут?").await;
    hears(&api, 1, "Иван", "Кем вы работаете?").await;
    bot.move_over("form.yaml", &with_city().replace("menu: Анкета", "menu: Новая анкета"));
    bot.logs("reloaded: version", 1).await;
    hears(&api, 1, "Повар", "Готово: Иван, Повар").await;
    hears(&api, 2, "/start", "Как вас зовут?").await;
    hears(&api, 2, "Анна", "Кем вы работаете?").await;
    hears(&api, 2, "Врач", "В каком городе вы работаете?").await;
    let menus = api.expect_calls("setMyCommands", 4).await;
    let last = menus.last().unwrap().parameters["commands"].to_string();
    assert!(last.contains("Новая анкета"), "the menu is the old one: {last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_edit_is_told_at_its_place_once_and_nobody_notices() {
    let api = BotApi::start().await;
    let bot = Bot::start(&api).await;
    hears(&api, 1, "/start", "Как вас зовут?").await;
    fs::write(bot.flow("form.yaml"), FLOW.replace("end: done", "go: nmae")).unwrap();
    bot.logs("reload refused: 1 error; version", 1).await;
    let logged = bot.logged();
    assert!(logged.contains("flows/form.yaml:10:9: error FLW201") && logged.contains("(did you mean \"name\"?)"), "{logged}");
    hears(&api, 1, "Иван", "Кем вы работаете?").await;
    // The same again is not told again; asked by the signal, it is.
    bot.move_over("form.yaml", &FLOW.replace("end: done", "go: nmae"));
    bot.signal("HUP");
    bot.logs("reload refused", 2).await;
    assert_eq!(bot.logged().matches("asked to read the flows again").count(), 1);
    // A flow that loads, and does not do what its scenario says.
    bot.move_over("form.yaml", &FLOW.replace("Как вас зовут?", "Ваше имя?"));
    bot.logs("reload refused: 1 failed scenario; version", 1).await;
    assert_eq!(bot.logged().matches("reload refused").count(), 3);
    hears(&api, 2, "/start", "Как вас зовут?").await;
    // Mended together with its scenario, it goes live.
    bot.move_over("form.test.yaml", &SCENARIOS.replace("Как вас зовут?", "Ваше имя?"));
    bot.logs("reloaded: version", 1).await;
    hears(&api, 3, "/start", "Ваше имя?").await;
    hears(&api, 1, "Повар", "Готово: Иван, Повар").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_written_in_parts_goes_live_when_it_is_whole() {
    use std::io::Write as _;
    let api = BotApi::start().await;
    let bot = Bot::start(&api).await;
    let text = with_city();
    // Cut inside of a word: whenever the bot looks before the end, there is no such step.
    let (first, rest) = text.split_at(text.find("type: text }\n  done").unwrap() + 4);
    let mut file = fs::File::create(bot.flow("form.yaml")).unwrap();
    file.write_all(first.as_bytes()).unwrap();
    file.sync_all().unwrap();
    bot.logs("reload refused", 1).await;
    hears(&api, 1, "/start", "Как вас зовут?").await;
    file.write_all(rest.as_bytes()).unwrap();
    drop(file);
    bot.logs("reloaded: version", 1).await;
    hears(&api, 1, "Иван", "Кем вы работаете?").await;
    hears(&api, 1, "Повар", "Готово: Иван, Повар").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_saves_again_does_not_wait_for_the_end_of_the_check_before() {
    let api = BotApi::start().await;
    let bot = Bot::start(&api).await;
    // Conversations that take any build longer than an edit is waited for.
    let talk = "    - me: /start\n    - bot: Как вас зовут?\n    - me: Анна\n    - bot: Кем вы работаете?\n    - me: Врач\n    - bot: \"Готово: Анна, Врач\"\n";
    let parts = format!("parts:\n  once:\n{talk}  often:\n{}tests:\n", "    - use: once\n".repeat(200));
    let many: Vec<String> = (0..2_000).map(|number| format!("  talk_{number}: {{ talk: [{{ use: often }}] }}\n")).collect();
    bot.move_over("long.test.yaml", &SCENARIOS.replace("form", "long").replace("tests:\n", &(parts + &many.concat())));
    tokio::time::sleep(Duration::from_millis(1500)).await;
    fs::remove_file(bot.flow("long.test.yaml")).unwrap();
    bot.move_over("form.yaml", &with_city());
    bot.logs("the flows were saved again: their check begins anew", 1).await;
    bot.logs("reloaded: version", 1).await;
    hears(&api, 2, "/start", "Как вас зовут?").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_good_flows_survive_a_kill_while_the_files_are_broken() {
    let api = BotApi::start().await;
    let mut bot = Bot::start(&api).await;
    hears(&api, 1, "/start", "Как вас зовут?").await;
    bot.move_over("form.yaml", &with_city());
    bot.logs("reloaded: version", 1).await;
    bot.move_over("form.yaml", "flow: form\nsteps: [");
    bot.logs("reload refused", 1).await;
    bot.kill();
    bot.again();
    bot.logs("which was live before", 1).await;
    assert!(bot.logged().contains("--> flows/form.yaml:2:"), "the place is not told");
    hears(&api, 1, "Иван", "Кем вы работаете?").await;
    hears(&api, 1, "Повар", "Готово: Иван, Повар").await;
    hears(&api, 2, "/start", "Как вас зовут?").await;
    hears(&api, 2, "Анна", "Кем вы работаете?").await;
    hears(&api, 2, "Врач", "В каком городе вы работаете?").await;
    bot.move_over("form.yaml", FLOW);
    bot.logs("reloaded: version", 2).await;
    hears(&api, 2, "Казань", "Готово: Анна, Врач").await;
    hears(&api, 3, "/start", "Как вас зовут?").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_files_without_anything_that_was_live_are_refused() {
    let api = BotApi::start().await;
    let mut bot = Bot { folder: tempfile::tempdir().unwrap(), api: api.url(), process: None };
    fs::create_dir(bot.folder.path().join("flows")).unwrap();
    fs::write(bot.folder.path().join("usher.yaml"), CONFIG).unwrap();
    fs::write(bot.flow("bot.yaml"), "bot: [").unwrap();
    bot.again();
    assert_eq!(bot.process.take().unwrap().wait().unwrap().code(), Some(1));
    assert!(!bot.folder.path().join("data").exists(), "a store was made for nothing");
}

/// The flows change all the time while people fill in the form: everybody ends on the version they began with, and nobody is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_edits_loses_nobody() {
    let api = BotApi::start().await;
    let bot = Bot::start(&api).await;
    let storm = async {
        for number in 0..12 {
            bot.move_over("form.yaml", &FLOW.replace("Кем вы", &format!("{number} — кем вы")));
            bot.logs("reloaded: version", number + 1).await;
        }
    };
    let people = async {
        for round in 0..8 {
            let one = async |id: i64| {
                hears(&api, id, "/start", "Как вас зовут?").await;
                api.user(id, "Анна", "ru").write("Иван");
                assert!(api.expect_message(id).await.text.to_lowercase().contains("кем вы работаете?"));
                hears(&api, id, "Повар", "Готово: Иван, Повар").await;
            };
            tokio::join!(one(round * 10 + 1), one(round * 10 + 2), one(round * 10 + 3));
        }
    };
    tokio::join!(storm, people);
    assert!(!bot.logged().contains("ERROR"), "something went wrong");
}

/// Who may have the flows read again, and by which flow.
const ROLES: &str = "roles: { boss: { title: Boss, people: [9001, 9003, 9004, 9005], may: [reload] }, clerk: { title: Clerk, people: [9002], may: [people] } }\n";

const AGAIN: &str = "\
flow: again
title: Снова
start: { command: again }
for: [boss, clerk]
again: restart
steps:
  read:
    call: usher.reload_flows
    outcomes: { wrong: wrong, refused: failed, down: failed }
  told: { say: \"{% if read.changed %}Новая{% else %}Прежняя{% endif %}\", end: done }
  wrong: { say: \"Не так: {{ read.findings }}\", end: wrong }
  failed: { say: Нельзя., end: failed }
";

async fn with_again(api: &BotApi) -> Bot {
    Bot::start_with(api, &format!("{CONFIG}{ROLES}"), &[("again.yaml", AGAIN)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_may_has_the_flows_read_again_in_the_chat_and_hears_what_came_of_it() {
    let api = BotApi::start().await;
    let bot = with_again(&api).await;
    hears(&api, 9001, "/again", "Прежняя").await;
    hears(&api, 9002, "/again", "Нельзя.").await;
    hears(&api, 1, "/start", "Как вас зовут?").await;
    fs::write(bot.flow("form.yaml"), FLOW.replace("end: done", "go: nmae")).unwrap();
    api.user(9001, "Анна", "ru").write("/again");
    let told = api.expect_message(9001).await.text;
    assert!(told.starts_with("Не так: flows/form.yaml:10:9: error FLW201") && told.contains("(did you mean \"name\"?)"), "{told}");
    hears(&api, 1, "Иван", "Кем вы работаете?").await;
    bot.move_over("form.yaml", &with_city());
    // Whoever watches the folder may have been faster.
    api.user(9001, "Анна", "ru").write("/again");
    let told = api.expect_message(9001).await.text;
    assert!(["Новая", "Прежняя"].contains(&told.as_str()), "{told}");
    hears(&api, 2, "/start", "Как вас зовут?").await;
    hears(&api, 2, "Анна", "Кем вы работаете?").await;
    hears(&api, 2, "Врач", "В каком городе вы работаете?").await;
    assert_eq!(bot.logged().matches("asked to read the flows again").count(), 3, "for nobody who may not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_in_the_chat_is_answered_though_the_process_dies() {
    let api = BotApi::start().await;
    let mut bot = with_again(&api).await;
    // Each time another person: an answer whose sending was cut off may come once more, and would be taken for the next one's.
    for (person, pause) in [(9001, 0), (9003, 5), (9004, 15), (9005, 40)] {
        api.user(person, "Анна", "ru").write("/again");
        tokio::time::sleep(Duration::from_millis(pause)).await;
        bot.kill();
        bot.again();
        assert_eq!(api.expect_message(person).await.text, "Прежняя", "killed after {pause} ms");
        api.expect_all_confirmed().await;
    }
}
