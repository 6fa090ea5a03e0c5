//! A type that is declared otherwise than the server's description has it is the cause of what is wrong with such values in the flows.

use crate::diagnostic::{Diagnostic, Severity};
use crate::expr::codes;

/// Puts all that is wrong in the flows with values of a misread type below the finding about the type.
pub fn below(compared: &mut [Diagnostic], findings: &mut Vec<Diagnostic>) {
    for cause in compared {
        let Some(kind) = misread(&cause.message).map(str::to_owned) else { continue };
        let follows = |finding: &Diagnostic| {
            let is_of_type = matches!(finding.code, codes::TYPE_MISMATCH | codes::PRINTS_NONE | codes::BAD_ARGUMENTS);
            is_of_type && finding.severity == Severity::Error && finding.message.contains(&kind)
        };
        let (effects, rest): (Vec<_>, Vec<_>) = std::mem::take(findings).into_iter().partition(follows);
        *findings = rest;
        let notes = effects.into_iter().map(|effect| (effect.span, format!("this may follow from it: {}", effect.message)));
        cause.related.extend(notes);
    }
}

/// As what a value is read that the description has otherwise.
fn misread(message: &str) -> Option<&str> {
    Some(message.split_once(" is read as ")?.1.split_once(", and the description has ")?.0)
}
