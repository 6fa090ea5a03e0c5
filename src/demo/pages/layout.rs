//! What all pages share: the frame, the style, the headers, and escaping.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::demo::pages::language::Language;
use crate::demo::token;

/// The style of all pages.
pub const STYLE: &str = include_str!("style.css");

/// Where a page is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// In a window of its own, with the way to the other pages.
    Alone,
    /// In a frame of a page that has such a way itself.
    Framed,
}

impl Seen {
    /// As the browser says; one that says nothing has a window.
    pub fn of(headers: &HeaderMap) -> Self {
        if headers.get("sec-fetch-dest").is_some_and(|place| place == "iframe") { Self::Framed } else { Self::Alone }
    }
}

/// One page of the ERP.
pub struct Page<'a> {
    /// Its status.
    pub status: StatusCode,
    /// Its path.
    pub path: &'static str,
    /// The language it is written in.
    pub language: Language,
    /// Where it is seen.
    pub seen: Seen,
    /// Its title, as text.
    pub title: &'a str,
    /// What stands in its frame, as markup.
    pub content: String,
    /// What runs on it.
    pub script: Option<&'static str>,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        guarded(self.status, self.language, |nonce| self.document(nonce))
    }
}

/// A document without anything from elsewhere: only what carries its nonce works, and only pages of this address may frame it.
pub fn guarded(status: StatusCode, language: Language, document: impl FnOnce(&str) -> String) -> Response {
    let Ok(nonce) = token::activation_code() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; frame-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    );
    let headers: [(HeaderName, String); 6] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CONTENT_LANGUAGE, language.tag().to_owned()),
        (header::VARY, "accept-language, sec-fetch-dest".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (status, headers, Html(document(&nonce))).into_response()
}

impl Page<'_> {
    fn document(&self, nonce: &str) -> String {
        let script = self.script.map(|script| format!("<script nonce=\"{nonce}\">\n{script}</script>")).unwrap_or_default();
        format!(
            include_str!("layout.html"),
            language = self.language.tag(),
            title = escape(self.title),
            nonce = nonce,
            style = STYLE,
            seen = if self.seen == Seen::Framed { " class=\"framed\"" } else { "" },
            skip = self.language.pick("К содержанию", "Skip to content"),
            nav = self.nav(),
            demo = self.language.pick("демонстрация", "demo"),
            footer = self.language.pick("Демонстрационная ERP: только для показа и проверки.", "A demo ERP: for showing and testing only."),
            content = self.content,
            script = script,
        )
    }

    fn nav(&self) -> String {
        let pages = [("/staff", "Сотрудники", "Staff"), ("/activate", "Активация", "Activation"), ("/consent", "Согласие", "Consent")];
        let links = pages.map(|(path, russian, english)| {
            let current = if path == self.path { " aria-current=\"page\"" } else { "" };
            format!("<a href=\"{path}\"{current}>{}</a>", self.language.pick(russian, english))
        });
        links.concat()
    }
}

/// A text as it stands in markup and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A moment, as a script of the page may show it in the reader's own zone; without scripts in this form.
pub fn time(at: Timestamp, form: &str, attributes: &str) -> String {
    format!("<time datetime=\"{at:.0}\"{attributes}>{}</time>", at.to_zoned(TimeZone::UTC).strftime(form))
}
