//! The text of the consent to the processing of personal data.

use axum::http::{HeaderMap, StatusCode};

use crate::demo::pages::language::Language;
use crate::demo::pages::layout::{Page, Seen};

/// `GET /consent`.
pub async fn show(headers: HeaderMap) -> Page<'static> {
    let language = Language::of(&headers);
    let title = language.pick("Согласие на обработку персональных данных", "Consent to the processing of personal data");
    let content = language.pick(include_str!("consent.ru.html"), include_str!("consent.en.html")).to_owned();
    Page { status: StatusCode::OK, path: "/consent", language, seen: Seen::of(&headers), title, content, script: None }
}
