//! Findings as text.
use crate::diagnostic::{Diagnostic, Sources};
/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With the author's line and a ruler under it.
    Human,
    /// `file:line:column: severity CODE message`.
    Concise,
    /// One JSON document.
    Json,
}
/// Writes sorted findings.
pub fn render(_sources: &Sources, _findings: &[Diagnostic], _format: Format, _colour: bool) -> String {
    todo!()
}
