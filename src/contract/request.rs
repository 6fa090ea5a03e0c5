//! Path, method and parameters.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::contract::codes;
use crate::contract::document::{Document, Route};
use crate::contract::kinds::JsonKind;
use crate::contract::place::{Place, Sight};
use crate::contract::sheet::{Sent, Sheet};
use crate::diagnostic::{Diagnostic, Fix, Span};
use crate::expr::Kind;
use crate::flow::{BodyNode, PathPart};

/// Headers that say how a message is written, which no description lists.
const PLAIN_HEADERS: [&str; 4] = ["accept", "accept-language", "content-type", "user-agent"];

/// The header in which servers take a key by which they know a repetition.
const KEY: &str = "idempotency-key";

/// The route and what it offers by the operation's method. If there is none, that is told.
pub(super) fn find<'d>(sheet: &mut Sheet<'_>, document: &'d Document, whole: &Json) -> Option<(Route<'d>, &'d Json)> {
    let path = path_of(&sheet.operation.path);
    let method = sheet.operation.method.as_str();
    let bases = document.bases();
    let mut routes: Vec<Route<'d>> = document.routes().into_iter().filter(|route| is_met(route.path, &path, &bases)).collect();
    // What is written out is meant before what is left open.
    routes.sort_by_key(|route| route.path.matches('{').count());
    if let Some(at) = routes.iter().position(|route| route.method(method).is_some()) {
        let route = routes.swap_remove(at);
        let offered = route.method(method)?;
        return Some((route, offered));
    }
    let finding = unknown(sheet, document, routes.first(), &path, whole);
    sheet.tell(finding);
    None
}

fn unknown(sheet: &Sheet<'_>, document: &Document, route: Option<&Route<'_>>, path: &str, whole: &Json) -> Diagnostic {
    let (method, bases) = (sheet.operation.method.as_str(), document.bases());
    let place = sheet.node.get("request").map_or(sheet.operation.span, |line| {
        let start = if route.is_some() { 0 } else { line.scalar.text.find('/').unwrap_or(0) };
        let end = if route.is_some() { method.len() } else { line.scalar.text.len() };
        line.scalar.place(start, end)
    });
    let everywhere = Document::new(whole, None);
    let elsewhere = everywhere.routes().iter().any(|route| is_met(route.path, path, &bases) && route.method(method).is_some());
    if let Some(profile) = sheet.profile.filter(|_| elsewhere) {
        let message = format!("the description has no {method} {path} in the profile \"{profile}\"");
        let found = Diagnostic::error(codes::UNKNOWN_OPERATION, place, message);
        return found.help("it has it in another profile: say so with \"only\"");
    }
    if let Some(route) = route {
        let found = Diagnostic::error(codes::UNKNOWN_OPERATION, place, format!("the description has no {method} for this path"));
        return found.help(format!("{} has {}", route.path, route.methods()));
    }
    let other = path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned);
    let routes = document.routes();
    if let Some(route) = routes.iter().find(|route| is_met(route.path, &other, &bases)) {
        let has = if path.ends_with('/') { "without a slash" } else { "with a slash" };
        let message = format!("the description ends this path {has}");
        let found = Diagnostic::error(codes::UNKNOWN_OPERATION, place, message);
        let found = found.help(format!("it has {}; a server redirects the other, and a redirect may be refused", route.path));
        return found.fix(Fix::risky(place, other));
    }
    let found = Diagnostic::error(codes::UNKNOWN_OPERATION, place, format!("the description has no path {path}"));
    found.nearest(path, routes.iter().map(|route| route.path))
}

fn path_of(parts: &[PathPart]) -> String {
    let part = |part: &PathPart| match part {
        PathPart::Fixed(text) => text.clone(),
        PathPart::Input(name) => format!("{{{name}}}"),
    };
    parts.iter().map(part).collect()
}

