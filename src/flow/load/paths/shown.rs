//! A way through a flow in words: "hello → consent (skipped) → phone".

use crate::diagnostic::{Diagnostic, Span};
use crate::flow::load::codes;
use crate::flow::load::paths::explore::{Explored, Explorer};
use crate::flow::load::paths::pieces::Moment;
use crate::flow::ways::Cause;

/// The most steps of a way that are named.
const STEPS: usize = 9;

/// That the value which is read here is none on every way.
pub(super) fn never(span: Span, path: &[String]) -> Diagnostic {
    let message = format!("`{}` is none here on every way", path.join("."));
    let found = Diagnostic::warning(codes::NEVER_SET, span, message);
    found.help("read it where it is there, or lead the way through the step that gives it")
}

/// What is doubtful, and the way that shows it.
pub(super) struct Shown<'s> {
    /// The value.
    pub path: &'s [String],
    /// The arrival at the step that reads it.
    pub arrival: usize,
    /// When that step reads it.
    pub moment: Moment<'s>,
}

/// The doubt with a way on which it comes true, told at the step whose result it is, or else at the step that reads it.
pub(super) fn with_way(explorer: &Explorer<'_>, explored: &Explored<'_>, doubt: Diagnostic, shown: &Shown<'_>) -> Diagnostic {
    let flow = explorer.flow;
    let here = explored.arrivals[shown.arrival].step;
    let way = words(explorer, explored, shown);
    match shown.path.first().and_then(|name| flow.index.get(name)).copied() {
        Some(source) if source != here && !taken(explored, shown.arrival).contains(&source) => {
            doubt.related(flow.steps[source].span, format!("this step is not on the way {way}"))
        }
        Some(source) => doubt.related(flow.steps[source].span, format!("its result is none on the way {way}")),
        None => doubt.related(flow.steps[here].span, format!("on the way {way}")),
    }
}

/// The steps that were left on the way to an arrival.
fn taken(explored: &Explored<'_>, arrival: usize) -> Vec<usize> {
    let before = |arrival: &usize| explored.arrivals[*arrival].from.map(|(before, _)| before);
    std::iter::successors(before(&arrival), before).map(|arrival| explored.arrivals[arrival].step).collect()
}

/// The way that has led to an arrival, and out of its step if that is where the value is read.
fn words(explorer: &Explorer<'_>, explored: &Explored<'_>, shown: &Shown<'_>) -> String {
    let left = |step: usize, cause: Cause<'_>| {
        let id = &explorer.flow.steps[step].id;
        match cause {
            Cause::Done | Cause::Confirmed | Cause::Branch(_) => id.clone(),
            Cause::Skipped => format!("{id} (skipped)"),
            other => format!("{id} ({})", other.name(explorer.flow)),
        }
    };
    let mut here = shown.arrival;
    let step = explored.arrivals[here].step;
    let mut names = vec![match shown.moment {
        Moment::Leaving(cause) => left(step, cause),
        Moment::Entering | Moment::Doing | Moment::Line(_) => explorer.flow.steps[step].id.clone(),
    }];
    while let Some((before, way)) = explored.arrivals[here].from {
        let step = explored.arrivals[before].step;
        names.push(left(step, explorer.ways[step][way].cause));
        here = before;
    }
    names.reverse();
    if names.len() > STEPS {
        names.splice(2..names.len() - (STEPS - 3), ["…".to_owned()]);
    }
    names.join(" → ")
}
