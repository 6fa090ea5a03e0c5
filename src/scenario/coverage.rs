//! Which steps the tests reach and which roads they take.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::engine::{EventKind, Fact, FactKind, Frame, Letter, Record, Session, SessionId, Stage, Turn};
use crate::expr::Time;
use crate::flow::{AnswerType, Ask, Call, Choice, Flow, Options, Project, Road, Target, Verb};

/// Steps and roads of all flows, and whether some test met them.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// By flow.
    pub flows: BTreeMap<String, FlowCoverage>,
}

/// Steps and roads of one flow, in its order.
#[derive(Debug, Clone, Default)]
pub struct FlowCoverage {
    /// Step → reached.
    pub steps: Vec<(String, bool)>,
    /// `step.choice.id`, `step.outcomes.name`, `step.timeout`… → taken.
    pub roads: Vec<(String, bool)>,
}

impl FlowCoverage {
    fn reach(&mut self, step: &str) {
        mark(&mut self.steps, step);
    }

    fn take(&mut self, step: &str, road: &str) {
        mark(&mut self.roads, &format!("{step}.{road}"));
    }
}

fn mark(all: &mut [(String, bool)], name: &str) {
    for (_, met) in all.iter_mut().filter(|(known, _)| known == name) {
        *met = true;
    }
}

/// One turn as coverage sees it.
pub(super) struct Observed<'a> {
    pub before: &'a Record,
    pub event: &'a EventKind,
    /// The label that was pressed, or the text that was written.
    pub chosen: Option<&'a str>,
    pub now: Time,
    pub turn: &'a Turn,
}

