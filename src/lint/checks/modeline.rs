//! The line that tells an editor which schema a file has.

use crate::diagnostic::{Diagnostic, FileId, Fix, Sources, Span};
use crate::flow::shapes::FileKind;
use crate::lint::codes;

const HEAD: &str = "# yaml-language-server: $schema=";

/// Checks that a file names its schema. Where the schemas are, its neighbours tell.
pub fn check(sources: &Sources, file: FileId, kind: FileKind, findings: &mut Vec<Diagnostic>) {
    let source = sources.get(file);
    if named(&source.text).is_some() {
        return;
    }
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let own = folder(&source.path);
    let beside = sources.iter().filter(|(_, other)| folder(&other.path) == own).find_map(|(_, other)| named(&other.text));
    let schema = match kind {
        FileKind::Flows => "flow.schema.json".to_owned(),
        FileKind::Scenarios => "scenario.schema.json".to_owned(),
        _ => format!("{}.schema.json", kind.first_key()),
    };
    let place = Span::new(file, 0, 0);
    let found = Diagnostic {
        severity: crate::diagnostic::Severity::Info,
        ..Diagnostic::warning(codes::MISSING_MODELINE, place, "no line tells an editor the schema of this file")
    };
    findings.push(match beside.and_then(|named| named.rsplit_once('/')) {
        Some((schemas, _)) => {
            let line = format!("{HEAD}{schemas}/{schema}");
            found.help(format!("begin the file with {line}")).fix(Fix::safe(place, format!("{line}\n")))
        }
        None => found.help(format!("begin the file with {HEAD}, and the way to {schema}; `usher schema --write schemas` writes it")),
    });
}

/// The schema that a file names before its first key.
fn named(text: &str) -> Option<&str> {
    text.lines().take_while(|line| line.is_empty() || line.starts_with('#')).find_map(|line| line.strip_prefix(HEAD)).map(str::trim)
}
