//! A flow as written → a flow as meant.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::{Expression, Kind, Type};
use crate::flow::load::names::{Place, RESERVED, Reach, Sheet, World};
use crate::flow::load::paths::is_doubt;
use crate::flow::load::writer::{Purpose, Writer, Written};
use crate::flow::load::{codes, declare};
use crate::flow::{Admits, Again, Flow, Invited, Road, Start, StartCheck, Step, Text};
use crate::syntax::Node;

/// A flow, and whether all of its roads are known.
pub(super) struct Built {
    pub flow: Flow,
    /// Some road leads to a step that nobody knows: what can be reached cannot be judged.
    pub lost: bool,
}

/// Builds a flow and reports all that is wrong with it.
pub(super) fn build(world: &World<'_>, sheet: &Sheet<'_>, findings: &mut Vec<Diagnostic>) -> Built {
    let mut builder = Builder { world, sheet, writer: Writer::new(world.catalogs), reads: BTreeSet::new(), lost: false };
    let flow = builder.flow();
    findings.append(&mut builder.writer.findings);
    Built { flow, lost: builder.lost }
}

/// Builds one flow.
pub(super) struct Builder<'w> {
    pub world: &'w World<'w>,
    pub sheet: &'w Sheet<'w>,
    pub writer: Writer<'w>,
    /// The steps whose results the expressions of the present step read.
    pub reads: BTreeSet<String>,
    pub lost: bool,
}

impl<'w> Builder<'w> {
    fn flow(&mut self) -> Flow {
        let node = self.sheet.node;
        self.check_ids();
        let start = node.get("start").map(|start| self.start(start));
        self.check_inputs(start.as_ref());
        let place = self.place();
        let outputs = node.get("outputs").map_or(&[][..], Node::entries);
        let outputs = self.without_doubts(|builder| {
            outputs.iter().filter_map(|entry| Some((entry.key.clone(), builder.writer.value(&entry.value, &place)?.0))).collect()
        });
        let flow = Flow {
            id: self.sheet.id.to_owned(),
            title: self.flow_text(node.get("title"), "title", Reach::Person).unwrap_or_else(|| self.blank()),
            start,
            admits: self.admits(node.get("for")),
            checks: self.checks(node.get("check")),
            inputs: self.sheet.inputs.clone(),
            outputs,
            again: again(node.get("again")),
            remind: self.remind(),
            expire: self.expire(),
            retention: self.retention(),
            on_fault: self.without_doubts(Self::on_fault),
            steps: self.without_doubts(|builder| (0..builder.sheet.steps.len()).map(|at| builder.step(at)).collect()),
            index: self.sheet.index.iter().map(|(id, at)| ((*id).to_owned(), *at)).collect(),
        };
        self.check_retention(&flow);
        flow
    }

