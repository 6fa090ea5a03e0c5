//! The label of a word that a declaration gives one.

use crate::flow::{AnswerType, Flow, Options, Project, Text, Verb};

impl Project {
    /// The label of the word `id`, read in `flow` from a name and its fields (`["state", "state"]`): of a setting, a person's field, an
    /// input, an output of a call, a field of a record that was chosen from such an output. `None` where nothing declares one.
    pub fn option_label(&self, flow: &Flow, path: &[&str], id: &str) -> Option<&Text> {
        self.labels.get(&declared_at(flow, path)?)?.get(id)
    }

    /// The label of a word that is remembered of a person.
    pub fn person_label(&self, field: &str, id: &str) -> Option<&Text> {
        self.labels.get(&format!("person.{field}"))?.get(id)
    }
}

/// Where the value that is read from a path is declared, as the labels are kept.
fn declared_at(flow: &Flow, path: &[&str]) -> Option<String> {
    let (first, rest) = path.split_first()?;
    let below = |above: &str| [above].into_iter().chain(rest.iter().copied()).collect::<Vec<_>>().join(".");
    match *first {
        "settings" | "person" => return Some(below(first)),
        "inputs" => return Some(below(&format!("{}.inputs", flow.id))),
        _ => {}
    }
    match &flow.step(first)?.verb {
        Verb::Call(call) => Some(below(&call.operation)),
        Verb::Ask(ask) => {
            let (AnswerType::Choice(Options::Data(data)) | AnswerType::Choices { options: Options::Data(data), .. }) = &ask.answer else {
                return None;
            };
            // The list comes from a step before; a question made of its own answer would have no end.
            let list = data.from.names().into_iter().find(|name| name.path.first().is_none_or(|name| name != first))?;
            let Verb::Call(call) = &flow.step(list.path.first()?)?.verb else { return None };
            Some(below(
                &[call.operation.as_str()].into_iter().chain(list.path.iter().skip(1).map(String::as_str)).collect::<Vec<_>>().join("."),
            ))
        }
        _ => None,
    }
}
