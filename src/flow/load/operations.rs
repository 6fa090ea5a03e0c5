//! `operations:` files → operations.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{About, Diagnostic, Span, nearest};
use crate::expr::{Expression, Kind, Template, Type};
use crate::flow::load::body::Bodies;
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::declare::{self, Declarations};
use crate::flow::load::writer::{Purpose, Writer};
use crate::flow::load::{codes, lookups, matching, own, personal, request};
use crate::flow::{Declared, ErrorPointers, Installation, OWN, Once, Operation, OutcomeRule, Output, PageBy, Pages, PathPart, Text};
use crate::syntax::shape::bytes;
use crate::syntax::{Entry, Node, Scalar};

/// The outcomes that only the standard table gives.
const STANDARD: [&str; 3] = ["ok", "unknown", "absent"];

/// The keys of an operations file that are no operations.
const HEADER: [&str; 5] = ["operations", "title", "profiles", "openapi", "types"];

/// What all files of operations declare.
#[derive(Default)]
pub(super) struct Interface {
    /// Operations by `connection.operation`.
    pub operations: BTreeMap<String, Operation>,
    /// Connection → title.
    pub connections: BTreeMap<String, Text>,
    /// Connection → the profiles its operations know.
    pub profiles: BTreeMap<String, Vec<String>>,
}

/// Query entries that say how many items a page has, as servers call them.
const SIZES: [&str; 9] = ["limit", "size", "per_page", "page_size", "pageSize", "$top", "top", "limit_page_length", "count"];

/// Builds all operations. `person` is what the bot remembers of people: the engine's own operations speak of it.
pub(super) fn build(
    files: &[Node],
    installation: &Installation,
    person: &BTreeMap<String, Declared>,
    catalogs: &Catalogs<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Interface {
    let mut interface = Interface::default();
    for node in files {
        let Some((name, named)) = node.get("operations").and_then(|named| Some((named.text()?, named))) else { continue };
        if name == OWN {
            let found = Diagnostic::error(codes::RESERVED_NAME, named.span, "the connection \"usher\" is the engine's own");
            findings.push(found.help("give the connection another name"));
            continue;
        }
        if let Some(chosen) = installation.profiles.get(name) {
            check_choice(name, chosen, &words(node.get("profiles")), node.get("profiles").unwrap_or(named), findings);
        }
        file(name, node, catalogs, &mut interface, findings);
    }
    lookups::resolve(&mut interface, files, findings);
    interface.operations.extend(own::operations(person, catalogs));
    interface
}

/// Builds the operations of one file.
pub(super) fn file(connection: &str, node: &Node, catalogs: &Catalogs<'_>, interface: &mut Interface, findings: &mut Vec<Diagnostic>) {
    let mut builder = Builder {
        connection,
        profiles: words(node.get("profiles")),
        declarations: Declarations::with_records(node.get("types")),
        writer: Writer::new(catalogs),
    };
    builder.file(node, interface);
    findings.append(&mut builder.declarations.findings());
    findings.append(&mut builder.writer.findings);
}

fn words(node: Option<&Node>) -> Vec<String> {
    node.map_or(&[][..], Node::items).iter().filter_map(|word| Some(word.text()?.to_owned())).collect()
}

/// The operator chooses among the profiles that are declared.
fn check_choice(connection: &str, chosen: &str, declared: &[String], node: &Node, findings: &mut Vec<Diagnostic>) {
    if declared.iter().any(|known| known == chosen) {
        return;
    }
    let message = format!("the operator has chosen the profile \"{chosen}\", which the operations of \"{connection}\" do not declare");
    let found = Diagnostic::error(codes::UNKNOWN_PROFILE, node.span, message).elsewhere(&["connections", connection, "profile"]);
    findings.push(match nearest(chosen, declared.iter().map(String::as_str)) {
        Some(name) => found.help(format!("did you mean \"{name}\"?")),
        None if declared.is_empty() => found.help("declare it there under \"profiles\""),
        None => found.help(format!("declared are {}", declared.join(", "))),
    });
}

fn blank(connection: &str, name: &str, span: Span) -> Operation {
    Operation {
        id: format!("{connection}.{name}"),
        connection: connection.to_owned(),
        span,
        title: None,
        method: "GET".into(),
        path: Vec::new(),
        input: BTreeMap::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        output: Vec::new(),
        outcomes: Vec::new(),
        success: None,
        error: ErrorPointers::default(),
        safe: false,
        repeatable: false,
        once: None,
        lookup: None,
        keep: None,
        pages: None,
        only: None,
        timeout: None,
        answer_max: None,
    }
}

/// Builds the operations of one file.
struct Builder<'a> {
    connection: &'a str,
    profiles: Vec<String>,
    declarations: Declarations<'a>,
    writer: Writer<'a>,
}

