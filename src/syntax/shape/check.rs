//! A tree held against a shape.

use crate::diagnostic::{Diagnostic, Fix, Span, excerpt, nearest};
use crate::syntax::shape::form::{duration_meant, milliseconds};
use crate::syntax::shape::mend::{mend, unknown_key};
use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Telling, Variant, Variants, Without, Word, codes};
use crate::syntax::{Entry, Kind, Node};

/// Reports everything in `node` that is not as `shape` says, each at its own place; what is certainly meant is put right in it.
pub fn check(node: &mut Node, shape: &Shape, findings: &mut Vec<Diagnostic>) {
    mend(node, shape, None, findings);
    let place = node.entries().first().map_or(node.span, |entry| entry.key_span);
    Check { findings }.value(node, shape, &Place { span: place, name: None });
}

/// Where a value belongs: what is missing in it is reported here.
struct Place<'a> {
    span: Span,
    /// The key it stands behind.
    name: Option<&'a str>,
}

impl Place<'_> {
    /// What the value is called in a message.
    fn called(&self) -> String {
        self.name.map_or_else(|| "this".to_owned(), |name| format!("\"{name}\""))
    }
}

struct Check<'a> {
    findings: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn value(&mut self, node: &Node, shape: &Shape, place: &Place) {
        if let Shape::Named(_, inner) = shape {
            return self.value(node, inner, place);
        }
        if node.kind == Kind::Null && !matches!(shape, Shape::Any) {
            let message = match place.name {
                Some(name) => format!("nothing is written after \"{name}\""),
                None => "nothing is written here".to_owned(),
            };
            self.findings.push(Diagnostic::error(codes::EMPTY_BLOCK, place.span, message).help(format!("expected {}", shape.expected())));
            return;
        }
        if !shape.fits(node) {
            return self.wrong_type(node, shape, place);
        }
        match shape {
            Shape::Any | Shape::Boolean | Shape::Named(..) => {}
            Shape::Text | Shape::Expression => self.not_empty(node, place),
            Shape::Template { max } => self.template(node, *max, place),
            Shape::Integer { min, max } => self.integer(node, *min, *max, place),
            Shape::Duration { min, max } => self.duration(node, *min..=*max, place),
            Shape::Form(form) => self.form(node.text().unwrap_or_default(), node.span, *form),
            Shape::Name(words) => self.name(node, words),
            Shape::OneOf(words) => self.one_of(node, words, place),
            Shape::List { of, min } => self.list(node, of, *min, place),
            Shape::Map { keys, of, min, max } => self.map(node, (*keys, of), *min..=*max, place),
            Shape::Record(record) => self.record(node, record, place),
            Shape::Either(_) | Shape::Told { .. } => {
                if let Some(chosen) = shape.chosen(node) {
                    self.value(node, chosen, place);
                }
            }
        }
    }

    fn wrong_type(&mut self, node: &Node, shape: &Shape, place: &Place) {
        let message = format!("{} must be {}, not {}", place.called(), shape.expected(), node.describe());
        let found = Diagnostic::error(codes::WRONG_TYPE, node.span, message);
        self.findings.push(match shape.long_form(node) {
            Some(example) => found.help(format!("write {}: {example}", place.name.unwrap_or("it"))),
            None => found,
        });
    }

    fn not_empty(&mut self, node: &Node, place: &Place) {
        if node.text().is_some_and(|text| text.trim().is_empty()) {
            self.findings.push(Diagnostic::error(codes::EMPTY_BLOCK, node.span, format!("{} is empty", place.called())));
        }
    }

    fn template(&mut self, node: &Node, max: Option<usize>, place: &Place) {
        self.not_empty(node, place);
        let text = node.text().unwrap_or_default();
        let Some(max) = max.filter(|_| !text.contains("{{") && !text.contains("{%")) else { return };
        let length = text.trim().chars().count();
        if length > max {
            let message = format!("{} has {length} characters; at most {max} are shown", place.called());
            self.findings.push(Diagnostic::error(codes::OUT_OF_RANGE, node.span, message).help("shorten it"));
        }
    }

    fn integer(&mut self, node: &Node, min: i64, max: i64, place: &Place) {
        if node.integer().is_some_and(|value| (min..=max).contains(&value)) {
            return;
        }
        let possible = if min == max {
            format!("{min}")
        } else if max == i64::from(u32::MAX) {
            format!("at least {min}")
        } else {
            format!("from {min} to {max}")
        };
        self.findings.push(Diagnostic::error(codes::OUT_OF_RANGE, node.span, format!("{} must be {possible}", place.called())));
    }

    fn duration(&mut self, node: &Node, range: std::ops::RangeInclusive<i64>, place: &Place) {
        let text = node.text().unwrap_or_default();
        if !Form::Duration.fits(text) {
            return self.no_duration(node, text);
        }
        let length = milliseconds(text);
        if length.is_some_and(|length| length < *range.start()) {
            let message = format!("{} cannot be {text}: that is no time at all", place.called());
            self.findings.push(Diagnostic::error(codes::OUT_OF_RANGE, node.span, message).help("write how long: 90s, 1h30m, 14d"));
        } else if length.is_none_or(|length| length > *range.end()) {
            let hours = range.end() / 3_600_000;
            let most = if hours > 72 { format!("{}d", hours / 24) } else { format!("{hours}h") };
            self.findings.push(Diagnostic::error(codes::OUT_OF_RANGE, node.span, format!("{} is at most {most}", place.called())));
        }
    }

    fn no_duration(&mut self, node: &Node, text: &str) {
        let found = Diagnostic::error(codes::BAD_FORMAT, node.span, format!("\"{}\" is not {}", excerpt(text), Form::Duration.noun()));
        self.findings.push(match duration_meant(text) {
            Some(meant) => found.help(format!("write {meant}")).fix(Fix::risky(node.span, meant)),
            None => found.help(Form::Duration.rule()),
        });
    }

    fn form(&mut self, text: &str, span: Span, form: Form) {
        if !form.fits(text) {
            let message = format!("\"{}\" is not {}", excerpt(text), form.noun());
            self.findings.push(Diagnostic::error(codes::BAD_FORMAT, span, message).help(form.rule()));
        }
    }

    fn name(&mut self, node: &Node, words: &[Word]) {
        let text = node.text().unwrap_or_default();
        match words.iter().find(|word| word.name == text) {
            Some(word) if word.not_yet => self.word_not_yet(node, words),
            Some(_) => {}
            None => self.form(text, node.span, Form::Id),
        }
    }

    fn one_of(&mut self, node: &Node, words: &[Word], place: &Place) {
        let text = node.text().unwrap_or_default();
        match words.iter().find(|word| word.name == text) {
            Some(word) if word.not_yet => self.word_not_yet(node, words),
            Some(_) => {}
            None => {
                let possible = listed(words);
                let message = format!("\"{}\" is not possible for {}", excerpt(text), place.called());
                self.findings.push(Diagnostic::error(codes::INVALID_ENUM, node.span, message).help(format!("possible: {possible}")));
            }
        }
    }

    fn word_not_yet(&mut self, node: &Node, words: &[Word]) {
        let message = format!("\"{}\" is not there yet", node.text().unwrap_or_default());
        self.findings.push(Diagnostic::error(codes::NOT_YET, node.span, message).help(format!("this version has {}", listed(words))));
    }

    fn list(&mut self, node: &Node, of: &Shape, min: usize, place: &Place) {
        if node.items().len() < min {
            self.empty(node, place);
        }
        for item in node.items() {
            let span = item.entries().first().map_or(item.span, |entry| entry.key_span);
            self.value(item, of, &Place { span, name: place.name });
        }
    }

    fn map(&mut self, node: &Node, (keys, of): (Form, &Shape), size: std::ops::RangeInclusive<usize>, place: &Place) {
        let entries = node.entries();
        if entries.len() < *size.start() {
            self.empty(node, place);
        }
        if let Some(entry) = entries.get(*size.end()) {
            let message = format!("{} has {} entries; at most {} are possible", place.called(), entries.len(), size.end());
            self.findings.push(Diagnostic::error(codes::OUT_OF_RANGE, entry.key_span, message));
        }
        for entry in entries {
            self.form(&entry.key, entry.key_span, keys);
            self.entry(entry, of);
        }
    }

    fn empty(&mut self, node: &Node, place: &Place) {
        self.findings.push(Diagnostic::error(codes::EMPTY_BLOCK, node.span, format!("{} is empty", place.called())));
    }

    fn entry(&mut self, entry: &Entry, shape: &Shape) {
        self.value(&entry.value, shape, &Place { span: entry.key_span, name: Some(&entry.key) });
    }

    fn record(&mut self, node: &Node, record: &Record, place: &Place) {
        let told = match &record.variants {
            Some(variants) => self.tell(node, variants),
            None => Told::Nothing,
        };
        let variant = match told {
            Told::NotYet => return,
            Told::By(variant) => Some(variant),
            Told::Nothing => None,
        };
        for entry in node.entries() {
            let own = variant.and_then(|variant| variant.all().find(|key| key.name == entry.key));
            match own.or_else(|| record.key(&entry.key)) {
                Some(key) => self.known(entry, key),
                None => self.unknown(entry, record, variant),
            }
        }
        if let Some(variants) = &record.variants {
            self.of_other_verbs(node, record, variants, variant);
        }
        self.missing(node, record, variant, place);
        for rule in &record.rules {
            self.rule(node, rule, place);
        }
    }

    /// Which kind of record this is.
    fn tell<'r>(&mut self, node: &'r Node, variants: &'r Variants) -> Told<'r> {
        let mut telling = variants.telling(node);
        let Some((first, variant)) = telling.next() else { return Told::Nothing };
        for (entry, _) in telling {
            let message = format!("\"{}\" and \"{}\" cannot stand together: {}", first.key, entry.key, variants.because);
            let finding = Diagnostic::error(codes::MUTUALLY_EXCLUSIVE_KEYS, entry.key_span, message);
            self.findings.push(finding.related(first.key_span, format!("\"{}\" is here", first.key)));
        }
        if let Some(meanwhile) = variant.key.not_yet {
            self.not_yet(first, meanwhile);
            return Told::NotYet;
        }
        Told::By(variant)
    }

    fn known(&mut self, entry: &Entry, key: &Key) {
        match key.not_yet {
            Some(meanwhile) => self.not_yet(entry, meanwhile),
            None => self.entry(entry, &key.shape),
        }
    }

    fn not_yet(&mut self, entry: &Entry, meanwhile: &str) {
        let message = format!("\"{}\" is not there yet", entry.key);
        self.findings.push(Diagnostic::error(codes::NOT_YET, entry.key_span, message).help(meanwhile));
    }

    fn unknown(&mut self, entry: &Entry, record: &Record, variant: Option<&Variant>) {
        if let Some(variants) = &record.variants {
            if variant.is_some() && variants.told_by(&entry.key).is_some() {
                return;
            }
            if variants.with_key(&entry.key).next().is_some() {
                return;
            }
        }
        if let (None, Some((form, shape))) = (variant, &record.others) {
            self.form(&entry.key, entry.key_span, *form);
            return self.entry(entry, shape);
        }
        let keys: Vec<&str> = record.possible(variant).collect();
        let near = nearest(&entry.key, keys.iter().copied());
        if let (Some(variants), Some(variant), Some(_), None) = (&record.variants, variant, &record.others, near) {
            let message = format!("\"{}\" and \"{}\" cannot stand together: {}", variant.key.name, excerpt(&entry.key), variants.because);
            self.findings.push(Diagnostic::error(codes::MUTUALLY_EXCLUSIVE_KEYS, entry.key_span, message));
            return;
        }
        let finding = unknown_key(&entry.key, entry.key_span);
        self.findings.push(match near {
            Some(name) => finding.meant(name),
            None => finding.help(format!("possible: {}", keys.join(", "))),
        });
    }

    /// Keys of other kinds than this one. That the kind cannot be told, or told twice, is one mistake, and is reported elsewhere.
    fn of_other_verbs(&mut self, node: &Node, record: &Record, variants: &Variants, variant: Option<&Variant>) {
        let foreign: Vec<&Entry> = record.foreign(node, variant).collect();
        let Some((first, rest)) = foreign.split_first() else { return };
        let lacks = variant.is_none() && matches!(variants.without, Without::Key(key) if node.get(key).is_none());
        if lacks || variants.telling(node).nth(1).is_some() {
            return;
        }
        let owners: Vec<&str> = variants.with_key(&first.key).map(|variant| variant.key.name).collect();
        let message = match variant {
            Some(variant) => format!("\"{}\" has no key \"{}\"", variant.key.name, first.key),
            None => format!("\"{}\" needs {} beside it", first.key, variants.noun),
        };
        let found = Diagnostic::error(codes::KEY_NOT_FOR_VERB, first.key_span, message);
        let found = found.help(format!("it is a key of {}", owners.join(", ")));
        self.findings.push(rest.iter().fold(found, |found, entry| found.related(entry.key_span, format!("nor \"{}\"", entry.key))));
    }

    fn missing(&mut self, node: &Node, record: &Record, variant: Option<&Variant>, place: &Place) {
        let own = variant.into_iter().flat_map(|variant| &variant.keys);
        for key in record.keys.iter().chain(own).filter(|key| key.required && node.get(key.name).is_none()) {
            let finding = Diagnostic::error(codes::MISSING_KEY, place.span, format!("\"{}\" is missing here", key.name));
            self.findings.push(finding.help(format!("{}: {}", key.name, key.description)));
        }
        let (Some(variants), None) = (&record.variants, variant) else { return };
        let verbs: Vec<&str> =
            variants.all.iter().filter(|variant| variant.key.not_yet.is_none()).map(|variant| variant.key.name).collect();
        let other = match variants.without {
            Without::Key(key) => node.get(key).is_none().then(|| format!(", or \"{key}\" alone")),
            Without::Other => node.entries().iter().all(|entry| record.key(&entry.key).is_some()).then(String::new),
        };
        if let Some(other) = other {
            let finding = Diagnostic::error(codes::MISSING_KEY, place.span, format!("{} is missing here", variants.noun));
            self.findings.push(finding.help(format!("one of {}{other}", verbs.join(", "))));
        }
    }

    fn rule(&mut self, node: &Node, rule: &Rule, place: &Place) {
        match rule {
            Rule::AtMostOne { of, but, because } => {
                let present: Vec<&Entry> = node.entries().iter().filter(|entry| of.contains(&entry.key.as_str())).collect();
                let pair = |one: &Entry, other: &Entry| {
                    but.iter().any(|(a, b)| (one.key == *a && other.key == *b) || (one.key == *b && other.key == *a))
                };
                for (index, entry) in present.iter().enumerate() {
                    let Some(first) = present[..index].iter().find(|earlier| !pair(earlier, entry)) else { continue };
                    let message = format!("\"{}\" and \"{}\" cannot stand together: {because}", first.key, entry.key);
                    let finding = Diagnostic::error(codes::MUTUALLY_EXCLUSIVE_KEYS, entry.key_span, message);
                    self.findings.push(finding.related(first.key_span, format!("\"{}\" is here", first.key)));
                }
            }
            Rule::AtLeastOne { of } if node.entries().iter().all(|entry| !of.contains(&entry.key.as_str())) => {
                let message = format!("one of {} is missing here", of.join(", "));
                self.findings.push(Diagnostic::error(codes::MISSING_KEY, place.span, message));
            }
            Rule::Needs { key, other } => {
                if let (Some(entry), None) = (node.entry(key), node.get(other)) {
                    let message = format!("\"{key}\" needs \"{other}\" beside it");
                    self.findings.push(Diagnostic::error(codes::MISSING_KEY, entry.key_span, message));
                }
            }
            Rule::AtLeastOne { .. } => {}
        }
    }
}

