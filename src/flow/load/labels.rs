//! Labels of declared words: `one_of: { issued: выпущен }` wherever a type may stand.

use std::collections::BTreeMap;

use crate::flow::Text;
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::declare::is_long;
use crate::flow::load::files::Files;
use crate::flow::load::names::InputNames;
use crate::flow::load::writer::{Purpose, Writer};
use crate::syntax::{Kind, Node};

/// Where a value is declared → word → label.
pub(super) type Labels = BTreeMap<String, BTreeMap<String, Text>>;

/// How many declarations, fields included, are looked through; named records may multiply.
const BUDGET: usize = 20_000;

/// How deep lists and records may be nested.
const DEPTH: usize = 16;

/// Gathers the labels of all files. What is wrong with a declaration has been reported.
pub(super) fn gather(files: &Files, catalogs: &Catalogs<'_>) -> Labels {
    let mut gatherer = Gatherer { writer: Writer::new(catalogs), types: None, connection: "", left: BUDGET, labels: Labels::new() };
    for kind in ["settings", "person"] {
        gatherer.fields(files.bot.as_ref().and_then(|bot| bot.get(kind)), kind, &format!("bot.{kind}"), DEPTH);
    }
    for flow in &files.flows {
        let address = format!("{}.inputs", flow.id);
        gatherer.fields(flow.node.get("inputs"), &address, &address, DEPTH);
    }
    for file in &files.operations {
        let Some(connection) = file.get("operations").and_then(Node::text) else { continue };
        gatherer.types = file.get("types");
        gatherer.connection = connection;
        for entry in file.entries().iter().filter(|entry| entry.value.get("output").is_some()) {
            let key = format!("{connection}.{}", entry.key);
            gatherer.fields(entry.value.get("output"), &key, &format!("operations.{key}.output"), DEPTH);
        }
    }
    gatherer.labels
}

struct Gatherer<'a> {
    writer: Writer<'a>,
    /// The named records of the present file.
    types: Option<&'a Node>,
    connection: &'a str,
    left: usize,
    labels: Labels,
}

impl<'a> Gatherer<'a> {
    fn fields(&mut self, node: Option<&'a Node>, key: &str, address: &str, depth: usize) {
        for field in node.map_or(&[][..], Node::entries) {
            self.declaration(&field.value, &format!("{key}.{}", field.key), &format!("{address}.{}", field.key), depth);
        }
    }

    /// The fields of a list's items are those of the list: `positions.items.kind`.
    fn declaration(&mut self, node: &'a Node, key: &str, address: &str, depth: usize) {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else { return };
        self.left = left;
        if let Some(name) = node.text() {
            let record = self.types.and_then(|types| types.get(name));
            let address = format!("operations.{}.types.{name}", self.connection);
            return self.fields(record, key, &address, depth);
        }
        if !is_long(node) {
            return self.fields(Some(node), key, address, depth);
        }
        if let Some(words) = node.get("one_of").filter(|words| matches!(words.kind, Kind::Map(_))) {
            return self.words(words, key, &format!("{address}.one_of"));
        }
        for inner in ["list", "of", "type"] {
            if let Some(inner_node) = node.get(inner) {
                self.declaration(inner_node, key, &format!("{address}.{inner}"), depth);
            }
        }
    }

    fn words(&mut self, words: &Node, key: &str, address: &str) {
        let nothing = BTreeMap::new();
        let mut labels = BTreeMap::new();
        for word in words.entries().iter().filter(|word| word.value.text().is_some()) {
            let address = format!("{address}.{}", word.key);
            let text = self.writer.text(&word.value, &[address], &InputNames(&nothing), Purpose::Admin).text;
            labels.insert(word.key.clone(), text);
        }
        self.labels.insert(key.to_owned(), labels);
    }
}
