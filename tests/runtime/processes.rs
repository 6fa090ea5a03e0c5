//! The real binary: how it ends, what it says, and what a change of the flows means.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::FILES;
use crate::support::botapi::BotApi;
use crate::support::http::{Reply, Server};

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A folder with the bot of these tests.
fn bot(api: &str, erp: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        write(folder.path(), path, text);
    }
    let operators = format!(
        "usher: 1\nflows: flows\nchannels:\n  tg: {{ kind: telegram, token: \"${{env:TOKEN}}\", api_url: \"{api}\" }}\n\
         store: {{ kind: sled, path: data }}\nlog: {{ format: json }}\n\
         connections:\n  erp: {{ url: \"{erp}\", timeout: 60s, private_network: true }}\n"
    );
    write(folder.path(), "usher.yaml", &operators);
    folder
}

fn usher(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command.args(arguments).current_dir(folder).env("TOKEN", BotApi::TOKEN).env("RUST_BACKTRACE", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn signal(process: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap().success());
}

/// Waits for the end off the runtime, which serves the bot meanwhile.
async fn ended(process: Child) -> Output {
    tokio::task::spawn_blocking(move || process.wait_with_output().unwrap()).await.unwrap()
}

/// Exit code and all of standard error, which is one line.
async fn refusal(mut command: Command) -> (Option<i32>, String) {
    let output = ended(command.spawn().unwrap()).await;
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_a_bot_from_starting_is_told_in_one_sentence() {
    let api = BotApi::start().await;
    let nothing = tempfile::tempdir().unwrap();
    let (code, said) = refusal(usher(nothing.path(), &["run"])).await;
    assert_eq!((code, said.as_str()), (Some(2), "usher: there is no usher.yaml here; name the operator's file with --config\n"));

    let folder = bot(&api.url(), "http://127.0.0.1:9");
    write(folder.path(), "data", "a file where the folder is to be");
    let (code, said) = refusal(usher(folder.path(), &["run"])).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.starts_with("error[USH004]: data is a file\n --> usher.yaml:"), "{said}");
    std::fs::remove_file(folder.path().join("data")).unwrap();

    let mut first = usher(folder.path(), &["run"]).spawn().unwrap();
    api.expect_calls("getUpdates", 1).await;
    let (code, said) = refusal(usher(folder.path(), &["run"])).await;
    assert_eq!((code, said.lines().count()), (Some(2), 1), "{said}");
    assert!(said.ends_with("is already in use by another process; stop that one, or give this one a data folder of its own\n"), "{said}");
    first.kill().unwrap();
    first.wait().unwrap();

    api.revoke_token();
    let (code, said) = refusal(usher(folder.path(), &["run"])).await;
    let last = said.lines().last().unwrap();
    assert_eq!(code, Some(2));
    assert!(last.starts_with("usher: the channel \"tg\" cannot go on: the token is not accepted"), "{said}");
    assert!(!said.contains(BotApi::TOKEN) && !said.contains("backtrace"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_outlives_whoever_reads_its_log() {
    let api = BotApi::start().await;
    let folder = bot(&api.url(), "http://127.0.0.1:9");
    let mut running = usher(folder.path(), &["run"]).spawn().unwrap();
    api.expect_calls("getUpdates", 1).await;
    drop(running.stderr.take());
    // Asked to read its flows again, it says so.
    signal(&running, "-HUP");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(running.try_wait().unwrap(), None, "it lives");
    running.kill().unwrap();
    running.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_goes_on_with_the_flows_it_began_with() {
    let api = BotApi::start().await;
    let erp = Server::start(|_, _| Reply::json(200, r#"{"ok":true}"#)).await;
    let folder = bot(&api.url(), &erp.url());
    let (old, new) = (api.user(1, "A", "ru"), api.user(2, "B", "ru"));
    let process = usher(folder.path(), &["run"]).spawn().unwrap();
    old.write("/start");
    assert_eq!(old.expect_message().await.text, "Какое слово?");
    api.expect_all_confirmed().await;
    signal(&process, "-TERM");
    assert_eq!(ended(process).await.status.code(), Some(0));

    let (path, text) = FILES[2];
    write(folder.path(), path, &text.replace("Какое слово?", "Новый вопрос?").replace("Передано: ", "Готово: "));
    let process = usher(folder.path(), &["run"]).spawn().unwrap();
    old.write("дом");
    new.write("/start");
    assert_eq!(old.expect_message().await.text, "Передаю.");
    assert_eq!(old.expect_message().await.text, "Передано: дом");
    assert_eq!(new.expect_message().await.text, "Новый вопрос?");
    old.write("/start");
    assert_eq!(old.expect_message().await.text, "Новый вопрос?");
    signal(&process, "-TERM");
    let output = ended(process).await;
    assert_eq!(output.status.code(), Some(0));
    let log = String::from_utf8(output.stderr).unwrap();
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
    }
    assert!(!log.contains("дом") && !log.contains(BotApi::TOKEN), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_takes_less_than_ten_seconds_whoever_hangs() {
    let api = BotApi::start().await;
    let erp = Server::start(|_, _| Reply::Silence).await;
    let folder = bot(&api.url(), &erp.url());
    let user = api.user(1, "A", "ru");
    let process = usher(folder.path(), &["run"]).spawn().unwrap();
    user.write("/start");
    user.expect_message().await;
    user.write("дом");
    assert_eq!(user.expect_message().await.text, "Передаю.");
    api.expect_all_confirmed().await;
    for method in ["getUpdates", "sendMessage"] {
        api.fail_next(method, 20, crate::support::botapi::Fault::Slow(Duration::from_secs(40)));
    }
    user.write("ещё");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    signal(&process, "-INT");
    assert_eq!(ended(process).await.status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Nobody presses Enter for a process that was asked to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_terminal_that_stays_open_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = usher(folder.path(), &["demo", "--listen", "127.0.0.1:0"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(b"/start\n").unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let began = Instant::now();
    signal(&process, "-TERM");
    let output = ended(process).await;
    drop(input);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8(output.stdout).unwrap().contains("Здравствуйте!"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_demo_in_one_folder_says_so_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = usher(folder.path(), &["demo", "--listen", "127.0.0.1:0"]).stdin(Stdio::piped()).spawn().unwrap();
    while !folder.path().join("data/store/sled").exists() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = ended(usher(folder.path(), &["demo", "--listen", "127.0.0.1:0"]).spawn().unwrap()).await;
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()));
    assert!(String::from_utf8(output.stderr).unwrap().contains("already in use"));
    first.kill().unwrap();
    first.wait().unwrap();
}

/// Input from a pipe ends while the ERP still thinks: what it comes to is shown all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_whose_input_ends_waits_for_what_is_under_way() {
    let erp = Server::start(|_, _| Reply::Later(Duration::from_secs(2), Box::new(Reply::json(200, r#"{"ok":true}"#)))).await;
    let folder = bot("http://127.0.0.1:9", &erp.url());
    let mut process = usher(folder.path(), &["chat"]).stdin(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all("/start\nдом\n".as_bytes()).unwrap();
    let output = ended(process).await;
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Передано: дом"), "{said}");
}

/// Talks to a demo until it has said something, and kills it.
async fn line_and_kill(folder: &Path, line: &str, expected: &str) {
    let mut process = usher(folder, &["demo", "--listen", "127.0.0.1:0"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = process.stdin.take().unwrap();
    writeln!(input, "{line}").unwrap();
    let output = process.stdout.take().unwrap();
    let wanted = expected.to_owned();
    let found = tokio::task::spawn_blocking(move || {
        let lines = BufRead::lines(BufReader::new(output));
        lines.map_while(Result::ok).any(|line| line.contains(&wanted))
    });
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    process.kill().unwrap();
    process.wait().unwrap();
    drop(input);
    assert!(matches!(found, Ok(Ok(true))), "after «{line}» it never said «{expected}»");
}

/// The demo ERP is as durable as the conversation: what was created before a kill is there after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_that_is_killed_after_every_line_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for (line, expected) in [
        ("/start", "[1] Зарегистрироваться"),
        ("1", "[1] Согласен"),
        ("1", "Шаг 1 из 4"),
        ("Иванов Иван Иванович", "Отправить мой номер"),
        ("/contact +79001234567", "Шаг 3 из 4"),
        ("ivanov@example.com", "[1] Руководитель отдела"),
        ("1", "[1] Всё верно"),
        ("1", "[1] Показать код"),
        ("1", "Код активации:"),
        ("Я вошёл", "ERP ещё не видит вашего входа"),
    ] {
        line_and_kill(folder.path(), line, expected).await;
    }
    let kept = std::fs::read(folder.path().join("data/demo-erp.json")).unwrap();
    let kept: serde_json::Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(kept["office"]["staff"].as_object().map(serde_json::Map::len), Some(1), "{kept}");
}

/// The disk takes no more: the process ends with one sentence, and started again it has all that was confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_fails_ends_the_process_and_loses_nothing() {
    let api = BotApi::start().await;
    let folder = bot(&api.url(), "http://127.0.0.1:9");
    let user = api.user(1, "A", "ru");
    user.write("/start");
    // Files may grow to this size and no further; without the trap the signal that says so would end the process.
    let limited = format!("trap '' XFSZ; ulimit -f 1200; exec '{}' run", env!("CARGO_BIN_EXE_usher"));
    let mut command = Command::new("sh");
    command.args(["-c", &limited]).current_dir(folder.path()).env("TOKEN", BotApi::TOKEN).env("RUST_BACKTRACE", "1");
    let process = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(user.expect_message().await.text, "Какое слово?");
    for _ in 0..200 {
        // Too long for an answer, so the question stays.
        user.write(&"слово ".repeat(40));
    }
    let output = ended(process).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{said}");
    let sentences: Vec<&str> = said.lines().filter(|line| line.starts_with("usher: ")).collect();
    assert_eq!(sentences.len(), 1, "{said}");
    assert!(sentences[0].starts_with("usher: the store has failed, so nothing more is confirmed; start again: "), "{said}");
    assert!(!said.contains("backtrace"), "{said}");

    let process = usher(folder.path(), &["run"]).spawn().unwrap();
    api.expect_all_confirmed().await;
    let other = api.user(2, "B", "ru");
    other.write("/start");
    assert_eq!(other.expect_message().await.text, "Какое слово?");
    signal(&process, "-TERM");
    assert_eq!(ended(process).await.status.code(), Some(0));
}
