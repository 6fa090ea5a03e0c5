//! What is sent.

use std::collections::BTreeMap;

use crate::expr::{Context, Fault, Value};
use crate::flow::Operation;
use crate::operation::Request;

/// One attempt to be built.
#[derive(Clone, Copy)]
pub struct Sending<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// Its inputs by name.
    pub inputs: &'a BTreeMap<String, Value>,
    /// The profile the operator chose.
    pub profile: Option<&'a str>,
    /// The idempotency key of this visit; sent in the header of `once`, where that exists in this profile.
    pub key: &'a str,
    /// The page to read, from 0.
    pub page: u32,
    /// The next page's path, as the last answer named it.
    pub next: Option<&'a str>,
    /// Kept answers do not serve.
    pub fresh: bool,
}

/// True if the operation exists in this profile; one that does not has the outcome `absent` and is never sent.
pub fn exists(_operation: &Operation, _profile: Option<&str>) -> bool {
    todo!()
}

/// Builds the request. Fails only where a template of the operation fails. The scope of `context` is ignored: templates see the inputs.
pub fn request(_sending: Sending<'_>, _context: &Context<'_>) -> Result<Request, Fault> {
    todo!()
}
