//! Changing an answer: what depends on it is asked again, and nothing else.
//!
//! A change sets a result aside and walks on from there as a *re-walk*: what was computed is computed again, what was answered, read or
//! said and reads nothing changed is passed over. What was committed cannot be changed.

use std::collections::BTreeSet;

use crate::engine::record::{Frame, Rewalk, Stage};
use crate::engine::start::is_binding;
use crate::engine::walk::{Onward, Trouble, Walk, fingerprint};
use crate::engine::{offers, steps};
use crate::expr::Value;
use crate::flow::{AnswerType, Ask, Flow, Operation, Options, Step, Target, Verb};

impl<'p> Walk<'_, '_, 'p> {
    /// Asks these steps again, in this order; `reason` precedes the first question, in HTML.
    pub fn change(&mut self, targets: &[usize], reason: Option<String>) -> Result<Onward<'p>, Trouble> {
        let flow = self.flow()?;
        let committed = self.committed()?;
        let Some(&first) = targets.first() else { return Err(Trouble::new("nothing to change")) };
        if let Some(&at) = targets.iter().find(|at| committed.contains(flow.steps[**at].id.as_str())) {
            return Err(Trouble::new(format!("step \"{}\" is committed and cannot be changed", flow.steps[at].id)));
        }
        self.leave(self.step()?);
        if let Verb::Review(review) = &flow.steps[first].verb {
            self.stand_at(&flow.steps[first]);
            self.frame_mut().rewalk = None;
            self.set_timeout(&flow.steps[first])?;
            return steps::review::list(self, review);
        }
        let mut rewalk = Rewalk::default();
        for &at in targets {
            self.aside(&flow.steps[at].id, &mut rewalk);
        }
        self.frame_mut().rewalk = Some(rewalk);
        self.reason = reason;
        Ok(Onward::Enter(first))
    }

    /// Sets the answer to a question aside and stands there again, without asking: another answer is there already.
    pub fn set_aside(&mut self, at: usize) -> Result<(), Trouble> {
        self.leave(self.step()?);
        let step = &self.flow()?.steps[at];
        let mut rewalk = Rewalk::default();
        self.aside(&step.id, &mut rewalk);
        self.frame_mut().rewalk = Some(rewalk);
        self.stand_at(step);
        self.set_timeout(step)
    }

    fn aside(&mut self, id: &str, rewalk: &mut Rewalk) {
        let frame = self.frame_mut();
        if let Some(held) = frame.results.remove(id) {
            rewalk.aside.insert(id.to_owned(), fingerprint(&held));
        }
        frame.answered.retain(|answered| answered != id);
        rewalk.ask.push(id.to_owned());
    }

    /// In a re-walk: where the walk goes on if the step need not be done again.
    pub fn pass_over(&mut self, step: &'p Step) -> Result<Option<Onward<'p>>, Trouble> {
        let past = self.way_past(step)?;
        if past.is_some() && !self.passed.insert((self.session.frames.len(), step.id.clone())) {
            // A flow that goes round: what was kept would be passed over for ever, so from here on it is asked anew.
            self.frame_mut().rewalk = None;
            return Ok(None);
        }
        Ok(past)
    }

    fn way_past(&mut self, step: &'p Step) -> Result<Option<Onward<'p>>, Trouble> {
        let frame = self.frame();
        let Some(rewalk) = &frame.rewalk else { return Ok(None) };
        if rewalk.asks(&step.id) {
            return Ok(None);
        }
        let touched = step.reads.iter().any(|read| rewalk.changed.contains(read));
        let held = frame.results.get(&step.id);
        match &step.verb {
            Verb::Ask(ask) if held.is_some() => {
                if touched && !self.survives(step, ask)? {
                    self.lose(&step.id);
                    return Ok(None);
                }
                if let Some(onward) = self.past_answer(step, ask) {
                    return Ok(Some(onward));
                }
            }
            // Done for the first time, on a way not walked before: the re-walk goes on behind it.
            Verb::Ask(_) | Verb::Say(_) | Verb::Notify(_) | Verb::Run(_) if held.is_none() => return Ok(None),
            Verb::Say(_) | Verb::Notify(_) if !touched => return Ok(Some(Onward::Complete)),
            Verb::Say(_) | Verb::Notify(_) | Verb::Set(_) | Verb::Branch(_) => return Ok(None),
            Verb::Call(call) => {
                let repeats = self.project.operations.get(&call.operation).is_some_and(Operation::is_read);
                match held {
                    None if repeats => return Ok(None),
                    Some(held) if held.committed || repeats && !touched => {
                        let outcome = match held.value.field("outcome").as_deref() {
                            Some(Value::Text(outcome)) => outcome.clone(),
                            _ => "ok".to_owned(),
                        };
                        let road = call.outcomes.get(&outcome).or_else(|| call.outcomes.get("else"));
                        return Ok(Some(match road {
                            Some(road) if outcome != "ok" => Onward::Follow(&road.road.to),
                            _ => Onward::Complete,
                        }));
                    }
                    Some(_) if repeats => {
                        self.lose(&step.id);
                        return Ok(None);
                    }
                    _ => {}
                }
            }
            Verb::Run(run) => {
                if let Some(held) = held.filter(|held| held.committed || !touched)
                    && let Some(Value::Text(end)) = held.value.field("outcome").as_deref()
                {
                    let road = run.outcomes.get(end).or_else(|| run.outcomes.get("else"));
                    return Ok(Some(road.map_or(Onward::Complete, |road| Onward::Follow(&road.to))));
                }
                self.lose(&step.id);
                return Ok(None);
            }
            Verb::Ask(_) | Verb::Review(_) | Verb::Wait(_) | Verb::Approve(_) | Verb::End => {}
        }
        // Here the re-walk ends, unless something to be asked again was not met on the way; from then on the walk is ordinary.
        let left = self.frame().rewalk.as_ref().and_then(|rewalk| rewalk.ask.first()).and_then(|id| self.flow().ok()?.index.get(id));
        if let Some(&left) = left {
            return Ok(Some(Onward::Enter(left)));
        }
        self.frame_mut().rewalk = None;
        Ok(None)
    }

    /// The way an answer led when it was given; `None` if that cannot be gone again without asking.
    fn past_answer(&self, step: &'p Step, ask: &'p Ask) -> Option<Onward<'p>> {
        let held = self.frame().results.get(&step.id)?;
        let Some(road) = offers::road(ask, held) else { return Some(Onward::Complete) };
        match road.to {
            Target::Complete => Some(Onward::Complete),
            Target::Go(_) => Some(Onward::Follow(&road.to)),
            Target::End(_) | Target::Change(_) | Target::Start { .. } | Target::Word(_) => None,
        }
    }

    /// A choice from data survives if its key is still offered; its record is then the one of today.
    fn survives(&mut self, step: &Step, ask: &Ask) -> Result<bool, Trouble> {
        let AnswerType::Choice(Options::Data(data)) = &ask.answer else { return Ok(false) };
        let Some(key) = self.frame().results.get(&step.id).and_then(|held| held.key.clone()) else { return Ok(false) };
        let offered = offers::from_data(&self.view(), data)?;
        let Some(offer) = offered.iter().find(|offer| offer.key == key) else { return Ok(false) };
        let item = offers::item(self, data, offer)?;
        if let Some(held) = self.frame_mut().results.get_mut(&step.id) {
            held.value = item;
        }
        Ok(true)
    }

    /// A result has changed: whoever reads it directly, or reads what is lost by it, loses their own. What is computed is computed again
    /// when the walk comes by, and choices from data are judged there.
    pub fn lose_dependants(&mut self) {
        let Ok(flow) = self.flow() else { return };
        loop {
            let frame = self.frame();
            let Some(rewalk) = &frame.rewalk else { return };
            let lost = flow.steps.iter().find(|step| {
                let held = frame.results.get(&step.id).is_some_and(|held| !held.committed);
                held && !rewalk.changed.contains(&step.id)
                    && step.reads.iter().any(|read| rewalk.changed.contains(read))
                    && !is_judged_later(step)
            });
            let Some(lost) = lost else { return };
            self.lose(&lost.id);
            // A result that was `none` is not a change to anybody, but must not be found again.
            if let Some(rewalk) = &mut self.frame_mut().rewalk
                && !rewalk.changed.contains(&lost.id)
            {
                rewalk.changed.push(lost.id.clone());
            }
        }
    }

    /// The steps whose results cannot be changed any more: unsafe calls that are under way or ended well, and all that they read.
    pub fn committed(&self) -> Result<BTreeSet<&'p str>, Trouble> {
        self.committed_in(self.frame())
    }

    fn committed_in(&self, frame: &Frame) -> Result<BTreeSet<&'p str>, Trouble> {
        let flow = self.flow_of(frame)?;
        let mut committed = BTreeSet::new();
        let roots = flow.steps.iter().filter(|step| frame.results.get(&step.id).is_some_and(|held| held.committed));
        for step in roots {
            add_with_reads(flow, step, &mut committed);
        }
        if let (Stage::Deciding(_), Some(step)) = (&frame.stage, flow.step(&frame.at)) {
            add_with_reads(flow, step, &mut committed);
        }
        if let Stage::Calling(calling) = &frame.stage
            && self.project.operations.get(&calling.operation).is_some_and(|operation| !operation.is_read())
            && let Some(step) = flow.step(&frame.at)
        {
            add_with_reads(flow, step, &mut committed);
        }
        Ok(committed)
    }

    /// The question answered last, as its frame and its step, if it can still be changed: nothing that is committed, or under way, and
    /// no step that bars the way back, stands between. Flows on top that have only begun are looked through.
    pub fn last_answered(&self) -> Result<Option<(usize, usize)>, Trouble> {
        let untouched = |frame: &Frame| frame.answered.is_empty() && !frame.results.values().any(|held| held.committed);
        let Some(depth) = self.session.frames.iter().rposition(|frame| !untouched(frame)) else { return Ok(None) };
        let waits = matches!(self.frame().stage, Stage::Deciding(_));
        if waits || is_binding(self.work.library, &self.session) {
            return Ok(None);
        }
        let frame = &self.session.frames[depth];
        let flow = self.flow_of(frame)?;
        let Some((last, &at)) = frame.answered.last().and_then(|id| flow.index.get_key_value(id)) else { return Ok(None) };
        let here = flow.index.get(&frame.at).copied().unwrap_or_default();
        let bars = |(done, step): (usize, &Step)| match frame.results.get(&step.id) {
            Some(held) => held.committed || (!step.back && done <= here),
            None => false,
        };
        let barred = !flow.steps[here].back || flow.steps.iter().enumerate().skip(at + 1).any(bars);
        Ok((!barred && !self.committed_in(frame)?.contains(last.as_str())).then_some((depth, at)))
    }

    /// Cuts off the flows on top of a frame.
    pub fn surface(&mut self, depth: usize) {
        self.strip();
        while self.session.frames.len() > depth + 1 {
            self.abandon("cancelled");
        }
    }
}

/// True for steps whose loss is decided when the walk comes by.
fn is_judged_later(step: &Step) -> bool {
    match &step.verb {
        Verb::Set(_) | Verb::Branch(_) => true,
        Verb::Ask(ask) => matches!(ask.answer, AnswerType::Choice(Options::Data(_))),
        _ => false,
    }
}

fn add_with_reads<'p>(flow: &'p Flow, step: &'p Step, into: &mut BTreeSet<&'p str>) {
    if into.insert(&step.id) {
        for read in step.reads.iter().filter_map(|read| flow.step(read)) {
            add_with_reads(flow, read, into);
        }
    }
}
