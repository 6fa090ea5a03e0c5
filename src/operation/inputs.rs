//! What the templates of an operation see: its inputs and nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::expr::{Context, Fault, Kind, Scope, Value};
use crate::flow::Operation;

/// The inputs of one call, defaults filled in.
pub(super) struct Inputs<'a> {
    operation: &'a Operation,
    values: BTreeMap<&'a str, Cow<'a, Value>>,
}

impl<'a> Inputs<'a> {
    /// The inputs of `operation`; what is not given and has a default gets it.
    pub(super) fn new(operation: &'a Operation, given: &'a BTreeMap<String, Value>, context: &Context<'_>) -> Result<Self, Fault> {
        let values = given.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value))).collect();
        let mut inputs = Self { operation, values };
        for (name, declared) in &operation.input {
            let Some(default) = &declared.default else { continue };
            if inputs.values.get(name.as_str()).is_none_or(|value| value.is_none()) {
                let value = default.evaluate(&Context { scope: &inputs, ..*context })?;
                inputs.values.insert(name, Cow::Owned(value));
            }
        }
        Ok(inputs)
    }
}

impl Scope for Inputs<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        match self.values.get(name) {
            Some(value) => Some(Cow::Borrowed(value)),
            None => self.operation.input.contains_key(name).then_some(Cow::Owned(Value::None)),
        }
    }

    fn label(&self, name: &str) -> Option<String> {
        let Value::Text(id) = self.get(name)?.into_owned() else { return None };
        let Kind::OneOf(words) = &self.operation.input.get(name)?.of.kind else { return None };
        words.iter().find(|(word, _)| *word == id).map(|(_, label)| label.clone())
    }
}
