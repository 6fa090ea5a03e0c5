//! `usher doctor`: what it finds, what it advises, and that it changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use usher::demo::{DemoErp, Options, Profile, serve};
use usher::store::{Store, StoreConfig};

use crate::*;

/// The shipped bot beside a demo ERP, and what the doctor says of it.
struct Ward {
    folder: TempDir,
    api: BotApi,
    erp: String,
}

impl Ward {
    async fn open(profile: Profile) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let erp = format!("http://{}", listener.local_addr().unwrap());
        let server = Arc::new(DemoErp::new(Options { profile, ..Options::default() }).unwrap());
        tokio::spawn(serve(listener, server, std::future::pending()));
        let ward = Self { folder: tempfile::tempdir().unwrap(), api: BotApi::start().await, erp };
        ward.write(&ward.erp, "demo-key", "");
        ward
    }

    fn write(&self, erp: &str, key: &str, channel: &str) {
        let flows = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("flows");
        let config = format!(
            "usher: 1\nflows: {}\nlisten: \"127.0.0.1:0\"\nchannels:\n  tg: {{ kind: telegram, token: \"${{env:TELEGRAM_TOKEN}}\", api_url: \"{}\"{channel} }}\n\
             store: {{ kind: sled, path: data }}\nconnections:\n  erp:\n    url: \"{erp}\"\n    \
             auth: {{ kind: header, name: X-API-Key, value: \"${{env:ERP_KEY}}\" }}\n    profile: extended\n    timeout: 5s\n    \
             redirects: same_origin\n    private_network: true\n\
             roles: {{ hr: {{}}, it: {{}}, owner: {{}} }}\nsettings: {{ site: \"{erp}\" }}\n",
            flows.display(),
            self.api.url()
        );
        std::fs::write(self.folder.path().join("usher.yaml"), config).unwrap();
        std::fs::write(self.folder.path().join("key"), key).unwrap();
    }

    fn ask(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.ask_without(&[], arguments)
    }

    /// Where these variables are not set.
    fn ask_without(&self, missing: &[&str], arguments: &[&str]) -> (Option<i32>, String) {
        let key = std::fs::read_to_string(self.folder.path().join("key")).unwrap();
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_usher"));
        doctor
            .arg("doctor")
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TELEGRAM_TOKEN", BotApi::TOKEN)
            .env("WEBHOOK_SECRET", SECRET)
            .env("ERP_KEY", key);
        for name in missing {
            doctor.env_remove(name);
        }
        let run = doctor.output().unwrap();
        (run.status.code(), String::from_utf8(run.stdout).unwrap() + &String::from_utf8(run.stderr).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_could_run_is_told_so_and_nothing_is_changed() {
    let ward = Ward::open(Profile::Extended).await;
    let (code, out) = ward.ask(&[]);
    assert_eq!(code, Some(0), "{out}");
    for says in ["Telegram knows the bot as @usher_test_bot", "nobody else takes its updates", "erp.list_positions answers as described"] {
        assert!(out.contains(says), "no {says}: {out}");
    }
    assert!(out.contains("the operations agree with the description in the folder"), "{out}");
    assert!(out.contains("the first start will make the key in the data folder"), "{out}");
    assert!(!ward.folder.path().join("data").exists(), "it makes no store");
    let called: Vec<String> = ward.api.calls().into_iter().map(|call| call.method.to_ascii_lowercase()).collect();
    assert_eq!(called, ["getme", "getwebhookinfo"]);
    let (_, json) = ward.ask(&["--format", "json"]);
    let told: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&told["sound"], &told["usher"]), (&true.into(), &env!("CARGO_PKG_VERSION").into()));
    let todo = |check: &Value| check["grade"] == "good" || check["todo"].as_str().is_some_and(|todo| !todo.is_empty());
    assert!(told["checks"].as_array().unwrap().iter().all(todo), "each finding says what to do: {json}");
    assert!(!out.contains(BotApi::TOKEN) && !out.contains("demo-key"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_is_told_with_what_to_do() {
    let ward = Ward::open(Profile::Extended).await;
    ward.write(&ward.erp, "another-key", "");
    let (code, out) = ward.ask(&[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("erp.list_positions is refused with 401") && out.contains("compare the key in auth"), "{out}");
    ward.write("http://127.0.0.1:1", "demo-key", "");
    ward.api.set_webhook("https://somebody.example.org/theirs");
    let (code, out) = ward.ask(&[]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("it cannot be reached: connection refused") && out.contains("look whether the server runs"), "{out}");
    assert!(out.contains("the webhook of somebody else takes its updates: somebody.example.org"), "{out}");
    assert_eq!(ward.api.webhook(), "https://somebody.example.org/theirs", "it only looks");
    ward.api.revoke_token();
    let (code, out) = ward.ask(&[]);
    assert_eq!(code, Some(1));
    assert!(out.contains("the token is not accepted"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_operators_file_misses_is_told_and_the_rest_is_looked_at_all_the_same() {
    const CHANNEL: &str = "Telegram knows the bot as";
    const SERVER: &str = "erp.list_positions answers as described";
    const STORE: &str = "data is made by the first start";
    let ward = Ward::open(Profile::Extended).await;
    for (missing, place, seen, unseen) in
        [("ERP_KEY", "usher.yaml:10:52", [CHANNEL, STORE], SERVER), ("TELEGRAM_TOKEN", "usher.yaml:5:33", [SERVER, STORE], CHANNEL)]
    {
        let (code, out) = ward.ask_without(&[missing], &[]);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains(&format!("{place}: the environment variable {missing} is not set")), "{out}");
        assert!(out.contains("set it before the start") && seen.iter().all(|says| out.contains(says)), "{out}");
        assert!(!out.contains(unseen) && !out.contains("there are none for") && out.contains("\n1 to be put right"), "{out}");
        assert!(out.contains("flows, which load"), "{out}");
    }
    let operators = ward.folder.path().join("usher.yaml");
    let named = std::fs::read_to_string(&operators).unwrap().replace("path: data }", "path: data, key: \"${env:STORE_KEY}\" }");
    std::fs::write(&operators, named.replace("settings: { site: ", "settings: { sight: ")).unwrap();
    let (code, out) = ward.ask(&[]);
    assert_eq!(code, Some(1), "{out}");
    assert!([CHANNEL, SERVER, "variable STORE_KEY is not set", "\"sight\""].iter().all(|says| out.contains(says)), "{out}");
    assert!(!out.contains(STORE) && !out.contains("the key"), "nobody knows which key: {out}");
    std::fs::write(&operators, "usher: 1\nchannels: [\n").unwrap();
    assert_eq!(ward.ask(&[]).0, Some(2), "there is nothing to look at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_a_web_chat_cannot_verify_is_told_of() {
    let ward = Ward::open(Profile::Extended).await;
    let advice = "registration.phone wants a verified number, which a web chat never has";
    assert!(!ward.ask(&[]).1.contains("verified number"), "Telegram verifies it");
    ward.write(&ward.erp, "demo-key", " }\n  chat: { kind: web, path: /chat/");
    let (code, out) = ward.ask(&[]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains(advice) && out.contains("set settings.typed_phone to true in usher.yaml"), "{out}");
    let operators = ward.folder.path().join("usher.yaml");
    let taken = std::fs::read_to_string(&operators).unwrap().replace("settings: {", "settings: { typed_phone: true,");
    std::fs::write(operators, taken).unwrap();
    assert!(!ward.ask(&[]).1.contains("verified number"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_several_bots_find_is_told_once_and_not_of_those_that_ask_nothing() {
    let ward = Ward::open(Profile::Extended).await;
    let chats = ["one", "two", "quiet"].map(|name| {
        let folder = ward.folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("hello.yaml"), FLOW).unwrap();
        std::fs::write(folder.join("bot.yaml"), "bot: Hello\nlanguages: [en]\n").unwrap();
        if name != "quiet" {
            std::fs::write(
                folder.join("erp.yaml"),
                "operations: erp\ntitle: ERP\nprofiles: [extended]\nweather: { request: GET /weather }\n",
            )
            .unwrap();
        }
        format!(" }}\n  {name}: {{ kind: web, flows: {name}")
    });
    ward.write(&ward.erp, "demo-key", &chats.concat());
    let (_, out) = ward.ask(&[]);
    assert_eq!(out.matches("erp.weather: there is no /weather on the server").count(), 1, "{out}");
    assert_eq!(out.matches("no description of the server is named").count(), 1, "{out}");
    assert!(!out.contains("no operation could be tried"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_opens_nothing_is_told_of() {
    let ward = Ward::open(Profile::Extended).await;
    let operators = ward.folder.path().join("usher.yaml");
    let named = std::fs::read_to_string(&operators).unwrap().replace("path: data }", "path: data, key_file: usher.key }");
    std::fs::write(&operators, named).unwrap();
    let key = ward.folder.path().join("usher.key");
    std::fs::write(&key, [0xff, 0xfe]).unwrap();
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(1) && out.contains("usher.key is not a key") && out.contains("put the right file there"), "{out}");
    std::fs::remove_file(key).unwrap();
    assert_eq!(ward.ask(&[]).0, Some(0), "the first start makes it");
    let named = std::fs::read_to_string(&operators).unwrap();
    std::fs::write(&operators, named.replace("key_file: usher.key", "key_file: keys/usher.key")).unwrap();
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(1) && out.contains("keys/usher.key cannot be made: there is no folder keys"), "{out}");
    assert!(out.contains("install -d -m 700 keys"), "{out}");
    std::fs::create_dir_all(ward.folder.path().join("keys/usher.key")).unwrap();
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(1) && out.contains("is a folder") && out.contains("name a file in it: keys/usher.key/usher.key"), "{out}");
    std::fs::write(&operators, named.replace("key_file: usher.key", "key_file: data/own.key")).unwrap();
    assert_eq!(ward.ask(&[]).0, Some(0), "the first start makes the data folder before");
    std::fs::write(&operators, named).unwrap();
    std::fs::create_dir_all(ward.folder.path().join("data/sled")).unwrap();
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(1) && out.contains("usher.key is missing") && out.contains("put the key back"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_people_waiting_and_a_key_of_another_store_are_told_of() {
    let ward = Ward::open(Profile::Extended).await;
    let at = |path: &str| ward.folder.path().join(path);
    let usher = |arguments: &[&str]| {
        let run = Command::new(env!("CARGO_BIN_EXE_usher")).args(arguments).current_dir(ward.folder.path()).output().unwrap();
        assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    };
    Store::open(&StoreConfig::new(at("data"))).unwrap().close().await.unwrap();
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(0) && out.contains("its key opens it") && !out.contains("maintenance") && !out.contains("paused"), "{out}");
    assert!(out.contains("under the systemd unit that is /var/lib/usher-key/usher.key"), "{out}");

    usher(&["maintenance", "on", "--text", "Back at 15:00."]);
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(0) && out.contains("people without a role are asked to wait: Back at 15:00."), "{out}");
    assert!(out.contains("usher maintenance off"), "{out}");

    let key = std::fs::read(at("data/usher.key")).unwrap();
    std::fs::write(at("data/usher.key"), "ab".repeat(32)).unwrap();
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(1) && out.contains("the key is not the one that the store in"), "{out}");
    assert!(out.contains("put the key of this store back"), "{out}");

    std::fs::write(at("data/usher.key"), key).unwrap();
    usher(&["backup", "saved"]);
    std::fs::rename(at("data/usher.key"), at("kept.key")).unwrap();
    std::fs::remove_dir_all(at("data")).unwrap();
    usher(&["restore", "saved", "--key", "kept.key"]);
    let (code, out) = ward.ask(&[]);
    assert!(code == Some(0) && out.contains("paused: restored from a backup of") && out.contains("usher resume"), "{out}");
}

/// A server that has one list, and nothing else.
async fn only_positions(list: Value) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/api/v1/positions/", axum::routing::get(async move || axum::Json(list)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_without_flag_and_level_are_told_of() {
    let ward = Ward::open(Profile::Extended).await;
    let bare = |id: u32| json!({ "id": id, "name": "Courier", "code": format!("POS_{id}"), "division_id": 1, "is_active": true });
    let bare_all = only_positions(json!([bare(1), bare(2)])).await;
    ward.write(&bare_all, "demo-key", "");
    let (_, out) = ward.ask(&[]);
    assert!(out.contains("erp.list_positions never gives items.attribute, items.erp_access"), "{out}");
    assert!(out.contains("ask whoever keeps the server why it is missing"), "{out}");
    let mut flagged = bare(2);
    flagged["erp_access"] = false.into();
    let one_has_it = only_positions(json!([bare(1), flagged])).await;
    ward.write(&one_has_it, "demo-key", "");
    let (_, out) = ward.ask(&[]);
    assert!(out.contains("erp.list_positions never gives items.attribute") && !out.contains("items.erp_access"), "{out}");
}
