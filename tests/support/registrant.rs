//! Whoever registers with the shipped bot: what its messages ask, and what is done about each.
#![allow(clippy::unwrap_used, reason = "a test may fail at once")]

use super::botapi::Shown;

/// What somebody does about a message.
pub enum Move {
    Press(&'static str),
    Write(String),
    ShareNumber,
    /// Types the code in at the ERP, and says so.
    Activate,
}

/// What the shipped bot asks, and what is done about it.
pub fn answer(account: i64, message: &Shown, picky: bool) -> Option<Move> {
    // What was no answer is said so, and the question follows.
    let text =
        message.text.strip_prefix("Этого ответа здесь нет. Нажмите кнопку или ответьте на вопрос.").unwrap_or(&message.text).trim_start();
    let begins = |begin: &str| text.starts_with(begin);
    Some(match () {
        () if begins("Здравствуйте! Это бот") => Move::Press("Зарегистрироваться"),
        () if begins("Для регистрации нужно ваше согласие") => Move::Press("Согласен"),
        () if begins("Шаг 1 из") => Move::Write(name_of(account).to_owned()),
        () if begins("Шаг 2 из") => Move::ShareNumber,
        () if begins("Шаг 3 из") => Move::Write(email_of(account)),
        () if begins("Шаг 4 из") => Move::Press("Руководитель отдела"),
        () if begins("Проверьте данные:") => Move::Press("Всё верно"),
        () if begins("Готово! Вход в ERP создан.") || begins("Новый код готов") => {
            Move::Press("Показать код")
        }
        () if begins("Связь прервалась") => Move::Press("Показать"),
        () if begins("Код активации:") && picky => Move::Press("Код не подходит"),
        () if begins("Что пишет страница активации?") => Move::Press("Код истёк"),
        () if begins("Код активации:") => Move::Activate,
        () if begins("Срок действия кода истёк") => Move::Press("Получить новый код"),
        () if begins("Выпустить новый код активации?") => Move::Press("Получить новый код"),
        () => return None,
    })
}

pub fn name_of(account: i64) -> &'static str {
    ["Иванов Иван Иванович", "Петрова Анна Сергеевна", "Сидоров Пётр Ильич", "Орлова Мария Олеговна"][usize::try_from(account).unwrap() % 4]
}

pub fn email_of(account: i64) -> String {
    format!("u{account}@example.com")
}
