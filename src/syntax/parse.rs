//! YAML events → tree.
//!
//! All that is wrong is collected: a repeated key, an unknown alias, a template without quotes do not keep the rest from being read.
//! Only when the parser itself gives up, or a limit is reached, there is no tree.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diagnostic::{Diagnostic, FileId, Fix, Span, excerpt};
use crate::syntax::align::align;
use crate::syntax::{Entry, Kind, Node, Scalar, codes, mistake, resolve};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// How deep lists and maps may be nested, aliases expanded.
pub const MAX_DEPTH: usize = 64;

/// How much memory the copies made by anchors and aliases may take, in bytes, roughly.
const MAX_COPIED: usize = 8 << 20;

/// Parses one file. A file without content is [`Kind::Null`].
pub fn parse(file: FileId, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        let message = format!("the file is larger than {MAX_BYTES} bytes");
        return (None, vec![Diagnostic::error(codes::ALIAS_BOMB, Span::new(file, 0, 0), message)]);
    }
    let mut builder = Builder { file, text, open: Vec::new(), root: None, anchors: HashMap::new(), copied: 0, findings: Vec::new() };
    let tree = match builder.run() {
        Ok(()) => Some(builder.root.take().unwrap_or_else(|| null(Span::new(file, 0, 0)))),
        Err(Stop) => None,
    };
    (tree, builder.findings)
}

/// Reading cannot go on; the finding that says why has been made.
struct Stop;

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    /// The collections around the present place, the outermost first.
    open: Vec<Open>,
    root: Option<Node>,
    /// Finished nodes that have an anchor.
    anchors: HashMap<usize, Anchored>,
    /// What the copies have cost so far.
    copied: usize,
    findings: Vec<Diagnostic>,
}

struct Anchored {
    node: Node,
    cost: usize,
    depth: usize,
}

/// A collection that is not closed yet.
struct Open {
    anchor: usize,
    start: usize,
    /// The end of the last child so far: a block ends there, not where the next token begins.
    end: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        seen: HashMap<String, Span>,
        key: Option<Key>,
    },
    /// Skipped as a unit, with the depth of collections in it: a template without quotes, a collection as a key.
    Skipped {
        depth: usize,
        as_key: bool,
    },
}

/// A key that waits for its value.
struct Key {
    /// `None`: the entry is dropped.
    text: Option<String>,
    span: Span,
}

