//! Files that messages show.

use crate::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\na picture";

fn shows(file: File, shown: Shown, html: &str) -> Message {
    Message { file: Some(Box::new(Attached { file, shown })), ..message(html) }
}

fn beside(path: &str, kind: &str) -> File {
    let at = FileAt::Flows { path: path.to_owned(), digest: format!("digest of {path}") };
    File { at, name: path.trim_start_matches("./").to_owned(), kind: kind.to_owned(), size: PNG.len() as u64 }
}

/// The files of the flows are these bytes, as long as they are there.
fn lent(channel: &Channel, bytes: Result<&'static [u8], Unopened>) {
    let files: Files = Arc::new(move |_| {
        let bytes = bytes.clone();
        Box::pin(async move { bytes.map(|bytes| Contents::of(bytes.into())) })
    });
    channel.lend(&files);
}

fn form_calls(api: &BotApi, method: &str) -> Vec<bool> {
    let is_id = |call: &crate::support::botapi::Call| call.parameters.get("photo").or(call.parameters.get("document")).is_some();
    api.calls_of(method).iter().map(|call| !is_id(call)).collect()
}

#[tokio::test]
async fn a_picture_is_sent_once_and_known_by_its_id_afterwards() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    lent(&channel, Ok(PNG));
    let picture = || Message {
        keyboard: yes_and_no(),
        protect: true,
        ..shows(beside("./как \"пройти\".png", "image/png"), Shown::Photo, "<b>Вход</b> &lt;здесь&gt;")
    };
    for _ in 0..2 {
        sent(&channel, picture()).await;
        let shown = alina.expect_message().await;
        let file = shown.file.clone().unwrap();
        assert_eq!((shown.text.as_str(), shown.labels(), shown.protected), ("Вход <здесь>", vec![vec!["Да", "Нет"]], true));
        assert!(file.picture && file.bytes == PNG);
    }
    assert_eq!(form_calls(&api, "sendPhoto"), [true, false], "the second time Telegram has it");
    // What Telegram has forgotten is sent anew.
    let known = alina.chat().last().unwrap().file.clone().unwrap().id;
    api.lose_file(&known);
    sent(&channel, picture()).await;
    assert_eq!(form_calls(&api, "sendPhoto"), [true, false, false, true]);
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test]
async fn a_file_of_the_persons_own_goes_back_by_its_id_or_as_another_kind_of_thing() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let (channel, mut bot) = (channel(&api), Running::start(channel(&api)));
    bot.act().await;
    alina.document("отчёт.pdf", "application/pdf", b"%PDF");
    let Act::SharedFile { file, .. } = bot.act().await else { panic!("a document is a file") };
    sent(&channel, shows(file, Shown::Document, "Ваш отчёт")).await;
    assert_eq!(form_calls(&api, "sendDocument"), [false]);
    assert_eq!(alina.chat().last().unwrap().file.as_ref().unwrap().bytes, b"%PDF");
    bot.stop().await;
}

#[tokio::test]
async fn what_the_engine_made_is_sent_as_it_is() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    let made = File::made("мои данные.json", "application/json", b"{\"a\": 1}".to_vec()).unwrap();
    sent(&channel, shows(made, Shown::Document, "")).await;
    let shown = alina.expect_message().await;
    let ShownFile { picture, name, bytes, .. } = shown.file.unwrap();
    assert_eq!((picture, name.as_str(), bytes.as_slice(), shown.text.as_str()), (false, "мои данные.json", &b"{\"a\": 1}"[..], ""));
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test]
async fn a_text_too_long_for_a_caption_follows_and_all_of_it_is_deleted() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    lent(&channel, Ok(PNG));
    let long = "слово ".repeat(200);
    let id = sent(&channel, Message { keyboard: yes_and_no(), ..shows(beside("./a.png", "image/png"), Shown::Photo, &long) }).await;
    let (picture, text) = (alina.expect_message().await, alina.expect_message().await);
    assert!(picture.file.is_some() && picture.text.is_empty() && picture.keys.is_empty());
    assert!(text.file.is_none() && text.labels() == [["Да", "Нет"]]);
    assert_eq!(id, format!("{} {}", picture.id, text.id));
    // Buttons go from the text; a deletion takes both.
    assert_eq!(perform(&channel, EffectKind::Strip { of: native(&id) }).await, Delivery::Done(None));
    assert_eq!(alina.chat().message(text.id).unwrap().labels(), Vec::<Vec<&str>>::new());
    assert_eq!(perform(&channel, EffectKind::Delete { of: native(&id) }).await, Delivery::Done(None));
    assert_eq!(alina.chat().said(), Vec::<&str>::new());
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test]
async fn the_caption_is_what_is_edited() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    lent(&channel, Ok(PNG));
    let id =
        sent(&channel, Message { keyboard: yes_and_no(), ..shows(beside("./a.png", "image/png"), Shown::Photo, "Первая страница") }).await;
    let edit =
        EffectKind::Edit { of: native(&id), message: Message { keyboard: yes_and_no(), ..message("Вторая страница") } };
    assert_eq!(perform(&channel, edit).await, Delivery::Done(None));
    let shown = alina.chat().last().unwrap().clone();
    assert_eq!((shown.id.to_string(), shown.text.as_str(), shown.edits), (id, "Вторая страница", 1));
    assert!(shown.file.is_some());
    assert_eq!(api.objections(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_picture_to_telegram_is_sent_as_a_file_and_what_is_gone_as_a_text() {
    let api = BotApi::start().await;
    let alina = person(&api);
    let channel = channel(&api);
    lent(&channel, Ok(b"not a picture at all"));
    sent(&channel, shows(beside("./a.png", "image/png"), Shown::Photo, "Схема")).await;
    let shown = alina.expect_message().await;
    assert!(!shown.file.unwrap().picture && shown.text == "Схема");

    lent(&channel, Err(Unopened::Unavailable("not now".to_owned())));
    assert!(matches!(send(&channel, shows(beside("./b.png", "image/png"), Shown::Photo, "Схема")).await, Delivery::Later(_)));
    lent(&channel, Err(Unopened::Gone));
    sent(&channel, shows(beside("./b.png", "image/png"), Shown::Photo, "Схема")).await;
    let shown = alina.expect_message().await;
    assert!(shown.file.is_none() && shown.text == "Схема");
    for (fault, delivery) in [(Fault::Status(502), Delivery::Ambiguous), (Fault::DropAfter, Delivery::Ambiguous)] {
        lent(&channel, Ok(PNG));
        api.fail_next("sendPhoto", 1, fault);
        assert_eq!(send(&channel, shows(beside("./c.png", "image/png"), Shown::Photo, "")).await, delivery);
    }
}
