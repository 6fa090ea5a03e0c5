//! `usher lint`.

use serde_json::Value;

use crate::support::{BOT, HELLO, HELLO_TEST, folder, hello, usher, write};

#[test]
fn the_shipped_bot_has_no_findings() {
    let out = usher(env!("CARGO_MANIFEST_DIR"), &["lint", "--format", "concise"]);
    assert_eq!((out.code, out.stdout.as_str(), out.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_clean_bot_says_so() {
    let out = usher(hello(&[]), &["lint"]);
    assert_eq!((out.code, out.stdout.trim()), (0, "no problems"), "{}", out.stderr);
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_was_meant() {
    let bot = hello(&[("flows/hello.yaml", &HELLO.replace("title: Hello", "tilte: Hello"))]);
    let out = usher(&bot, &["lint", "--format", "concise"]);
    assert_eq!(out.code, 1);
    assert!(
        out.stdout.lines().any(|line| line.starts_with("flows/hello.yaml:2:1: error FLW101") && line.contains("title")),
        "{}",
        out.stdout
    );
    let human = usher(&bot, &["lint"]);
    assert!(human.stdout.contains("tilte: Hello") && !human.stdout.contains('\u{1b}'), "no colours into a pipe: {}", human.stdout);
}

#[test]
fn an_output_that_the_server_describes_otherwise_is_told_with_what_follows_from_it() {
    let description = r#"{ "openapi": "3.1.0", "info": { "title": "Shop", "version": "1" }, "paths": { "/prices": { "get": { "responses": { "200": {
        "description": "ok", "content": { "application/json": { "schema": { "type": "object", "required": ["tea"],
        "properties": { "tea": { "type": "integer" } } } } } } } } } } }"#;
    let shop = |of: &str| {
        format!(
            "operations: shop\ntitle: Shop\nopenapi: shop.json\nprices:\n  request: GET /prices\n  output: {{ tea: {{ at: /tea, type: {of} }} }}\n"
        )
    };
    let flow = "flow: hello\ntitle: Hello\nfor: anyone\nsteps:\n  prices: { call: shop.prices, outcomes: { else: done } }\n  \
                dear: { when: prices.tea > 5, say: Tea is dear. }\n  done: { end: completed }\n";
    let found_as = |format: &str, of: &str, flow: &str| {
        let files = [("flows/bot.yaml", BOT), ("flows/hello.yaml", flow), ("flows/shop.yaml", &shop(of)), ("flows/shop.json", description)];
        usher(folder(&files), &["lint", "--format", format]).stdout
    };
    let found = |of: &str, flow: &str| found_as("concise", of, flow);
    assert_eq!(found("integer", flow), "");
    let told = found("text", flow);
    assert!(told.starts_with("flows/shop.yaml:6:") && told.contains("FLW604") && told.lines().count() == 1, "{told}");
    assert!(found_as("human", "text", flow).contains("flows/hello.yaml:6:"), "what follows from it is its note");
    // A file of operations that is broken itself is not compared.
    let told = found("txet", flow);
    assert!(told.starts_with("flows/shop.yaml:6:") && told.lines().count() == 1 && told.contains("FLW203"), "{told}");
}

#[test]
fn json_is_one_document_over_several_bots() {
    let wrong = HELLO.replace("ask:", "aks:");
    let bots = folder(&[("a/bot.yaml", BOT), ("a/hello.yaml", &wrong), ("b/bot.yaml", BOT), ("b/hello.yaml", &wrong)]);
    let out = usher(&bots, &["lint", "--format", "json", "b", "a"]);
    let findings: Value = serde_json::from_str(&out.stdout).unwrap();
    let text = findings.to_string();
    assert!(out.code == 1 && text.contains("a/hello.yaml") && text.contains("b/hello.yaml"), "{text}");
}

#[test]
fn one_run_writes_several_formats() {
    let bot = hello(&[("flows/hello.yaml", &HELLO.replace("ask:", "aks:"))]);
    let out = usher(&bot, &["lint", "--format", "github", "--output", "sarif=lint.sarif", "--output", "gitlab=quality.json"]);
    assert!(out.code == 1 && out.stdout.starts_with("::error file=flows/hello.yaml,line="), "{}", out.stdout);
    let read = |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(bot.path().join(name)).unwrap()).unwrap() };
    assert_eq!(read("lint.sarif")["version"], "2.1.0");
    assert_eq!(read("quality.json")[0]["location"]["path"], "flows/hello.yaml");
    let lines = usher(&bot, &["lint", "--format", "jsonl"]).stdout;
    assert_eq!(Some(lines.lines().count()), read("quality.json").as_array().map(Vec::len));
}

