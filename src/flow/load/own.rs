//! The engine's own operations, which are declared as all others are: in a file of operations, which is part of the program.

use std::collections::BTreeMap;

use crate::diagnostic::{FileId, Span};
use crate::expr::{Kind, Type};
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::operations::{self, Interface};
use crate::flow::{Declared, OWN, Operation, Output, titles};
use crate::syntax::parse;

/// The file.
const FILE: &str = include_str!("../usher.yaml");

/// What the engine itself can be asked, where people have these fields.
pub(super) fn operations(person: &BTreeMap<String, Declared>, catalogs: &Catalogs<'_>) -> BTreeMap<String, Operation> {
    let (file, mut found) = parse(FileId::default(), FILE);
    let mut interface = Interface::default();
    if let Some(file) = &file {
        operations::file(OWN, file, catalogs, &mut interface, &mut found);
    }
    debug_assert!(found.is_empty(), "{found:?}");
    let told = person.iter().filter(|(_, field)| !field.of.secret);
    // Nothing must be known of anybody.
    let fields: BTreeMap<_, _> = told.map(|(name, field)| (name.clone(), field.of.clone().optional())).collect();
    let mut operations = interface.operations;
    for (id, operation) in &mut operations {
        // No file of the author's is meant.
        operation.span = Span::default();
        operation.title = titles::of(id.strip_prefix("usher.").unwrap_or(id), catalogs.languages());
        operation.input.iter_mut().for_each(|(name, input)| widen(name, &mut input.of, &fields));
    }
    if let Some(get_person) = operations.get_mut("usher.get_person") {
        let outputs = fields.iter().filter(|(name, _)| !get_person.output.iter().any(|output| output.name == **name));
        let outputs: Vec<_> = outputs.map(|(name, of)| output(name, of)).collect();
        get_person.output.extend(outputs);
    }
    let items = operations.get_mut("usher.find_people").and_then(|find_people| find_people.output.first_mut());
    if let Some(Type { kind: Kind::List(item), .. }) = items.map(|items| &mut items.of)
        && let Kind::Record(known) = &mut item.kind
    {
        for (name, of) in fields {
            known.entry(name).or_insert(of);
        }
    }
    operations
}

/// A record without fields is one of a person's fields, or of anything.
fn widen(name: &str, input: &mut Type, person: &BTreeMap<String, Type>) {
    if matches!(&input.kind, Kind::Record(fields) if fields.is_empty()) {
        input.kind = if name == "fields" { Kind::Record(person.clone()) } else { Kind::Any };
        // A flow may need no inputs.
        input.optional |= name == "inputs";
    }
}

fn output(name: &str, of: &Type) -> Output {
    Output { name: name.to_owned(), at: format!("/{name}"), of: of.clone(), defaults: BTreeMap::new(), default: None }
}
