//! Changing an answer: what depends on it is asked again, and nothing else.
//!
//! A change sets a result aside and walks on from there as a *re-walk*: what was computed is computed again, what was answered, read or
//! said and reads nothing changed is passed over. What was committed cannot be changed.

use std::collections::BTreeSet;

use crate::engine::record::{Rewalk, Stage};
use crate::engine::walk::{Onward, Trouble, Walk, fingerprint};
use crate::engine::{offers, steps};
use crate::expr::Value;
use crate::flow::{AnswerType, Ask, Flow, Options, Step, Target, Verb};

impl<'p> Walk<'_, '_, 'p> {
    /// Asks these steps again, in this order; `reason` precedes the first question, in HTML.
    pub fn change(&mut self, targets: &[usize], reason: Option<String>) -> Result<Onward<'p>, Trouble> {
        let flow = self.flow()?;
        let committed = self.committed()?;
        let mut rewalk = Rewalk::default();
        for &at in targets {
            let id = &flow.steps[at].id;
            if committed.contains(id.as_str()) {
                return Err(Trouble::new(format!("step \"{id}\" is committed and cannot be changed")));
            }
            self.aside(id, &mut rewalk);
        }
        let Some(&first) = targets.first() else { return Err(Trouble::new("nothing to change")) };
        if let Verb::Review(review) = &flow.steps[first].verb {
            flow.steps[first].id.clone_into(&mut self.frame_mut().at);
            return steps::review::list(self, review);
        }
        self.frame_mut().rewalk = Some(rewalk);
        self.reason = reason;
        Ok(Onward::Enter(first))
    }

    /// Sets the answer to a question aside and stands there again, without asking: another answer is there already.
    pub fn set_aside(&mut self, at: usize) -> Result<(), Trouble> {
        let id = &self.flow()?.steps[at].id;
        let mut rewalk = Rewalk::default();
        self.aside(id, &mut rewalk);
        let frame = self.frame_mut();
        frame.rewalk = Some(rewalk);
        id.clone_into(&mut frame.at);
        Ok(())
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
        let frame = self.frame();
        let Some(rewalk) = &frame.rewalk else { return Ok(None) };
        if rewalk.asks(&step.id) {
            return Ok(None);
        }
        let touched = step.reads.iter().any(|read| rewalk.changed.contains(read));
        let held = frame.results.get(&step.id);
        match &step.verb {
            Verb::Set(_) | Verb::Branch(_) => return Ok(None),
            Verb::Ask(ask) if held.is_some() => {
                if touched && !self.survives(step, ask)? {
                    self.lose(&step.id);
                    return Ok(None);
                }
                if let Some(onward) = self.past_answer(step, ask) {
                    return Ok(Some(onward));
                }
            }
            // Asked for the first time, on a way not walked before: the re-walk goes on behind it.
            Verb::Ask(_) | Verb::Say(_) if held.is_none() => return Ok(None),
            Verb::Say(_) if !touched => return Ok(Some(Onward::Complete)),
            Verb::Say(_) => return Ok(None),
            Verb::Call(call) => {
                let repeats = self.project.operations.get(&call.operation).is_some_and(|operation| operation.is_read());
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
            }
            Verb::Ask(_) | Verb::Review(_) | Verb::Wait(_) | Verb::End => {}
        }
        // Here the re-walk ends: from now on the walk is ordinary.
        self.frame_mut().rewalk = None;
        Ok(None)
    }

    /// The way an answer led when it was given; `None` if that cannot be gone again without asking.
    fn past_answer(&self, step: &'p Step, ask: &'p Ask) -> Option<Onward<'p>> {
        let held = self.frame().results.get(&step.id)?;
        let AnswerType::Choice(Options::Literal(choices)) = &ask.answer else { return Some(Onward::Complete) };
        let Value::Text(id) = &held.value else { return Some(Onward::Complete) };
        let road = &choices.iter().find(|choice| choice.id == *id)?.road;
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
        let offered = offers::from_data(self, data)?;
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
        let flow = self.flow()?;
        let frame = self.frame();
        let mut committed = BTreeSet::new();
        let roots = flow.steps.iter().filter(|step| frame.results.get(&step.id).is_some_and(|held| held.committed));
        for step in roots {
            add_with_reads(flow, step, &mut committed);
        }
        if let Stage::Calling(calling) = &frame.stage
            && self.project.operations.get(&calling.operation).is_some_and(|operation| !operation.is_read())
        {
            add_with_reads(flow, self.step()?, &mut committed);
        }
        Ok(committed)
    }

    /// The question answered last that can still be changed, if nothing committed stands between.
    pub fn last_answered(&self) -> Result<Option<usize>, Trouble> {
        let flow = self.flow()?;
        let frame = self.frame();
        let Some(last) = frame.answered.last() else { return Ok(None) };
        let Some(&at) = flow.index.get(last) else { return Ok(None) };
        let here = flow.step(&frame.at);
        let barred = here.is_some_and(|step| !step.back) || self.committed()?.contains(last.as_str());
        let written_since = frame.results.iter().any(|(id, held)| held.committed && flow.index.get(id).is_some_and(|call| *call > at));
        Ok((!barred && !written_since).then_some(at))
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
