//! People who all register at the same time.

use crate::support::botapi::{BotApi, Card, User};

/// What a person does, and how the answer to it begins.
const TALK: [(Act, &str); 9] = [
    (Act::Write("/start"), "Здравствуйте!"),
    (Act::Press("Зарегистрироваться"), "Для регистрации нужно ваше согласие"),
    (Act::Press("Согласен"), "Шаг 1 из 4."),
    (Act::Write("Иванов Иван Иванович"), "Шаг 2 из 4."),
    (Act::Contact, "Шаг 3 из 4."),
    (Act::Email, "Шаг 4 из 4."),
    (Act::Press("Руководитель отдела"), "Проверьте данные:"),
    (Act::Press("Всё верно"), "Готово! Вход в ERP создан."),
    (Act::Press("Показать код"), "Код активации:"),
];

#[derive(Clone, Copy)]
enum Act {
    Write(&'static str),
    Press(&'static str),
    Contact,
    Email,
}

/// So many people go from `/start` to their activation code, none waiting for another.
pub async fn register_at_once(api: &BotApi, people: i64) {
    let talks = (0..people).map(|number| register(api.user(1001 + number, "Иван", "ru")));
    futures_util::future::join_all(talks).await;
}

async fn register(user: User<'_>) {
    for (act, answer) in TALK {
        match act {
            Act::Write(text) => drop(user.write(text)),
            Act::Press(label) => drop(user.press(label)),
            Act::Contact => drop(user.share_contact(Card::Own)),
            Act::Email => drop(user.write(&format!("u{}@example.com", user.id()))),
        }
        while !user.expect_message().await.text.starts_with(answer) {}
    }
}
