//! Two administrators and three employees at once: requests decided together, refused with a reason, corrected and sent again; a code
//! issued anew; somebody found.

use crate::support::botapi::{Chat, Shown};
use crate::{ACTS, Bot, BotApi, EN, Erp, Profile, RU, User, Words, act, code_in, json, until};

const OFFICE: &str = "\
roles:
  hr: { title: HR, people: [\"9001\", \"9002\"], may: all }
  it: { people: [\"9001\"] }
  owner: { people: [\"9002\"] }
settings:
  mode: approved
  position_by: admin
";

/// What the employee is told when their request is sent.
fn sent(words: &Words) -> &'static str {
    if words.name == RU.name { "Заявка №" } else { "Request #" }
}

/// From `/start` to the request.
async fn asks(user: User<'_>, words: &Words) {
    for number in 0..=7 {
        act(user, words, number);
        let awaited = if number == 7 { sent(words) } else { words.texts[number] };
        let (_, others) = until(user, awaited).await;
        assert_eq!(others, Vec::<String>::new(), "before «{awaited}»");
    }
}

/// The card of this employee's request that still can be decided on.
async fn card_of(admin: User<'_>, api: &BotApi, employee: User<'_>) -> Shown {
    let email = format!("u{}@example.com", employee.id());
    let of_employee = |message: &Shown| message.text.contains(&email) && message.key("Одобрить").is_some();
    api.expect(admin.id(), "a card", |chat| chat.messages.iter().rev().find(|message| of_employee(message)).cloned()).await
}

/// Waits until the bot has said something like this, ever.
async fn hears(api: &BotApi, user: User<'_>, part: &str) -> Shown {
    let says = |message: &&Shown| message.by_bot && message.text.contains(part);
    api.expect(user.id(), part, |chat| chat.messages.iter().rev().find(says).cloned()).await
}

/// True if it is theirs to choose the position, false if they are told that somebody else does.
async fn chooses(api: &BotApi, admin: User<'_>) -> bool {
    let says = |chat: &Chat, part: &str| chat.messages.iter().any(|message| message.by_bot && message.text.contains(part));
    let answered = |chat: &Chat| match (says(chat, "Какая должность"), says(chat, "сейчас решает")) {
        (false, false) => None,
        (chooses, _) => Some(chooses),
    };
    api.expect(admin.id(), "an answer to the press", answered).await
}

/// Approves with a position.
async fn approves(api: &BotApi, admin: User<'_>, employee: User<'_>, position: &str) {
    let card = card_of(admin, api, employee).await;
    admin.press_under(card.id, "Одобрить");
    // Buttons go from a list that is over, so this is the one of now.
    let offers = |message: &&Shown| message.key(position).is_some();
    let list = api.expect(admin.id(), "the positions", |chat| chat.messages.iter().rev().find(offers).cloned()).await;
    admin.press_under(list.id, position);
    let edited = format!("одобрена ({position}): ");
    api.expect(admin.id(), &edited, |chat| chat.message(card.id).filter(|card| card.text.contains(&edited)).cloned()).await;
}

/// Shows the code, activates with it in the ERP and says so.
async fn logs_in(user: User<'_>, words: &Words, erp: &Erp) {
    until(user, words.texts[7]).await;
    act(user, words, 8);
    let (shown, _) = until(user, words.texts[8]).await;
    let code = code_in(&shown);
    assert!(shown.protected && !shown.preview, "the code may be forwarded");
    assert_eq!(erp.post("/api/v1/auth/activate", json!({ "activation_code": code, "password": "correct horse" })).await, 200);
    act(user, words, ACTS);
    until(user, words.texts[ACTS]).await;
    assert!(user.chat().messages.iter().all(|message| message.deleted || !message.text.contains(&code)), "the code is still in the chat");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_serve_three_employees_at_once() {
    let (api, erp) = (BotApi::start().await, Erp::start(Profile::Extended).await);
    let mut bot = Bot::start_with(&api, &erp, "extended", OFFICE);
    let (anna, boris) = (api.user(9001, "Анна", "ru"), api.user(9002, "Борис", "ru"));
    for admin in [anna, boris] {
        admin.write("/admin");
        until(admin, "Управление").await;
    }
    let (ivan, john, peter) = (api.user(1001, "Иван", "ru"), api.user(1002, "John", "en"), api.user(1003, "Пётр", "ru"));
    tokio::join!(asks(ivan, &RU), asks(john, &EN), asks(peter, &RU));

    // Both press at the same moment: one chooses the position, the other is told who does.
    let cards = [card_of(anna, &api, ivan).await, card_of(boris, &api, ivan).await];
    anna.press_under(cards[0].id, "Одобрить");
    boris.press_under(cards[1].id, "Одобрить");
    let (of_anna, of_boris) = tokio::join!(chooses(&api, anna), chooses(&api, boris));
    assert!(of_anna != of_boris, "one of them decides, and the other is told so");
    let first = if of_anna { anna } else { boris };
    first.press("Руководитель отдела");
    for (admin, card) in [anna, boris].into_iter().zip(&cards) {
        let closed = |card: &&Shown| card.text.contains("одобрена (Руководитель отдела): ") && card.keys.is_empty();
        api.expect(admin.id(), "the closed card", |chat| chat.message(card.id).filter(closed).cloned()).await;
    }
    logs_in(ivan, &RU, &erp).await;

    // A reason, a correction, and the same request again.
    let refused = card_of(boris, &api, john).await;
    boris.press_under(refused.id, "Отклонить");
    hears(&api, boris, "Напишите причину отказа").await;
    boris.write("Нужен <рабочий> e-mail");
    let (told, _) = until(john, "Request #").await;
    assert!(told.text.contains("Reason: Нужен <рабочий> e-mail"), "{}", told.text);
    john.press("Correct");
    until(john, "What should be changed").await;
    john.press("E-mail");
    until(john, EN.texts[4]).await;
    john.write("u1002@example.com.org");
    until(john, EN.texts[6]).await;
    john.press("All correct");
    until(john, "Request #").await;
    let again = hears(&api, anna, "u1002@example.com.org").await;
    assert!(again.text.contains("Отправлена повторно после заявки №"), "{}", again.text);
    tokio::join!(approves(&api, anna, john, "Фотограф"), approves(&api, boris, peter, "Руководитель отдела"));
    tokio::join!(logs_in(john, &EN, &erp), until(peter, RU.texts[7]));

    // Peter loses his code, and asks for another; the first one works no more.
    peter.press("Показать код");
    let (lost, _) = until(peter, RU.texts[8]).await;
    peter.write("/code");
    hears(&api, peter, "Выпустить новый код активации?").await;
    peter.press("Получить новый код");
    hears(&api, peter, "Новый код готов").await;
    peter.press("Показать код");
    let (new, _) = until(peter, RU.texts[8]).await;
    let activate = |code: String| erp.post("/api/v1/auth/activate", json!({ "activation_code": code, "password": "correct horse" }));
    let (lost, new) = (code_in(&lost), code_in(&new));
    assert_ne!(lost, new);
    assert_ne!(activate(lost).await, 200, "the old code still works");
    assert_eq!(activate(new).await, 200);

    anna.write("/find");
    until(anna, "Напишите имя").await;
    anna.write("u1001@example.com");
    let (found, _) = until(anna, "Нашлось: 1").await;
    anna.press(found.labels()[0][0]);
    let (someone, _) = until(anna, "Иванов Иван Иванович\nДолжность: Руководитель отдела\nКарточка в ERP: 1").await;
    let written = ["E-mail: u1001@example.com", "Вход в ERP: выполнен"];
    assert!(written.iter().all(|line| someone.text.contains(line)), "{}", someone.text);

    assert_eq!(erp.staff().await, ["tg:1001", "tg:1002", "tg:1003"].map(|id| (id.to_owned(), 1)).into());
    api.expect_all_confirmed().await;
    assert_eq!(api.objections(), Vec::<String>::new());
    assert_eq!(bot.stop(), Some(0));
}
