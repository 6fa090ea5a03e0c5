//! Static checks.

use crate::diagnostic::Diagnostic;
use crate::expr::tree::{Node, Part};
use crate::expr::{Kind, Names, Type};

pub(super) fn expression(node: &Node, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    let _ = (node, names, findings);
    Type::certain(Kind::Any)
}
pub(super) fn condition(node: &Node, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    expression(node, names, findings)
}
pub(super) fn printed(node: &Node, names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    expression(node, names, findings)
}
pub(super) fn text(parts: &[Part], names: &dyn Names, findings: &mut Vec<Diagnostic>) -> Type {
    let _ = (parts, names, findings);
    Type::certain(Kind::Text)
}
