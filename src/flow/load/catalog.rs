//! Translations: which text stands under which address in which language, and which of them nobody asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::diagnostic::{Diagnostic, FileId, Span, follow, nearest, together};
use crate::flow::load::codes;
use crate::flow::load::unread::Unread;
use crate::flow::load::writer::{Purpose, has_words};
use crate::syntax::{Kind, Node};

/// All translations of a bot. What is asked for is noted, so that what remains can be reported; flows are built side by side.
pub(super) struct Catalogs<'a> {
    languages: &'a [String],
    /// Where each language is named.
    places: &'a [Span],
    by_language: Vec<Catalog<'a>>,
    /// Addresses that texts of the flows stand under, whether they are translated or not.
    known: Mutex<BTreeSet<String>>,
    /// Texts without a translation: language, first part of the address → the places of the originals.
    missing: Mutex<BTreeMap<(usize, String), Vec<Original>>>,
    /// The engine's own sentences that are in no language a person of this one would read.
    unsaid: Mutex<BTreeMap<usize, Vec<&'static str>>>,
}

/// The address and the place of a text that is not translated.
type Original = (String, Span);

/// The translations into one language.
#[derive(Default)]
struct Catalog<'a> {
    texts: BTreeMap<String, Line<'a>>,
}

/// Labels of one question without a translation, beyond which they are told as one.
const SEVERAL: usize = 2;

/// One translation.
struct Line<'a> {
    node: &'a Node,
    key: Span,
    used: AtomicBool,
}

impl<'a> Catalogs<'a> {
    /// Gathers the catalogs of all languages but the first, whose texts stand in the flows.
    pub(super) fn new(languages: &'a [String], places: &'a [Span], messages: &'a [Node], findings: &mut Vec<Diagnostic>) -> Self {
        let mut by_language: Vec<_> = languages.iter().map(|_| Catalog::default()).collect();
        let written: Vec<_> = messages.iter().filter_map(|file| file.get("messages")?.text()).collect();
        let bare = || (1..languages.len()).filter(|at| !written.contains(&languages[*at].as_str()));
        for file in messages {
            let Some((entry, language)) = file.entry("messages").and_then(|entry| Some((entry, entry.value.text()?))) else { continue };
            match languages.iter().position(|known| known == language) {
                Some(0) => findings.push(
                    Diagnostic::error(
                        codes::UNKNOWN_LANGUAGE,
                        entry.value.span,
                        format!("\"{language}\" is the language of the flows themselves"),
                    )
                    .help("a catalog translates into another language; change the wording in the flow"),
                ),
                Some(at) => {
                    for entry in file.entries().iter().filter(|entry| entry.key != "messages") {
                        by_language[at].gather(&entry.key, entry.key_span, &entry.value, findings);
                    }
                }
                None => {
                    let message = format!("the bot does not speak \"{language}\"");
                    let found = Diagnostic::error(codes::UNKNOWN_LANGUAGE, entry.value.span, message);
                    let help = format!("its languages are {}; add it under \"languages\" of the bot's file", languages.join(", "));
                    // What is almost called as a language that has no catalog is that one.
                    let meant = bare().find(|at| nearest(language, [languages[*at].as_str()]).is_some());
                    if let Some(at) = meant {
                        for entry in file.entries().iter().filter(|entry| entry.key != "messages") {
                            by_language[at].gather(&entry.key, entry.key_span, &entry.value, findings);
                        }
                    }
                    findings.push(match meant {
                        Some(at) => found.meant(&languages[at]),
                        None => found.help(help),
                    });
                }
            }
        }
        Self { languages, places, by_language, known: Mutex::default(), missing: Mutex::default(), unsaid: Mutex::default() }
    }