/// True if the description's path is ours, whatever its parameters are called; ours may begin with the server's own path.
fn is_met(described: &str, path: &str, bases: &[String]) -> bool {
    let is_same = |path: &str| {
        let (theirs, ours) = (described.split('/').map(open), path.split('/').map(open));
        theirs.clone().count() == ours.clone().count()
            && theirs.zip(ours).all(|(theirs, ours)| theirs == ours || (theirs == "{}" && !ours.is_empty()))
    };
    is_same(path) || bases.iter().filter_map(|base| path.strip_prefix(base.as_str())).any(is_same)
}

/// A segment with its parameters unnamed: `{id}.json` → `{}.json`.
fn open(segment: &str) -> String {
    let mut parts = segment.split('{');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |whole, part| whole + "{}" + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// Query, headers and the values in the path.
pub(super) fn parameters(sheet: &mut Sheet<'_>, route: &Route<'_>, offered: &Json) {
    let document = sheet.document;
    let all = route.parameters(offered, document);
    path_values(sheet, route.path, &all);
    let operation = sheet.operation;
    for (place, key, entries) in [("query", "query", &operation.query), ("header", "headers", &operation.headers)] {
        let described = described(&all, place);
        let mut given: BTreeSet<String> = own_parameters(sheet, place);
        for (name, piece) in entries {
            let sent = sheet.sent(piece);
            if matches!(sent, Sent::Nothing) {
                continue;
            }
            let may_lack = matches!(&sent, Sent::Typed(of) if of.optional);
            match described.iter().find(|parameter| is_called(parameter, name, place)) {
                Some(parameter) => {
                    if may_lack && parameter.get("required") == Some(&Json::Bool(true)) {
                        let at = entry_value(sheet, key, name);
                        let message = format!("the description demands \"{name}\", and this may be none");
                        sheet.tell(
                            Diagnostic::error(codes::MISSING_PARAMETER, at, message).help("make the input certain, or give it a default"),
                        );
                    }
                    let at = entry_value(sheet, key, name);
                    fits(sheet, parameter, piece, at);
                }
                None => unknown_parameter(sheet, (place, key, name), &described),
            }
            given.insert(name.to_ascii_lowercase());
        }
        for parameter in described.iter().filter(|parameter| parameter.get("required") == Some(&Json::Bool(true))) {
            let name = text(parameter, "name");
            let signs_in = place == "header" && (document.signs_in_with(name) || name.eq_ignore_ascii_case("authorization"));
            if !given.contains(&name.to_ascii_lowercase()) && !signs_in {
                let at = sheet.node.entry(key).or_else(|| sheet.node.entry("request")).map_or(operation.span, |entry| entry.key_span);
                let message = format!("the description demands the {place} parameter \"{name}\"");
                sheet.tell(Diagnostic::error(codes::MISSING_PARAMETER, at, message).help(format!("write it under \"{key}\"")));
            }
        }
    }
    page_entry(sheet, &all);
    let described = described(&all, "header");
    if let Some(once) = operation.once.as_ref().filter(|once| sheet.has(once.only.as_ref())) {
        if !described.iter().any(|parameter| is_called(parameter, &once.header, "header")) {
            let at = sheet.node.get("once").and_then(|once| once.get("header")).map_or(operation.span, |header| header.span);
            let message =
                format!("the description knows no header \"{}\" here, so nothing says that the server honours our key", once.header);
            sheet.tell(Diagnostic::error(codes::PARAMETER_MISMATCH, at, message).nearest(&once.header, names(&described)));
        }
    } else if let Some(header) = names(&described).find(|name| name.eq_ignore_ascii_case(KEY)) {
        let is_sent = operation.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(KEY));
        let is_found = operation.lookup.as_ref().is_some_and(|lookup| sheet.has(lookup.only.as_ref()));
        if !operation.safe && !operation.repeatable && !is_sent && !is_found {
            let at = sheet.node.entry("request").map_or(operation.span, |entry| entry.key_span);
            let message = format!("the description takes \"{header}\" here, and none is sent: after a lost answer it may be done twice");
            let found = Diagnostic::warning(codes::MISSING_PARAMETER, at, message);
            sheet.tell(
                found.help(format!("write once: {{ header: {header}, remembers: … }}, with the time for which the server knows a key")),
            );
        }
    }
}

