//! What `usher lint` costs: all rules over a large bot, in this process and as a command that begins cold.
//!
//! Target: 2,000 steps in 40 flows within 100 ms, cold; ten times as many steps take ten times as long.
#![allow(clippy::unwrap_used, reason = "a bench that cannot set up its world should stop there")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use divan::Bencher;
use usher::diagnostic::Sources;
use usher::flow::{Installation, load_parsed};
use usher::lint::checks;
use usher::scenario;
use usher::syntax::Trees;

/// Steps of one flow.
const STEPS: usize = 50;

fn main() {
    divan::main();
}

/// The files of a bot with so many flows, each in two languages, each with a call, a branch, a review, texts with values and a scenario.
fn files(flows: usize) -> Vec<(String, String)> {
    let mut files = vec![
        (
            "flows/bot.yaml".to_owned(),
            "bot: Справки\nlanguages: [ru, en]\nsettings:\n  desk: { title: Стол, type: text, value: \"101\" }\n".to_owned(),
        ),
        ("flows/api/erp.yaml".to_owned(), OPERATIONS.to_owned()),
    ];
    files.push(("flows/messages/en.yaml".to_owned(), "messages: en\nbot.settings.desk: \"101\"\n".to_owned()));
    for number in 0..flows {
        let id = format!("request_{number}");
        files.push((format!("flows/{id}.yaml"), flow(&id)));
        files.push((format!("flows/messages/en/{id}.yaml"), format!("messages: en\n{}", translation(&id))));
    }
    files
}

const OPERATIONS: &str = "operations: erp\ntitle: ERP\nfile:\n  title: Подать заявку\n  request: POST /api/v1/requests/\n  input: { text: text, days: integer }
  json: { text: \"{{ text }}\", days: \"{{ days }}\" }\n  once: { header: Idempotency-Key, remembers: 24h }\n  output: { id: { at: /id, type: integer } }\n";

fn flow(id: &str) -> String {
    let mut text = format!("flow: {id}\ntitle: Заявка\nstart: {{ command: {id} }}\nfor: anyone\nsteps:\n");
    for at in (0..STEPS - 6).step_by(4) {
        let _ = write!(
            text,
            "  topic_{at}:\n    title: Тема\n    ask: О чём заявка?\n    choice: {{ pay: Зарплата, leave: Отпуск, other: Другое }}\n\
             \x20 text_{at}:\n    title: Текст\n    ask: \"Опишите подробнее, тема: {{{{ topic_{at} | label }}}}\"\n    max: 300\n    unclear: Напишите словами\n\
             \x20 days_{at}:\n    title: Дни\n    when: topic_{at} == 'leave'\n    ask: На сколько дней?\n    type: integer\n    min: 1\n    max: 28\n\
             \x20 told_{at}:\n    when: days_{at} is not none and days_{at} > 14\n    say: \"Это долго: {{{{ days_{at} | plural('день', 'дня', 'дней') }}}}.\"\n"
        );
    }
    let _ = write!(
        text,
        "  count:\n    title: Всего\n    ask: Сколько всего дней?\n    type: integer\n  check:\n    review: \"Всё верно?\"\n    show: [topic_0, text_0, count]\n\
         \x20 sent:\n    call: erp.file\n    tell: Отправляю\n    with: {{ text: text_0, days: count }}\n    outcomes:\n\
         \x20     unknown: {{ say: Уточняю, end: unclear }}\n      else: {{ say: \"Не получилось, стол {{{{ settings.desk }}}}\", end: failed }}\n\
         \x20 big:\n    branch:\n      - {{ when: count > 28, go: long }}\n      - {{ else: done }}\n\
         \x20 long:\n    say: \"Заявка {{{{ sent.id }}}} большая.\"\n\
         \x20 done:\n    say: Готово\n    end: completed\n"
    );
    text
}

fn translation(id: &str) -> String {
    let mut text = format!("{id}:\n  title: Request\n");
    for at in (0..STEPS - 6).step_by(4) {
        let _ = write!(
            text,
            "  topic_{at}: {{ title: Subject, ask: What is it about?, choice: {{ pay: Pay, leave: Leave, other: Other }} }}\n\
             \x20 text_{at}: {{ title: Text, ask: \"Tell more about {{{{ topic_{at} | label }}}}\", unclear: Write it in words }}\n\
             \x20 days_{at}: {{ title: Days, ask: For how many days? }}\n\
             \x20 told_{at}.say: \"That is long: {{{{ days_{at} | plural('day', 'days') }}}}.\"\n"
        );
    }
    text + "  count: { title: In all, ask: How many days in all? }\n  check.review: Is all of this right?\n\
            \x20 sent: { tell: Sending, outcomes: { unknown: Finding out, else: \"It did not work, desk {{ settings.desk }}\" } }\n\
            \x20 long.say: \"Request {{ sent.id }} is a large one.\"\n  done.say: Done\n"
}

fn sources(flows: usize) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files(flows) {
        sources.add(path, text);
    }
    sources
}

/// All that is found in the files of a bot, without reading and writing.
#[divan::bench(args = [40, 400], sample_count = 10)]
fn all_rules(bencher: Bencher, flows: usize) {
    let sources = sources(flows);
    bencher.bench_local(|| {
        let trees = Trees::of(&sources);
        let loaded = load_parsed(&sources, &trees, &Installation::default());
        let read = scenario::read_parsed(&sources, &trees);
        let project = loaded.project.as_ref().unwrap();
        scenario::check(&sources, project, &read.suite).len() + checks::check(&sources, &trees).len() + loaded.findings.len()
    });
}

/// The command, from its start to its end.
#[divan::bench(args = [40, 400], sample_count = 10)]
fn cold_process(bencher: Bencher, flows: usize) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files(flows) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    bencher.bench_local(|| lint(folder.path()));
}

fn lint(folder: &Path) {
    let run = Command::new(env!("CARGO_BIN_EXE_usher")).arg("lint").current_dir(folder).stdout(Stdio::null()).status().unwrap();
    assert!(run.code().is_some_and(|code| code < 2), "{run}");
}
