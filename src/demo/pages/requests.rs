//! What was asked of the ERP, the newest first, and the buttons that break it on purpose.

use std::fmt::Write;

use crate::demo::journal::{Entry, Journal};
use crate::demo::pages::language::Language;
use crate::demo::pages::layout::{escape, time};

/// How many requests are shown.
const SHOWN: usize = 12;

/// Something that may be broken: its button, the failure as `/_demo/faults` takes it, and what is said when it is done.
struct Breakage {
    title: [&'static str; 2],
    fault: &'static str,
    done: [&'static str; 2],
}

const BREAKAGES: [Breakage; 4] = [
    Breakage {
        title: ["Отвечать через 5 секунд", "Answer after 5 seconds"],
        fault: r#"{"delay_ms":5000,"next":3}"#,
        done: ["Три следующих ответа опоздают на 5 секунд.", "The next three answers will be 5 seconds late."],
    },
    Breakage {
        title: ["Ошибка 503", "Error 503"],
        fault: r#"{"status":503,"next":3}"#,
        done: ["Три следующих запроса получат ошибку 503.", "The next three requests will get error 503."],
    },
    Breakage {
        title: ["Потерять ответ", "Lose an answer"],
        fault: r#"{"drop_after_commit":true,"route":"POST /api/v1/staff/"}"#,
        done: [
            "Следующего сотрудника ERP создаст, а ответить не сможет. Дважды его не создадут.",
            "The next member of staff will be created and the answer lost. Nobody will be created twice.",
        ],
    },
    Breakage {
        title: ["Починить", "Repair"],
        fault: r#"{"next":0}"#,
        done: [
            "ERP снова исправна. Бот повторит запрос сам, обычно в течение минуты.",
            "The ERP is well again. The bot tries again by itself, usually within a minute.",
        ],
    },
];

/// The last requests.
pub fn list(language: Language, journal: &Journal) -> String {
    let mut entries = journal.latest(SHOWN).peekable();
    if entries.peek().is_none() {
        return format!("<p class=\"hint\">{}</p>", language.pick("Пока не было ни одного.", "There was none yet."));
    }
    let mut list = "<ol class=\"requests\">".to_owned();
    for (number, entry) in entries {
        list.push_str(&item(language, number, entry));
    }
    list.push_str("</ol>");
    list
}

fn item(language: Language, number: u64, entry: &Entry) -> String {
    let (class, status) = match entry.status {
        Some(status @ 200..=399) => ("active", status.to_string()),
        Some(status) => ("bad", status.to_string()),
        None => ("bad", language.pick("нет ответа", "no answer").to_owned()),
    };
    let mut notes = String::new();
    if let Some(id) = entry.created {
        let _ = write!(notes, "<small>{} №&nbsp;{id}</small>", language.pick("создан сотрудник", "created member of staff"));
    }
    if entry.replayed {
        notes.push_str(language.pick(
            "<small>тот же ключ — тот же ответ, второй раз ничего не создано</small>",
            "<small>the same key, the same answer: nothing was created again</small>",
        ));
    }
    if entry.fault.is_some() {
        notes.push_str(language.pick("<small>сломано нарочно</small>", "<small>broken on purpose</small>"));
    }
    format!(
        "<li data-row=\"request-{number}\" data-state=\"{status}\"><code>{} {}</code><span class=\"chip {class}\">{status}</span>{}{notes}</li>\n",
        escape(&entry.method),
        escape(&entry.path),
        time(entry.at, "%H:%M:%S UTC", " data-fine=\"yes\""),
    )
}

/// The buttons, and below them what a press of one came to, which holds while `left` requests will still fail. Without scripts there are
/// none, as they would do nothing.
pub fn breakages(language: Language, left: u32) -> String {
    let failed = language.pick("Не получилось: ERP не отвечает.", "It did not work: the ERP does not answer.");
    let mut buttons = format!("<h2>{}</h2>\n<div class=\"faults\">", language.pick("Сломать ERP нарочно", "Break the ERP on purpose"));
    for Breakage { title: [title, english], fault, done: [done, done_english] } in &BREAKAGES {
        let _ = write!(
            buttons,
            "<button type=\"button\" data-fault=\"{}\" data-done=\"{}\">{}</button>",
            escape(fault),
            escape(language.pick(done, done_english)),
            escape(language.pick(title, english)),
        );
    }
    let _ = writeln!(
        buttons,
        "</div>\n<p class=\"hint\" id=\"told\" role=\"status\" data-left=\"{left}\" data-failed=\"{}\"></p>",
        escape(failed)
    );
    buttons
}