impl Builder<'_> {
    fn file(&mut self, file: &Node, interface: &mut Interface) {
        if let Some(title) = self.title(file.get("title"), &format!("operations.{}.title", self.connection)) {
            interface.connections.entry(self.connection.to_owned()).or_insert(title);
        }
        let fallback = || untitled(self.connection, self.writer.catalogs.languages().len());
        interface.connections.entry(self.connection.to_owned()).or_insert_with(fallback);
        interface.profiles.entry(self.connection.to_owned()).or_default().extend(self.profiles.clone());
        for entry in file.entries().iter().filter(|entry| !HEADER.contains(&entry.key.as_str())) {
            let operation = self.operation(entry);
            match interface.operations.get(&operation.id) {
                Some(first) => self.writer.findings.push(
                    Diagnostic::error(codes::DUPLICATE_ID, entry.key_span, format!("there are two operations \"{}\"", operation.id))
                        .help("give one of them another name")
                        .related(first.span, "the first one"),
                ),
                None => {
                    interface.operations.insert(operation.id.clone(), operation);
                }
            }
        }
    }

    fn title(&mut self, node: Option<&Node>, address: &str) -> Option<Text> {
        let nothing = crate::flow::load::names::InputNames(&BTreeMap::new());
        Some(self.writer.text(node?, &[address.to_owned()], &nothing, Purpose::Admin).text)
    }

    fn operation(&mut self, entry: &Entry) -> Operation {
        let node = &entry.value;
        let mut operation = blank(self.connection, &entry.key, entry.key_span);
        operation.title = self.title(node.get("title"), &format!("operations.{}.{}.title", self.connection, entry.key));
        operation.input = self.declarations.map(node.get("input"));
        operation.only = self.profile(node.get("only"));
        self.request(node, &mut operation);
        self.facts(node, &mut operation);
        operation.output = self.outputs(node.get("output"));
        self.check_pages(node, &operation);
        operation.outcomes = self.outcomes(node.get("outcomes"));
        operation.success = node.get("success").map(|node| matching::read(node, &mut self.writer));
        operation.error = Self::error_pointers(node.get("error"));
        operation.timeout = node.get("timeout").and_then(declare::duration);
        operation.answer_max = node.get("answer_max").and_then(Node::text).and_then(bytes);
        operation
    }

    /// The request, and every input in it. An input that nothing uses is a forgotten brace, or a forgotten line.
    fn request(&mut self, node: &Node, operation: &mut Operation) {
        let before = self.writer.findings.len();
        if let Some(line) = node.get("request") {
            let (method, path) = request::line(line, &operation.input, &mut self.writer);
            operation.method = method;
            operation.path = path;
        }
        operation.safe = matches!(operation.method.as_str(), "GET" | "HEAD");
        let mut bodies = Bodies { profiles: &self.profiles, inputs: &operation.input, writer: &mut self.writer, used: BTreeSet::new() };
        operation.query = node.get("query").map(|node| bodies.entries(node)).unwrap_or_default();
        personal::in_query(&operation.query, &operation.input, &mut bodies.writer.findings);
        operation.headers = node.get("headers").map(|node| bodies.headers(node)).unwrap_or_default();
        operation.body = bodies.body(node);
        if let Some(with) = node.get("lookup").and_then(|lookup| lookup.get("with")) {
            with.entries().iter().for_each(|entry| bodies.mention(&entry.value));
        }
        let mut used = bodies.used;
        if self.connection == OWN {
            // The engine asks itself, and needs no address to write them in.
            used.extend(operation.input.keys().cloned());
        }
        used.extend(operation.path.iter().filter_map(|part| match part {
            PathPart::Input(name) => Some(name.clone()),
            PathPart::Fixed(_) => None,
        }));
        // Where a name is unknown, it may be that of the input that seems unused.
        if self.writer.findings[before..].iter().any(|finding| finding.code == codes::UNKNOWN_NAME) {
            used.extend(operation.input.keys().cloned());
        }
        for entry in node.get("input").map_or(&[][..], Node::entries).iter().filter(|entry| !used.contains(&entry.key)) {
            self.writer.findings.push(
                Diagnostic::error(
                    codes::UNUSED_INPUT,
                    entry.key_span,
                    format!("the input \"{}\" is used nowhere in the request", entry.key),
                )
                .help(format!("write {{{{ {} }}}} where its value belongs, with both braces, or remove the input", entry.key)),
            );
        }
    }

    fn facts(&mut self, node: &Node, operation: &mut Operation) {
        let is = |key: &str| node.get(key).and_then(Node::boolean) == Some(true);
        operation.safe |= is("safe");
        operation.repeatable = is("repeatable");
        operation.once = node.get("once").and_then(|node| self.once(node));
        operation.lookup = node.get("lookup").and_then(|node| self.lookup(node));
        operation.keep = node.get("keep").and_then(declare::duration);
        operation.pages = node.get("pages").and_then(|pages| self.pages(pages, node.get("query")));
        for entry in node.entries().iter().filter(|entry| matches!(entry.key.as_str(), "keep" | "pages") && !operation.safe) {
            let message = format!("\"{}\" is for an operation that only reads", entry.key);
            let found = Diagnostic::error(codes::NOT_SAFE, entry.key_span, message).about(About::Manner(operation.id.clone()));
            self.writer.findings.push(found.help("write \"safe: true\" if it changes nothing, or remove the line"));
        }
    }

    fn once(&mut self, node: &Node) -> Option<Once> {
        let only = self.profile(node.get("only"));
        Some(Once { header: node.get("header")?.text()?.to_owned(), remembers: declare::duration(node.get("remembers")?)?, only })
    }

    /// Whose operation it is, and whether it is safe, is looked at when all files are read.
    fn lookup(&mut self, node: &Node) -> Option<crate::flow::Lookup> {
        let only = self.profile(node.get("only"));
        let call = node.get("call")?.text()?;
        let call = if call.contains('.') { call.to_owned() } else { format!("{}.{call}", self.connection) };
        let entries = node.get("with").map_or(&[][..], Node::entries);
        let mut unheard = Vec::new();
        let with = entries.iter().filter_map(|entry| Some((entry.key.clone(), Expression::from_node(&entry.value, &mut unheard)?)));
        let with = with.collect();
        Some(crate::flow::Lookup { call, with, only })
    }

    /// Of what is no list there are no pages.
    fn check_pages(&mut self, node: &Node, operation: &Operation) {
        let Some(entry) = node.entry("pages").filter(|_| !operation.output.is_empty()) else { return };
        if !operation.output.iter().any(|output| matches!(output.of.kind, Kind::List(_) | Kind::Any)) {
            let found = Diagnostic::error(codes::TYPE_MISMATCH, entry.key_span, "pages are joined to a list, and no output is one");
            self.writer.findings.push(found.help("declare the list: output: { items: { at: \"\", list: … } }, or remove the line"));
        }
    }

    fn pages(&mut self, node: &Node, query: Option<&Node>) -> Option<Pages> {
        let by = match node.get("by")?.text()? {
            "skip" => PageBy::Skip,
            "page" => PageBy::Page,
            "next" => {
                let Some(pointer) = node.get("next") else {
                    self.writer.error(
                        codes::MISSING_KEY,
                        node.span,
                        "\"by: next\" needs the place of the next page's path in the answer: \"next\"",
                    );
                    return None;
                };
                PageBy::Next(Self::pointer(pointer)?)
            }
            _ => return None,
        };
        let size = self.page_size(node.get("size")?, query)?;
        self.check_size(&by, (size, node.get("size")?), query);
        let max = node.get("max").and_then(Node::integer).and_then(|max| u32::try_from(max).ok()).unwrap_or(20);
        Some(Pages { by, size, max })
    }

    /// The size is a number, or the name of the query entry that holds it.
    fn page_size(&mut self, node: &Node, query: Option<&Node>) -> Option<u32> {
        let number = node.integer().or_else(|| query?.get(node.text()?)?.integer());
        let size = number.and_then(|size| u32::try_from(size).ok()).filter(|size| *size > 0);
        if size.is_none() {
            let found = Diagnostic::error(codes::BAD_FORMAT, node.span, "the size of a page is not known");
            self.writer.findings.push(found.help("write a number, or the name of an entry of \"query\" that is a number"));
        }
        size
    }

    /// A page of another size than is asked for would be taken for the last one, or its items passed over.
    fn check_size(&mut self, by: &PageBy, (size, written): (u32, &Node), query: Option<&Node>) {
        if matches!(by, PageBy::Next(_)) {
            return;
        }
        let asked = query.map_or(&[][..], Node::entries).iter().filter(|entry| SIZES.contains(&entry.key.as_str()));
        for (entry, other) in asked.filter_map(|entry| Some((entry, entry.value.integer()?))) {
            if other != i64::from(size) {
                let message = format!("the query asks for {other} items a page, and \"pages\" counts {size}");
                let found = Diagnostic::error(codes::OUT_OF_RANGE, written.span, message);
                let found = found.help(format!("write the name of the entry: size: {}", entry.key));
                self.writer.findings.push(found.related(entry.value.span, "this is what the query asks for"));
            }
        }
    }

    fn outputs(&mut self, node: Option<&Node>) -> Vec<Output> {
        node.map_or(&[][..], Node::entries).iter().map(|entry| self.output(entry)).collect()
    }

    fn output(&mut self, entry: &Entry) -> Output {
        let node = &entry.value;
        let of = self.declarations.of(node);
        let at = node.get("at").and_then(Self::pointer).unwrap_or_default();
        let default = node.get("default").and_then(|default| self.constant(default, &of));
        let inner = match &of.kind {
            Kind::List(item) => &item.kind,
            kind => kind,
        };
        let mut defaults = BTreeMap::new();
        if let Kind::Record(fields) = inner {
            for (field, default) in self.declarations.defaults(node) {
                if let Some(value) = fields.get(&field).and_then(|of| self.constant(&default, of)) {
                    defaults.insert(field, value);
                }
            }
        }
        Output { name: entry.key.clone(), at, of, defaults, default }
    }

    fn constant(&mut self, node: &Node, of: &Type) -> Option<crate::expr::Value> {
        declare::value(node, of)
            .map_err(|expected| {
                let found = Diagnostic::error(codes::BAD_TYPE, node.span, "the default does not fit the type");
                self.writer.findings.push(found.help(format!("expected {expected}")));
            })
            .ok()
    }

    fn outcomes(&mut self, node: Option<&Node>) -> Vec<OutcomeRule> {
        let entries = node.map_or(&[][..], Node::entries);
        for entry in entries.iter().filter(|entry| STANDARD.contains(&entry.key.as_str())) {
            self.writer.findings.push(
                Diagnostic::error(codes::RESERVED_NAME, entry.key_span, format!("the outcome \"{}\" cannot be declared", entry.key))
                    .help("what makes an answer good is \"success\"; give an outcome of your own another name"),
            );
        }
        let rules = entries.iter().map(|entry| OutcomeRule {
            name: entry.key.clone(),
            matches: matching::read(&entry.value, &mut self.writer),
            output: self.outputs(entry.value.get("output")),
        });
        let rules: Vec<OutcomeRule> = rules.collect();
        for (at, rule) in rules.iter().enumerate() {
            if let Some(first) = rules[..at].iter().position(|before| matching::covers(&before.matches, &rule.matches)) {
                let message = format!("the outcome \"{}\" never comes: \"{}\" is told by the same answers", rule.name, rules[first].name);
                self.writer.findings.push(
                    Diagnostic::warning(codes::SHADOWED, entries[at].key_span, message)
                        .help(
                            "the first outcome that matches is taken: put the one that asks for more first, or tell them apart by \"json\"",
                        )
                        .related(entries[first].key_span, "this one is looked at before it"),
                );
            }
        }
        rules
    }

    fn error_pointers(node: Option<&Node>) -> ErrorPointers {
        let pointer = |key: &str| node.and_then(|node| node.get(key)).and_then(Self::pointer);
        ErrorPointers { message: pointer("message"), code: pointer("code"), fields: pointer("fields") }
    }

    fn profile(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        request::profile(node, &self.profiles, &mut self.writer);
        Some(node.text()?.to_owned())
    }

    fn pointer(node: &Node) -> Option<String> {
        node.text().map(str::to_owned)
    }
}

/// A connection without a title is called by its name.
fn untitled(name: &str, languages: usize) -> Text {
    let name = Scalar { text: name.to_owned(), ..Scalar::default() };
    let mut by_language = vec![None; languages];
    if let Some(first) = by_language.first_mut() {
        *first = Template::parse(&name).ok();
    }
    Text { by_language }
}
