//! A step: what all steps have, and the way to its verb.

use crate::diagnostic::Diagnostic;
use crate::expr::Kind;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::verbs::approve;
use crate::flow::load::writer::Purpose;
use crate::flow::load::{codes, declare};
use crate::flow::{Due, Limit, Manner, Next, Step, Text, Timeout, Verb};
use crate::syntax::Node;

/// The longest time that anything waits.
const LONGEST: i64 = 400 * 24 * 3_600_000;

/// A step on its way through the builder.
#[derive(Clone, Copy)]
pub(super) struct Written<'w> {
    pub id: &'w str,
    pub node: &'w Node,
}

/// Builds the step at this place.
pub(super) fn build(builder: &mut Builder<'_>, at: usize) -> Step {
    let entry = &builder.sheet.steps[at];
    let step = Written { id: &entry.key, node: &entry.value };
    let place = builder.place();
    let told = if step.node.get("approve").is_some() { approve::with_request(&place) } else { place.clone() };
    let when = step.node.get("when").and_then(|when| builder.condition(when, &place));
    let verb = if builder.sheet.is_doubtful(at) { builder.doubt(step) } else { builder.verb(step, &place) };
    Step {
        id: entry.key.clone(),
        span: entry.key_span,
        title: builder.own_text(step, "title", &place),
        when,
        next: builder.next(step.node),
        tell: builder.own_text(step, "tell", &told),
        status: builder.own_text(step, "status", &told),
        help: builder.own_text(step, "help", &told),
        timeout: builder.timeout(step, &place),
        event: builder.event_road(step, &place),
        limit: builder.limit(step, &place),
        audit: step.node.get("audit").and_then(Node::text).map(str::to_owned),
        forget: builder.forget(step.node),
        back: step.node.get("back").and_then(Node::boolean).unwrap_or(true),
        verb,
        reads: builder.take_reads(step.id),
    }
}

