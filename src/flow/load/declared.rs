//! A setting, a field of the person or of an event, or an input, that several places take for something else than it is declared to be: the
//! declaration is wrong, and not each of the places.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{About, Diagnostic, Severity, Span, follow};
use crate::expr::codes as expr;
use crate::flow::load::codes;
use crate::flow::load::declare;
use crate::flow::load::files::Files;
use crate::syntax::Node;

/// So many places may be wrong by themselves.
const PLACES: usize = 2;

/// Puts what follows from a wrong declaration below one finding at it.
pub(super) fn below(files: &Files, findings: &mut Vec<Diagnostic>) {
    let typed: Vec<usize> = (0..findings.len()).filter(|at| is_of_type(&findings[*at])).collect();
    if typed.len() <= PLACES {
        return;
    }
    let declarations = declarations(files);
    let mut told: BTreeSet<usize> = BTreeSet::new();
    let mut causes = Vec::new();
    loop {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for at in typed.iter().copied().filter(|at| !told.contains(at)) {
            let names: BTreeSet<&str> = findings[at].about.iter().filter_map(|about| declared(about, &declarations)).collect();
            for name in names {
                by_name.entry(name).or_default().push(at);
            }
        }
        by_name.retain(|name, at| is_evident(name, at, findings));
        // Of as many the one that is taken for the same everywhere: what is given to one input is as often of one value.
        let Some((name, mut effects)) = by_name.into_iter().max_by_key(|(name, at)| (at.len(), !is_person(name))) else { break };
        let Some(declaration) = declarations.get(name) else { break };
        if is_person(name) {
            // The engine's own operations give it under its own name.
            let field = format!(".{}", name.trim_start_matches("person."));
            let is_same = |about: &About| matches!(about, About::Value(path) if path.ends_with(&field));
            let more = typed.iter().copied().filter(|at| !told.contains(at) && !effects.contains(at));
            let more: Vec<_> = more.filter(|at| findings[*at].about.iter().any(is_same)).collect();
            effects.extend(more);
        }
        let Declaration { what, of, span } = declaration;
        let message = format!("{what} is declared to be {of}, and {} places take it for something else", effects.len());
        let mut cause = Diagnostic::error(codes::TYPE_MISMATCH, *span, message).help("correct the type here, or those places");
        let notes: Vec<_> =
            effects.iter().map(|at| (findings[*at].span, format!("this may follow from it: {}", findings[*at].message))).collect();
        follow(&mut cause, notes.into_iter());
        causes.push(cause);
        told.extend(effects);
    }
    let mut at = 0..;
    findings.retain(|_| at.next().is_some_and(|at| !told.contains(&at)));
    findings.append(&mut causes);
}

/// Where something is declared, and as what.
struct Declaration {
    /// What a message calls it.
    what: String,
    /// Its type, in words.
    of: String,
    span: Span,
}

/// All declarations that others refer to, by their names.
fn declarations(files: &Files) -> BTreeMap<String, Declaration> {
    let mut all = BTreeMap::new();
    let types = declare::Declarations::plain();
    let mut add = |node: Option<&Node>, name: &dyn Fn(&str) -> (String, String)| {
        for entry in node.map_or(&[][..], Node::entries) {
            let (name, what) = name(&entry.key);
            let of = declare::describe(&types.of(&entry.value).kind);
            all.insert(name, Declaration { what, of, span: entry.key_span });
        }
    };
    let bot = files.bot.as_ref();
    add(bot.and_then(|bot| bot.get("person")), &|field| (format!("person.{field}"), format!("the person's \"{field}\"")));
    add(bot.and_then(|bot| bot.get("settings")), &|setting| (format!("settings.{setting}"), format!("the setting \"{setting}\"")));
    for event in bot.and_then(|bot| bot.get("events")).map_or(&[][..], Node::entries) {
        let of = &event.key;
        add(Some(&event.value), &|field| (format!("{of}.{field}"), format!("\"{field}\" of the event \"{of}\"")));
    }
    let input = |of: &str, input: &str| (format!("{of}({input})"), format!("the input \"{input}\" of \"{of}\""));
    for flow in &files.flows {
        add(flow.node.get("inputs"), &|name| input(&flow.id, name));
    }
    for file in &files.operations {
        let connection = file.get("operations").and_then(Node::text).unwrap_or_default();
        for operation in file.entries() {
            add(operation.value.get("input"), &|name| input(&format!("{connection}.{}", operation.key), name));
        }
    }
    all
}

/// The declaration that a finding is about.
fn declared<'d>(about: &About, declarations: &'d BTreeMap<String, Declaration>) -> Option<&'d str> {
    let name = match about {
        About::Declared(name) => name.clone(),
        About::Value(path) => path.split('.').take(2).collect::<Vec<_>>().join("."),
        About::Manner(_) => return None,
    };
    declarations.get_key_value(&name).map(|(name, _)| name.as_str())
}

fn is_person(name: &str) -> bool {
    name.starts_with("person.")
}

/// Whether so many places are wrong by themselves hardly ever. What is wrong with a field of the person in the same words everywhere may
/// be wrong with what it is held against.
fn is_evident(name: &str, places: &[usize], findings: &[Diagnostic]) -> bool {
    let spans: BTreeSet<Span> = places.iter().map(|at| findings[*at].span).collect();
    let words: BTreeSet<&str> = places.iter().map(|at| findings[*at].message.as_str()).collect();
    spans.len() > PLACES && (!is_person(name) || words.len() > 1)
}

fn is_of_type(finding: &Diagnostic) -> bool {
    let codes = [codes::TYPE_MISMATCH, expr::TYPE_MISMATCH, expr::PRINTS_NONE, expr::BAD_ARGUMENTS, expr::UNKNOWN_FIELD];
    finding.severity == Severity::Error && codes.contains(&finding.code) && finding.fix.is_none()
}
