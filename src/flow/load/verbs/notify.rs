//! `notify`: a message to others.

use crate::expr::{Expression, Kind, Value};
use crate::flow::load::declare;
use crate::flow::load::flows::Builder;
use crate::flow::load::names::Place;
use crate::flow::load::steps::{Prints, Written};
use crate::flow::load::writer::Purpose;
use crate::flow::{Notify, Recipient, Verb};
use crate::syntax::Node;

impl Builder<'_> {
    pub(in crate::flow::load) fn notify(&mut self, step: Written<'_>, text: &Node, place: &Place<'_>) -> Verb {
        let address = self.step_address(step, "notify");
        let message = self.text(text, &[address], place, Purpose::Message);
        let to = self.recipient(step.node.get("to"), text, place);
        let manner = self.manner(step, Prints::Plain, place);
        if let Recipient::Role(role) = &to {
            self.check_told(text, &message, (role, &["people", "all"]), place);
            self.check_shown(&manner, (role, &["people", "all"]), place);
        }
        Verb::Notify(Box::new(Notify {
            text: message,
            to,
            manner,
            buttons: self.buttons(step, place),
            once_per: step.node.get("once_per").and_then(declare::duration),
        }))
    }

    fn recipient(&mut self, node: Option<&Node>, text: &Node, place: &Place<'_>) -> Recipient {
        let Some(person) = node.and_then(|node| node.get("person")) else { return Recipient::Role(self.role(node)) };
        let id = self.of_kind(person, place, &[Kind::Text]);
        Recipient::Person(id.unwrap_or_else(|| Expression::constant(Value::None, text.span)))
    }
}