#[test]
fn an_output_that_cannot_be_is_a_mistake_of_usage() {
    for wrong in ["sraif=x", "sarif", "sarif=", "sarif=no/such/folder/x"] {
        let out = usher(hello(&[]), &["lint", "--output", wrong]);
        assert!(out.code == 2 && out.stdout.is_empty() && !out.stderr.is_empty(), "{wrong}: {}", out.stderr);
    }
}

#[test]
fn of_a_file_only_its_own_findings_are_shown_though_all_of_the_bot_is_read() {
    let bot = hello(&[(
        "flows/other.yaml",
        &HELLO.replace("flow: hello", "flow: other").replace("command: start", "command: other").replace("ask:", "aks:"),
    )]);
    assert_eq!(usher(&bot, &["lint", "flows/hello.yaml"]).code, 0);
    let other = usher(&bot, &["lint", "--format", "concise", "flows/other.yaml"]);
    assert!(other.code == 1 && other.stdout.lines().all(|line| line.starts_with("flows/other.yaml:")), "{}", other.stdout);
    assert_eq!(usher(bot.path().join("flows"), &["lint"]).code, 1, "from inside the folder of the flows, too");
    assert_eq!(usher(&bot, &["lint", "flows/other.yaml", "."]).code, 1);
}

#[test]
fn mistakes_in_scenarios_are_findings() {
    let bot = hello(&[("flows/hello.test.yaml", &HELLO_TEST.replace("talk:", "tlak:"))]);
    let out = usher(&bot, &["lint", "--format", "concise"]);
    assert!(out.code == 1 && out.stdout.contains("flows/hello.test.yaml:4:5: error"), "{}", out.stdout);
}