/// The query entry by which pages are counted is added where the author has written none, and must be one that the server knows.
fn page_entry(sheet: &mut Sheet<'_>, all: &[&Json]) {
    let operation = sheet.operation;
    let Some(entries) = operation.pages.as_ref().map(|pages| pages.by.entries()) else { return };
    let Some(name) = entries.first() else { return };
    let described = described(all, "query");
    let is_written = operation.query.iter().any(|(written, _)| entries.contains(&written.as_str()));
    if is_written || described.iter().any(|parameter| is_called(parameter, name, "query")) {
        return;
    }
    let at = sheet.node.get("pages").and_then(|pages| pages.get("by")).map_or(operation.span, |by| by.span);
    let message = format!("pages are asked for by the query parameter \"{name}\", which the description does not know here");
    let found = Diagnostic::error(codes::PARAMETER_MISMATCH, at, message);
    let counted = names(&described).find(|name| entries.contains(name));
    sheet.tell(match counted {
        Some(counted) => found.help(format!("it counts by \"{counted}\": write that under \"query\"")),
        None => found.help("say how the server counts them: by skip, page or next"),
    });
}

/// The described parameters that stand in this place of a request.
fn described<'p>(all: &[&'p Json], place: &str) -> Vec<&'p Json> {
    all.iter().copied().filter(|parameter| text(parameter, "in") == place).collect()
}

/// What the engine adds by itself.
fn own_parameters(sheet: &Sheet<'_>, place: &str) -> BTreeSet<String> {
    let operation = sheet.operation;
    let name = match place {
        "query" => operation.pages.as_ref().and_then(|pages| pages.by.entries().first()).map(|name| (*name).to_owned()),
        _ => operation.once.as_ref().filter(|once| sheet.has(once.only.as_ref())).map(|once| once.header.to_ascii_lowercase()),
    };
    name.into_iter().collect()
}

fn unknown_parameter(sheet: &mut Sheet<'_>, (place, key, name): (&str, &str, &str), described: &[&Json]) {
    let is_plain = place == "header" && (PLAIN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) || sheet.document.signs_in_with(name));
    // A parameter that is a record is spread over entries of other names.
    let is_spread = described.iter().any(|parameter| {
        let schema = parameter.get("schema").and_then(|schema| Place::new(sheet.document, schema)).and_then(|place| place.kinds());
        schema.is_none_or(|kinds| kinds.contains(&JsonKind::Record))
    });
    if is_plain || is_spread {
        return;
    }
    let at = sheet.node.get(key).and_then(|node| node.entry(name)).map_or(sheet.operation.span, |entry| entry.key_span);
    let what = if place == "query" { "query parameter" } else { "header" };
    let found = Diagnostic::error(codes::PARAMETER_MISMATCH, at, format!("the description knows no {what} \"{name}\" here"));
    sheet.tell(match names(described).collect::<Vec<_>>() {
        known if known.is_empty() => found.help(format!("it has no {what}s here")),
        known => match crate::diagnostic::nearest(name, known.iter().copied()) {
            Some(near) => found.help(format!("did you mean \"{near}\"?")),
            None => found.help(format!("it has {}", known.join(", "))),
        },
    });
}