    /// Everything a step sees.
    pub(super) fn place(&self) -> Place<'w> {
        Place::new(self.world, Reach::Flow(self.sheet))
    }

    /// A text that nobody will see: its absence has been reported.
    pub(super) fn blank(&self) -> Text {
        Text { by_language: vec![None; self.writer.catalogs.languages().len()] }
    }

    fn check_ids(&mut self) {
        if matches!(self.sheet.id, "bot" | "operations" | "messages") {
            let message = format!("a flow cannot be called \"{}\": the word has a meaning in catalogs", self.sheet.id);
            self.writer.error(codes::RESERVED_NAME, self.sheet.span, message);
        }
        self.sheet.steps.iter().for_each(|entry| self.world.catalogs.know(self.address(&entry.key)));
        for entry in self.sheet.steps.iter().filter(|entry| RESERVED.contains(&entry.key.as_str())) {
            let message = format!("a step cannot be called \"{}\": the name has a meaning in expressions", entry.key);
            self.writer.findings.push(Diagnostic::error(codes::RESERVED_NAME, entry.key_span, message).help("choose another id"));
        }
    }

    fn start(&mut self, node: &Node) -> Start {
        Start {
            command: node.get("command").and_then(Node::text).map(str::to_owned),
            menu: self.flow_text(node.get("menu"), "start.menu", Reach::Bot),
            link: node.get("link").and_then(Node::boolean) == Some(true),
            event: self.start_event(node),
            invitation: match node.get("invitation") {
                Some(node) if node.text() == Some("required") => Invited::Required,
                Some(node) if node.boolean() == Some(true) => Invited::Opens,
                _ => Invited::No,
            },
        }
    }

    /// Defaults fit their inputs; and who types a command gives no inputs.
    fn check_inputs(&mut self, start: Option<&Start>) {
        let place = Place::new(self.world, Reach::Person);
        for (name, declared) in &self.sheet.inputs {
            let Some(default) = &declared.default else { continue };
            let of = default.check(&place, &mut self.writer.findings);
            if let Some(message) = declare::misfit(&of, &declared.of) {
                self.writer.error(codes::TYPE_MISMATCH, default.span(), format!("the default of \"{name}\": {message}"));
            }
        }
        let Some(start) = start else { return };
        let by_hand = (start.command.is_some() || start.link) && start.invitation != Invited::Required;
        let missing = self.sheet.required_inputs().find(|name| by_hand || start.event.is_some() && !self.gives(start, name));
        let Some(name) = missing else { return };
        if let Some(entry) = self.sheet.node.get("inputs").and_then(|inputs| inputs.entry(name)) {
            let message = if by_hand {
                format!("the input \"{name}\" is required, but who starts this flow by a command or a link gives no inputs")
            } else {
                format!("the input \"{name}\" is required, and the event that starts this flow has no such field")
            };
            let found = Diagnostic::error(codes::MISSING_INPUT, entry.key_span, message);
            self.writer.findings.push(found.help("give it \"optional: true\" or a \"default\""));
        }
    }

    fn flow_text(&mut self, node: Option<&Node>, field: &str, reach: Reach<'w>) -> Option<Text> {
        let place = Place::new(self.world, reach);
        Some(self.writer.text(node?, &[self.address(field)], &place, Purpose::Message).text)
    }

    fn admits(&mut self, node: Option<&Node>) -> Admits {
        let Some(node) = node.filter(|node| node.text() != Some("anyone")) else { return Admits::Anyone };
        let one = std::slice::from_ref(node);
        let roles = if node.text().is_some() { one } else { node.items() };
        for (role, node) in roles.iter().filter_map(|node| Some((node.text()?, node))) {
            self.know_role(role, node.span);
        }
        Admits::Roles(roles.iter().filter_map(|role| Some(role.text()?.to_owned())).collect())
    }

    /// Reports a role that the operator does not know.
    pub(super) fn know_role(&mut self, role: &str, span: Span) {
        let known = &self.world.installation.roles;
        if known.contains_key(role) || self.world.installation.unread {
            return;
        }
        let found = Diagnostic::error(codes::UNKNOWN_ROLE, span, format!("there is no role \"{role}\""));
        self.writer.findings.push(match nearest(role, known.keys().map(String::as_str).chain(["anyone"])) {
            Some(name) => found.meant(name),
            None if known.is_empty() => found.help("the operator's file declares no roles"),
            None => found.help(format!("the operator's file declares {}", known.keys().map(String::as_str).collect::<Vec<_>>().join(", "))),
        });
    }

    fn checks(&mut self, node: Option<&Node>) -> Vec<StartCheck> {
        let place = Place::new(self.world, Reach::Person);
        let mut checks = Vec::new();
        for entry in node.map_or(&[][..], Node::entries) {
            let field = format!("check.{}", entry.key);
            let addresses = [self.address(&field), self.address(&format!("{field}.say"))];
            let say = entry.value.get("say").map(|say| self.writer.text(say, &addresses, &place, Purpose::Message).text);
            let start = entry.value.get("start").and_then(|flow| self.flow_ref(flow)).map(|flow| flow.id.to_owned());
            let when = entry.value.get("when").and_then(|when| self.writer.condition(when, &place));
            if let Some((when, say)) = when.zip(say) {
                checks.push(StartCheck { id: entry.key.clone(), when, say, start });
            }
        }
        checks
    }

    fn on_fault(&mut self) -> Option<Road> {
        let node = self.sheet.node.get("on_fault")?;
        let place = self.place();
        let addresses = [self.address("on_fault"), self.address("on_fault.say")];
        Some(self.road(node, &addresses, &place))
    }

    /// Where a text of the flow stands in a catalog.
    pub(super) fn address(&self, field: &str) -> String {
        format!("{}.{field}", self.sheet.id)
    }

    /// A text whose secrets are of no concern here: they are refused.
    pub(super) fn text(&mut self, node: &Node, addresses: &[String], place: &Place<'_>, purpose: Purpose) -> Text {
        self.written(node, addresses, place, purpose).text
    }

    pub(super) fn written(&mut self, node: &Node, addresses: &[String], place: &Place<'_>, purpose: Purpose) -> Written {
        self.writer.text(node, addresses, place, purpose)
    }

    /// The same of what may be missing; then that has been reported.
    pub(super) fn label(&mut self, node: Option<&Node>, addresses: &[String], place: &Place<'_>) -> Text {
        let Some(node) = node else { return self.blank() };
        self.text(node, addresses, place, Purpose::Label)
    }

    /// A condition; the results it reads are noted.
    pub(super) fn condition(&mut self, node: &Node, place: &Place<'_>) -> Option<Expression> {
        let expression = self.writer.condition(node, place)?;
        self.note(&expression);
        Some(expression)
    }

    /// An expression whose value may not be a secret; the results it reads are noted.
    pub(super) fn expression(&mut self, node: &Node, place: &Place<'_>) -> Option<(Expression, Type)> {
        let (expression, of) = self.writer.expression(node, place)?;
        self.note(&expression);
        Some((expression, of))
    }

    /// The same of one of these kinds.
    pub(super) fn of_kind(&mut self, node: &Node, place: &Place<'_>, kinds: &[Kind]) -> Option<Expression> {
        let expression = self.writer.of_kind(node, place, kinds)?;
        self.note(&expression);
        Some(expression)
    }

    pub(super) fn note(&mut self, expression: &Expression) {
        let first = expression.names().into_iter().filter_map(|name| name.path.into_iter().next());
        let steps: Vec<_> = first.filter(|name| self.sheet.index.contains_key(name.as_str())).collect();
        self.reads.extend(steps);
    }

    pub(super) fn note_all(&mut self, given: &[(String, Expression)]) {
        for (_, expression) in given {
            self.note(expression);
        }
    }

    /// A flow that is named. One that is not known is reported.
    pub(super) fn flow_ref(&mut self, node: &Node) -> Option<&'w Sheet<'w>> {
        let id = node.text()?;
        let flows = &self.world.flows;
        let known = flows.get(id);
        if known.is_none() && self.world.unread.may_have_flow(id) {
            self.lost = true;
        } else if known.is_none() {
            let found = Diagnostic::error(codes::UNKNOWN_FLOW, node.span, format!("there is no flow \"{id}\""));
            self.writer.findings.push(found.nearest(id, flows.keys().copied()));
        }
        known
    }

    /// A step that is named. One that is not known is reported, and taken to be the one that was meant.
    pub(super) fn step_ref(&mut self, node: &Node) -> Option<usize> {
        self.step_that(node, |_| true)
    }

    /// The same where not every step may stand: one that may not is none that was meant.
    pub(super) fn step_that(&mut self, node: &Node, may_stand: impl Fn(usize) -> bool) -> Option<usize> {
        let id = node.text()?;
        if let Some(at) = self.sheet.index.get(id) {
            return Some(*at);
        }
        let near = nearest(id, self.sheet.index.iter().filter(|(_, at)| may_stand(**at)).map(|(id, _)| *id));
        let found =
            Diagnostic::error(codes::UNKNOWN_STEP, node.span, format!("there is no step \"{id}\" in the flow \"{}\"", self.sheet.id));
        self.writer.findings.push(match near {
            Some(name) => found.meant(name),
            None if id == "end" => found.help("to end the session write \"end:\" and a name for the end"),
            None => found,
        });
        // What was meant may be another step that was renamed, so what can be reached is not judged.
        self.lost = true;
        near.and_then(|name| self.sheet.index.get(name)).copied()
    }

    /// The results noted since the step before; a step does not count its own.
    pub(super) fn take_reads(&mut self, step: &str) -> BTreeSet<String> {
        let mut reads = std::mem::take(&mut self.reads);
        reads.remove(step);
        reads
    }

    /// Whether a value that steps give may be none follows from the ways there, which are looked at last (`paths`).
    fn without_doubts<T>(&mut self, build: impl FnOnce(&mut Self) -> T) -> T {
        let mut before = std::mem::take(&mut self.writer.findings);
        let built = build(self);
        self.writer.findings.retain(|finding| !is_doubt(finding));
        before.append(&mut self.writer.findings);
        self.writer.findings = before;
        built
    }

    fn step(&mut self, at: usize) -> Step {
        crate::flow::load::steps::build(self, at)
    }
}

fn again(node: Option<&Node>) -> Again {
    match node.and_then(Node::text) {
        Some("resume") => Again::Resume,
        Some("restart") => Again::Restart,
        Some("many") => Again::Many,
        _ => Again::Ask,
    }
}
