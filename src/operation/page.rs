//! Lists that come in pages.

use serde_json::Value as Json;

use crate::expr::Kind;
use crate::flow::{Operation, PageBy};
use crate::operation::PageSeen;
use crate::operation::encode::{Place, encode};

/// The longest path of a next page that is believed.
const NEXT_MAX: usize = 2048;

/// What a page of `operation` held: `None` if it names a next page that cannot be one.
pub(super) fn seen(operation: &Operation, answer: Option<&Json>) -> Option<PageSeen> {
    let mut lists = operation.output.iter().filter(|output| matches!(output.of.kind, Kind::List(_)));
    let list = lists.find_map(|output| answer?.pointer(&output.at)?.as_array());
    let next = match operation.pages.as_ref().map(|pages| &pages.by) {
        Some(PageBy::Next(at)) => match answer.and_then(|json| json.pointer(at)) {
            None | Some(Json::Null) => None,
            Some(Json::String(text)) if text.is_empty() => None,
            Some(Json::String(text)) => Some(within_origin(text)?),
            Some(_) => return None,
        },
        _ => None,
    };
    Some(PageSeen { items: list.map_or(0, Vec::len), next })
}

/// Adds `more` to what the query passes over.
pub(super) fn skip(query: &mut Vec<(String, String)>, more: u64) {
    grow(query, PageBy::Skip.entries(), 0, more);
}

/// Asks for the page `page` further than the query does; unnumbered pages begin with 1.
pub(super) fn number(query: &mut Vec<(String, String)>, page: u32) {
    grow(query, PageBy::Page.entries(), 1, u64::from(page));
}

fn grow(query: &mut Vec<(String, String)>, names: &[&str], base: u64, more: u64) {
    for name in names {
        if let Some((_, value)) = query.iter_mut().find(|(key, _)| key == name) {
            *value = value.trim().parse().unwrap_or(base).saturating_add(more).to_string();
            return;
        }
    }
    query.push((names[0].to_owned(), base.saturating_add(more).to_string()));
}

/// The target of the next page of what is read at `own`. A server that stands behind a gateway names paths as it sees them itself: as
/// long as the end is the same, it is our own path, and only the query is new.
pub(super) fn follow(own: &str, next: &str) -> String {
    let (path, query) = next.split_once('?').map_or((next, None), |(path, query)| (path, Some(query)));
    let path = match path {
        "" => own.to_owned(),
        path if path.ends_with(own) => own.to_owned(),
        path if path.starts_with('/') => path.to_owned(),
        relative => format!("{}/{relative}", own.rsplit_once('/').map_or("", |(folder, _)| folder)),
    };
    query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

/// Path and query of what an answer names as its next page, whatever host it names: pages are read from the connection only.
fn within_origin(named: &str) -> Option<String> {
    let named = named.split('#').next().unwrap_or_default();
    let scheme = ["https://", "http://", "//"].into_iter().find(|scheme| named.starts_with(scheme));
    let local = match scheme {
        Some(scheme) => {
            let rest = &named[scheme.len()..];
            &rest[rest.find(['/', '?']).unwrap_or(rest.len())..]
        }
        None => named,
    };
    let (path, _) = local.split_once('?').unwrap_or((local, ""));
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let strange = local.is_empty()
        || local.len() > NEXT_MAX
        || local.contains('\\')
        || local.chars().any(char::is_control)
        || path.contains("//")
        || path.split('/').any(dots);
    (!strange).then(|| encode(local, Place::Fixed))
}
