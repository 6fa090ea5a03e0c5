//! The places where what people write comes in. Whatever is given to them, they come to an end, and every place that they name is inside
//! its file; anything else is a panic.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use usher::diagnostic::{Diagnostic, FileId, Format, Sources, Span, render, sort};
use usher::expr::{Context, Expression, Kind, Names, Scope, Template, Time, Type, Value};
use usher::flow::{Installation, load_parsed};
use usher::graph::{Graph, dot, mermaid};
use usher::lint::fixes::{Risk, apply, of_file};
use usher::lint::{checks, formats, suppression};
use usher::scenario;
use usher::syntax::{self, Node, Trees};

/// A place where text comes in.
pub type Entry = fn(&str);

/// All of them, by name.
pub const ENTRIES: &[(&str, Entry)] = &[("bot", bot), ("yaml", yaml), ("template", template), ("expression", expression)];

/// What stands before the path of a file in a bundle.
pub const FILE: &str = "=== ";

/// The files of a bot in one text: each begins with a line that holds its path.
pub fn bundle(files: &[(String, String)]) -> String {
    files.iter().flat_map(|(path, text)| [FILE, path, "\n", text]).collect()
}

/// All that `usher lint` does with the files of a bot.
pub fn bot(text: &str) {
    let sources = unbundled(text);
    let trees = Trees::of(&sources);
    let loaded = load_parsed(&sources, &trees, &Installation::default());
    let read = scenario::read_parsed(&sources, &trees);
    let mut findings = loaded.findings;
    findings.extend(read.findings);
    findings.extend(checks::check(&sources, &trees));
    if let Some(project) = &loaded.project {
        findings.extend(scenario::check(&sources, project, &read.suite));
        let picture = Graph::of_bot(project, &sources);
        mermaid(&picture);
        dot(&picture);
    }
    let mut findings = suppression::apply(&sources, findings).findings;
    sort(&sources, &mut findings);
    are_inside(&sources, &findings);
    for (file, source) in sources.iter() {
        let edits = of_file(file, &findings, Risk::Taken).edits;
        let made = apply(source.text.as_bytes(), &edits).expect("fixes fit into their files");
        assert!(String::from_utf8(made).is_ok(), "a fix breaks a letter");
    }
    render(&sources, &findings, Format::Human, true);
    formats::sarif(&sources, &findings);
    formats::junit(&sources, &findings);
}

/// One file of YAML.
pub fn yaml(text: &str) {
    let (tree, findings) = syntax::parse(FileId(0), text);
    let mut sources = Sources::default();
    sources.add("flows/hello.yaml", text);
    are_inside(&sources, &findings);
    if let Some(tree) = tree {
        stands_inside(&tree, text);
    }
}

/// A text with values in it: read, checked, put right and rendered.
pub fn template(text: &str) {
    let Some(node) = scalar(text) else { return };
    let Ok(template) = Template::parse(&node.scalar) else { return };
    let mut findings = Vec::new();
    template.check(&World::new(), &mut findings);
    // A fault is an answer, too: what matters is that there is one.
    let _ = template.render(&World::new().context());
}

/// A condition or a value.
pub fn expression(text: &str) {
    let Some(node) = scalar(text) else { return };
    let mut findings = Vec::new();
    let Some(expression) = Expression::from_node(&node, &mut findings) else { return };
    expression.check(&World::new(), &mut findings);
    let _ = expression.evaluate(&World::new().context());
}

/// The text as an author would write it in a file, whatever signs are in it.
fn scalar(text: &str) -> Option<Node> {
    let quoted: String =
        text.chars().filter(|char| !char.is_control()).flat_map(|char| if char == '\'' { vec![char; 2] } else { vec![char] }).collect();
    syntax::parse(FileId(0), &format!("'{quoted}'")).0
}

fn unbundled(text: &str) -> Sources {
    let mut sources = Sources::default();
    for part in format!("\n{text}").split(&format!("\n{FILE}")).skip(1) {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        sources.add(path.trim(), text);
    }
    sources
}

/// Every place that a finding names is a stretch of its file.
fn are_inside(sources: &Sources, findings: &[Diagnostic]) {
    let inside = |span: Span| {
        let text = &sources.get(span.file).text;
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
    };
    for finding in findings {
        inside(finding.span);
        finding.related.iter().for_each(|(span, _)| inside(*span));
        finding.fix.iter().flat_map(|fix| &fix.edits).for_each(|edit| inside(edit.span));
    }
}

fn stands_inside(node: &Node, text: &str) {
    let inside = |span: Span| assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}");
    inside(node.span);
    for entry in node.entries() {
        inside(entry.key_span);
        stands_inside(&entry.value, text);
    }
    for item in node.items() {
        stands_inside(item, text);
    }
}

/// A value of every kind, under names that the dictionary has.
struct World {
    values: BTreeMap<&'static str, (Type, Value)>,
    zone: TimeZone,
}

impl World {
    fn new() -> Self {
        let certain = Type::certain;
        let known = |of: Type, json: &str| {
            let json = serde_json::from_str(json).expect("it is written below");
            let value = Value::from_json(&json, &of).unwrap_or_default();
            (of, value)
        };
        let item = BTreeMap::from([("title".to_owned(), certain(Kind::Text)), ("n".to_owned(), certain(Kind::Integer).optional())]);
        let items = certain(Kind::List(Box::new(certain(Kind::Record(item)))));
        let values = BTreeMap::from([
            ("age", known(certain(Kind::Integer), "41")),
            ("price", known(certain(Kind::Decimal), "\"10.50\"")),
            ("word", known(certain(Kind::Text), "\"Здравствуйте & <b>\"")),
            ("note", known(certain(Kind::Text).optional(), "null")),
            ("yes", known(certain(Kind::Boolean), "true")),
            ("born", known(certain(Kind::Date), "\"1990-02-28\"")),
            ("now", known(certain(Kind::DateTime), "\"2026-11-23T10:00:00Z\"")),
            ("life", known(certain(Kind::Duration), "\"24h\"")),
            ("list", known(certain(Kind::List(Box::new(certain(Kind::Integer)))), "[3, 1, 2]")),
            ("items", known(items, r#"[{"title": "a", "n": 1}, {"title": "b"}]"#)),
        ]);
        Self { values, zone: TimeZone::UTC }
    }

    fn context(&self) -> Context<'_> {
        Context { scope: self, language: "ru", zone: &self.zone, now: Time(1_795_417_200_000) }
    }
}

impl Names for World {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.values.get(name).map(|(of, _)| of.clone())
    }

    fn all(&self) -> Vec<String> {
        self.values.keys().map(|name| (*name).to_owned()).collect()
    }

    fn has_label(&self, _: &str) -> bool {
        false
    }
}

impl Scope for World {
    fn get(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.values.get(name).map(|(_, value)| Cow::Borrowed(value))
    }

    fn label(&self, _: &str) -> Option<String> {
        None
    }
}