#[test]
fn the_operators_file_is_checked_without_its_secrets() {
    let operators =
        "usher: 1\nchannels: { tg: { kind: telegram, token: \"${env:TELEGRAM_TOKEN}\" } }\nstore: { key: \"${file:/nowhere}\" }\n";
    let out = usher(hello(&[("usher.yaml", operators)]), &["lint"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
    let wrong = usher(hello(&[("usher.yaml", "usher: 1\nchanels: {}\n")]), &["lint", "--format", "concise"]);
    assert!(wrong.code == 1 && wrong.stdout.contains("usher.yaml:2:1: error FLW101"), "{}", wrong.stdout);
}

#[test]
fn what_the_operator_says_has_to_fit_the_flows() {
    let operators = "usher: 1\nconnections: { crm: { url: \"https://crm.example.com\" } }\nsettings: { sitee: x }\n";
    let bot = hello(&[
        ("usher.yaml", operators),
        ("flows/bot.yaml", &format!("{BOT}settings: {{ site: {{ title: Site, type: text, value: x }} }}\n")),
    ]);
    let out = usher(&bot, &["lint", "--format", "concise"]);
    assert_eq!(out.code, 1);
    assert!(out.stdout.contains("usher.yaml:3:13: warning USH010") && out.stdout.contains("did you mean \"site\"?"), "{}", out.stdout);
    assert!(out.stdout.contains("usher.yaml:2:16: warning USH012"), "{}", out.stdout);
    let operations = "operations: erp\ntitle: ERP\nping: { request: GET /ping }\n";
    let bot = hello(&[("usher.yaml", "usher: 1\n"), ("flows/api/erp.yaml", operations)]);
    let out = usher(&bot, &["lint", "--format", "concise"]);
    assert!(out.stdout.contains("usher.yaml:1:1: error USH011"), "{}", out.stdout);
}

#[test]
fn a_secret_in_the_file_itself_is_told_and_not_shown() {
    let operators = "usher: 1\nchannels:\n  tg: { kind: telegram, token: \"123456:very-secret-token-of-a-bot\" }\nnonsense: 1\n";
    for format in ["human", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"] {
        let out = usher(hello(&[("usher.yaml", operators)]), &["lint", "--format", format]);
        assert!(out.stdout.contains("FLW101"), "{}", out.stdout);
        assert!(!out.stdout.contains("very-secret") && !out.stderr.contains("very-secret"), "{}", out.stdout);
    }
    let broken = usher(hello(&[("usher.yaml", "usher: 1\nchannels: { tg: { token: very-secret, ] }\n")]), &["lint"]);
    assert!(broken.code == 1 && !broken.stdout.contains("very-secret"), "{}", broken.stdout);
}

#[test]
fn bytes_that_are_no_text_are_a_finding_at_their_place() {
    let bot = hello(&[]);
    write(bot.path(), "flows/hello.yaml", &[HELLO.as_bytes(), b"# caf\xe9\n"].concat());
    let out = usher(&bot, &["lint", "--format", "concise"]);
    let line = HELLO.lines().count() + 1;
    assert!(out.code == 1 && out.stdout.contains(&format!("flows/hello.yaml:{line}:6: error FLW007")), "{}", out.stdout);
}

#[test]
fn a_file_that_looks_like_a_flow_and_is_not_read_is_told() {
    let out = usher(hello(&[("flows/more.yml", HELLO)]), &["lint", "--format", "concise"]);
    assert!(out.code == 1 && out.stdout.contains("flows/more.yml:1:1: warning USH009"), "{}", out.stdout);
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_and_in_circles_are_not_followed() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret.yaml", "a: [")]);
    let bot = hello(&[]);
    symlink(outside.path().join("secret.yaml"), bot.path().join("flows/secret.yaml")).unwrap();
    symlink(outside.path(), bot.path().join("flows/outside")).unwrap();
    symlink(bot.path().join("flows"), bot.path().join("flows/again")).unwrap();
    symlink("/nowhere", bot.path().join("flows/nowhere.yaml")).unwrap();
    let out = usher(&bot, &["lint"]);
    assert_eq!(out.code, 0, "{}", out.stdout);
}

#[test]
fn hidden_folders_are_left_alone() {
    assert_eq!(usher(hello(&[("flows/.git/x.yaml", "a: [")]), &["lint"]).code, 0);
}

#[test]
fn a_wrong_path_is_one_sentence() {
    let empty = folder(&[]);
    let out = usher(&empty, &["lint", "flwos"]);
    assert_eq!((out.code, out.stderr.as_str()), (2, "usher: flwos does not exist\n"));
    let out = usher(&empty, &["lint"]);
    assert_eq!((out.code, out.stderr.lines().count()), (2, 1), "{}", out.stderr);
}

#[test]
fn a_reader_that_goes_away_is_nothing_wrong() {
    use std::process::Stdio;
    let bot = hello(&[("flows/hello.yaml", &HELLO.replace("ask:", "aks:"))]);
    let mut child = crate::support::command(&bot, &["lint"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!([Some(0), Some(1)].contains(&output.status.code()));
}

#[test]
fn operations_are_held_against_the_description_that_their_file_names() {
    let api = "operations: shop\nopenapi: ../shop.json\nread: { request: GET /goods }\n";
    let bot = hello(&[("flows/api/shop.yaml", api)]);
    let missing = usher(&bot, &["lint", "--format", "concise"]);
    assert!(missing.code == 1 && missing.stdout.starts_with("flows/api/shop.yaml:2:10: error FLW616"), "{}", missing.stdout);
    let described = r#"{ "openapi": "3.1.0", "paths": { "/good": { "get": { "responses": {} } } } }"#;
    write(bot.path(), "flows/shop.json", described.as_bytes());
    let other = usher(&bot, &["lint", "--format", "concise"]);
    assert!(other.stdout.starts_with("flows/api/shop.yaml:3:22: error FLW601"), "{}", other.stdout);
    write(bot.path(), "flows/shop.json", described.replace("/good", "/goods").as_bytes());
    assert_eq!(usher(&bot, &["lint"]).code, 0);
    assert_eq!(usher(bot.path().join("flows"), &["lint"]).code, 0, "from inside the folder of the flows, too");
}

#[test]
fn secrets_in_the_operators_file_are_told_and_never_shown() {
    let file = "usher: 1\nchannels: { tg: { kind: telegram, token: \"12:secret-of-the-bot\", odd: 1 } }\nstore: { key: \"secret-of-the-store\", odd: 1 }\n\
                connections:\n  erp: { url: \"https://erp.example.com\", auth: { kind: bearer, token: \"secret-of-the-erp\", odd: 1 } }\n";
    let bot = hello(&[("usher.yaml", file)]);
    for format in ["concise", "human", "json", "sarif", "github", "gitlab", "jsonl"] {
        let out = usher(&bot, &["lint", "--format", format]);
        assert!(!out.stdout.contains("secret-of"), "{format}: {}", out.stdout);
    }
    let out = usher(&bot, &["lint", "--format", "concise"]).stdout;
    let found = |place: &str, code: &str| out.lines().any(|line| line.starts_with(&format!("usher.yaml:{place}: ")) && line.contains(code));
    for (place, code) in
        [("2:42", "USH005"), ("2:66", "FLW101"), ("3:15", "USH005"), ("3:38", "FLW101"), ("5:71", "USH005"), ("5:92", "FLW101")]
    {
        assert!(found(place, code), "{place} {code}: {out}");
    }
}

/// A bot that an operator's file says this of.
fn operated(operators: &str) -> tempfile::TempDir {
    let flows = "bot: Hello\nlanguages: [en]\nsettings: { floor: { type: integer, value: 1 } }\n";
    let flow = HELLO.replace("for: anyone", "for: [guard]").replace("    end:", "    when: settings.floor > 0\n    end:")
        + "  done: { end: done }\n";
    let gate = "operations: gate\ntitle: Gate\nprofiles: [wide, narrow]\nopen: { request: POST /open }\n";
    let files = [("flows/hello.yaml", flow.as_str()), ("flows/bot.yaml", flows), ("flows/gate.yaml", gate), ("usher.yaml", operators)];
    folder(&files)
}

const OPERATORS: &str = "usher: 1
channels: { here: { kind: terminal } }
store: { kind: memory }
connections: { gate: { url: \"http://gate.local\", profile: wide } }
roles: { guard: { title: Guard, people: [\"1\"] } }
settings: { floor: 2 }
timezone: Europe/Moscow
";

#[test]
fn what_the_operator_writes_is_told_where_the_operator_wrote_it() {
    let told = usher(operated(OPERATORS), &["lint", "--format", "concise"]);
    assert_eq!((told.code, told.stdout.as_str()), (0, ""), "{}", told.stderr);
    for (right, wrong, place, code) in [
        ("floor: 2", "floor: high", "usher.yaml:6:20", "FLW203"),
        ("profile: wide", "profile: wode", "usher.yaml:4:59", "FLW214"),
        ("Europe/Moscow", "Europe/Moskau", "usher.yaml:7:11", "FLW106"),
    ] {
        let bot = operated(&OPERATORS.replace(right, wrong));
        let told = usher(&bot, &["lint", "--format", "concise"]);
        assert!(told.code == 1 && told.stdout.starts_with(&format!("{place}: error {code}")), "{wrong}: {}", told.stdout);
        assert_eq!(told.stdout.lines().count(), 1, "{}", told.stdout);
        for command in ["run", "chat"] {
            let refused = usher(&bot, &[command]);
            assert!(refused.code == 2 && refused.stderr.contains(place), "{command}: {} {}", refused.code, refused.stderr);
        }
    }
}

#[test]
fn several_bots_find_a_mistake_of_their_operator_once() {
    let bots = OPERATORS
        .replace("floor: 2", "floor: high")
        .replace("{ kind: terminal }", "{ kind: terminal }, web: { kind: web, flows: more }")
        .replace("people: [\"1\"]", "people: [\"here:1\"]")
        + "listen: \"127.0.0.1:0\"\n";
    let bot = operated(&bots);
    for file in ["hello.yaml", "bot.yaml", "gate.yaml"] {
        write(bot.path(), &format!("more/{file}"), &std::fs::read(bot.path().join("flows").join(file)).unwrap());
    }
    let told = usher(&bot, &["lint", "--format", "concise"]);
    assert!(told.stdout.starts_with("usher.yaml:6:20: error FLW203") && told.stdout.lines().count() == 1, "{}", told.stdout);
}

#[test]
fn nothing_follows_from_an_operators_file_that_cannot_be_read_or_is_wrong_elsewhere() {
    for (right, wrong) in
        [("roles:", "\troles:"), ("kind: memory", "kind: memry"), ("kind: terminal", "kind: terminl"), ("guard: {", "guard: ")]
    {
        let told = usher(operated(&OPERATORS.replace(right, wrong)), &["lint", "--format", "concise"]).stdout;
        assert!(told.starts_with("usher.yaml:") && told.lines().count() == 1, "{wrong}: {told}");
    }
}
