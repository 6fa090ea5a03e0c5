//! The operator's file, read as the binary reads it before it runs a bot.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use usher::cli::config::{Channel, Config, LogFormat, LogLevel, Reach, Read, read};
use usher::diagnostic::{Format, render};
use usher::expr::Value;
use usher::fetch::{Auth, Grant, Redirects};
use usher::flow::MessageLimit;
use usher::store::{KeySource, Kind};

use crate::support::folder;

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn variable(name: &str) -> Option<String> {
    let known = [
        ("TOKEN", "123456:secret-of-the-bot"),
        ("ERP_URL", "https://erp.example.com/base"),
        ("ERP_KEY", "secret-of-the-erp"),
        ("EMPTY", ""),
    ];
    known.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

fn read_in(folder: &Path) -> Read {
    read(&folder.join("usher.yaml"), "usher.yaml", Reach::Everything, &variable).unwrap()
}

/// What a file says that has no mistakes.
fn config(text: &str) -> (TempDir, Config) {
    let folder = folder(&[("usher.yaml", text), ("secrets/key", &format!("{KEY}\n"))]);
    let read = read_in(folder.path());
    assert!(read.is_usable(), "{}", render(&read.sources, &read.findings, Format::Concise, false));
    (folder, read.config.unwrap())
}

/// What is found in a file, a line each.
fn findings(text: &str) -> Vec<String> {
    let folder = folder(&[("usher.yaml", text), ("secrets/empty", ""), ("secrets/short", "abc")]);
    let read = read_in(folder.path());
    let found = render(&read.sources, &read.findings, Format::Concise, false);
    assert!(!read.is_usable() || found.lines().all(|line| line.contains(": warning ")), "{found}");
    found.lines().map(ToOwned::to_owned).collect()
}

fn assert_found(text: &str, place: &str, words: &str) {
    let found = findings(text);
    assert!(found.iter().any(|line| line.starts_with(&format!("usher.yaml:{place}: ")) && line.contains(words)), "{found:#?}");
}

#[test]
fn how_fast_people_may_write_is_limited_also_where_nothing_is_said() {
    let limit = |text: &str| config(text).1.installation.messages.unwrap();
    assert_eq!(limit("usher: 1\n"), MessageLimit { burst: 20, refill: 1000, notice: 30_000 });
    assert_eq!(limit("usher: 1\nlimits: {}\n"), limit("usher: 1\n"));
    let own = limit("usher: 1\nlimits: { messages: { burst: 5, refill: 5s, notice: 1m } }\n");
    assert_eq!(own, MessageLimit { burst: 5, refill: 5000, notice: 60_000 });
    assert_eq!(limit("usher: 1\nlimits: { messages: { burst: 5 } }\n"), MessageLimit { burst: 5, ..limit("usher: 1\n") });
    assert_found("usher: 1\nlimits: { messages: { burst: 0 } }\n", "2:30", "");
    assert_found("usher: 1\nlimits: { messages: { refill: 2h } }\n", "2:31", "");
}

#[test]
fn an_empty_file_has_the_usual_values() {
    let (folder, config) = config("usher: 1\n");
    assert_eq!(config.bots[0].flows, folder.path().join("flows"));
    assert_eq!((config.store.kind, config.store.path), (Kind::Sled, folder.path().join("data")));
    assert!(matches!(config.store.key, KeySource::Beside));
    assert!(config.channels.is_empty() && config.connections.is_empty());
    assert_eq!((config.log.format, config.log.level), (LogFormat::Text, LogLevel::Info));
}

#[test]
fn everything_that_is_written_is_read() {
    let (folder, config) = config(
        "usher: 1
flows: .
channels:
  tg: { kind: telegram, token: \"${env:TOKEN}\", api_url: \"http://127.0.0.1:8081/\" }
  terminal: {}
store: { kind: memory, path: ./var, key: \"${file:secrets/key}\" }
connections:
  erp:
    url: \"${env:ERP_URL}\"
    auth: { kind: header, name: Authorization, value: \"token ${env:ERP_KEY}\" }
    profile: extended
    methods: [GET, POST]
    timeout: 3s
    answer_max: 2KB
    redirects: same_origin
    private_network: true
roles:
  hr: { title: Отдел кадров, people: [9001, \"terminal:me\"], may: [requests, people] }
  owner: { may: all }
timezone: Europe/Moscow
settings: { site: \"${env:ERP_URL}\", attempts: 3, rate: 1.50, open: true, levels: [A, B] }
log: { format: json, level: debug }
",
    );
    assert_eq!(config.bots[0].flows, folder.path().join("."));
    let Channel::Telegram { token, api_url, webhook: None } = &config.channels["tg"] else { panic!("no Telegram channel") };
    assert_eq!((token.expose(), api_url.as_deref()), ("123456:secret-of-the-bot", Some("http://127.0.0.1:8081")));
    assert!(matches!(config.channels["terminal"], Channel::Terminal));
    assert!(matches!(&config.store.key, KeySource::Given(ring) if ring.to_text().trim() == KEY));
    let erp = &config.connections["erp"];
    assert_eq!((erp.base.as_str(), erp.methods.as_slice()), ("https://erp.example.com/base", &["GET".to_owned(), "POST".to_owned()][..]));
    assert!(matches!(&erp.auth, Auth::Header { name, value } if name == "Authorization" && value.expose() == "token secret-of-the-erp"));
    assert_eq!(
        (erp.timeout, erp.answer_max, erp.redirects, erp.private_network),
        (Duration::from_secs(3), 2048, Redirects::SameOrigin, true)
    );
    let installation = &config.installation;
    assert_eq!(installation.profiles["erp"], "extended");
    assert_eq!(
        (installation.roles["hr"].people.as_slice(), installation.roles["owner"].title.as_str()),
        (&["tg:9001".to_owned(), "terminal:me".to_owned()][..], "owner")
    );
    assert_eq!(
        (installation.roles["hr"].may.join(" "), installation.roles["owner"].may.join(" ")),
        ("requests people".to_owned(), "all".to_owned())
    );
    assert_eq!(installation.timezone.as_deref(), Some("Europe/Moscow"));
    let settings = &installation.settings;
    assert_eq!((&settings["attempts"], &settings["open"]), (&Value::Integer(3), &Value::Bool(true)));
    assert_eq!(settings["site"], Value::Text("https://erp.example.com/base".to_owned()));
    assert_eq!(settings["levels"], Value::List(vec![Value::Text("A".to_owned()), Value::Text("B".to_owned())]));
    assert!(matches!(&settings["rate"], Value::Decimal(rate) if rate.to_string() == "1.50"));
    assert_eq!((config.log.format, config.log.level), (LogFormat::Json, LogLevel::Debug));
    assert!(!format!("{config:?}").contains("secret-of"), "secrets are in no debug output");
}

#[test]
fn all_ways_to_sign_in_are_read() {
    let (_folder, config) = config(
        "usher: 1
connections:
  none: { url: \"${env:ERP_URL}\", auth: { kind: none } }
  bearer: { url: \"${env:ERP_URL}\", auth: { kind: bearer, token: \"${env:ERP_KEY}\" } }
  basic: { url: \"${env:ERP_URL}\", auth: { kind: basic, user: bot, password: \"${env:ERP_KEY}\" } }
  password: { url: \"${env:ERP_URL}\", auth: { kind: oauth2, grant: password, token_path: /login, user: bot, password: \"${env:ERP_KEY}\" } }
  client: { url: \"${env:ERP_URL}\", auth: { kind: oauth2, grant: client, token_path: /t, client_id: c, client_secret: \"${env:ERP_KEY}\", refresh_on: 403 } }
",
    );
    let auth = |name: &str| &config.connections[name].auth;
    assert!(matches!(auth("none"), Auth::None));
    assert!(matches!(auth("bearer"), Auth::Bearer { token } if token.expose() == "secret-of-the-erp"));
    assert!(matches!(auth("basic"), Auth::Basic { user, .. } if user == "bot"));
    assert!(
        matches!(auth("password"), Auth::OAuth2(oauth) if matches!(&oauth.grant, Grant::Password { user, .. } if user == "bot") && oauth.refresh_on == 401)
    );
    assert!(matches!(auth("client"), Auth::OAuth2(oauth) if matches!(oauth.grant, Grant::Client) && oauth.refresh_on == 403));
    assert_eq!(config.connections["none"].redirects, Redirects::Never);
}

#[test]
fn all_mistakes_are_told_at_once_each_at_its_place() {
    let found = findings(
        "usher: 1
channels: { tg: { kind: telegram, token: \"${env:NO_TOKEN}\" } }
store: { key: \"${file:secrets/none}\" }
connections:
  erp: { url: \"ftp://erp\", auth: { kind: header, name: X-Key, value: \"${env:EMPTY}\" } }
  crm: { url: \"https://user:pw@crm.example.com\", auth: { kind: basic, user: me } }
colour: red
",
    );
    let told =
        |place: &str, words: &str| found.iter().any(|line| line.starts_with(&format!("usher.yaml:{place}: ")) && line.contains(words));
    for (place, words) in [
        ("2:43", "the environment variable NO_TOKEN is not set"),
        ("3:16", "the file secrets/none does not exist"),
        ("5:15", "this is not an address of a server"),
        ("5:71", "the environment variable EMPTY is empty"),
        ("6:15", "this is not an address of a server"),
        ("6:58", "auth of kind basic needs \"password\""),
        ("7:1", "colour"),
    ] {
        assert!(told(place, words), "{place} {words}: {found:#?}");
    }
}

#[test]
fn references_are_checked_to_the_letter() {
    let with = |value: &str| format!("usher: 1\nsettings: {{ site: \"{value}\" }}\n");
    assert_found(&with("${evn:X}"), "2:20", "\"${evn:X}\" is not a reference");
    assert_found(&with("a ${env:1X} b"), "2:22", "is not a reference");
    assert_found(&with("${env:TOKEN"), "2:20", "the reference is not closed");
    assert_found(&with("${file:secrets/empty}"), "2:20", "the file secrets/empty is empty");
    assert_found(&with("${file:.}"), "2:20", "the file .");
}

#[test]
fn a_key_that_is_none_is_told_without_being_shown() {
    assert_found("usher: 1\nstore: { key: \"${file:secrets/short}\" }\n", "2:15", "this is not a key");
}

#[test]
fn a_secret_in_the_file_itself_is_a_warning() {
    assert_found("usher: 1\nchannels: { tg: { kind: telegram, token: \"1:abc\" } }\n", "2:42", "the token stands in the file itself");
}

#[test]
fn a_token_that_is_none_is_told_at_its_place_without_being_shown() {
    let with = |token: &str| format!("usher: 1\nchannels:\n  tg: {{ kind: telegram, token: \"{token}\" }}\n");
    for malformed in ["${env:ERP_KEY}", "123456 : of-the-erp", "of-the-erp:123456", "123456:"] {
        let told = findings(&with(malformed));
        let place = |line: &String| line.starts_with("usher.yaml:3:32: error FLW106") && line.contains("this is not a token of Telegram");
        assert!(told.iter().any(place), "{told:#?}");
        assert!(!told.concat().contains("of-the-erp"), "{told:#?}");
    }
}

#[test]
fn people_belong_to_a_channel() {
    let several =
        "usher: 1\nchannels: { a: { kind: telegram, token: \"${env:TOKEN}\" }, b: { kind: telegram, token: \"${env:TOKEN}\" } }\n";
    assert_found(&format!("{several}roles: {{ hr: {{ people: [9001] }} }}\n"), "3:25", "several channels");
    assert_found(&format!("{several}roles: {{ hr: {{ people: [\"c:1\"] }} }}\n"), "3:25", "there is no channel \"c\"");
    assert_found(&format!("{several}roles: {{ hr: {{ people: [\"telegram:1\"] }} }}\n"), "3:25", "possible: a, b");
}

#[test]
fn an_account_that_cannot_be_is_told_where_it_stands() {
    let both = "usher: 1\nlisten: \"127.0.0.1:8080\"\nchannels: { tg: { kind: telegram, token: \"${env:TOKEN}\" }, chat: { kind: web } }\n";
    for impossible in ["tg:@anna", "tg: 12", "@anna", "tg:", "tg:012", "tg:-5", "tg:99999999999999999999"] {
        let role = format!("{both}roles: {{ hr: {{ people: [\"{impossible}\"] }} }}\n");
        assert_found(&role, "4:25", "is no account of Telegram: that is a whole number");
        assert_found(&role, "4:25", "`usher sessions list`");
    }
    assert_found(&format!("{both}people: {{ \"tg:anna\": {{ name: Anna }} }}\n"), "4:11", "\"anna\" is no account of Telegram");
    let browser = "0123456789abcdef0123456789abcdef";
    for impossible in
        ["", "a b", " a", "@anna", "9001", "0f3a", &browser.to_uppercase(), &format!("{browser}0"), &browser.replace('f', "g")]
    {
        let role = format!("{both}roles: {{ hr: {{ people: [\"chat:{impossible}\"] }} }}\n");
        assert_found(&role, "4:25", "is no account of a web chat: that is 32 digits and letters from a to f");
    }
    let terminal = "usher: 1\nchannels: { terminal: {} }\nroles: { hr: { people: [\"terminal:@anna\"] } }\n";
    assert_found(terminal, "3:25", "is no account of the channel \"terminal\"");
    let (_folder, config) = config(&format!("{both}roles: {{ hr: {{ people: [9001, \"tg:9002\", \"chat:{browser}\"] }} }}\n"));
    assert_eq!(config.installation.roles["hr"].people, ["tg:9001".to_owned(), "tg:9002".to_owned(), format!("chat:{browser}")]);
}

#[test]
fn other_files_and_no_files_are_told_apart() {
    assert_found("flow: hello\n", "1:1", "this is not an operator's file");
    assert_found("usher: [1\n", "1:8", "");
    let nowhere = folder(&[]);
    let missing = read(&nowhere.path().join("usher.yaml"), "usher.yaml", Reach::Everything, &variable);
    assert_eq!(missing.unwrap_err().kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn a_listener_is_an_address_and_a_port() {
    let (_folder, read) = config("usher: 1\nadmin_listen: \"127.0.0.1:9464\"\n");
    assert_eq!(read.admin_listen, Some("127.0.0.1:9464".parse().unwrap()));
    assert_found("usher: 1\nadmin_listen: localhost\n", "2:15", "127.0.0.1:9464");
    assert_found("usher: 1\nlisten: localhost\n", "2:9", "127.0.0.1:8080");
    assert_found("usher: 1\nlisten: 18080\n", "2:9", "127.0.0.1:18080");
    assert_found("usher: 1\nlisten: \"bot.example.com:18220\"\n", "2:9", "127.0.0.1:18220");
    let twice = "usher: 1\nadmin_listen: \"127.0.0.1:8080\"\nlisten: \"127.0.0.1:8080\"\n";
    assert_found(twice, "3:9", "admin_listen has this address, and one port cannot be listened on twice");
    for (public, admin, meet) in [
        ("0.0.0.0:8080", "127.0.0.1:8080", true),
        ("127.0.0.1:8080", "0.0.0.0:8080", true),
        ("[::]:8080", "127.0.0.1:8080", true),
        ("0.0.0.0:8080", "[::1]:8080", false),
        ("0.0.0.0:8080", "127.0.0.1:9464", false),
        ("127.0.0.2:8080", "127.0.0.1:8080", false),
    ] {
        let text = format!("usher: 1\nlisten: \"{public}\"\nadmin_listen: \"{admin}\"\n");
        if meet {
            assert_found(&text, "3:15", "listen and this have the same port, and one of them takes it on every address of the machine");
        } else {
            config(&text);
        }
    }
}

#[test]
fn everything_that_is_wrong_with_a_webhook_is_told_at_once() {
    let webhook = "usher: 1\nchannels:\n  tg:\n    kind: telegram\n    token: \"${env:TOKEN}\"\n    receive: webhook\n    \
                   url: http://bot.example.com/hook\n    secret: short\n";
    assert_found(webhook, "7:10", "Telegram calls https addresses only");
    assert_found(webhook, "8:13", "the secret must be 16 to 256");
    assert_found(webhook, "3:3", "nothing says where to listen");
    let folder = folder(&[("usher.yaml", webhook), ("flows/bot.yaml", "bot: Hello\n")]);
    let read = read(&folder.path().join("usher.yaml"), "usher.yaml", Reach::Flows, &variable).unwrap();
    let told = render(&read.sources, &read.findings, Format::Concise, false);
    assert!(told.contains("usher.yaml:3:3: error USH014"), "whoever checks flows hears of it, too: {told}");
}

#[test]
fn a_variable_as_a_shell_writes_it_is_no_secret() {
    assert_found("usher: 1\nchannels: { tg: { kind: telegram, token: $TOKEN } }\n", "2:42", "write ${env:TOKEN}");
}

#[test]
fn a_store_lies_in_a_folder() {
    let file = "usher: 1\nstore: { path: usher.yaml }\n";
    assert_found(file, "2:16", "usher.yaml is a file");
}

#[test]
fn whoever_checks_flows_hears_of_a_listener_that_is_written_out() {
    let told = |listen: &str| {
        let folder = folder(&[("usher.yaml", &format!("usher: 1\nlisten: \"{listen}\"\n")), ("flows/bot.yaml", "bot: Hello\n")]);
        let read = read(&folder.path().join("usher.yaml"), "usher.yaml", Reach::Flows, &variable).unwrap();
        render(&read.sources, &read.findings, Format::Concise, false)
    };
    assert!(told("127.0.0.1").contains("usher.yaml:2:9: error USH013"), "{}", told("127.0.0.1"));
    assert_eq!((told("127.0.0.1:8080"), told("${env:NOBODY_SET_IT}")), (String::new(), String::new()));
}

const HOOK: &str = "{ kind: telegram, token: \"${env:TOKEN}\", receive: webhook, ";

#[test]
fn channels_that_are_answered_over_http_are_read() {
    let (_folder, config) = config(&format!(
        "usher: 1\nlisten: \"127.0.0.1:8080\"\nbehind_proxy: true\nchannels:\n  chat: {{ kind: web }}\n  web: {{ path: /talk/ }}\n  \
         tg: {HOOK}url: \"https://bot.example.com/telegram\", secret: \"${{env:ERP_KEY}}\", max_connections: 5 }}\n"
    ));
    assert_eq!((config.listen, config.behind_proxy), (Some("127.0.0.1:8080".parse().unwrap()), true));
    let paths: Vec<_> = config.channels.values().map(|channel| channel.path().unwrap()).collect();
    assert_eq!(paths, ["/chat/", "/telegram", "/talk/"]);
    let Channel::Telegram { webhook: Some(webhook), .. } = &config.channels["tg"] else { panic!() };
    assert_eq!((webhook.url.as_str(), webhook.connections), ("https://bot.example.com/telegram", 5));
}

#[test]
fn what_nobody_could_reach_is_a_mistake() {
    let hook = |rest: &str| format!("usher: 1\nlisten: \"127.0.0.1:8080\"\nchannels:\n  tg: {HOOK}{rest} }}\n");
    assert_found(&hook("secret: \"${env:ERP_KEY}\""), "4:9", "a webhook needs \"url\"");
    assert_found(&hook("url: \"https://a.b/c\""), "4:9", "a webhook needs \"secret\"");
    assert_found(&hook("url: \"http://a.b/c\", secret: \"${env:ERP_KEY}\""), "4:71", "Telegram calls https addresses only");
    assert_found(&hook("url: \"https://a.b/{x}\", secret: \"${env:ERP_KEY}\""), "4:71", "choose a plain path");
    assert_found(&hook("url: \"https://a.b/c\", secret: \"${env:ERP_URL}\""), "4:96", "16 to 256 letters");
    assert_found("usher: 1\nchannels: { web: {} }\n", "2:13", "add listen: 127.0.0.1:8080");
    let chats = "usher: 1\nlisten: \"127.0.0.1:8080\"\nchannels:\n  a: { kind: web, path: /chat/ }\n";
    assert_found(&format!("{chats}  b: {{ kind: web, path: /chat/hr/ }}\n"), "5:3", "answered under the same path");
    assert_found(&format!("{chats}  b: {{ kind: web, path: chat }}\n"), "5:25", "this is not the path of a chat");
    let shown =
        |path: &str, url: &str| format!("usher: 1\nlisten: \"127.0.0.1:8080\"\nchannels:\n  a: {{ kind: web{path}, url: \"{url}\" }}\n");
    for past in ["https://bot.example.com", "https://bot.example.com/", "https://bot.example.com/chat/", "https://bot.example.com/a/b"] {
        assert_found(&shown("", past), "4:24", "and the chat is at /a/");
        assert_found(&shown("", past), "4:24", "write https://bot.example.com/a/");
    }
    for right in ["https://bot.example.com/a/", "https://bot.example.com/a", "http://127.0.0.1:8080/a/"] {
        assert_eq!(findings(&shown("", right)), [""; 0]);
    }
    assert_eq!(findings(&shown(", path: /", "https://bot.example.com")), [""; 0]);
    let polls = "usher: 1\nchannels:\n  tg: { kind: telegram, token: \"${env:TOKEN}\", url: \"https://a.b/c\" }\n";
    assert_found(polls, "3:48", "belongs to a webhook, and this bot polls");
}

#[test]
fn reports_of_other_systems_need_a_place_to_listen_on() {
    let hooks = "channels: { tg: { kind: telegram, token: \"${env:TOKEN}\" } }\nhooks: { shop: { events: [shop.paid], secret: \"${env:ERP_KEY}\" } }\n";
    assert_found(&format!("usher: 1\n{hooks}"), "3:1", "nothing says where to listen");
    let (_folder, config) = config(&format!("usher: 1\nlisten: \"127.0.0.1:8080\"\n{hooks}"));
    assert_eq!(config.hooks["shop"].events, ["shop.paid"]);
}

#[test]
fn a_chat_where_other_systems_report_is_told() {
    let with = |path: &str| {
        let hooks = "hooks: { shop: { events: [shop.paid], secret: \"${env:ERP_KEY}\" } }\n";
        format!("usher: 1\nlisten: \"127.0.0.1:8080\"\nchannels:\n  chat: {{ kind: web, path: {path} }}\n{hooks}")
    };
    for path in ["/events/", "/events/shop/"] {
        assert_found(&with(path), "4:3", "and what other systems report are answered under the same path");
    }
    // What is at the root leaves them their own path.
    for path in ["/", "/chat/", "/eventful/"] {
        config(&with(path));
    }
    config("usher: 1\nlisten: \"127.0.0.1:8080\"\nchannels: { chat: { kind: web, path: /events/ } }\n");
}