/// What kind of record the telling keys make it.
enum Told<'a> {
    By(&'a Variant),
    Nothing,
    /// A kind that this version does not run; nothing more is said about it.
    NotYet,
}

impl Shape {
    /// True if the kind of `node` is right, whatever is in it.
    pub(super) fn fits(&self, node: &Node) -> bool {
        match self {
            Self::Any => true,
            Self::Text
            | Self::Template { .. }
            | Self::Expression
            | Self::Duration { .. }
            | Self::Form(_)
            | Self::Name(_)
            | Self::OneOf(_) => node.text().is_some(),
            Self::Boolean => node.boolean().is_some(),
            Self::Integer { .. } => node.integer().is_some(),
            Self::List { .. } => matches!(node.kind, Kind::List(_)),
            Self::Map { .. } | Self::Record(_) => matches!(node.kind, Kind::Map(_)),
            Self::Either(_) | Self::Told { .. } => self.chosen(node).is_some(),
            Self::Named(_, inner) => inner.fits(node),
        }
    }

    /// Which of several shapes the node is held against.
    pub(super) fn chosen(&self, node: &Node) -> Option<&Self> {
        match self {
            Self::Either(shapes) => shapes.iter().find(|shape| shape.fits(node)),
            Self::Told { by, when, so, otherwise } => {
                let told = node.entries().iter().any(|entry| by.contains(&entry.key.as_str()));
                let told = told && (*when == Telling::Always || so.could_be(node));
                let chosen = if told { so } else { otherwise };
                chosen.fits(node).then_some(&**chosen)
            }
            _ => None,
        }
    }

