//! «Первый вход / Активация»: a code and a new password open a login.
//!
//! The page sends both to the API by script; without scripts its form is posted here and answered with the same words.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::demo::DemoErp;
use crate::demo::api::{self, MIN_PASSWORD};
use crate::demo::call::pairs;
use crate::demo::office::Refusal;
use crate::demo::pages::language::Language;
use crate::demo::pages::layout::{Page, Seen, escape};

/// Where a try stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    Fresh,
    Done,
    NoCode,
    Short,
    Differ,
    Wrong,
    Active,
    Expired,
}

/// The words of one language.
struct Words {
    title: &'static str,
    lead: &'static str,
    code_label: &'static str,
    code_hint: &'static str,
    password_label: &'static str,
    password_hint: &'static str,
    repeat_label: &'static str,
    send: &'static str,
    show: &'static str,
    hide: &'static str,
    required: &'static str,
    short: &'static str,
    differ: &'static str,
    wrong: &'static str,
    active: &'static str,
    expired: &'static str,
    failed: &'static str,
    offline: &'static str,
    done_title: &'static str,
    done_text: &'static str,
    another: &'static str,
}

const RU: Words = Words {
    title: "Первый вход / Активация",
    lead: "Введите код, который вам выдали, и придумайте пароль.",
    code_label: "Код активации",
    code_hint: "Код длинный: скопируйте его целиком и вставьте сюда.",
    password_label: "Новый пароль",
    password_hint: "Не короче 8 символов.",
    repeat_label: "Повторите пароль",
    send: "Активировать вход",
    show: "Показать",
    hide: "Скрыть",
    required: "Введите код активации.",
    short: "Пароль слишком короткий: нужно не меньше 8 символов.",
    differ: "Пароли не совпадают. Введите один и тот же пароль дважды.",
    wrong: "Неверный код. Проверьте, что он скопирован целиком, или получите новый.",
    active: "Этот вход уже активирован: код использован. Войдите со своим паролем.",
    expired: "Срок действия кода истёк. Получите новый код.",
    failed: "Не получилось активировать вход. Попробуйте ещё раз чуть позже.",
    offline: "ERP не отвечает. Проверьте связь и попробуйте ещё раз: код остаётся в силе.",
    done_title: "Вход активирован",
    done_text: "Теперь входите в ERP со своим e-mail и новым паролем. Код больше не нужен.",
    another: "Активировать другой вход",
};

const EN: Words = Words {
    title: "First login / Activation",
    lead: "Enter the code that you were given and choose a password.",
    code_label: "Activation code",
    code_hint: "The code is long: copy all of it and paste it here.",
    password_label: "New password",
    password_hint: "At least 8 characters.",
    repeat_label: "Repeat the password",
    send: "Activate the login",
    show: "Show",
    hide: "Hide",
    required: "Enter the activation code.",
    short: "The password is too short: it needs at least 8 characters.",
    differ: "The passwords differ. Enter the same password twice.",
    wrong: "Wrong code. Check that all of it was copied, or get a new one.",
    active: "This login is active already: the code has been used. Log in with your password.",
    expired: "The code has expired. Get a new one.",
    failed: "The login could not be activated. Try again a little later.",
    offline: "The ERP does not answer. Check the connection and try again: the code stays good.",
    done_title: "Your account is active",
    done_text: "From now on log in to the ERP with your e-mail and the new password. The code is not needed any more.",
    another: "Activate another account",
};

/// `GET /activate`.
pub async fn show(headers: HeaderMap) -> Response {
    page(&headers, Try::Fresh)
}

/// `POST /activate`: the form of a browser without scripts.
pub async fn submit(State(erp): State<Arc<DemoErp>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = pairs(&body);
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let (code, password) = (field("activation_code").trim(), field("password"));
    let ended = if code.is_empty() {
        Try::NoCode
    } else if password.chars().count() < MIN_PASSWORD {
        Try::Short
    } else if password != field("repeat") {
        Try::Differ
    } else {
        match api::activate(&erp, code, password) {
            Ok(()) => Try::Done,
            Err(Refusal::Active) => Try::Active,
            Err(Refusal::Expired) => Try::Expired,
            Err(_) => Try::Wrong,
        }
    };
    page(&headers, ended)
}

fn page(headers: &HeaderMap, ended: Try) -> Response {
    let language = Language::of(headers);
    let words = match language {
        Language::Ru => &RU,
        Language::En => &EN,
    };
    let status = match ended {
        Try::Fresh | Try::Done => StatusCode::OK,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let script = (ended != Try::Done).then_some(include_str!("activate.js"));
    let (seen, content) = (Seen::of(headers), content(words, ended));
    Page { status, path: "/activate", language, seen, title: words.title, content, script }.into_response()
}

fn content(words: &Words, ended: Try) -> String {
    let (code_error, password_error, repeat_error, notice) = match ended {
        Try::Fresh | Try::Done => ("", "", "", ""),
        Try::NoCode => (words.required, "", "", ""),
        Try::Wrong => (words.wrong, "", "", ""),
        Try::Expired => (words.expired, "", "", ""),
        Try::Short => ("", words.short, "", ""),
        Try::Differ => ("", "", words.differ, ""),
        Try::Active => ("", "", "", words.active),
    };
    let invalid = |error: &str| if error.is_empty() { "" } else { " aria-invalid=\"true\"" };
    let hidden = |hidden: bool| if hidden { " hidden" } else { "" };
    format!(
        include_str!("activate.html"),
        entry_hidden = hidden(ended == Try::Done),
        done_hidden = hidden(ended != Try::Done),
        // The slash does not begin a line.
        title = escape(words.title).replace(" /", "&nbsp;/"),
        lead = escape(words.lead),
        notice = escape(notice),
        required = escape(words.required),
        short = escape(words.short),
        differ = escape(words.differ),
        wrong = escape(words.wrong),
        active = escape(words.active),
        expired = escape(words.expired),
        failed = escape(words.failed),
        offline = escape(words.offline),
        show = escape(words.show),
        hide = escape(words.hide),
        code_label = escape(words.code_label),
        code_hint = escape(words.code_hint),
        code_error = escape(code_error),
        code_invalid = invalid(code_error),
        password_label = escape(words.password_label),
        password_hint = escape(words.password_hint),
        password_error = escape(password_error),
        password_invalid = invalid(password_error),
        least = MIN_PASSWORD,
        repeat_label = escape(words.repeat_label),
        repeat_error = escape(repeat_error),
        repeat_invalid = invalid(repeat_error),
        send = escape(words.send),
        done_title = escape(words.done_title),
        done_text = escape(words.done_text),
        another = escape(words.another),
    )
}