impl Builder<'_> {
    /// Where a text of this step stands in a catalog.
    pub(super) fn step_address(&self, step: Written<'_>, field: &str) -> String {
        format!("{}.{}.{field}", self.sheet.id, step.id)
    }

    /// Where the words said on one of its roads stand: the road's name, or that and `say`.
    pub(super) fn road_addresses(&self, step: Written<'_>, road: &str) -> [String; 2] {
        [self.step_address(step, road), self.step_address(step, &format!("{road}.say"))]
    }

    /// A text of the step that is called as its key.
    pub(super) fn own_text(&mut self, step: Written<'_>, key: &str, place: &Place<'_>) -> Option<Text> {
        let node = step.node.get(key)?;
        let address = self.step_address(step, key);
        Some(self.text(node, &[address], place, Purpose::Message))
    }

    /// A step of which nobody knows what it does: neither is known which texts it has, and where it leads.
    fn doubt(&mut self, step: Written<'_>) -> Verb {
        self.lost = true;
        self.world.catalogs.leave(&format!("{}.{}", self.sheet.id, step.id));
        Verb::End
    }

    fn verb(&mut self, step: Written<'_>, place: &Place<'_>) -> Verb {
        let value = |key: &str| step.node.get(key);
        if let Some(text) = value("say") {
            return self.say(step, text, place);
        }
        if let Some(text) = value("ask") {
            return self.ask(step, text, place);
        }
        if let Some(text) = value("review") {
            return self.review(step, text, place);
        }
        if let Some(operation) = value("call") {
            return self.call(step, operation, place);
        }
        if let Some(set) = value("set") {
            return self.set(set, place);
        }
        if let Some(lines) = value("branch") {
            return self.branch(step, lines, place);
        }
        if let Some(flow) = value("run") {
            return self.run(step, flow, place);
        }
        if let Some(wait) = value("wait") {
            return self.wait(step, wait, place);
        }
        if let Some(card) = value("approve") {
            return self.approve(step, card, place);
        }
        if let Some(text) = value("notify") {
            return self.notify(step, text, place);
        }
        self.lost |= value("end").is_none();
        Verb::End
    }

    fn next(&mut self, node: &Node) -> Next {
        if let Some(step) = node.get("go") {
            return self.step_ref(step).map_or(Next::Following, Next::Go);
        }
        node.get("end").and_then(Node::text).map_or(Next::Following, |end| Next::End(end.to_owned()))
    }

    fn timeout(&mut self, step: Written<'_>, place: &Place<'_>) -> Option<Timeout> {
        let node = self.map(step, "timeout")?;
        let due = self.due(node, place);
        self.check_silence(step.node, node);
        // A time that cannot be read leaves its road unwalked.
        self.lost |= due.is_none();
        let addresses = self.road_addresses(step, "timeout");
        let road = self.road(node, &addresses, place);
        Some(Timeout { due: due?, road })
    }

    /// What stands under a key, and must be a map: where something else leads, which has been reported, is not known.
    fn map<'s>(&mut self, step: Written<'s>, key: &str) -> Option<&'s Node> {
        let node = step.node.get(key)?;
        self.lost |= node.text().is_some();
        node.text().is_none().then_some(node)
    }

    /// `after` a duration, or `at` a moment.
    fn due(&mut self, node: &Node, place: &Place<'_>) -> Option<Due> {
        if let Some(after) = node.get("after") {
            return self.after(after, place);
        }
        let at = node.get("at")?;
        self.writer.of_kind(at, place, &[Kind::DateTime]).map(Due::At)
    }

    /// A duration from now on.
    pub(super) fn after(&mut self, node: &Node, place: &Place<'_>) -> Option<Due> {
        if let Some(number) = node.integer() {
            let found = Diagnostic::error(codes::TYPE_MISMATCH, node.span, "this is a whole number, and a duration is wanted");
            self.writer.findings.push(found.help(format!("write its unit behind it: {number}m, {number}h or {number}d")));
            return None;
        }
        match declare::duration(node) {
            Some(millis) if millis > LONGEST => self.writer.error(codes::OUT_OF_RANGE, node.span, "nothing waits longer than 400 days"),
            Some(0) => self.writer.error(codes::OUT_OF_RANGE, node.span, "nothing waits for no time at all"),
            _ => {}
        }
        self.writer.of_kind(node, place, &[Kind::Duration]).map(Due::After)
    }

    fn limit(&mut self, step: Written<'_>, place: &Place<'_>) -> Option<Limit> {
        let node = self.map(step, "limit")?;
        let max = node.get("max").and_then(count);
        let per = node.get("per").and_then(declare::duration);
        let addresses = self.road_addresses(step, "limit");
        let road = self.road(node, &addresses, place);
        let by = node.get("by").and_then(|by| self.of_kind(by, place, &[Kind::Text, Kind::Integer, Kind::Boolean, Kind::Date]));
        Some(Limit { max: max?, per: per?, by, road })
    }

    fn forget(&mut self, node: &Node) -> Vec<(String, Option<String>)> {
        let mut forgotten = Vec::new();
        for node in node.get("forget").map_or(&[][..], Node::items) {
            let Some(name) = node.text() else { continue };
            let (step, field) = name.split_once('.').map_or((name, None), |(step, field)| (step, Some(field)));
            let Some(at) = self.sheet.index.get(step) else {
                let found =
                    Diagnostic::error(codes::UNKNOWN_STEP, node.span, format!("there is no step \"{step}\" to forget the result of"));
                self.writer.findings.push(found.nearest(step, self.sheet.index.keys().copied()));
                continue;
            };
            if let (Some(field), Kind::Record(fields)) = (field, self.world.result(self.sheet, *at, 0).kind)
                && !fields.contains_key(field)
            {
                let found =
                    Diagnostic::error(codes::UNKNOWN_FIELD, node.span, format!("the result of \"{step}\" has no field \"{field}\""));
                self.writer.findings.push(found.nearest(field, fields.keys().map(String::as_str)));
            }
            forgotten.push((step.to_owned(), field.map(str::to_owned)));
        }
        forgotten
    }

    /// How the message of a step is shown, given whether it prints a secret.
    pub(super) fn manner(&mut self, step: Written<'_>, prints: Prints, place: &Place<'_>) -> Manner {
        let is = |key: &str| step.node.get(key).and_then(Node::boolean) == Some(true);
        let secret = prints == Prints::Secret;
        let delete_after = step.node.get("delete_after").and_then(declare::duration);
        let file = self.enclosed(step.node, place);
        Manner { protect: secret || is("protect"), preview: is("preview") && !secret, delete_after, secret, file }
    }
}

/// A whole number of at least one.
pub(super) fn count(node: &Node) -> Option<u32> {
    node.integer().and_then(|number| u32::try_from(number).ok()).filter(|count| *count > 0)
}

/// What a message prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Prints {
    /// Nothing that must be kept.
    Plain,
    /// A secret, in some language.
    Secret,
}

impl Prints {
    /// Any of these texts prints a secret.
    pub(super) fn any(mut secrets: impl Iterator<Item = bool>) -> Self {
        if secrets.any(|secret| secret) { Self::Secret } else { Self::Plain }
    }
}
