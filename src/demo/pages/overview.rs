//! What the ERP holds: its staff, how far their logins are, and what was asked of it. Codes never show here.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::demo::DemoErp;
use crate::demo::office::{LoginState, Office, Staff, User};
use crate::demo::pages::language::Language;
use crate::demo::pages::layout::{Page, Seen, escape, time};
use crate::demo::pages::requests;

/// `GET /staff`.
pub async fn show(State(erp): State<Arc<DemoErp>>, headers: HeaderMap) -> Response {
    let (language, seen) = (Language::of(&headers), Seen::of(&headers));
    let title = language.pick("Сотрудники", "Staff");
    let content = content(language, title, &erp);
    Page { status: StatusCode::OK, path: "/staff", language, seen, title, content, script: Some(include_str!("overview.js")) }
        .into_response()
}

fn content(language: Language, title: &str, erp: &DemoErp) -> String {
    let held = erp.held();
    format!(
        "<div class=\"card wide\">\n<h1>{}</h1>\n<div id=\"held\">{}</div>\n<h2>{}</h2>\n<div id=\"asked\">{}</div>\n{}</div>",
        escape(title),
        office(language, title, erp.profile.name(), &held.office),
        language.pick("Запросы к ERP", "Requests to the ERP"),
        requests::list(language, &held.journal),
        requests::breakages(language, held.faults.requests_left()),
    )
}

fn office(language: Language, title: &str, profile: &str, office: &Office) -> String {
    let waiting = office.users.values().filter(|user| user.state() == LoginState::Issued).count();
    let active = office.users.values().filter(|user| user.state() == LoginState::Active).count();
    let counts = [
        (language.pick("Всего", "All"), office.staff.len()),
        (language.pick("Ждут активации", "Awaiting activation"), waiting),
        (language.pick("Вход активен", "Active"), active),
        (language.pick("Должности", "Positions"), office.positions.len()),
    ];
    let mut page = "<ul class=\"counts\">".to_owned();
    for (name, count) in counts {
        let _ = write!(page, "<li>{} <b>{count}</b></li>", escape(name));
    }
    let _ = writeln!(page, "<li>{} <b>{}</b></li></ul>", language.pick("Профиль", "Profile"), escape(profile));
    if office.staff.is_empty() {
        let nobody = language.pick(
            "Пока никого нет. Зарегистрируйтесь через бота — сотрудник появится здесь сам.",
            "Nobody yet. Register through the bot, and the member of staff appears here by itself.",
        );
        let _ = write!(page, "<p class=\"nobody\">{nobody}</p>");
        return page;
    }
    let head = [("№", "No."), ("Сотрудник", "Member of staff"), ("Должность", "Position"), ("Создан", "Created"), ("Вход", "Login")];
    let _ = write!(page, "<table><caption>{}</caption>\n<thead><tr>", escape(title));
    for (russian, english) in head {
        let _ = write!(page, "<th scope=\"col\">{}</th>", language.pick(russian, english));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for staff in office.staff.values().rev() {
        page.push_str(&row(language, staff, office));
    }
    page.push_str("</tbody></table>");
    page
}

fn row(language: Language, staff: &Staff, office: &Office) -> String {
    let names = [Some(&staff.last_name), Some(&staff.first_name), staff.middle_name.as_ref()];
    let name: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
    let contacts: Vec<&str> = [&staff.email, &staff.phone].into_iter().flatten().map(String::as_str).collect();
    let position = staff.main_position().and_then(|id| office.positions.get(&id));
    let position = position.map_or("—", |position| language.pick(&position.name, &position.english));
    let created = time(staff.created, "%d.%m.%Y %H:%M UTC", "");
    let state = office.user_of(staff.id).map_or(LoginState::None, User::state);
    let dismissed = if staff.is_active { String::new() } else { format!("<small>{}</small>", language.pick("уволен", "dismissed")) };
    let (name, contacts, position) = (escape(&name.join(" ")), escape(&contacts.join(" · ")), escape(position));
    let (class, word) = (state.name(), word(language, state));
    let id = staff.id;
    format!(
        "<tr data-row=\"staff-{id}\" data-state=\"{class}\"><td class=\"number\">{id}</td><td><b>{name}</b><small>{contacts}</small>{dismissed}</td>\
         <td>{position}</td><td class=\"number\">{created}</td><td><span class=\"chip {class}\">{word}</span></td></tr>\n"
    )
}

fn word(language: Language, state: LoginState) -> &'static str {
    match state {
        LoginState::None => language.pick("нет входа", "no login"),
        LoginState::Issued => language.pick("код выдан", "code issued"),
        LoginState::Active => language.pick("активен", "active"),
    }
}