    /// True if every key of the map is a key of this record, or written almost like one.
    pub(super) fn could_be(&self, node: &Node) -> bool {
        let record = match self {
            Self::Record(record) => record,
            Self::Named(_, inner) => return inner.could_be(node),
            _ => return true,
        };
        let names = || record.keys.iter().map(|key| key.name);
        node.entries().iter().all(|entry| names().any(|name| name == entry.key) || nearest(&entry.key, names()).is_some())
    }

    /// True if the only scalar that fits is `true` or `false`.
    pub(super) fn takes_boolean(&self) -> bool {
        match self {
            Self::Boolean => true,
            Self::Either(shapes) => shapes.iter().any(Self::takes_boolean),
            Self::Named(_, inner) => inner.takes_boolean(),
            _ => false,
        }
    }

    /// What is expected, for a message: "a list", "a text or a map".
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Any => "anything".to_owned(),
            Self::Text | Self::Template { .. } => "a text".to_owned(),
            Self::Expression => "an expression".to_owned(),
            Self::Boolean => "true or false".to_owned(),
            Self::Integer { .. } => "a whole number".to_owned(),
            Self::Duration { .. } => "a duration like 90s, 1h30m or 14d".to_owned(),
            Self::Form(form) => form.noun().to_owned(),
            Self::Name(_) => "a name".to_owned(),
            Self::OneOf(words) => match words {
                [only] => format!("\"{}\"", only.name),
                _ => format!("one of {}", listed(words)),
            },
            Self::List { .. } => "a list".to_owned(),
            Self::Map { .. } | Self::Record(_) => "a map".to_owned(),
            Self::Told { otherwise, .. } => otherwise.expected(),
            Self::Named(_, inner) => inner.expected(),
            Self::Either(shapes) => {
                let mut all: Vec<String> = shapes.iter().map(Self::expected).collect();
                all.dedup();
                all.join(" or ")
            }
        }
    }
}

