//! Several bots in one process, over one store, each with flows of its own.

use support::botapi::Chat;

use crate::*;

const LEAVE: &str = "flow: leave
title: Leave
start: { command: start }
for: anyone
steps:
  days:
    ask: How many days?
    type: text
  thanks:
    say: \"It is noted: {{ days }}.\"
    end: told
";

struct Office {
    api: BotApi,
    hr: BotApi,
    bot: Bot,
}

impl Office {
    async fn start() -> Self {
        let (api, hr) = (BotApi::start().await, BotApi::start().await);
        let token = "token: \"${env:TELEGRAM_TOKEN}\"";
        let channels = format!(
            "tg: {{ kind: telegram, {token}, api_url: \"{}\" }}\n  hr: {{ kind: telegram, {token}, api_url: \"{}\", flows: flows-hr }}",
            api.url(),
            hr.url()
        );
        let settings = "bot: HR\nlanguages: [en]\nsettings: { office: { type: text, value: here } }\n";
        let files = [("flows-hr/leave.yaml", LEAVE), ("flows-hr/bot.yaml", settings)];
        let bot = Bot::with(free(), &channels, "settings: { office: there }", &files);
        bot.get_until("/readyz", |status, _| status == 200).await;
        Self { api, hr, bot }
    }

    /// Changes a text of the second bot's flows.
    fn edit(&self, from: &str, to: &str) {
        std::fs::write(self.bot.folder.path().join("flows-hr/leave.yaml"), LEAVE.replace(from, to)).unwrap();
    }

    async fn logs(&self, words: &str) {
        for _ in 0..300 {
            if self.bot.logged().contains(words) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody logs {words:?}: {}", self.bot.logged());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bots_speak_their_own_flows_to_the_same_person_and_each_is_edited_alone() {
    let mut office = Office::start().await;
    let (ann, ann_at_hr) = (office.api.user(1001, "Ann", "en"), office.hr.user(1001, "Ann", "en"));
    ann.write("/start");
    ann_at_hr.write("/start");
    assert_eq!(ann.expect_message().await.text, "What is your name?");
    assert_eq!(ann_at_hr.expect_message().await.text, "How many days?");
    let boris = office.hr.user(1002, "Boris", "en");
    office.edit("How many days?", "How many days do you want?");
    office.logs("reloaded: version").await;
    boris.write("/start");
    assert_eq!(boris.expect_message().await.text, "How many days do you want?");
    office.bot.restart();
    ann.write("Ann");
    // A message whose sending the kill interrupted may come twice.
    let said = |words: &'static str| move |chat: &Chat| (*chat.said().last()? == words).then_some(());
    office.api.expect(1001, "her greeting", said("Hello, Ann!")).await;
    ann_at_hr.write("Three");
    // She stands on the version that she began with.
    office.hr.expect(1001, "her days", said("It is noted: Three.")).await;
    ann.write("/start");
    office.api.expect(1001, "the other bot's flows as they were", said("What is your name?")).await;
    assert_eq!(office.bot.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_whose_files_are_broken_goes_on_with_its_own_last_flows() {
    let mut office = Office::start().await;
    let (ann, boris) = (office.api.user(1001, "Ann", "en"), office.hr.user(1002, "Boris", "en"));
    office.edit("ask: How", "aks: How");
    office.logs("reload refused").await;
    office.bot.restart();
    office.bot.get_until("/readyz", |status, _| status == 200).await;
    assert!(office.bot.logged().contains("flows-hr/leave.yaml:7"), "{}", office.bot.logged());
    boris.write("/start");
    assert_eq!(boris.expect_message().await.text, "How many days?");
    ann.write("/start");
    assert_eq!(ann.expect_message().await.text, "What is your name?");
    assert_eq!(office.bot.stop(), Some(0));
}

fn lint(folder: &TempDir, paths: &[&str]) -> (Option<i32>, String) {
    let run =
        Command::new(env!("CARGO_BIN_EXE_usher")).args(["lint", "--format", "concise"]).args(paths).current_dir(folder.path()).output();
    let out = run.unwrap();
    (out.status.code(), String::from_utf8(out.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_flows_of_all_bots_are_checked_and_the_operators_file_once() {
    let office = Office::start().await;
    let folder = &office.bot.folder;
    assert_eq!(lint(folder, &[]), (Some(0), String::new()), "a setting that one of them declares is known");
    office.edit("title: Leave", "tilte: Leave");
    let file = folder.path().join("usher.yaml");
    let odd = std::fs::read_to_string(&file).unwrap() + "colour: red\n";
    std::fs::write(&file, odd).unwrap();
    for paths in [&[][..], &["."]] {
        let (code, out) = lint(folder, paths);
        assert_eq!((code, out.matches("there is no key \"colour\"").count()), (Some(1), 1), "{out}");
        assert_eq!(out.matches("flows-hr/leave.yaml:2:1: error FLW101").count(), 1, "{out}");
    }
    let (_, out) = lint(folder, &["flows"]);
    assert!(out.contains("colour") && !out.contains("flows-hr"), "the whole of the first bot, the operator's file with it: {out}");
    assert!(!lint(folder, &["flows-hr"]).1.contains("colour"));
    assert!(lint(folder, &["usher.yaml"]).1.contains("colour"));
}

#[test]
fn flows_within_flows_are_refused() {
    let channels = "a: { kind: web }\n  b: { kind: web, flows: flows/hr }";
    let mut bot = Bot::with(free(), channels, &format!("listen: \"{}\"", free()), &[("flows/hr/bot.yaml", "bot: HR\nlanguages: [en]\n")]);
    assert_eq!(bot.process.wait().unwrap().code(), Some(2));
    let sentence = "the folders flows and flows/hr lie in each other, so that one bot would read the flows of the other";
    assert!(bot.logged().contains(sentence), "{}", bot.logged());
}
