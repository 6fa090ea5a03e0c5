//! Files → project.
use crate::diagnostic::{Diagnostic, Sources};
use crate::flow::{Installation, Project};
/// What loading gives.
#[derive(Debug)]
pub struct Loaded {
    /// The project, if there is no error among the findings.
    pub project: Option<Project>,
    /// Everything that was found, sorted.
    pub findings: Vec<Diagnostic>,
}
/// Loads all files of a flows folder (scenarios are left to `scenario`).
pub fn load(_sources: &Sources, _installation: &Installation) -> Loaded {
    todo!()
}
