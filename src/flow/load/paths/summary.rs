//! What whoever runs a flow may count on: which outputs are there at which end, and what is written about the person meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::flow::load::names::World;
use crate::flow::load::paths::{Judged, explorer};
use crate::flow::{Flow, Set, Verb};

/// What is known of one flow.
#[derive(Default)]
pub(super) struct Summary {
    /// The outputs that are certain at each of its own ends.
    by_end: BTreeMap<String, BTreeSet<String>>,
    /// All outputs, where the flow cannot be judged: then each is taken to be there.
    unjudged: Option<BTreeSet<String>>,
    /// The fields of the person that it, or a flow it runs, may write.
    pub writes: BTreeSet<String>,
}

impl Summary {
    /// The outputs that are certain when the flow has ended so; `else` stands for all ends that are not `named`.
    pub(super) fn outputs_at(&self, end: &str, named: impl Fn(&str) -> bool) -> Vec<String> {
        if let Some(all) = &self.unjudged {
            return all.iter().cloned().collect();
        }
        if end != "else" {
            return self.by_end.get(end).into_iter().flatten().cloned().collect();
        }
        let rest = self.by_end.iter().filter(|(end, _)| !named(end)).map(|(_, outputs)| outputs.clone());
        rest.reduce(|some, others| &some & &others).into_iter().flatten().collect()
    }
}

/// The summaries of all flows, each made when it is first asked for.
pub(super) struct Summaries<'a> {
    pub world: &'a World<'a>,
    pub flows: &'a BTreeMap<String, Flow>,
    pub judged: &'a Judged<'a>,
    known: RefCell<BTreeMap<String, Option<Rc<Summary>>>>,
    /// How many summaries are being made around this one.
    depth: Cell<usize>,
}

/// Flows that run one another more deeply are an error of their own.
const DEPTH: usize = 12;

impl<'a> Summaries<'a> {
    pub(super) fn new(world: &'a World<'a>, flows: &'a BTreeMap<String, Flow>, judged: &'a Judged<'a>) -> Self {
        Self { world, flows, judged, known: RefCell::default(), depth: Cell::default() }
    }

    /// What is known of the flow of this id.
    pub(super) fn of(&self, id: &str) -> Rc<Summary> {
        let known = self.known.borrow().get(id).cloned();
        match known {
            Some(Some(summary)) => return summary,
            // It runs itself, which is an error of its own.
            Some(None) => return Rc::default(),
            None if self.depth.get() > DEPTH => return Rc::default(),
            None => {}
        }
        self.known.borrow_mut().insert(id.to_owned(), None);
        self.depth.set(self.depth.get() + 1);
        let summary = Rc::new(self.summary(id));
        self.depth.set(self.depth.get() - 1);
        self.known.borrow_mut().insert(id.to_owned(), Some(Rc::clone(&summary)));
        summary
    }

    fn summary(&self, id: &str) -> Summary {
        let Some(flow) = self.flows.get(id) else { return Summary::default() };
        let mut summary = Summary { writes: self.writes(flow), ..Summary::default() };
        let explored = explorer(self, id).and_then(|explorer| Some((explorer.explore()?, explorer)));
        let Some((explored, explorer)) = explored else {
            summary.unjudged = Some(flow.outputs.keys().cloned().collect());
            return summary;
        };
        for (end, states) in &explored.ends {
            let certain = |(_, value): &(&String, &_)| states.iter().all(|state| !explorer.type_in(value, state).optional);
            let outputs = flow.outputs.iter().filter(certain).map(|(name, _)| name.clone()).collect();
            summary.by_end.insert((*end).to_owned(), outputs);
        }
        summary
    }

    fn writes(&self, flow: &Flow) -> BTreeSet<String> {
        let mut written = BTreeSet::new();
        for step in &flow.steps {
            match &step.verb {
                Verb::Set(Set::Fields { person, .. }) => written.extend(person.iter().map(|(field, _)| field.clone())),
                Verb::Run(run) => written.extend(self.of(&run.flow).writes.iter().cloned()),
                _ => {}
            }
        }
        written
    }
}