impl Coverage {
    /// What others have met of the same flows counts, too.
    pub(super) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.flows.values_mut().zip(other.flows.values()) {
            let steps = mine.steps.iter_mut().zip(&theirs.steps);
            let roads = mine.roads.iter_mut().zip(&theirs.roads);
            steps.chain(roads).for_each(|((_, met), (_, theirs))| *met |= theirs);
        }
    }

    /// Everything there is, nothing of it met.
    pub(super) fn of(project: &Project) -> Self {
        let flow = |flow: &Flow| FlowCoverage {
            steps: flow.steps.iter().map(|step| (step.id.clone(), false)).collect(),
            roads: roads(flow).into_iter().map(|road| (road, false)).collect(),
        };
        Self { flows: project.flows.iter().map(|(id, of)| (id.clone(), flow(of))).collect() }
    }

    /// Takes note of a turn.
    pub(super) fn observe(&mut self, project: &Project, observed: &Observed<'_>) {
        self.options(project, observed);
        self.outcomes(project, observed);
        self.timeouts(observed);
        self.runs(project, observed);
        match counted(observed) {
            // It was entered in an earlier turn, and is passed in this one.
            Some((entered, free)) => self.counted(project, &observed.turn.facts, entered, free),
            None => self.walked(project, &observed.turn.facts),
        }
    }

    fn counted(&mut self, project: &Project, facts: &[Fact], entered: Fact, free: bool) {
        if free {
            return self.walked(project, &[&[entered], facts].concat());
        }
        if let FactKind::Reached { flow, step } = &entered.kind {
            self.take(flow, step, "limit");
        }
        self.walked(project, facts);
    }

    fn take(&mut self, flow: &str, step: &str, road: &str) {
        if let Some(flow) = self.flows.get_mut(flow) {
            flow.take(step, road);
        }
    }

    fn options(&mut self, project: &Project, observed: &Observed<'_>) {
        let Some(chosen) = observed.chosen else { return };
        for frame in innermost(observed.before) {
            let Stage::Asking(question) = &frame.stage else { continue };
            let by_number = chosen.trim().parse::<usize>().ok().and_then(|number| question.offers.get(number.checked_sub(1)?));
            let wanted = chosen.trim().to_lowercase();
            let offer = question.offers.iter().find(|offer| offer.label.to_lowercase() == wanted).or(by_number);
            let answered =
                |fact: &Fact| matches!(&fact.kind, FactKind::Answered { flow, step } if *flow == frame.flow && *step == frame.at);
            let anything_answered = observed.turn.facts.iter().any(|fact| matches!(fact.kind, FactKind::Answered { .. }));
            if let Some(offer) = offer.filter(|_| !anything_answered || observed.turn.facts.iter().any(answered)) {
                self.take(&frame.flow, &frame.at, &format!("choice.{}", offer.key));
            } else if let Some(ask) = asked(project, frame)
                && ask.attempts.as_ref().is_some_and(|attempts| question.failed + 1 >= attempts.max)
                && !observed.turn.facts.iter().any(answered)
            {
                self.take(&frame.flow, &frame.at, "attempts");
            }
        }
    }

    fn outcomes(&mut self, project: &Project, observed: &Observed<'_>) {
        // An act of the engine's own is answered by a letter.
        let (EventKind::Attempted { effect, .. } | EventKind::Told { letter: Letter::Answered { effect, .. }, .. }) = observed.event else {
            return;
        };
        let of_call = |frame: &&Frame| matches!(&frame.stage, Stage::Calling(calling) if calling.effect == *effect);
        let Some(frame) = innermost(observed.before).find(of_call) else { return };
        let Some(call) = called(project, &frame.flow, &frame.at) else { return };
        for fact in &observed.turn.facts {
            let FactKind::Called { operation, outcome, .. } = &fact.kind else { continue };
            if *operation == call.operation {
                // `else` stands for what has failed in another way, and never for `ok`.
                let road = if outcome == "ok" || call.outcomes.contains_key(outcome) { outcome.as_str() } else { "else" };
                self.take(&frame.flow, &frame.at, &format!("outcomes.{road}"));
            }
        }
    }

    /// Flows that end within another lead it on by how they end.
    fn runs(&mut self, project: &Project, observed: &Observed<'_>) {
        let frames = |session: &Session| session.frames.iter().map(|frame| (frame.flow.clone(), frame.at.clone())).collect();
        let before = observed.before.sessions.iter().map(|session| (session.id.clone(), frames(session)));
        let mut under_way: BTreeMap<SessionId, Vec<(String, String)>> = before.collect();
        for fact in &observed.turn.facts {
            let Some(session) = &fact.session else { continue };
            let frames = under_way.entry(session.clone()).or_default();
            match &fact.kind {
                FactKind::Started { flow } => frames.push((flow.clone(), String::new())),
                FactKind::Reached { step, .. } => {
                    if let Some((_, at)) = frames.last_mut() {
                        at.clone_from(step);
                    }
                }
                FactKind::Ended { end, .. } => {
                    frames.pop();
                    let Some((flow, step)) = frames.last() else { continue };
                    let Some(Verb::Run(run)) = verb(project, flow, step) else { continue };
                    let road = if run.outcomes.contains_key(end) { end } else { "else" };
                    self.take(flow, step, &format!("outcomes.{road}"));
                }
                _ => {}
            }
        }
    }

    fn timeouts(&mut self, observed: &Observed<'_>) {
        if !matches!(observed.event, EventKind::Woke) {
            return;
        }
        for session in &observed.before.sessions {
            let now = observed.turn.record.session(&session.id);
            for (at, frame) in session.frames.iter().enumerate().filter(|(_, frame)| frame.due.is_some_and(|due| due <= observed.now)) {
                let stays = now.and_then(|now| now.frames.get(at)).is_some_and(|now| now.at == frame.at && now.entered == frame.entered);
                if !stays {
                    self.take(&frame.flow, &frame.at, "timeout");
                }
            }
        }
    }

    /// Steps that follow one another in a turn tell by which road.
    fn walked(&mut self, project: &Project, facts: &[Fact]) {
        for (at, fact) in facts.iter().enumerate() {
            if let FactKind::Decided { flow, step, choice, .. } = &fact.kind {
                self.take(flow, step, &format!("choice.{choice}"));
            }
            let FactKind::Reached { flow, step } = &fact.kind else { continue };
            if let Some(flow) = self.flows.get_mut(flow) {
                flow.reach(step);
            }
            let is_next = |next: &&Fact| {
                next.session == fact.session
                    && matches!(&next.kind, FactKind::Reached { flow: of, .. } | FactKind::Ended { flow: of, .. } if of == flow)
            };
            let (Some(next), Some(flow)) = (facts[at + 1..].iter().find(is_next), project.flows.get(flow)) else { continue };
            for (road, name) in passing_roads(flow, step) {
                if leads_to(flow, &road.to, &next.kind) {
                    self.take(&flow.id, step, &name);
                    break;
                }
            }
        }
    }

    /// What no test meets, flow by flow.
    pub fn render(&self) -> String {
        let mut out = String::new();
        for (id, flow) in &self.flows {
            let count = |all: &[(String, bool)]| (all.iter().filter(|(_, met)| *met).count(), all.len());
            let ((steps, of_steps), (roads, of_roads)) = (count(&flow.steps), count(&flow.roads));
            let _ = writeln!(out, "{id}: {steps} of {of_steps} steps, {roads} of {of_roads} roads");
            for (word, all) in [("not reached", &flow.steps), ("not taken", &flow.roads)] {
                let missing: Vec<&str> = all.iter().filter(|(_, met)| !met).map(|(name, _)| name.as_str()).collect();
                if !missing.is_empty() {
                    let _ = writeln!(out, "  {word}: {}", missing.join(", "));
                }
            }
        }
        out
    }
}