impl Shape {
    /// A scalar that stands for a map with several keys, as the first of these that it could be the value of; and the others that must be
    /// there, or one of them.
    fn long_form(&self, node: &Node) -> Option<String> {
        let record = match self {
            Self::Record(record) => record,
            Self::Named(_, inner) => return inner.long_form(node),
            _ => return None,
        };
        let text = node.text().filter(|text| text.chars().count() <= 40)?;
        let fits = |key: &&Key| match &key.shape {
            Self::Duration { .. } | Self::Expression => Form::Duration.fits(text),
            Self::Integer { .. } => node.integer().is_some(),
            _ => false,
        };
        let own = record.keys.iter().find(fits)?;
        let rest = record.keys.iter().filter(|key| key.required && key.name != own.name).map(|key| key.name);
        let any = record.rules.iter().find_map(|rule| match rule {
            Rule::AtLeastOne { of } if !of.contains(&own.name) => of.first().copied(),
            _ => None,
        });
        let keys: Vec<_> = std::iter::once(format!("{}: {text}", own.name)).chain(rest.chain(any).map(|key| format!("{key}: …"))).collect();
        Some(format!("{{ {} }}", keys.join(", ")))
    }
}

/// The words that can be written in this version.
pub(super) fn listed(words: &[Word]) -> String {
    words.iter().filter(|word| !word.not_yet).map(|word| word.name).collect::<Vec<_>>().join(", ")
}

/// What somebody meant who wrote a boolean in another way.
pub(super) fn boolean_meant(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "on" | "да" | "true" | "1" => Some(true),
        "no" | "off" | "нет" | "false" | "0" => Some(false),
        _ => None,
    }
}
