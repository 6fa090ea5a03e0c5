//! Conditions that come out the same on every way: a step that is never done, a line of a branch that is never taken.

use crate::diagnostic::{Diagnostic, Span};
use crate::expr::Expression;
use crate::expr::codes as expr_codes;
use crate::flow::Verb;
use crate::flow::load::codes;
use crate::flow::load::paths::Judge;
use crate::flow::load::paths::state::State;

impl Judge<'_, '_> {
    /// Looks at the conditions of the step at this place.
    pub(super) fn conditions(&mut self, at: usize) {
        let explorer = self.explorer;
        let step = &explorer.flow.steps[at];
        let entered: Vec<_> = self.explored.at[at].iter().map(|arrival| self.explored.arrivals[*arrival].state.clone()).collect();
        if let Some(when) = &step.when {
            let (never, always) = (format!("\"{}\" is never done", step.id), format!("\"{}\" is never skipped", step.id));
            self.constant(when, &entered, [&never, &always]);
        }
        let doing: Vec<_> = entered.iter().filter_map(|state| explorer.behind(state, step.when.as_ref(), true)).collect();
        match &step.verb {
            Verb::Branch(lines) => {
                for (number, line) in lines.iter().enumerate() {
                    let Some(when) = &line.when else { continue };
                    let judged: Vec<_> = doing.iter().filter_map(|state| explorer.line(at, number, state)).collect();
                    self.line(when, &judged, !doing.is_empty(), &lines[..number]);
                }
            }
            Verb::Say(say) => {
                for button in &say.buttons {
                    if let Some(when) = &button.when {
                        self.constant(when, &doing, ["the button is never shown", "the button is always shown"]);
                    }
                }
            }
            Verb::Ask(ask) => {
                for choice in crate::flow::ways::choices(ask) {
                    if let Some(when) = &choice.when {
                        self.constant(when, &doing, ["the option is never offered", "the option is always offered"]);
                    }
                }
            }
            _ => {}
        }
    }

    /// Reports a condition that comes out the same in all states: what follows where it never holds, and where it always does.
    fn constant(&mut self, when: &Expression, states: &[State], [never, always]: [&str; 2]) {
        let Some(holds) = self.outcome(when, states) else { return };
        let message = if holds { format!("this always holds here, so {always}") } else { format!("this never holds here, so {never}") };
        self.report(when.span(), message, "something before it has settled this already; remove the condition, or correct it");
    }

    /// Reports a line that is never taken, or always if it is looked at.
    fn line(&mut self, when: &Expression, states: &[State], reached: bool, before: &[crate::flow::Branch]) {
        if states.is_empty() && reached {
            return;
        }
        let same =
            before.iter().filter_map(|line| line.when.as_ref()).find(|other| !when.claims().is_empty() && other.claims() == when.claims());
        match self.outcome(when, states) {
            Some(false) => {
                let message = "this line is never taken: on every way its condition does not hold when it is looked at";
                let found = Diagnostic::warning(codes::SHADOWED, when.span(), message);
                let found = found.help("remove the line, or correct its condition");
                self.findings.push(match same {
                    Some(other) => found.related(other.span(), "this line is looked at before it"),
                    None => found,
                });
            }
            Some(true) => {
                let message = "this always holds here, so the lines behind it are never looked at";
                self.report(when.span(), message.to_owned(), "something before it has settled this already; write \"else\", or correct it");
            }
            None => {}
        }
    }

    fn outcome(&self, when: &Expression, states: &[State]) -> Option<bool> {
        let first = self.explorer.judge(when, states.first()?)?;
        states.iter().all(|state| self.explorer.judge(when, state) == Some(first)).then_some(first)
    }

    fn report(&mut self, span: Span, message: String, help: &str) {
        self.findings.push(Diagnostic::warning(expr_codes::CONSTANT_CONDITION, span, message).help(help));
    }
}
