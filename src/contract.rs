//! Operations against the `OpenAPI` description of their server: what would be refused or misread is told before anything is sent.
//!
//! A file of operations names its description with `openapi`. The shell reads it; here both are compared, in every profile that the
//! file declares: of a description that marks with `x-profile` what is there in one profile only, each profile sees its own. What is
//! not understood — an unknown keyword, a schema that says nothing, a reference to elsewhere — is passed over and never guessed.

mod answer;
mod body;
mod causes;
mod codes;
mod document;
mod kinds;
mod map;
mod place;
mod request;
mod sheet;

use serde_json::Value as Json;

use crate::contract::document::Document;
use crate::contract::sheet::{Sheet, Weight};
use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::flow::{Operation, Project};
use crate::syntax::{Node, Trees};

pub use causes::{Difference, Misread, below};
pub use map::api_map;

/// A file of operations that names a description.
#[derive(Debug)]
pub struct Contract {
    /// The file.
    pub file: FileId,
    /// Where the description is, as the author wrote it: relative to the file.
    pub path: String,
    span: Span,
    node: Node,
}

/// All files of operations that name a description.
pub fn contracts(trees: &Trees) -> Vec<Contract> {
    trees.iter().filter_map(|(file, node)| contract(file, node)).collect()
}

fn contract(file: FileId, node: &Node) -> Option<Contract> {
    node.get("operations")?;
    let path = node.get("openapi")?;
    Some(Contract { file, path: path.text()?.to_owned(), span: path.span, node: node.clone() })
}

impl Contract {
    /// The finding that the description cannot be read; `why` goes on after its name: `does not exist`.
    pub fn unreadable(&self, why: &str) -> Diagnostic {
        let found = Diagnostic::error(codes::NO_DESCRIPTION, self.span, format!("the description \"{}\" {why}", self.path));
        found.help("name an OpenAPI description of version 3, as JSON or YAML, relative to this file; without one remove the line")
    }

    /// The connection whose operations the file holds.
    pub fn connection(&self) -> &str {
        self.node.get("operations").and_then(Node::text).unwrap_or_default()
    }

    /// Everything in which the operations of this file differ from the description with this text.
    pub fn check(&self, description: &str, project: &Project) -> Vec<Difference> {
        let profiles: Vec<&str> = self.node.get("profiles").map_or(&[][..], Node::items).iter().filter_map(Node::text).collect();
        let profiles = if profiles.is_empty() { vec![None] } else { profiles.into_iter().map(Some).collect() };
        self.compare(description, project, profiles)
    }

    /// The same for the operations that exist in one profile, with a server that offers just that one.
    pub fn check_in(&self, profile: Option<&str>, description: &str, project: &Project) -> Vec<Difference> {
        self.compare(description, project, vec![profile])
    }

    fn compare(&self, description: &str, project: &Project, profiles: Vec<Option<&str>>) -> Vec<Difference> {
        let whole = match document::read(description) {
            Ok(whole) => whole,
            Err(why) => return vec![self.unreadable(why).into()],
        };
        let connection = self.connection();
        let documents: Vec<_> = profiles.into_iter().map(|profile| (profile, Document::new(&whole, profile))).collect();
        let own = project.operations.values().filter(|operation| operation.connection == connection && operation.span.file == self.file);
        own.filter_map(|operation| Some((operation, self.node.get(operation.id.rsplit('.').next()?)?)))
            .flat_map(|(operation, node)| in_all(operation, node, &documents, &whole))
            .collect()
    }
}

/// What is wrong with an operation in the profiles that it exists in.
fn in_all(operation: &Operation, node: &Node, documents: &[(Option<&str>, Document)], whole: &Json) -> Vec<Difference> {
    let is_in = |profile: Option<&str>| operation.only.is_none() || operation.only.as_deref() == profile;
    let looked: Vec<_> = documents.iter().filter(|(profile, _)| is_in(*profile)).collect();
    let mut merged: Vec<(Weight, Difference, Vec<&str>)> = Vec::new();
    for (profile, document) in &looked {
        for (weight, difference) in in_one(operation, node, *profile, document, whole) {
            let Difference { finding, .. } = &difference;
            let is_same = |other: &Diagnostic| other.message == finding.message && other.span == finding.span;
            let same = merged.iter_mut().find(|(_, other, _)| is_same(&other.finding));
            let named = profile.unwrap_or_default();
            match same {
                Some((_, _, profiles)) if profiles.contains(&named) => {}
                Some((_, _, profiles)) => profiles.push(named),
                None => merged.push((weight, difference, vec![named])),
            }
        }
    }
    let kept = merged.into_iter().filter(|(weight, _, profiles)| *weight == Weight::Any || profiles.len() == looked.len());
    let told = |(_, difference, profiles): (Weight, Difference, Vec<&str>)| Difference {
        finding: marked(difference.finding, &profiles, documents.len()),
        ..difference
    };
    kept.map(told).collect()
}

/// The same, with the profiles it is about if it is not about all of them.
fn marked(finding: Diagnostic, profiles: &[&str], all: usize) -> Diagnostic {
    let named = profiles.join(", ");
    if profiles.len() == all || finding.message.contains("in the profile") {
        return finding;
    }
    Diagnostic { message: format!("{} (profile {named})", finding.message), ..finding }
}

fn in_one(operation: &Operation, node: &Node, profile: Option<&str>, document: &Document, whole: &Json) -> Vec<(Weight, Difference)> {
    let mut sheet = Sheet { document, operation, node, profile, found: Vec::new() };
    if let Some((route, offered)) = request::find(&mut sheet, document, whole) {
        if offered.get("deprecated") == Some(&Json::Bool(true)) {
            let place = node.get("request").map_or(operation.span, |line| line.span);
            let says = offered.get("description").or_else(|| offered.get("summary")).and_then(Json::as_str);
            let found = Diagnostic::warning(codes::DEPRECATED, place, "the description calls this deprecated");
            sheet.tell(found.help(says.map_or_else(|| "ask what replaces it".to_owned(), |says| format!("it says: {says}"))));
        }
        request::parameters(&mut sheet, &route, offered);
        body::check(&mut sheet, offered);
        answer::check(&mut sheet, offered);
    }
    sheet.found
}
