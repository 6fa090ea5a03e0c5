//! The ERP's pages: what it holds, «Первый вход / Активация», and the text of the consent.
//!
//! Each page is one document without outside resources. Every inserted value is escaped, scripts and styles carry a nonce, and the
//! policy allows nothing else.

mod activate;
mod consent;
mod front;
mod language;
mod layout;
mod overview;
mod requests;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::demo::DemoErp;

pub use front::{Guest, front};

/// The routes.
pub fn router() -> Router<Arc<DemoErp>> {
    Router::new()
        .route("/staff", get(overview::show))
        .route("/activate", get(activate::show).post(activate::submit))
        .route("/consent", get(consent::show))
}
