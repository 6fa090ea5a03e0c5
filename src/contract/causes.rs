//! A type that is declared otherwise than the server's description has it is the cause of what is wrong with such values in the flows.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{About, Diagnostic, FileId, Severity, follow};
use crate::expr::{Expression, codes};
use crate::flow::{AnswerType, Flow, Options, Project, Set, Step, Verb};

/// Something in which an operation differs from the description of its server.
#[derive(Debug, Clone)]
pub struct Difference {
    /// As it is told.
    pub finding: Diagnostic,
    /// What is read as another type, if that is what it is about.
    pub misread: Option<Misread>,
}

/// A value that is read as a type that it does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread {
    /// `connection.operation`.
    pub operation: String,
    /// The output that holds it.
    pub output: String,
    /// In which way.
    pub how: Misreading,
}

/// How a declaration differs from what is described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misreading {
    /// It is of another type: what it is read as, in words: `a whole number`.
    Type(&'static str),
    /// It lacks a word that there may be, in quotes.
    Lacks(String),
}

impl Misreading {
    /// Whether a finding is one that it brings.
    fn brings(&self, finding: &Diagnostic) -> bool {
        match self {
            Self::Type(read_as) => is_of_type(finding) && finding.message.contains(read_as),
            Self::Lacks(word) => finding.code == codes::NEVER_EQUAL && finding.message.starts_with(word.as_str()),
        }
    }
}

/// What a misread value can be read from in the flows.
struct Holders<'p> {
    /// Flow → step → the field of its result; none: it may be anywhere in it.
    steps: BTreeMap<&'p str, BTreeMap<&'p str, Option<&'p str>>>,
    /// Steps that see it under a name of their own while they ask: an item of a list, the result of a check.
    askers: BTreeSet<(&'p str, &'p str)>,
}

/// Where the steps of a file begin, in order: byte, flow, step.
type Places<'p> = BTreeMap<FileId, Vec<(u32, &'p str, &'p str)>>;

/// All that was found to be different; what is wrong in the flows with values of a misread type is put below the finding about the type.
pub fn below(differences: Vec<Difference>, project: &Project, findings: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut places = Places::new();
    for (flow, step) in project.flows.values().flat_map(|flow| flow.steps.iter().map(move |step| (flow, step))) {
        places.entry(step.span.file).or_default().push((step.span.start, &flow.id, &step.id));
    }
    for steps in places.values_mut() {
        steps.sort_unstable();
    }
    let below = |difference: Difference| {
        let Difference { finding: mut cause, misread } = difference;
        let Some(misread) = misread.filter(|misread| findings.iter().any(|finding| misread.how.brings(finding))) else { return cause };
        let holders = Holders::of(&misread, project);
        let follows = |finding: &Diagnostic| misread.how.brings(finding) && holders.are_read(finding, &misread, &places);
        let (effects, rest): (Vec<_>, Vec<_>) = std::mem::take(findings).into_iter().partition(follows);
        *findings = rest;
        let notes = effects.into_iter().map(|effect| (effect.span, format!("this may follow from it: {}", effect.message)));
        follow(&mut cause, notes);
        cause
    };
    differences.into_iter().map(below).collect()
}

fn is_of_type(finding: &Diagnostic) -> bool {
    let is_of_type = matches!(finding.code, codes::TYPE_MISMATCH | codes::PRINTS_NONE | codes::BAD_ARGUMENTS);
    is_of_type && finding.severity == Severity::Error
}

impl From<Diagnostic> for Difference {
    fn from(finding: Diagnostic) -> Self {
        Self { finding, misread: None }
    }
}

impl<'p> Holders<'p> {
    /// The steps that call the operation, and those that hand on what they have of it.
    fn of(misread: &'p Misread, project: &'p Project) -> Self {
        let mut holders = Self { steps: BTreeMap::new(), askers: BTreeSet::new() };
        loop {
            let before = holders.len();
            for flow in project.flows.values() {
                holders.add(flow, misread, project);
            }
            if holders.len() == before {
                return holders;
            }
        }
    }

    /// Adds the steps of a flow.
    fn add(&mut self, flow: &'p Flow, misread: &'p Misread, project: &'p Project) {
        for step in &flow.steps {
            let hands_on =
                || step.reads.iter().any(|read| self.steps.get(flow.id.as_str()).is_some_and(|steps| steps.contains_key(read.as_str())));
            let field = match &step.verb {
                Verb::Call(call) if call.operation == misread.operation => Some(Some(misread.output.as_str())),
                Verb::Set(Set::Value(_) | Set::Fields { .. }) if hands_on() => Some(None),
                Verb::Ask(ask)
                    if matches!(&ask.answer, AnswerType::Choice(Options::Data(_)) | AnswerType::Choices { .. }) && hands_on() =>
                {
                    self.askers.insert((&flow.id, &step.id));
                    Some(None)
                }
                Verb::Run(run) => project.flows.get(&run.flow).filter(|child| self.is_given_by(child)).map(|_| None),
                _ => None,
            };
            if checks_by(step, &misread.operation) {
                self.askers.insert((&flow.id, &step.id));
            }
            if let Some(field) = field {
                self.steps.entry(&flow.id).or_default().insert(&step.id, field);
            }
        }
    }

    fn len(&self) -> usize {
        self.steps.values().map(BTreeMap::len).sum()
    }

    /// Whether a flow hands it on to those that run it.
    fn is_given_by(&self, flow: &Flow) -> bool {
        let Some(steps) = self.steps.get(flow.id.as_str()) else { return false };
        let names = flow.outputs.values().flat_map(Expression::names);
        names.filter_map(|name| name.path.into_iter().next()).any(|root| steps.contains_key(root.as_str()))
    }

    /// Whether a finding is about what reads it.
    fn are_read(&self, finding: &Diagnostic, misread: &Misread, places: &Places<'_>) -> bool {
        let steps = places.get(&finding.span.file);
        let home = steps.and_then(|steps| steps[..steps.partition_point(|(start, ..)| *start <= finding.span.start)].last());
        let mut paths = finding.about.iter().filter_map(|about| if let About::Value(path) = about { Some(path) } else { None });
        paths.any(|path| {
            let mut parts = path.split('.');
            let root = parts.next().unwrap_or_default();
            let field = parts.next();
            let holds =
                |steps: &BTreeMap<&str, Option<&str>>| steps.get(root).is_some_and(|own| own.is_none() || field.is_none() || *own == field);
            match home {
                Some((_, flow, step)) if matches!(root, "item" | "result") => {
                    self.askers.contains(&(*flow, *step)) && (root == "item" || field == Some(misread.output.as_str()))
                }
                Some((_, flow, _)) => self.steps.get(flow).is_some_and(holds),
                // A translation of any of them.
                None => self.steps.values().any(holds),
            }
        })
    }
}

/// Whether an answer to a question is checked by this operation.
fn checks_by(step: &Step, operation: &str) -> bool {
    let Verb::Ask(ask) = &step.verb else { return false };
    ask.checks.iter().any(|check| check.call.as_ref().is_some_and(|(called, _)| called == operation))
}
