//! `review`: a summary to confirm.

use crate::diagnostic::Diagnostic;
use crate::flow::load::codes;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::steps::Written;
use crate::flow::load::writer::Purpose;
use crate::flow::{Review, Text, Verb};
use crate::syntax::Node;

impl Builder<'_> {
    pub(in crate::flow::load) fn review(&mut self, step: Written<'_>, text: &Node, place: &Place<'_>) -> Verb {
        let address = self.step_address(step, "review");
        let text = self.text(text, &[address], place, Purpose::Message);
        let show = step.node.get("show").map_or(&[][..], Node::items);
        for (at, node) in show.iter().enumerate() {
            if let Some(first) = show[..at].iter().find(|first| first.text().is_some() && first.text() == node.text()) {
                let message = format!("\"{}\" is shown twice", node.text().unwrap_or_default());
                let found =
                    Diagnostic::warning(codes::DUPLICATE_ID, node.span, message).help("remove one of the two, or name another question");
                self.writer.findings.push(found.related(first.span, "the first one"));
            }
        }
        let show = show.iter().filter_map(|node| self.shown(node)).collect();
        let confirm = self.review_button(step, "confirm", place);
        let change = self.review_button(step, "change", place);
        Verb::Review(Review { text, show, confirm, change })
    }

    fn review_button(&mut self, step: Written<'_>, key: &str, place: &Place<'_>) -> Option<Text> {
        let node = step.node.get(key)?;
        let address = self.step_address(step, key);
        Some(self.text(node, &[address], place, Purpose::Label))
    }

    /// A line of the review: `title: value`.
    fn shown(&mut self, node: &Node) -> Option<usize> {
        let sheet = self.sheet;
        let at = self.step_that(node, |at| sheet.steps[at].value.get("title").is_some())?;
        let shown = &self.sheet.steps[at];
        if shown.value.get("title").is_none() {
            let found = Diagnostic::error(
                codes::MISSING_KEY,
                node.span,
                format!("\"{}\" has no title, so it cannot be shown in a review", shown.key),
            );
            self.writer
                .findings
                .push(found.help(format!("give the step a title: {}: {{ title: … }}", shown.key)).related(shown.key_span, "the step"));
        }
        if self.world.result(self.sheet, at, 0).secret {
            self.writer.misplaced_secret(node.span);
        }
        Some(at)
    }
}
