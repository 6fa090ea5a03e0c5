//! What people call the engine's own operations: in what is remembered of somebody, and wherever else an operation is named to them.

use crate::expr::Template;
use crate::flow::Text;
use crate::syntax::Scalar;

/// The name of each, then how it is called in Russian and in English.
const TITLES: &[(&str, &str, &str)] = &[
    ("my_sessions", "Посмотреть свои незаконченные диалоги", "Look at one's own unfinished conversations"),
    ("my_data", "Собрать свои данные в файл", "Gather one's own data in a file"),
    ("erase_me", "Удалить свои данные", "Delete one's own data"),
    ("is_taken", "Проверить, не указаны ли телефон и e-mail у другого", "Check whether somebody else has the phone and the e-mail"),
    ("counts", "Посчитать, что ждёт внимания", "Count what waits for attention"),
    ("list_requests", "Посмотреть очередь заявок", "Look at the queue of requests"),
    ("get_request", "Посмотреть заявку", "Look at a request"),
    ("decide", "Принять решение по заявке", "Decide on a request"),
    ("find_people", "Найти человека", "Find somebody"),
    ("get_person", "Посмотреть сведения о человеке", "Look at a person"),
    ("list_audit", "Посмотреть историю", "Look at the history"),
    ("set_person", "Изменить сведения о человеке", "Change what is remembered of a person"),
    ("list_sessions", "Посмотреть, кто застрял", "Look at who is stuck"),
    ("nudge", "Напомнить о вопросе", "Remind of the question"),
    ("reset_session", "Начать диалог заново", "Start a conversation again"),
    ("end_session", "Завершить диалог", "End a conversation"),
    ("move_session", "Перевести на другой шаг", "Move to another step"),
    ("list_operations", "Посмотреть операции под вопросом", "Look at operations in doubt"),
    ("confirm_operation", "Отметить операцию выполненной", "Mark an operation as done"),
    ("retry_operation", "Отправить операцию снова", "Send an operation again"),
    ("stop_operation", "Прекратить операцию", "Stop an operation"),
    ("get_maintenance", "Посмотреть, идут ли работы", "Look whether maintenance is on"),
    ("set_maintenance", "Включить или выключить обслуживание", "Switch maintenance on or off"),
    ("reload_flows", "Обновить диалоги", "Reload the conversations"),
    ("list_roles", "Посмотреть роли", "Look at the roles"),
    ("set_role", "Дать или забрать роль", "Give or take a role"),
    ("create_role_code", "Сделать код для роли", "Make a code for a role"),
    ("statistics", "Посмотреть статистику", "Look at the statistics"),
    ("create_invitation", "Создать приглашение", "Make an invitation"),
    ("broadcast", "Разослать сообщение", "Send a broadcast"),
    ("list_broadcasts", "Посмотреть рассылки", "Look at the broadcasts"),
    ("stop_broadcast", "Остановить рассылку", "Stop a broadcast"),
    ("list_segments", "Посчитать людей в группах", "Count the people of each group"),
];

/// What the engine itself puts into the audit: its name there, then how people read it in Russian and in English.
const AUDITED: &[(&str, &str, &str)] = &[
    ("maintenance.started", "включено обслуживание", "maintenance was switched on"),
    ("maintenance.stopped", "выключено обслуживание", "maintenance was switched off"),
    ("owner.code_offered", "показан код первого владельца", "the code of the first owner was shown"),
    ("person.flooded", "слишком много сообщений подряд", "too many messages in a row"),
    ("role.codes_withdrawn", "коды ролей отозваны: слишком много попыток", "the codes of roles were withdrawn: too many attempts"),
];

/// How what the engine calls so in the audit reads in this language, in English for want of another. None for what an author has called so.
pub fn audited(name: &str, language: &str) -> Option<&'static str> {
    titled(AUDITED, name).map(|title| title(language))
}

/// What stands in one of the lists for this name, by language; English is for all but Russian.
fn titled(list: &'static [(&str, &str, &str)], name: &str) -> Option<impl Fn(&str) -> &'static str> {
    let (_, ru, en) = list.iter().find(|(titled, ..)| *titled == name)?;
    Some(move |language: &str| if language == "ru" { *ru } else { *en })
}

/// What the operation of this name is called in each of these languages; in English where it has no words of its own.
pub(super) fn of(name: &str, languages: &[String]) -> Option<Text> {
    let title = titled(TITLES, name)?;
    let written = |language: &String| Template::parse(&Scalar { text: title(language).to_owned(), ..Scalar::default() }).ok();
    Some(Text { by_language: languages.iter().map(written).collect() })
}
