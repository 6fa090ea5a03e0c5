//! An `OpenAPI` description as one profile offers it.

use serde_json::Value as Json;

use crate::diagnostic::FileId;
use crate::syntax::{self, Node, parse};

/// Marks what exists in one profile only; the value is the profile's name. Descriptions without it offer all to everybody.
const PROFILE: &str = "x-profile";

/// The methods a path of a description may have; its other keys are no methods.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// How many references are followed from one place: a longer chain is a circle.
const MAX_REFERENCES: usize = 16;

/// A description, without what other profiles have.
pub(super) struct Document {
    root: Json,
}

/// One path of a description.
pub(super) struct Route<'d> {
    /// As the description writes it.
    pub path: &'d str,
    item: &'d Json,
}

/// Reads a description: JSON, or YAML. The error says what is wrong in half a sentence.
pub(super) fn read(text: &str) -> Result<Json, &'static str> {
    let text = text.trim_start_matches('\u{feff}');
    let root = serde_json::from_str(text).ok().or_else(|| parse(FileId::default(), text).0.as_ref().map(json));
    let root: Json = root.filter(Json::is_object).ok_or("is neither JSON nor YAML")?;
    let version = root.get("openapi").and_then(Json::as_str).unwrap_or_default();
    if version.starts_with("3.") { Ok(root) } else { Err("is no OpenAPI description of version 3") }
}

fn json(node: &Node) -> Json {
    match &node.kind {
        syntax::Kind::Null => Json::Null,
        syntax::Kind::Bool(value) => (*value).into(),
        syntax::Kind::Integer(value) => (*value).into(),
        syntax::Kind::Float(value) => (*value).into(),
        syntax::Kind::Text => node.scalar.text.clone().into(),
        syntax::Kind::List(items) => items.iter().map(json).collect(),
        syntax::Kind::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect(),
    }
}

impl Document {
    /// What `profile` offers; everything if the operations have no profiles.
    pub(super) fn new(root: &Json, profile: Option<&str>) -> Self {
        Self { root: profile.map_or_else(|| root.clone(), |profile| offered(root, profile)) }
    }

    /// What stands there, references followed.
    pub(super) fn resolve<'d>(&'d self, mut place: &'d Json) -> Option<&'d Json> {
        for _ in 0..MAX_REFERENCES {
            let Some(reference) = place.get("$ref") else { return Some(place) };
            place = self.root.pointer(reference.as_str()?.strip_prefix('#')?)?;
        }
        None
    }

    /// All paths.
    pub(super) fn routes(&self) -> Vec<Route<'_>> {
        let paths = self.root.get("paths").and_then(Json::as_object).into_iter().flatten();
        paths.filter_map(|(path, item)| Some(Route { path, item: self.resolve(item)? })).collect()
    }

    /// Where the paths begin on the server, by all of its addresses.
    pub(super) fn bases(&self) -> Vec<String> {
        let servers = self.root.get("servers").and_then(Json::as_array).into_iter().flatten();
        let urls = servers.filter_map(|server| server.get("url")?.as_str());
        let path = |url: &str| {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
            rest.trim_end_matches('/').to_owned()
        };
        urls.map(path).filter(|path| path.starts_with('/')).collect()
    }

    /// Headers that sign a request in: the connection sends them.
    pub(super) fn signs_in_with(&self, header: &str) -> bool {
        let schemes = self.root.pointer("/components/securitySchemes").and_then(Json::as_object).into_iter().flatten();
        let mut names = schemes.filter_map(|(_, scheme)| self.resolve(scheme)?.get("name")?.as_str());
        names.any(|name| name.eq_ignore_ascii_case(header))
    }
}

impl<'d> Route<'d> {
    /// What the path offers by this method.
    pub(super) fn method(&self, method: &str) -> Option<&'d Json> {
        METHODS.contains(&method.to_ascii_lowercase().as_str()).then(|| self.item.get(method.to_ascii_lowercase()))?
    }

    /// The methods it has, for a message.
    pub(super) fn methods(&self) -> String {
        let known = METHODS.iter().filter(|method| self.item.get(**method).is_some()).map(|method| method.to_ascii_uppercase());
        known.collect::<Vec<_>>().join(", ")
    }

    /// The parameters of one of its methods: its own, and those of the path that it does not redefine.
    pub(super) fn parameters(&self, operation: &'d Json, document: &'d Document) -> Vec<&'d Json> {
        let list = |of: &'d Json| of.get("parameters").and_then(Json::as_array).into_iter().flatten();
        let mut all: Vec<&Json> = Vec::new();
        for parameter in list(operation).chain(list(self.item)).filter_map(|parameter| document.resolve(parameter)) {
            let is_same = |other: &&Json| other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in");
            if !all.iter().any(is_same) {
                all.push(parameter);
            }
        }
        all
    }
}

/// The same without what bears the mark of another profile.
fn offered(json: &Json, profile: &str) -> Json {
    let is_ours = |json: &&Json| json.get(PROFILE).and_then(Json::as_str).is_none_or(|named| named == profile);
    match json {
        Json::Array(items) => items.iter().filter(is_ours).map(|item| offered(item, profile)).collect(),
        Json::Object(entries) => {
            let kept = entries.iter().filter(|(_, value)| is_ours(value));
            kept.map(|(key, value)| (key.clone(), offered(value, profile))).collect()
        }
        scalar => scalar.clone(),
    }
}