    /// How many languages the bot speaks.
    pub(super) fn languages(&self) -> &'a [String] {
        self.languages
    }

    /// The translation into the language of this index that stands under the first of these addresses that has one.
    pub(super) fn find(&self, language: usize, addresses: &[String]) -> Option<&'a Node> {
        noted(&self.known).extend(addresses.iter().cloned());
        let texts = &self.by_language.get(language)?.texts;
        let line = addresses.iter().find_map(|address| texts.get(address))?;
        line.used.store(true, Ordering::Relaxed);
        Some(line.node)
    }

    /// Notes that something stands under this address, though it may have no text.
    pub(super) fn know(&self, address: String) {
        noted(&self.known).insert(address);
    }

    /// Every translation under `prefix.`, as what follows the prefix.
    pub(super) fn under(&self, language: usize, prefix: &str) -> Vec<(String, &'a Node)> {
        let Some(catalog) = self.by_language.get(language) else { return Vec::new() };
        let begins = format!("{prefix}.");
        let lines = catalog.texts.range(begins.clone()..).take_while(|(address, _)| address.starts_with(&begins));
        lines
            .map(|(address, line)| {
                line.used.store(true, Ordering::Relaxed);
                (address[begins.len()..].to_owned(), line.node)
            })
            .collect()
    }

    /// Passes over every translation under `prefix`: it is not known which texts there are.
    pub(super) fn leave(&self, prefix: &str) {
        for language in 1..self.languages.len() {
            drop(self.under(language, prefix));
            if let Some(line) = self.by_language[language].texts.get(prefix) {
                line.used.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Notes that a text is not translated.
    pub(super) fn miss(&self, language: usize, address: &str, original: Span) {
        let owner = address.split('.').next().unwrap_or(address).to_owned();
        noted(&self.missing).entry((language, owner)).or_default().push((address.to_owned(), original));
    }

    /// Notes that a sentence of the engine is not there in a language.
    pub(super) fn miss_sentence(&self, language: usize, name: &'static str) {
        noted(&self.unsaid).entry(language).or_default().push(name);
    }

    /// Reports what is missing and what nobody asked for.
    pub(super) fn report(&self, owners: &BTreeMap<String, Span>, unread: &Unread, findings: &mut Vec<Diagnostic>) {
        let is_read = |at: usize| !unread.may_translate(&self.languages[at]);
        for at in 1..self.languages.len() {
            self.report_surplus(at, owners, unread, findings);
        }
        self.report_missing(owners, &is_read, findings);
        for (at, names) in noted(&self.unsaid).iter().filter(|(at, _)| is_read(**at)) {
            let message = format!("{} of the engine's own sentences have no translation into \"{}\"", names.len(), self.languages[*at]);
            let help = format!("put them under \"bot.texts\" of its catalog: {}", names.join(", "));
            let span = self.places.get(*at).copied().unwrap_or_default();
            findings.push(Diagnostic::warning(codes::MISSING_TRANSLATION, span, message).help(help));
        }
    }

    /// Translations that nobody asked for. Those of a renamed step, option or flow are one finding, and so are those of one that is gone.
    fn report_surplus(&self, at: usize, owners: &BTreeMap<String, Span>, unread: &Unread, findings: &mut Vec<Diagnostic>) {
        let unused = self.by_language[at]
            .texts
            .iter()
            .filter(|(address, line)| !line.used.load(Ordering::Relaxed) && !unread.may_have_text(address));
        let mut groups: BTreeMap<(&str, &str), Vec<(&str, Span)>> = BTreeMap::new();
        for (address, line) in unused {
            let (prefix, part) = self.stranger(address, owners);
            groups.entry((prefix, part)).or_default().push((address, line.key));
        }
        let mut gone: BTreeMap<&str, Vec<Diagnostic>> = BTreeMap::new();
        for ((prefix, part), mut lines) in groups {
            lines.sort_by_key(|(_, place)| (place.file, place.start));
            let begins = if prefix.is_empty() { String::new() } else { format!("{prefix}.") };
            let near = if prefix.is_empty() {
                nearest(part, owners.keys().map(String::as_str)).map(str::to_owned)
            } else {
                nearest(part, siblings(&noted(&self.known), &prefix.split('.').collect::<Vec<_>>())).map(str::to_owned)
            };
            let flow = owners.get(prefix).map(|span| span.file);
            let told = findings.iter_mut().find(|finding| is_told(finding, part, flow));
            let moved = self.moved(at, &begins, (part, near.as_deref(), told.is_some()), &lines);
            let placed: Vec<Option<String>> = match (&told, &moved) {
                (None, None) => lines.iter().map(|(address, _)| self.placed(at, address)).collect(),
                _ => Vec::new(),
            };
            let is_moved = moved.is_some() && (near.is_some() || !prefix.ends_with(".choice"));
            let mut found = if let Some(told) = told {
                // Whoever reads it has been told that it is not there.
                told.related.push((lines[0].1, "and its translation is here".to_owned()));
                continue;
            } else if let Some(name) = moved {
                let what = if prefix.is_empty() { "flow" } else { "text" };
                let message = format!("there is no {what} \"{begins}{part}\" to translate");
                Diagnostic::error(codes::UNKNOWN_ADDRESS, lines[0].1, message).help(if near.is_some() {
                    format!("did you mean \"{name}\"?")
                } else {
                    format!("is it called \"{begins}{name}\" now? Nothing of that is translated")
                })
            } else if let Some(address) = placed.iter().flatten().next() {
                let first = placed.iter().position(Option::is_some).unwrap_or_default();
                let written = lines.remove(first);
                lines.insert(0, written);
                let message = format!("there is no text \"{}\" to translate", lines[0].0);
                Diagnostic::error(codes::UNKNOWN_ADDRESS, lines[0].1, message).help(format!("the address of this text is \"{address}\""))
            } else {
                self.surplus(&lines, owners)
            };
            follow(&mut found, nor(&lines));
            if is_moved {
                findings.push(found);
            } else {
                gone.entry(prefix).or_default().push(found);
            }
        }
        // The options of one question go together: it is one mistake, and an address that leads nowhere is the plainest sign of it.
        for (prefix, mut found) in gone {
            let several = prefix.ends_with(".choice") && found.len() > 1;
            found.sort_by_key(|finding| finding.severity);
            together(&mut found, |_| several.then_some(()));
            findings.append(&mut found);
        }
    }

    /// What an address that leads nowhere consists of: what is known, and the first part that is not.
    fn stranger<'t>(&self, address: &'t str, owners: &BTreeMap<String, Span>) -> (&'t str, &'t str) {
        let known = noted(&self.known);
        let mut start = 0;
        for part in address.split('.') {
            let prefix = address[..start].trim_end_matches('.');
            let is_known = if start == 0 {
                matches!(part, "bot" | "operations") || owners.contains_key(part)
            } else {
                siblings(&known, &prefix.split('.').collect::<Vec<_>>()).contains(part)
            };
            if !is_known {
                return (prefix, part);
            }
            start += part.len() + 1;
        }
        address.rsplit_once('.').unwrap_or(("", address))
    }

    /// Under which name the texts stand now that these lines translate: they are missing there, but for a few that may stay without a
    /// translation. They are missing no more.
    fn moved(&self, at: usize, begins: &str, (part, near, gone): (&str, Option<&str>, bool), lines: &[(&str, Span)]) -> Option<String> {
        let behind = |address: &str, name: &str| {
            let rest = address.strip_prefix(begins)?.strip_prefix(name)?;
            let plain = rest.strip_suffix(".say").or_else(|| rest.strip_suffix(".label")).filter(|rest| !rest.is_empty());
            (rest.is_empty() || rest.starts_with('.')).then(|| plain.unwrap_or(rest).to_owned())
        };
        let texts = &self.by_language[at].texts;
        let says = |address: &str| texts.get(address).is_none_or(|line| has_words(line.node, Purpose::Message));
        // The labels for keys of the server's are never missing.
        let is_text = |address: &str| says(address) && !address.contains(".labels.");
        let wanted = lines.iter().filter(|(address, _)| is_text(address)).filter_map(|(address, _)| behind(address, part));
        let wanted: BTreeSet<String> = wanted.collect();
        let mut missing = noted(&self.missing);
        let texts = missing.iter().filter(|((of, _), _)| *of == at).flat_map(|(_, texts)| texts);
        let names: BTreeSet<&str> = texts.clone().filter_map(|(address, _)| address.strip_prefix(begins)?.split('.').next()).collect();
        let lacks = |name: &&str| {
            let lacking: BTreeSet<String> = texts.clone().filter_map(|(address, _)| behind(address, name)).collect();
            wanted.intersection(&lacking).count() * 4 >= wanted.len() * 3
        };
        let untouched = |name: &&str| !self.by_language[at].texts.keys().any(|address| behind(address, name).is_some());
        let possible: Vec<String> = names.into_iter().filter(lacks).map(str::to_owned).collect();
        let name = if let Some(near) = near.filter(|near| possible.iter().any(|name| name == near)) {
            near.to_owned()
        } else {
            let mut alone = possible.into_iter().filter(|name| untouched(&name.as_str()));
            let name = alone.next().filter(|_| alone.next().is_none())?;
            // One text is little evidence if another name is nearer; unless it is known that something is called otherwise now.
            let is_evident = gone || near.is_none() || wanted.len() > 1 || nearest(part, [name.as_str()]).is_some();
            Some(name).filter(|_| is_evident)?
        };
        for (_, texts) in missing.iter_mut().filter(|((of, _), _)| *of == at) {
            texts.retain(|(address, _)| behind(address, &name).is_none());
        }
        missing.retain(|_, texts| !texts.is_empty());
        Some(name)
    }

    /// The address of the text that this translates under another one of the same step: the only missing one that is called so at its
    /// end, or the only missing one. It is missing no more.
    fn placed(&self, at: usize, address: &str) -> Option<String> {
        let own = |address: &str| address.strip_suffix(".say").or_else(|| address.strip_suffix(".label")).unwrap_or(address).to_owned();
        let last = |address: &str| own(address).rsplit('.').next().unwrap_or_default().to_owned();
        let mut parts = address.split('.');
        let (owner, step) = (parts.next()?, parts.next()?);
        let mut missing = noted(&self.missing);
        let texts = missing.get_mut(&(at, owner.to_owned()))?;
        let step = format!("{owner}.{step}.");
        let here: Vec<usize> = (0..texts.len()).filter(|text| texts[*text].0.starts_with(&step)).collect();
        let called: Vec<usize> = here.iter().copied().filter(|text| last(&texts[*text].0) == last(address)).collect();
        let [only] = if called.is_empty() { here } else { called }[..] else { return None };
        Some(texts.remove(only).0)
    }

    /// Text by text; but a flow without any translation is one finding, and so is a language.
    fn report_missing(&self, owners: &BTreeMap<String, Span>, is_read: &dyn Fn(usize) -> bool, findings: &mut Vec<Diagnostic>) {
        let untouched = |at: usize| self.by_language[at].texts.is_empty();
        let missing = noted(&self.missing);
        for (at, language) in self.languages.iter().enumerate().skip(1).filter(|(at, _)| untouched(*at) && is_read(*at)) {
            let count: usize = missing.iter().filter(|((of, _), _)| *of == at).map(|(_, texts)| texts.len()).sum();
            if let (Some(span), true) = (self.places.get(at), count > 0) {
                let message = format!("nothing is translated into \"{language}\": {count} texts");
                let help = format!("put them into a file that begins with \"messages: {language}\"");
                findings.push(Diagnostic::warning(codes::MISSING_TRANSLATION, *span, message).help(help));
            }
        }
        for ((at, owner), texts) in missing.iter().filter(|((at, _), _)| !untouched(*at) && is_read(*at)) {
            let language = &self.languages[*at];
            let begun = self.by_language[*at].texts.keys().any(|address| address.split('.').next() == Some(owner));
            if let (false, Some(span), true) = (begun, owners.get(owner), texts.len() > 1) {
                let message = format!("\"{owner}\" is not translated into \"{language}\": {} texts", texts.len());
                let help = format!("put them under \"{owner}\" into the file that begins with \"messages: {language}\"");
                findings.push(Diagnostic::warning(codes::MISSING_TRANSLATION, *span, message).help(help));
                continue;
            }
            let mut beside: BTreeMap<&str, usize> = BTreeMap::new();
            texts.iter().filter_map(|(address, _)| question(address)).for_each(|of| *beside.entry(of).or_default() += 1);
            let missing = |(address, span): &(String, Span)| {
                let message = format!("this text has no translation into \"{language}\"");
                let found = Diagnostic::warning(codes::MISSING_TRANSLATION, *span, message);
                found.help(format!("its address in the catalog is \"{address}\"; until then the text stays as it is here"))
            };
            let mut found: Vec<_> = texts.iter().map(missing).collect();
            // The labels of one question stand at one place of the catalog, and are left out there together.
            let mut asked = texts.iter().map(|(address, _)| question(address).filter(|of| beside[of] > SEVERAL));
            together(&mut found, |_| asked.next().flatten());
            findings.append(&mut found);
        }
    }

    /// An address that leads nowhere is a mistake; one that could hold a text, but has none to translate, is only of no use.
    fn surplus(&self, lines: &[(&str, Span)], owners: &BTreeMap<String, Span>) -> Diagnostic {
        let (address, span) = lines[0];
        let remove = if lines.len() == 1 { "remove the line".to_owned() } else { format!("remove these {} texts", lines.len()) };
        let message = format!("there is no text \"{address}\" to translate");
        let parts: Vec<&str> = address.split('.').collect();
        if !matches!(parts[0], "bot" | "operations") && !owners.contains_key(parts[0]) {
            let names = owners.keys().map(String::as_str).chain(["bot", "operations"]);
            let found = Diagnostic::error(codes::UNKNOWN_ADDRESS, span, format!("there is no flow \"{}\" to translate", parts[0]));
            return match nearest(parts[0], names) {
                Some(name) => found.help(format!("did you mean \"{name}\"? If the flow is gone, {remove}")),
                None => found.help(format!("{remove}, or call the flow so")),
            };
        }
        let known = noted(&self.known);
        let depth = (1..parts.len()).take_while(|&depth| !siblings(&known, &parts[..depth]).is_empty()).last().unwrap_or(0);
        let beside = siblings(&known, &parts[..depth]);
        let part = parts.get(depth).copied().unwrap_or_default();
        if !beside.contains(part) {
            if let Some(name) = nearest(part, beside.iter().copied()) {
                return Diagnostic::error(codes::UNKNOWN_ADDRESS, span, message).help(format!("did you mean \"{name}\"?"));
            }
            if depth == 1 && !FLOW_FIELDS.contains(&part) {
                let help =
                    format!("\"{}\" has no step and no text that is called \"{part}\": {remove}, or give it the name of today", parts[0]);
                return Diagnostic::error(codes::UNKNOWN_ADDRESS, span, message).help(help);
            }
        }
        Diagnostic::warning(codes::SURPLUS_TRANSLATION, span, message).help(format!("{remove}, or write the text in the flow first"))
    }
}

/// The other lines of a group of translations, as remarks.
fn nor<'t>(lines: &'t [(&str, Span)]) -> impl ExactSizeIterator<Item = (Span, String)> + 't {
    lines[1..].iter().map(|(address, span)| (*span, format!("nor \"{address}\"")))
}

