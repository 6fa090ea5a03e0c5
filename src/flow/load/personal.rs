//! Personal data, and where it does not belong: in addresses, which servers and proxies write into their logs; before the consent;
//! with people who have no right to it. And passwords, which nobody asks for in a chat.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Span, follow};
use crate::expr::{Names, Template, Type};
use crate::flow::load::codes;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::{InputNames, Place};
use crate::flow::ways::{self, Cause, Way};
use crate::flow::{BodyNode, Declared, Flow, Manner, Text, Verb};
use crate::syntax::Node;

/// The step, or the road, on which people agree.
const CONSENT: &str = "consent";

/// What passwords are called, in the languages of the engine's own sentences.
const PASSWORDS: [&str; 2] = ["парол", "password"];

/// Warns of personal data in an address.
pub(super) fn in_address(span: Span, what: &str) -> Diagnostic {
    let message = format!("personal data gets into {what}, and addresses are kept in logs");
    Diagnostic::warning(codes::PERSONAL_IN_ADDRESS, span, message)
        .help("send it in the body, or use a number that says nothing of the person")
}

/// Refuses a secret in an address.
pub(super) fn secret_in_address(span: Span, what: &str) -> Diagnostic {
    let message = format!("a secret gets into {what}, and addresses are kept in logs");
    Diagnostic::error(codes::MISPLACED_SECRET, span, message).help("send it in the body")
}

/// Tells of personal and secret inputs in the query of an operation.
pub(super) fn in_query(query: &[(String, BodyNode)], inputs: &BTreeMap<String, Declared>, findings: &mut Vec<Diagnostic>) {
    for (_, node) in query {
        in_node(node, &InputNames(inputs), findings);
    }
}

fn in_node(node: &BodyNode, names: &dyn Names, findings: &mut Vec<Diagnostic>) {
    let (names_of, of) = match node {
        BodyNode::Constant(_) => return,
        BodyNode::Whole(expression) => (expression.names(), expression.check(names, &mut Vec::new())),
        BodyNode::Text(template) => (template.names(), template.check(names, &mut Vec::new())),
        BodyNode::Map(entries) => return entries.iter().for_each(|(_, node)| in_node(node, names, findings)),
        BodyNode::List(items) => return items.iter().for_each(|node| in_node(node, names, findings)),
        BodyNode::Only(_, node) | BodyNode::Keep(node) | BodyNode::Encoded(node) => return in_node(node, names, findings),
    };
    let first = |flag: fn(&Type) -> bool| names_of.iter().find(|name| names.type_of(&name.path[0]).as_ref().is_some_and(flag));
    if let Some(name) = first(|of| of.secret).filter(|_| of.secret) {
        findings.push(secret_in_address(name.span, "the query"));
    } else if let Some(name) = first(|of| of.pii).filter(|_| of.pii) {
        findings.push(in_address(name.span, "the query"));
    }
}

/// Warns of questions for personal data that are met before the consent, in a flow that asks for one.
pub(super) fn before_consent(flow: &Flow, findings: &mut Vec<Diagnostic>) {
    let ways: Vec<_> = (0..flow.steps.len()).map(|at| ways::of_step(flow, at)).collect();
    let Some(consent) = (0..flow.steps.len()).find(|at| ways[*at].iter().any(|way| agrees(flow, *at, way))) else { return };
    let mut open = vec![0];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        let settled = |way: &&Way<'_>| agrees(flow, at, way) || (at == consent && matches!(way.cause, Cause::Skipped));
        open.extend(ways[at].iter().filter(|way| !settled(way)).filter_map(|way| way.to.step()));
    }
    let personal = |at: &usize| matches!(&flow.steps[*at].verb, Verb::Ask(ask) if ask.pii);
    let mut steps = seen.into_iter().filter(personal).map(|at| &flow.steps[at]);
    let Some(first) = steps.next() else { return };
    let message = format!("\"{}\" asks for personal data, and the consent has not been given on every way there", first.id);
    let mut found = Diagnostic::warning(codes::BEFORE_CONSENT, first.span, message)
        .help("lead every way through the consent first; an answer that is no personal data has \"pii: false\"")
        .related(flow.steps[consent].span, "the consent");
    // The way around the consent is one, however many questions it leads to.
    let others: Vec<_> = steps.map(|step| (step.span, format!("and so does \"{}\"", step.id))).collect();
    follow(&mut found, others.into_iter());
    findings.push(found);
}

fn agrees(flow: &Flow, at: usize, way: &Way<'_>) -> bool {
    let by_road = way.road.and_then(|road| road.audit.as_deref()) == Some(CONSENT);
    by_road || (flow.steps[at].audit.as_deref() == Some(CONSENT) && !way.cause.is_aside() && !matches!(way.cause, Cause::Skipped))
}

impl Builder<'_> {
    /// Warns of a message to others that tells them personal data they have no right to.
    pub(super) fn check_told(&mut self, node: &Node, text: &Text, to: (&str, &[&str]), place: &Place<'_>) {
        let prints = |template: &Template| template.check(place, &mut Vec::new()).pii;
        if let Some(template) = text.by_language.iter().flatten().find(|template| prints(template)) {
            let first = template.prints(place).into_iter().find(|(_, of)| of.pii);
            self.told_to_others(first.map_or(node.span, |(span, _)| span), to);
        }
    }

    /// The same of a file that goes with the message.
    pub(super) fn check_shown(&mut self, manner: &Manner, to: (&str, &[&str]), place: &Place<'_>) {
        let file = manner.file.as_ref().map(|enclosed| &enclosed.file);
        if let Some(file) = file.filter(|file| file.check(place, &mut Vec::new()).pii) {
            self.told_to_others(file.span(), to);
        }
    }

    fn told_to_others(&mut self, span: Span, (role, rights): (&str, &[&str])) {
        let Some(known) = self.world.installation.roles.get(role) else { return };
        if known.may.iter().any(|right| rights.contains(&right.as_str())) {
            return;
        }
        let message = format!("this tells personal data to the role \"{role}\", which has no right to it");
        let help = format!("give the role one of the rights {} in the operator's file, or leave the data out", rights.join(", "));
        self.writer.findings.push(Diagnostic::warning(codes::PERSONAL_TO_OTHERS, span, message).help(help));
    }

    /// Refuses a question whose answer would be a password: it would stay in the chat.
    pub(super) fn check_password(&mut self, id: &str, question: &Node, step: &Node) {
        let options = ["choice", "choices"].iter().any(|key| step.get(key).is_some());
        if options || !matches!(step.get("type").and_then(Node::text), None | Some("text")) {
            return;
        }
        let words = [Some(id), step.get("title").and_then(Node::text), question.text()];
        let asks = |text: &str| PASSWORDS.iter().any(|word| text.to_lowercase().contains(word));
        if words.into_iter().flatten().any(asks) {
            let found =
                Diagnostic::error(codes::PASSWORD, question.span, "this asks for a password, and whatever is written stays in the chat");
            self.writer.findings.push(found.help("send people to the page where the password is set; a bot never needs to know it"));
        }
    }
}
