use std::pin::Pin;
use std::sync::{Arc, Mutex as Lock};
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use super::*;
use crate::channel::{Command, Unkept};
use crate::engine::{Button, EffectId, Keyboard, Message, MessageRef, Press};

/// What was written, to be read by the test.
#[derive(Clone, Default)]
struct Paper(Arc<Lock<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl AsyncWrite for Paper {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn terminal(input: &'static str, style: Style) -> (Terminal, Paper) {
    let paper = Paper::default();
    let settings = Settings { style, quiet: Duration::from_millis(5), ..Settings::default() };
    (Terminal::new("chat", settings, Box::new(input.as_bytes()), Box::new(paper.clone())), paper)
}

fn button(label: &str, press: Press) -> Button {
    Button { label: label.to_owned(), press }
}

fn message(html: &str, keyboard: Keyboard) -> Message {
    Message { html: html.to_owned(), keyboard, ..Message::default() }
}

fn consent() -> Keyboard {
    Keyboard::Rows(vec![vec![button("Согласен", Press::Token("yes".into())), button("Не согласен", Press::Token("no".into()))]])
}

async fn send(terminal: &Terminal, message: Message) -> String {
    match terminal.perform(&EffectKind::Send(message), &|_| None).await {
        Delivery::Done(Some(id)) => id,
        other => panic!("{other:?}"),
    }
}

/// Lets the conversation run to the end of its input; returns what the person did.
async fn acts(terminal: &Terminal) -> Vec<Act> {
    let (inbox, mut outbox) = mpsc::channel::<Incoming>(1);
    let (_stop, shutdown) = watch::channel(false);
    let collect = async {
        let mut acts = Vec::new();
        while let Some(incoming) = outbox.recv().await {
            assert_eq!(incoming.record, RecordId("chat:me".to_owned()));
            let EventKind::Acted { act, .. } = incoming.kind else { panic!() };
            acts.push(act);
            incoming.kept.send(Ok(())).unwrap();
        }
        acts
    };
    let (ended, acts) = tokio::join!(terminal.receive(inbox, shutdown), collect);
    ended.unwrap();
    acts
}

#[tokio::test]
async fn a_number_or_a_label_presses() {
    let (terminal, paper) = terminal("2\nсогласен\nпривет\n\n7\n", Style::Plain);
    let id = send(&terminal, message("Обработка <b>данных</b> &amp; прочее", consent())).await;
    assert_eq!(paper.text(), "bot │ Обработка данных & прочее\n    │ [1] Согласен  [2] Не согласен\n");
    let acts = acts(&terminal).await;
    assert!(matches!(&acts[0], Act::Pressed { token, message: Some(under), .. } if token == "no" && *under == id), "{acts:?}");
    assert!(matches!(&acts[1], Act::Pressed { token, .. } if token == "yes"), "{acts:?}");
    assert!(matches!(&acts[2], Act::Wrote { text, .. } if text == "привет"), "{acts:?}");
    assert!(matches!(&acts[3], Act::Wrote { text, .. } if text == "7"), "{acts:?}");
    assert_eq!(acts.len(), 4);
}

#[tokio::test]
async fn stripped_buttons_are_over() {
    let (terminal, _) = terminal("1\n", Style::Plain);
    let id = send(&terminal, message("?", consent())).await;
    let native = |_| Some(id.clone());
    let of = MessageRef::Ours(EffectId { version: 1, index: 0 });
    assert_eq!(terminal.perform(&EffectKind::Strip { of }, &native).await, Delivery::Done(None));
    assert!(matches!(&acts(&terminal).await[0], Act::Wrote { text, .. } if text == "1"));
}

#[tokio::test]
async fn an_edit_offers_its_new_buttons() {
    let (terminal, paper) = terminal("1\n", Style::Plain);
    let id = send(&terminal, message("?", consent())).await;
    let other = Keyboard::Rows(vec![vec![button("Готово", Press::Token("done".into()))]]);
    let edit = EffectKind::Edit { of: MessageRef::Native(id), message: message("!", other) };
    assert_eq!(terminal.perform(&edit, &|_| None).await, Delivery::Done(None));
    assert!(paper.text().ends_with("bot │ !\n    │ [1] Готово\n"), "{}", paper.text());
    assert!(matches!(&acts(&terminal).await[0], Act::Pressed { token, .. } if token == "done"));
}

#[tokio::test]
async fn a_number_is_shared_by_command_or_by_button() {
    let (terminal, paper) = terminal("/contact +7 900 123-45-67\n1\n89001234568\n2\n", Style::Plain);
    send(&terminal, message("Ваш номер?", Keyboard::Contact { label: "Отправить".into(), skip: Some("Пропустить".into()) })).await;
    let acts = acts(&terminal).await;
    assert!(matches!(&acts[0], Act::SharedContact { number, own: true, .. } if number == "+7 900 123-45-67"), "{acts:?}");
    assert!(matches!(&acts[1], Act::SharedContact { number, own: true, .. } if number == "+79001234568"), "{acts:?}");
    assert!(matches!(&acts[2], Act::Wrote { text, .. } if text == "Пропустить"), "{acts:?}");
    assert!(paper.text().contains("    │ Phone number, for example"), "{}", paper.text());
}

#[tokio::test]
async fn copied_texts_and_addresses_are_shown() {
    let (terminal, paper) = terminal("1\n", Style::Plain);
    let keyboard = Keyboard::Rows(vec![
        vec![button("Скопировать", Press::Copy("K-7".into()))],
        vec![button("Открыть", Press::Url("https://a.b".into()))],
    ]);
    send(&terminal, message("Код. <a href=\"https://a.b/?x=1&amp;y=2\">Кабинет</a>", keyboard)).await;
    assert_eq!(paper.text(), "bot │ Код. Кабинет (https://a.b/?x=1&y=2)\n    │ [1] Скопировать: K-7\n    │ [2] Открыть: https://a.b\n");
    assert_eq!(acts(&terminal).await, [], "nothing goes to the bot");
    assert!(paper.text().ends_with("a.b\nbot │ K-7\n"), "{}", paper.text());
}

#[tokio::test]
async fn texts_cannot_command_the_terminal() {
    let (terminal, paper) = terminal("", Style::Plain);
    send(&terminal, message("\u{1b}[2J&#27;[31mx", Keyboard::None)).await;
    assert_eq!(paper.text(), "bot │  [2J [31mx\n");
}

#[tokio::test]
async fn colours_only_where_they_are_wanted() {
    let (terminal, paper) = terminal("", Style::Ansi);
    send(&terminal, message("<b>а <i>б</i> в</b>", Keyboard::None)).await;
    assert_eq!(paper.text(), "bot │ \u{1b}[1mа \u{1b}[3mб\u{1b}[0m\u{1b}[1m в\u{1b}[0m\n");
}

#[tokio::test]
async fn a_deleted_message_leaves_a_line_and_a_notice_is_shown() {
    let (terminal, paper) = terminal("", Style::Plain);
    let delete = EffectKind::Delete { of: MessageRef::Native("x".into()) };
    assert_eq!(terminal.perform(&delete, &|_| None).await, Delivery::Done(None));
    let notice = EffectKind::Acknowledge { press: "p".into(), text: Some("Уже отправлено".into()) };
    assert_eq!(terminal.perform(&notice, &|_| None).await, Delivery::Done(None));
    assert_eq!(paper.text(), "    │ (a message was deleted)\n    │ (Уже отправлено)\n");
}

#[tokio::test]
async fn commands_are_listed_once() {
    let (terminal, paper) = terminal("", Style::Plain);
    let commands = [("ru".to_owned(), vec![Command { name: "start".into(), title: "Регистрация".into(), roles: Vec::new() }])].into();
    let menus = Menus { language: "ru".into(), commands, ..Menus::default() };
    terminal.set_up(&menus).await.unwrap();
    terminal.set_up(&menus).await.unwrap();
    assert_eq!(paper.text(), "    │ /start\u{a0}Регистрация\n");
}

/// Menus of a bot in Russian and English.
fn two_languages() -> Menus {
    let command = |title: &str| vec![Command { name: "start".into(), title: title.into(), roles: Vec::new() }];
    let commands = [("ru".to_owned(), command("Регистрация")), ("en".to_owned(), command("Registration"))].into();
    Menus { language: "ru".into(), commands, ..Menus::default() }
}

#[tokio::test]
async fn it_speaks_the_persons_language_from_the_first_line_and_changes_with_the_bot() {
    let paper = Paper::default();
    let visitor = Visitor { language: Some("en".into()), ..Visitor::default() };
    let settings = Settings { visitor, ..Settings::default() };
    let terminal = Terminal::new("chat", settings, Box::new("".as_bytes()), Box::new(paper.clone()));
    terminal.set_up(&two_languages()).await.unwrap();
    send(&terminal, message("Hello", Keyboard::None)).await;
    let show = EffectKind::ShowCommands { language: "ru".into() };
    assert_eq!(terminal.perform(&show, &|_| None).await, Delivery::Done(None));
    send(&terminal, message("Привет", Keyboard::None)).await;
    assert_eq!(paper.text(), "    │ /start\u{a0}Registration\nbot │ Hello\n    │ /start\u{a0}Регистрация\nбот │ Привет\n");
}

#[tokio::test]
async fn a_language_that_the_bot_does_not_speak_is_answered_in_its_own() {
    let paper = Paper::default();
    let visitor = Visitor { language: Some("de".into()), ..Visitor::default() };
    let terminal = Terminal::new("chat", Settings { visitor, ..Settings::default() }, Box::new("".as_bytes()), Box::new(paper.clone()));
    terminal.set_up(&two_languages()).await.unwrap();
    send(&terminal, message("Привет", Keyboard::None)).await;
    assert_eq!(paper.text(), "    │ /start\u{a0}Регистрация\nбот │ Привет\n");
}

#[tokio::test]
async fn what_is_typed_can_be_read_piped_or_not() {
    for (typing, expected) in
        [(Typing::Repeated, "бот │ ?\nвы  │ да\n\n"), (Typing::Prompted, "бот │ ?\nвы  │ \nвы  │ \n"), (Typing::Unseen, "бот │ ?\n")]
    {
        let paper = Paper::default();
        let settings = Settings { typing, quiet: Duration::from_millis(5), ..Settings::default() };
        let terminal = Terminal::new("chat", settings, Box::new("да\n".as_bytes()), Box::new(paper.clone()));
        terminal.set_up(&Menus { language: "ru".into(), ..Menus::default() }).await.unwrap();
        send(&terminal, message("?", Keyboard::None)).await;
        assert_eq!(acts(&terminal).await.len(), 1);
        assert_eq!(paper.text(), expected, "{typing:?}");
    }
}

#[tokio::test]
async fn a_message_that_comes_by_itself_stands_above_the_prompt() {
    let (paper, (_typing, input)) = (Paper::default(), tokio::io::duplex(64));
    let settings = Settings { typing: Typing::Prompted, quiet: Duration::ZERO, ..Settings::default() };
    let terminal = Terminal::new("chat", settings, Box::new(BufReader::new(input)), Box::new(paper.clone()));
    let (inbox, _outbox) = mpsc::channel::<Incoming>(1);
    let (stop, shutdown) = watch::channel(false);
    let story = async {
        while paper.text().is_empty() {
            tokio::task::yield_now().await;
        }
        send(&terminal, message("Напоминаю", Keyboard::None)).await;
        stop.send_replace(true);
    };
    let (ended, ()) = tokio::join!(terminal.receive(inbox, shutdown), story);
    ended.unwrap();
    assert_eq!(paper.text(), "you │ \rbot │ Напоминаю\n\nyou │ ");
}

#[tokio::test]
async fn the_prompt_comes_again_below_what_somebody_else_has_written_over_it() {
    let (paper, (_typing, input)) = (Paper::default(), tokio::io::duplex(64));
    let (others, written) = watch::channel(0);
    let settings = Settings { typing: Typing::Prompted, quiet: Duration::ZERO, written: Some(written), ..Settings::default() };
    let terminal = Terminal::new("chat", settings, Box::new(BufReader::new(input)), Box::new(paper.clone()));
    let (inbox, _outbox) = mpsc::channel::<Incoming>(1);
    let (stop, shutdown) = watch::channel(false);
    let story = async {
        for prompts in 1..=3 {
            while paper.text().matches("you │ ").count() < prompts {
                tokio::task::yield_now().await;
            }
            others.send_modify(|lines| *lines += u64::from(prompts < 3));
        }
        stop.send_replace(true);
    };
    let told = tokio::time::timeout(Duration::from_secs(5), story);
    let (ended, told) = tokio::join!(async { tokio::time::timeout(Duration::from_secs(6), terminal.receive(inbox, shutdown)).await }, told);
    assert!(told.is_ok() && ended.is_ok_and(|ended| ended.is_ok()), "{}", paper.text());
    assert_eq!(paper.text(), "you │ you │ you │ ");
}

#[test]
fn a_number_dialled_inside_russia_is_shared_with_the_code_of_the_country() {
    for (typed, shared) in [
        ("8 916 123-45-67", "+79161234567"),
        ("89161234567", "+79161234567"),
        ("+7 916 123-45-67", "+7 916 123-45-67"),
        ("84912345678", "84912345678"),
        ("+89161234567", "+89161234567"),
    ] {
        assert_eq!(international(typed), shared);
    }
}

#[tokio::test]
async fn a_line_that_is_not_kept_is_handed_in_again() {
    let (terminal, paper) = terminal("привет\n", Style::Plain);
    let (inbox, mut outbox) = mpsc::channel::<Incoming>(1);
    let (_stop, shutdown) = watch::channel(false);
    let answer = async {
        let first = outbox.recv().await.unwrap();
        first.kept.send(Err(Unkept)).unwrap();
        let second = outbox.recv().await.unwrap();
        second.kept.send(Ok(())).unwrap();
        (first.id, second.id)
    };
    let (ended, (first, second)) = tokio::join!(terminal.receive(inbox, shutdown), answer);
    ended.unwrap();
    assert_eq!(first, second);
    assert!(first.0.starts_with("chat/line/"), "{first:?}");
    assert!(paper.text().contains("not kept yet"), "{}", paper.text());
}

#[tokio::test]
async fn the_next_line_waits_while_something_is_under_way() {
    let (working, idle) = watch::channel(false);
    let settings = Settings { quiet: Duration::from_millis(1), idle: Some(idle), ..Settings::default() };
    let terminal = Terminal::new("chat", settings, Box::new("привет\n".as_bytes()), Box::new(Paper::default()));
    let (inbox, mut outbox) = mpsc::channel::<Incoming>(1);
    let (_stop, shutdown) = watch::channel(false);
    let watch = async {
        assert!(tokio::time::timeout(Duration::from_millis(50), outbox.recv()).await.is_err(), "nothing comes while busy");
        working.send(true).unwrap();
        outbox.recv().await.unwrap().kept.send(Ok(())).unwrap();
    };
    let (ended, ()) = tokio::join!(terminal.receive(inbox, shutdown), watch);
    ended.unwrap();
}