/// The address of the question that the label at this address is an option of.
fn question(address: &str) -> Option<&str> {
    address.rfind(".choice.").map(|at| &address[..at])
}

/// What has been noted so far. Each note is whole, even if whoever made another one has failed.
fn noted<T>(notes: &Mutex<T>) -> MutexGuard<'_, T> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a flow may have a text for besides its steps.
const FLOW_FIELDS: [&str; 6] = ["title", "start", "check", "remind", "expire", "on_fault"];

/// Whether a finding says that there is no such step in the flow of this file.
fn is_told(finding: &Diagnostic, part: &str, flow: Option<FileId>) -> bool {
    let is_name = matches!(finding.code, codes::UNKNOWN_STEP | codes::UNKNOWN_NAME);
    is_name && flow == Some(finding.span.file) && finding.message.split(['"', '`']).nth(1) == Some(part)
}

/// The parts that stand behind `prefix` in some known address.
fn siblings<'k>(known: &'k BTreeSet<String>, prefix: &[&str]) -> BTreeSet<&'k str> {
    let begins = format!("{}.", prefix.join("."));
    let behind = known.range(begins.clone()..).take_while(|address| address.starts_with(&begins));
    behind.filter_map(|address| address[begins.len()..].split('.').next()).collect()
}

impl<'a> Catalog<'a> {
    /// A dotted key equals nesting.
    fn gather(&mut self, address: &str, key: Span, node: &'a Node, findings: &mut Vec<Diagnostic>) {
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    self.gather(&format!("{address}.{}", entry.key), entry.key_span, &entry.value, findings);
                }
            }
            // A key without anything behind it is told of by the shape.
            Kind::Null => {}
            _ => match self.texts.get(address) {
                Some(first) => findings.push(
                    Diagnostic::error(codes::DUPLICATE_ID, key, format!("\"{address}\" is translated twice"))
                        .help("keep one of the two")
                        .related(first.key, "the first one"),
                ),
                None => {
                    self.texts.insert(address.to_owned(), Line { node, key, used: AtomicBool::new(false) });
                }
            },
        }
    }
}