impl<'a> Builder<'a> {
    fn run(&mut self) -> Result<(), Stop> {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_comments: false,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, place) = event.map_err(|error| self.give_up(mistake::explain(self.file, self.text, &error)))?;
            let start = place.start.byte_offset().unwrap_or_default().min(self.text.len());
            let end = place.end.byte_offset().unwrap_or_default().clamp(start, self.text.len());
            if matches!(event, Event::DocumentStart(..)) {
                documents += 1;
                if documents > 1 {
                    let finding = Diagnostic::error(codes::UNSUPPORTED_YAML, self.span(start, end), "a second document begins here");
                    self.findings.push(finding.help("a file holds one document: delete the line, or make two files of it"));
                    return Ok(());
                }
            }
            if let Some(tag) = place.tag_span().and_then(|tag| tag.byte_range()) {
                let finding =
                    Diagnostic::error(codes::UNSUPPORTED_YAML, self.span(tag.start, tag.end), "tags are not part of the language");
                self.findings.push(finding.help("leave the tag out; a text is put into quotes"));
            }
            self.event(event, start, end)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'a>, start: usize, end: usize) -> Result<(), Stop> {
        if let Some(Open { kind: OpenKind::Skipped { depth, .. }, .. }) = self.open.last_mut() {
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => *depth += 1,
                Event::MappingEnd | Event::SequenceEnd if *depth > 0 => *depth -= 1,
                Event::MappingEnd | Event::SequenceEnd => self.skipped(end),
                _ => {}
            }
            return Ok(());
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(text, style, tag.is_some(), start..end);
                self.finish(node, anchor)
            }
            Event::Alias(id) => self.alias(id, self.span(start, end)),
            Event::UnresolvedAlias(name) => self.unknown_alias(&name, start, end),
            Event::SequenceStart(_, anchor, _) => self.open(anchor, start, OpenKind::List(Vec::new())),
            Event::MappingStart(_, anchor, _) if self.text[start..].starts_with("{{") => {
                let as_key = self.awaits_key();
                self.open(anchor, start, OpenKind::Skipped { depth: 0, as_key })
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(anchor, start, OpenKind::Map { entries: Vec::new(), seen: HashMap::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
            _ => Ok(()),
        }
    }

    fn open(&mut self, anchor: usize, start: usize, kind: OpenKind) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.stop(mistake::too_deep(self.span(start, start))));
        }
        let kind = match kind {
            OpenKind::List(_) | OpenKind::Map { .. } if self.awaits_key() => OpenKind::Skipped { depth: 0, as_key: true },
            kind => kind,
        };
        self.open.push(Open { anchor, start, end: start, kind });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let flow = self.text[open.start..].starts_with(['[', '{']) && self.text[..end].ends_with([']', '}']);
        let span = self.span(open.start, if flow { end } else { open.end });
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map { entries, .. } => Kind::Map(entries),
            OpenKind::Skipped { .. } => Kind::Null,
        };
        self.finish(Node { span, kind, scalar: Scalar { span, ..Scalar::default() } }, open.anchor)
    }

    /// The end of what was skipped: a template without quotes is read as the text it was meant to be.
    fn skipped(&mut self, end: usize) {
        let Some(Open { start, kind: OpenKind::Skipped { as_key, .. }, .. }) = self.open.pop() else { return };
        let span = self.span(start, end);
        let raw = &self.text[start..end];
        if raw.starts_with("{{") {
            self.findings.push(mistake::unquoted_template(span, raw));
        } else {
            let finding = Diagnostic::error(codes::YAML_SYNTAX, span, "a key must be a text, not a list or a map");
            self.findings.push(finding.help("put a text that begins with [ or { into quotes"));
        }
        let node = self.verbatim(start, end);
        if as_key {
            self.set_key(None, span);
        } else {
            self.attach(node);
        }
    }

    /// A node is complete: it is remembered under its anchor and put where it belongs.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        if anchor != 0 {
            let (cost, depth) = measure(&node);
            self.charge(cost, node.span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), cost, depth });
        }
        if self.awaits_key() {
            self.key(node);
        } else {
            self.attach(node);
        }
        Ok(())
    }

    /// True inside a map, where its next key is expected.
    fn awaits_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: OpenKind::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, node: Node) {
        let span = node.span;
        let merge = node.scalar.text == "<<" && (span.end - span.start) == 2;
        if merge {
            let finding = Diagnostic::error(codes::UNSUPPORTED_YAML, span, "merge keys (<<) are not part of the language");
            self.findings.push(finding.help("write the keys out"));
        } else if !node.items().is_empty() || !node.entries().is_empty() {
            self.findings.push(Diagnostic::error(codes::YAML_SYNTAX, span, "a key must be a text, not a list or a map"));
        } else {
            return self.set_key(Some(node.scalar.text), span);
        }
        self.set_key(None, span);
    }

    fn set_key(&mut self, text: Option<String>, span: Span) {
        if let Some(Open { kind: OpenKind::Map { key, .. }, end, .. }) = self.open.last_mut() {
            *key = Some(Key { text, span });
            *end = (span.end as usize).max(*end);
        }
    }

    /// Puts a value where it belongs.
    fn attach(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.end = open.end.max(node.span.end as usize);
        match &mut open.kind {
            OpenKind::List(items) => items.push(node),
            OpenKind::Skipped { .. } => {}
            OpenKind::Map { entries, seen, key } => {
                let Some(Key { text: Some(text), span }) = key.take() else { return };
                if let Some(first) = seen.get(&text) {
                    let finding = Diagnostic::error(
                        codes::DUPLICATE_KEY,
                        span,
                        format!("the key \"{}\" is here for the second time", excerpt(&text)),
                    );
                    self.findings.push(finding.related(*first, "here for the first time").help("delete or rename one of them"));
                } else {
                    seen.insert(text.clone(), span);
                    entries.push(Entry { key: text, key_span: span, value: node });
                }
            }
        }
    }

    fn scalar(&mut self, text: Cow<'a, str>, style: ScalarStyle, tagged: bool, range: std::ops::Range<usize>) -> Node {
        let trimmed = self.text[range.clone()].trim_end_matches(['\n', '\r', ' ', '\t']).len();
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let span = self.span(range.start, if block { range.start + trimmed } else { range.end });
        if style == ScalarStyle::Plain && range.is_empty() && !text.is_empty() {
            return null(span);
        }
        let plain = style == ScalarStyle::Plain && !tagged;
        let kind = if plain { resolve::plain(&text) } else { Kind::Text };
        if plain && resolve::is_ambiguous(&text) && !self.awaits_key() {
            let finding = Diagnostic::warning(codes::AMBIGUOUS_SCALAR, span, format!("\"{text}\" is a text here, not true or false"));
            let fix = Fix::safe(span, format!("\"{text}\""));
            self.findings.push(finding.help(format!("write true or false, or \"{text}\" in quotes")).fix(fix));
        }
        let origin = align(self.text, range, style, &text);
        Node { span, kind, scalar: Scalar { text: text.into_owned(), span, origin } }
    }

    /// A text read as it stands, without decoding.
    fn verbatim(&self, start: usize, end: usize) -> Node {
        let span = self.span(start, end);
        let text = self.text[start..end].to_owned();
        let origin = align(self.text, start..end, ScalarStyle::Plain, &text);
        Node { span, kind: Kind::Text, scalar: Scalar { text, span, origin } }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Stop> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(self.stop(Diagnostic::error(codes::ALIAS_BOMB, span, "this alias stands inside its own anchor")));
        };
        let (cost, depth) = (anchored.cost, anchored.depth);
        if self.open.len() + depth > MAX_DEPTH {
            return Err(self.stop(mistake::too_deep(span)));
        }
        self.charge(cost, span)?;
        let Some(Anchored { node, .. }) = self.anchors.get(&id) else { return Ok(()) };
        let node = Node { span, ..node.clone() };
        self.finish(node, 0)
    }

    /// An alias without an anchor is read as the text it is, so that the rest can be checked.
    fn unknown_alias(&mut self, name: &str, start: usize, end: usize) -> Result<(), Stop> {
        let finding = Diagnostic::error(
            codes::UNKNOWN_ANCHOR,
            self.span(start, end),
            format!("there is no anchor &{} before this alias", excerpt(name)),
        );
        self.findings.push(finding.help("define it with & first; a text that begins with * needs quotes"));
        let node = self.verbatim(start, end);
        self.finish(node, 0)
    }

    /// Copies cost memory, and a copy of copies costs more: it is counted before it is made.
    fn charge(&mut self, cost: usize, span: Span) -> Result<(), Stop> {
        self.copied += cost;
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        let finding = Diagnostic::error(codes::ALIAS_BOMB, span, "anchors and aliases make this file too large");
        Err(self.stop(finding.help("write the repeated parts out, or repeat less")))
    }

    /// The parser's own last word. The beginning of a template without quotes may have been found already; the whole of it is better.
    fn give_up(&mut self, finding: Diagnostic) -> Stop {
        self.findings.retain(|earlier| earlier.code != finding.code || earlier.span.start != finding.span.start);
        self.stop(finding)
    }

    fn stop(&mut self, finding: Diagnostic) -> Stop {
        self.findings.push(finding);
        Stop
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }
}

/// What a copy of `node` costs, and how many collections are nested in it.
fn measure(node: &Node) -> (usize, usize) {
    let own = size_of::<Entry>() + node.scalar.text.len() + node.scalar.origin.len() * size_of::<crate::syntax::Run>();
    let children = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    let keys: usize = node.entries().iter().map(|entry| entry.key.len()).sum();
    let (cost, depth) = children.map(measure).fold((0, 0), |(cost, depth), (more, deeper)| (cost + more, depth.max(deeper)));
    let level = usize::from(matches!(node.kind, Kind::List(_) | Kind::Map(_)));
    (own + keys + cost, depth + level)
}

fn null(span: Span) -> Node {
    Node { span, kind: Kind::Null, scalar: Scalar { span, ..Scalar::default() } }
}