/// The values in the path, each beside the parameter that the description has in its place.
fn path_values(sheet: &mut Sheet<'_>, described: &str, all: &[&Json]) {
    let Some(line) = sheet.node.get("request") else { return };
    let path = path_of(&sheet.operation.path);
    // From the end: the server's own path may stand before ours.
    for (theirs, ours) in described.rsplit('/').zip(path.rsplit('/')) {
        let inner = |segment: &str| Some(segment.strip_prefix('{')?.strip_suffix('}')?.to_owned());
        let (Some(theirs), Some(ours)) = (inner(theirs), inner(ours)) else { continue };
        let parameter = all.iter().find(|parameter| text(parameter, "in") == "path" && text(parameter, "name") == theirs);
        let (Some(parameter), Some(declared)) = (parameter, sheet.operation.input.get(&ours)) else { continue };
        let at = line.scalar.text.find(&format!("{{{ours}}}")).map_or(line.span, |at| line.scalar.place(at + 1, at + 1 + ours.len()));
        misfit(sheet, parameter, &declared.of.kind, at);
    }
}

fn fits(sheet: &mut Sheet<'_>, parameter: &Json, piece: &BodyNode, at: Span) {
    match sheet.sent(piece) {
        Sent::Typed(of) | Sent::Kept(of) => misfit(sheet, parameter, &of.kind, at),
        Sent::Constant(value) => {
            let Some(place) = parameter.get("schema").and_then(|schema| Place::new(sheet.document, schema)) else { return };
            let written = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let values = place.values().unwrap_or_default();
            if !values.is_empty() && !values.iter().any(|known| written(known) == written(&value)) {
                let known = values.into_iter().map(written).collect::<Vec<_>>().join(", ");
                let message = format!("the description does not allow {} here", written(&value));
                sheet.tell(Diagnostic::error(codes::PARAMETER_MISMATCH, at, message).help(format!("it has {known}")));
                return;
            }
            let is_number = written(&value).parse::<f64>().is_ok();
            let is_boolean = matches!(written(&value).as_str(), "true" | "false");
            let kind = if is_number || is_boolean { None } else { Some(Kind::Text) };
            if let Some(kind) = kind.filter(|_| value.is_string()) {
                misfit(sheet, parameter, &kind, at);
            }
        }
        Sent::Nothing | Sent::Map | Sent::List => {}
    }
}

/// In an address all is text, so a number may stand where a text is described, and not the other way round.
fn misfit(sheet: &mut Sheet<'_>, parameter: &Json, given: &Kind, at: Span) {
    let item = if let Kind::List(item) = given { &item.kind } else { given };
    let (Some(place), Some(given)) =
        (parameter.get("schema").and_then(|schema| Place::new(sheet.document, schema)), JsonKind::written(item))
    else {
        return;
    };
    let Some(mut wanted) = place.kinds() else { return };
    if wanted.contains(&JsonKind::List) {
        let Sight::Found(item) = place.item() else { return };
        let Some(kinds) = item.kinds() else { return };
        wanted = kinds;
    }
    wanted.remove(&JsonKind::Null);
    let fits = wanted.is_empty() || wanted.contains(&given) || wanted.contains(&JsonKind::Text) || wanted.contains(&JsonKind::Record);
    if !fits {
        let (name, given) = (text(parameter, "name"), given.words());
        let message = format!("the description has {} for \"{name}\", and this is {given}", JsonKind::list(&wanted));
        sheet.tell(Diagnostic::error(codes::PARAMETER_MISMATCH, at, message).help("correct the type of the input"));
    }
}

fn entry_value(sheet: &Sheet<'_>, key: &str, name: &str) -> Span {
    sheet.node.get(key).and_then(|node| node.get(name)).map_or(sheet.operation.span, |value| value.span)
}

fn is_called(parameter: &Json, name: &str, place: &str) -> bool {
    let known = text(parameter, "name");
    if place == "header" { known.eq_ignore_ascii_case(name) } else { known == name }
}

fn names<'p>(parameters: &'p [&'p Json]) -> impl Iterator<Item = &'p str> {
    parameters.iter().map(|parameter| text(parameter, "name"))
}

fn text<'j>(json: &'j Json, key: &str) -> &'j str {
    json.get(key).and_then(Json::as_str).unwrap_or_default()
}