/// The step that a turn goes on from because a place in its `limit` was asked for, and whether there was one.
fn counted(observed: &Observed<'_>) -> Option<(Fact, bool)> {
    let EventKind::Told { letter: Letter::Counted { effect, free }, .. } = observed.event else { return None };
    let counts = |session: &&Session| session.frames.last().is_some_and(|frame| frame.stage == Stage::Counting(*effect));
    let session = observed.before.sessions.iter().find(counts)?;
    let frame = session.frames.last()?;
    let kind = FactKind::Reached { flow: frame.flow.clone(), step: frame.at.clone() };
    Some((Fact { at: observed.now, session: Some(session.id.clone()), kind }, *free))
}

fn innermost(record: &Record) -> impl Iterator<Item = &Frame> {
    record.sessions.iter().filter_map(|session| session.frames.last())
}

fn asked<'p>(project: &'p Project, frame: &Frame) -> Option<&'p Ask> {
    match verb(project, &frame.flow, &frame.at)? {
        Verb::Ask(ask) => Some(ask),
        _ => None,
    }
}

fn called<'p>(project: &'p Project, flow: &str, step: &str) -> Option<&'p Call> {
    match verb(project, flow, step)? {
        Verb::Call(call) => Some(call),
        _ => None,
    }
}

fn verb<'p>(project: &'p Project, flow: &str, step: &str) -> Option<&'p Verb> {
    Some(&project.flows.get(flow)?.step(step)?.verb)
}

/// All roads of a flow by their names.
fn roads(flow: &Flow) -> Vec<String> {
    let mut roads = Vec::new();
    for step in &flow.steps {
        let mut add = |name: String| roads.push(format!("{}.{name}", step.id));
        match &step.verb {
            Verb::Ask(ask) => {
                for choice in choices(ask).iter().filter(|choice| choice.url.is_none() && choice.copy.is_none()) {
                    add(format!("choice.{}", choice.id));
                }
                if ask.attempts.as_ref().is_some_and(|attempts| attempts.road.is_some()) {
                    add("attempts".to_owned());
                }
                if matches!(options(ask), Some(Options::Data(data)) if data.empty.is_some()) {
                    add("empty".to_owned());
                }
            }
            Verb::Call(call) => call.outcomes.keys().for_each(|outcome| add(format!("outcomes.{outcome}"))),
            Verb::Run(run) => run.outcomes.keys().for_each(|end| add(format!("outcomes.{end}"))),
            Verb::Approve(approve) => approve.verdicts().for_each(|(option, _)| add(format!("choice.{}", option.id))),
            Verb::Branch(lines) => (1..=lines.len()).for_each(|line| add(format!("branch.{line}"))),
            _ => {}
        }
        if step.timeout.is_some() {
            add("timeout".to_owned());
        }
        if step.limit.is_some() {
            add("limit".to_owned());
        }
    }
    roads
}

fn options(ask: &Ask) -> Option<&Options> {
    match &ask.answer {
        AnswerType::Choice(options) | AnswerType::Choices { options, .. } => Some(options),
        _ => None,
    }
}

fn choices(ask: &Ask) -> &[Choice] {
    match options(ask) {
        Some(Options::Literal(choices)) => choices,
        Some(Options::Data(data)) => &data.also,
        None => &[],
    }
}

/// The roads by which a step is passed in the turn in which it is entered.
fn passing_roads<'f>(flow: &'f Flow, step: &str) -> Vec<(&'f Road, String)> {
    let Some(step) = flow.step(step) else { return Vec::new() };
    let mut roads = Vec::new();
    match &step.verb {
        Verb::Branch(lines) => roads.extend(lines.iter().zip(1..).map(|(line, at)| (&line.road, format!("branch.{at}")))),
        Verb::Ask(ask) => {
            if let Some(Options::Data(data)) = options(ask)
                && let Some(empty) = &data.empty
            {
                roads.push((empty, "empty".to_owned()));
            }
        }
        Verb::Call(call) => {
            if let Some(absent) = call.outcomes.get("absent") {
                roads.push((&absent.road, "outcomes.absent".to_owned()));
            }
        }
        _ => {}
    }
    if let Some(limit) = &step.limit {
        roads.push((&limit.road, "limit".to_owned()));
    }
    roads
}

/// True if a road leads to what happened next: steps whose `when` is false are not reached.
fn leads_to(flow: &Flow, target: &Target, next: &FactKind) -> bool {
    match (target, next) {
        (Target::Go(from), FactKind::Reached { step, .. }) => {
            let skipped = |at: usize| flow.steps.get(at).is_some_and(|step| step.when.is_some());
            let mut at = *from;
            while flow.steps.get(at).is_some_and(|here| here.id != *step) && skipped(at) {
                at += 1;
            }
            flow.steps.get(at).is_some_and(|here| here.id == *step)
        }
        (Target::Change(steps), FactKind::Reached { step, .. }) => steps.iter().any(|at| flow.steps[*at].id == *step),
        (Target::End(end) | Target::Start { end, .. }, FactKind::Ended { end: ended, .. }) => end == ended,
        _ => false,
    }
}
