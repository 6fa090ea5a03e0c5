//! `remind` and `expire`: what a flow does when a person falls silent at a question.

use crate::diagnostic::Diagnostic;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::{Place, Reach};
use crate::flow::load::writer::Purpose;
use crate::flow::load::{codes, declare};
use crate::flow::{Expire, Remind, Text};
use crate::syntax::Node;

/// How long a session waits for an answer unless its flow says otherwise: seven days, in milliseconds.
const EXPIRES_AFTER: i64 = 7 * 24 * 60 * 60 * 1000;

impl Builder<'_> {
    pub(super) fn remind(&mut self) -> Option<Remind> {
        let node = self.sheet.node.get("remind")?;
        let written = node.get("after").unwrap_or(node);
        let nodes = if written.text().is_some() { std::slice::from_ref(written) } else { written.items() };
        let expires = self.expires_after();
        let mut after: Vec<i64> = Vec::new();
        for node in nodes {
            let Some(millis) = self.silence(node) else { continue };
            if after.last().is_some_and(|before| *before >= millis) {
                let found = Diagnostic::error(codes::OUT_OF_RANGE, node.span, "this reminder does not come after the one before it");
                self.writer.findings.push(found.help("each is counted from the last thing the person did; write the shorter ones first"));
            } else if millis >= expires {
                let found = Diagnostic::error(codes::OUT_OF_RANGE, node.span, "this reminder never comes: the session has expired by then");
                self.writer.findings.push(found.help("remind earlier, or let the flow expire later; without \"expire\" that is after 7d"));
            } else {
                after.push(millis);
            }
        }
        let say = node.get("say").map(|say| self.said_in_silence(say, "remind"));
        let say = say.or_else(|| self.world.texts.get("remind").cloned()).unwrap_or_else(|| self.blank());
        Some(Remind { after, say })
    }

    pub(super) fn expire(&mut self) -> Expire {
        let node = self.sheet.node.get("expire");
        let written = node.and_then(|node| if node.text().is_some() { Some(node) } else { node.get("after") });
        let after = written.and_then(|node| self.silence(node)).unwrap_or(EXPIRES_AFTER);
        let say = node.and_then(|node| node.get("say")).map(|say| self.said_in_silence(say, "expire"));
        let end = node.and_then(|node| node.get("end")?.text()).unwrap_or("expired").to_owned();
        Expire { after, say, end }
    }

    /// Whoever does not answer a question is not there any more when its time is up after that of the session. What a flow does that only
    /// others run is theirs to say.
    pub(super) fn check_silence(&mut self, step: &Node, timeout: &Node) {
        let is_asked = step.get("ask").is_some() || step.get("review").is_some();
        let is_own = self.sheet.node.get("expire").is_some() || self.sheet.node.get("start").is_some();
        let Some(after) = timeout.get("after").filter(|_| is_asked && is_own) else { return };
        if declare::duration(after).is_some_and(|millis| millis > self.expires_after()) {
            let message = "whoever is silent does not come to this timeout: the session has expired by then";
            let found = Diagnostic::warning(codes::OUT_OF_RANGE, after.span, message);
            self.writer.findings.push(found.help("wait less long here, or let the flow expire later; without \"expire\" that is after 7d"));
        }
    }

    /// How long the flow waits, without reporting what is wrong with it.
    fn expires_after(&self) -> i64 {
        let node = self.sheet.node.get("expire");
        let written = node.map(|node| node.get("after").unwrap_or(node));
        written.and_then(declare::duration).filter(|millis| *millis > 0).unwrap_or(EXPIRES_AFTER)
    }

    /// A length of silence.
    fn silence(&mut self, node: &Node) -> Option<i64> {
        let millis = declare::duration(node)?;
        if millis > 0 {
            return Some(millis);
        }
        self.writer.error(codes::OUT_OF_RANGE, node.span, "nobody is silent for no time at all");
        None
    }

    /// What is said to somebody who is silent, at whatever step of whatever flow that is.
    fn said_in_silence(&mut self, node: &Node, field: &str) -> Text {
        let place = Place::new(self.world, Reach::Session);
        let addresses = [self.address(field), self.address(&format!("{field}.say"))];
        self.text(node, &addresses, &place, Purpose::Message)
    }
}
