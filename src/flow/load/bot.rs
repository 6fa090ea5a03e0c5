//! `bot.yaml` → what all flows share. Everything in it has a default: a bot without the file speaks Russian and has no settings.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expr::{Kind, Type, Value};
use crate::flow::load::catalog::Catalogs;
use crate::flow::load::codes;
use crate::flow::load::declare::{self, Declarations};
use crate::flow::load::names::{Place, Reach, World, record};
use crate::flow::load::writer::{Purpose, Writer};
use crate::flow::texts::{BUILT_IN, BuiltIn, Given, LATER};
use crate::flow::{Declared, Installation, Quiet, Segment, Setting, Text, Word, WordRule};
use crate::syntax::shape::Form;
use crate::syntax::{self, Node};

/// The part of `bot.yaml` that needs nothing else to be understood.
pub(super) struct Header {
    pub title: String,
    pub languages: Vec<String>,
    /// Where each language is named; empty if none is.
    pub places: Vec<Span>,
    pub zone: TimeZone,
    pub quiet: Option<Quiet>,
    pub country: String,
    pub currency: String,
    pub settings: BTreeMap<String, Setting>,
    pub person: BTreeMap<String, Declared>,
}

/// Reads it.
pub(super) fn header(bot: Option<&Node>, messages: &[Node], installation: &Installation, findings: &mut Vec<Diagnostic>) -> Header {
    let text = |key: &str, default: &str| bot.and_then(|bot| bot.get(key)?.text()).unwrap_or(default).to_owned();
    let (languages, places) = languages(bot, messages, findings);
    Header {
        title: text("bot", "Usher"),
        languages,
        places,
        zone: zone(bot, installation, findings),
        quiet: bot.and_then(|bot| bot.get("quiet")).and_then(|node| quiet(node, findings)),
        country: text("country", "RU"),
        currency: text("currency", "RUB"),
        settings: settings(bot, installation, findings),
        person: person(bot, findings),
    }
}

/// What is no language, which has been reported, is the one of the catalog that is almost called so.
fn languages(bot: Option<&Node>, messages: &[Node], findings: &mut Vec<Diagnostic>) -> (Vec<String>, Vec<Span>) {
    let (mut languages, mut places): (Vec<String>, Vec<Span>) = Default::default();
    let catalogs = messages.iter().filter_map(|file| file.get("messages")?.text());
    let written = bot.and_then(|bot| bot.get("languages"));
    // What is no list, which has been reported, leaves the others out that there are texts for.
    if let Some(language) = written.and_then(Node::text) {
        for language in std::iter::once(language).chain(catalogs.clone()) {
            if !languages.iter().any(|known| known == language) {
                languages.push(language.to_owned());
            }
        }
    }
    for node in written.map_or(&[][..], Node::items) {
        let Some(language) = node.text() else { continue };
        let catalogs = catalogs.clone();
        let language = if Form::Language.fits(language) { language } else { nearest(language, catalogs).unwrap_or(language) };
        if languages.iter().any(|known| known == language) {
            findings.push(Diagnostic::error(codes::DUPLICATE_ID, node.span, format!("\"{language}\" stands here twice")));
        } else {
            languages.push(language.to_owned());
            places.push(node.span);
        }
    }
    if languages.is_empty() {
        languages.push("ru".to_owned());
    }
    (languages, places)
}

/// The operator's zone wins. An unknown zone is an error at the bot's own line, or at its first line if the operator wrote it.
fn zone(bot: Option<&Node>, installation: &Installation, findings: &mut Vec<Diagnostic>) -> TimeZone {
    let own = bot.and_then(|bot| bot.get("timezone"));
    let first = bot.and_then(|bot| bot.entries().first()).map_or_else(Span::default, |entry| entry.key_span);
    let written = installation.timezone.as_deref().map(|name| (name, first, false, "the operator's time zone"));
    let mut zone = TimeZone::UTC;
    for (name, span, is_own, what) in own.and_then(|node| Some((node.text()?, node.span, true, "the time zone"))).into_iter().chain(written)
    {
        if let Ok(known) = TimeZone::get(name) {
            zone = known;
            continue;
        }
        let found = Diagnostic::error(codes::BAD_FORMAT, span, format!("{what} \"{name}\" is not known"));
        let found = found.help("write the name of a city in the IANA list, such as Europe/Moscow");
        findings.push(if is_own { found } else { found.elsewhere(&["timezone"]) });
    }
    zone
}

/// Hours that begin when they are over would be the whole day, or none of it: nobody can tell which.
fn quiet(node: &Node, findings: &mut Vec<Diagnostic>) -> Option<Quiet> {
    let mut hour = |key: &str| {
        let node = node.get(key)?;
        let written = node.text()?;
        let read = Value::from_json(&serde_json::Value::String(written.to_owned()), &Type::certain(Kind::Clock));
        if let Ok(Value::Clock(at)) = read {
            return Some(at);
        }
        let message = format!("\"{written}\" is no time of the day");
        findings.push(Diagnostic::error(codes::BAD_FORMAT, node.span, message).help("write it in quotes: \"21:00\""));
        None
    };
    let (from, to) = (hour("from"), hour("to"));
    let (from, to) = from.zip(to)?;
    if from == to {
        let message = "the quiet hours are over when they begin";
        findings.push(Diagnostic::error(codes::OUT_OF_RANGE, node.span, message).help("leave \"quiet\" out if there are none"));
        return None;
    }
    Some(Quiet { from, to })
}

fn settings(bot: Option<&Node>, installation: &Installation, findings: &mut Vec<Diagnostic>) -> BTreeMap<String, Setting> {
    let declarations = Declarations::plain();
    let entries = bot.and_then(|bot| bot.get("settings")).map_or(&[][..], Node::entries);
    let mut settings = BTreeMap::new();
    for entry in entries {
        let of = declarations.of(&entry.value);
        let title = entry.value.get("title").and_then(Node::text).map(str::to_owned);
        let own = entry.value.get("value").and_then(|node| match declare::value(node, &of) {
            Ok(value) => Some(value),
            Err(expected) => {
                let message = format!("the value of the setting \"{}\" does not fit its type", entry.key);
                findings.push(Diagnostic::error(codes::BAD_TYPE, node.span, message).help(format!("expected {expected}")));
                None
            }
        });
        let value = operators_value(&entry.key, entry.key_span, &of, installation, findings).or(own).unwrap_or_default();
        // What was given and does not fit has been told; that nothing is there is no news.
        let of = if value.is_none() && entry.value.get("value").is_some_and(|node| node.kind != syntax::Kind::Null) {
            Type::certain(Kind::Any)
        } else {
            of
        };
        settings.insert(entry.key.clone(), Setting { title, of, value, translated: Vec::new() });
    }
    findings.append(&mut declarations.findings());
    settings
}

fn operators_value(name: &str, span: Span, of: &Type, installation: &Installation, findings: &mut Vec<Diagnostic>) -> Option<Value> {
    let given = installation.settings.get(name)?;
    match Value::from_json(&given.to_json(), of) {
        Ok(value) => Some(value),
        Err(expected) => {
            let message = format!("the operator's value of the setting \"{name}\" does not fit its type");
            findings.push(
                Diagnostic::error(codes::BAD_TYPE, span, message).help(format!("expected {expected}")).elsewhere(&["settings", name]),
            );
            None
        }
    }
}

fn person(bot: Option<&Node>, findings: &mut Vec<Diagnostic>) -> BTreeMap<String, Declared> {
    let node = bot.and_then(|bot| bot.get("person"));
    for entry in node.map_or(&[][..], Node::entries).iter().filter(|entry| BUILT_IN_FIELDS.contains(&entry.key.as_str())) {
        findings.push(
            Diagnostic::error(codes::RESERVED_NAME, entry.key_span, format!("\"person.{}\" is known of everybody already", entry.key))
                .help("choose another name for the field"),
        );
    }
    let declarations = Declarations::plain();
    let fields = declarations.map(node);
    findings.append(&mut declarations.findings());
    fields
}

/// What is known of a person without any declaration.
const BUILT_IN_FIELDS: [&str; 10] =
    ["id", "channel", "account", "name", "first_name", "username", "language", "timezone", "roles", "rights"];

/// The record that `settings` is in expressions. A setting without a value is `none`.
pub(super) fn settings_type(header: &Header) -> Type {
    let field = |setting: &Setting| Type { optional: setting.value.is_none() && setting.of.kind != Kind::Any, ..setting.of.clone() };
    Type::certain(Kind::Record(header.settings.iter().map(|(name, setting)| (name.clone(), field(setting))).collect()))
}

/// The record that `person` is in expressions.
pub(super) fn person_type(header: &Header) -> Type {
    let texts = || Kind::List(Box::new(Type::certain(Kind::Text)));
    let language = language_type(header).kind;
    let mut of = record(&[
        ("id", Kind::Text),
        ("channel", Kind::Text),
        ("account", Kind::Text),
        ("language", language),
        ("roles", texts()),
        ("rights", texts()),
    ]);
    let Kind::Record(fields) = &mut of.kind else { return of };
    for (name, optional) in [("name", false), ("first_name", false), ("username", true), ("timezone", true)] {
        fields.insert(name.to_owned(), Type { optional, pii: true, ..Type::certain(Kind::Text) });
    }
    fields.extend(header.person.iter().map(|(name, declared)| (name.clone(), declared.of.clone().optional())));
    of
}

/// What flows may write of a person, by field.
pub(super) fn writable(header: &Header) -> BTreeMap<String, Type> {
    let declared = header.person.iter().map(|(name, declared)| (name.clone(), declared.of.clone().optional()));
    let timezone = Type::certain(Kind::Text).optional();
    declared.chain([("language".to_owned(), language_type(header)), ("timezone".to_owned(), timezone)]).collect()
}

fn language_type(header: &Header) -> Type {
    Type::certain(Kind::OneOf(header.languages.iter().map(|code| (code.clone(), code.clone())).collect()))
}

/// Translations of the titles of roles; the operator says which roles there are, and what they are called in the first language.
pub(super) fn roles(installation: &Installation, catalogs: &Catalogs<'_>) -> BTreeMap<String, Vec<Option<String>>> {
    installation.roles.keys().map(|role| (role.clone(), translations(&format!("bot.roles.{role}"), catalogs))).collect()
}

/// Translations of the titles of what is remembered of a person. They need none: only somebody who asks for their own data reads them.
pub(super) fn fields(person: &BTreeMap<String, Declared>, catalogs: &Catalogs<'_>) -> BTreeMap<String, Vec<Option<String>>> {
    person.keys().map(|field| (field.clone(), translations(&format!("bot.person.{field}.title"), catalogs))).collect()
}

/// Translations of the bot's title. It needs none: what a bot is called may be a name.
pub(super) fn titles(catalogs: &Catalogs<'_>) -> Vec<Option<String>> {
    translations("bot.title", catalogs)
}

/// Translations of the settings of type text.
pub(super) fn translate_settings(settings: &mut BTreeMap<String, Setting>, catalogs: &Catalogs<'_>) {
    for (name, setting) in settings.iter_mut().filter(|(_, setting)| matches!(setting.of.kind, Kind::Text)) {
        setting.translated = translations(&format!("bot.settings.{name}"), catalogs);
    }
}

/// What stands under an address in each language but the first, whose words stand in the bot's file.
fn translations(address: &str, catalogs: &Catalogs<'_>) -> Vec<Option<String>> {
    let addresses = [address.to_owned()];
    let others = (1..catalogs.languages().len()).map(|language| catalogs.find(language, &addresses)?.text().map(str::to_owned));
    std::iter::once(None).chain(others).collect()
}

/// The names of the installation's settings that these are not, each with the nearest that is.
pub(super) fn undeclared(settings: &BTreeMap<String, Setting>, installation: &Installation) -> Vec<(String, Option<String>)> {
    let unknown = installation.settings.keys().filter(|name| !settings.contains_key(*name));
    unknown.map(|name| (name.clone(), nearest(name, settings.keys().map(String::as_str)).map(str::to_owned))).collect()
}

/// Built-in sentences in the bot's own words, where it has some.
pub(super) fn texts(bot: Option<&Node>, world: &World<'_>, findings: &mut Vec<Diagnostic>) -> BTreeMap<String, Text> {
    let own = bot.and_then(|bot| bot.get("texts"));
    for name in LATER {
        world.catalogs.know(format!("bot.texts.{name}"));
    }
    for entry in own.map_or(&[][..], Node::entries) {
        if LATER.contains(&entry.key.as_str()) {
            findings.push(
                Diagnostic::error(codes::NOT_YET, entry.key_span, format!("the sentence \"{}\" is not there yet", entry.key))
                    .help("this version never says it; remove the line"),
            );
        } else if !BUILT_IN.iter().any(|sentence| sentence.name == entry.key) {
            let found = Diagnostic::error(codes::UNKNOWN_TEXT, entry.key_span, format!("there is no built-in sentence \"{}\"", entry.key));
            findings.push(found.nearest(&entry.key, BUILT_IN.iter().map(|sentence| sentence.name)));
        }
    }
    let mut writer = Writer::new(world.catalogs);
    let texts = BUILT_IN.iter().map(|sentence| (sentence.name.to_owned(), sentence_text(sentence, own, world, &mut writer))).collect();
    findings.append(&mut writer.findings);
    texts
}

fn sentence_text(sentence: &BuiltIn, own: Option<&Node>, world: &World<'_>, writer: &mut Writer<'_>) -> Text {
    let address = format!("bot.texts.{}", sentence.name);
    let mut place = Place::new(world, if sentence.name == "private_only" { Reach::Bot } else { Reach::Person });
    place.extra.extend(sentence.given.iter().map(|(name, given)| (*name, given.of())));
    spoken(own.and_then(|own| own.get(sentence.name)), &address, sentence, &place, writer)
}

/// The author's text or the built-in one, in each language; the first language always has one.
fn spoken(own: Option<&Node>, address: &str, sentence: &BuiltIn, place: &Place<'_>, writer: &mut Writer<'_>) -> Text {
    let languages = writer.catalogs.languages();
    let addresses = [address.to_owned()];
    let mut text = if let Some(node) = own {
        writer.text(node, &addresses, place, Purpose::Message).text
    } else {
        let translate = |at: usize| {
            let translation = if at == 0 { None } else { writer.catalogs.find(at, &addresses) };
            translation.and_then(|node| writer.translation(at, node, place, Purpose::Message, &mut false))
        };
        Text { by_language: (0..languages.len()).map(translate).collect() }
    };
    for (at, (language, template)) in languages.iter().zip(&mut text.by_language).enumerate() {
        *template = template.take().or_else(|| sentence.in_language(language));
        if template.is_none() && at > 0 && own.is_none() && sentence.has_words() {
            writer.catalogs.miss_sentence(at, sentence.name);
        }
    }
    if let Some(first @ None) = text.by_language.first_mut() {
        *first = sentence.in_language("en");
    }
    text
}

/// The groups of people that the bot knows.
pub(super) fn segments(bot: Option<&Node>, world: &World<'_>, findings: &mut Vec<Diagnostic>) -> Vec<(String, Segment)> {
    let mut writer = Writer::new(world.catalogs);
    let mut segments = Vec::new();
    for entry in bot.and_then(|bot| bot.get("segments")).map_or(&[][..], Node::entries) {
        let place = Place::new(world, Reach::Person);
        let addresses = [format!("bot.segments.{}", entry.key)];
        let title = entry.value.get("title").map(|title| writer.text(title, &addresses, &place, Purpose::Message).text);
        let when = entry.value.get("when").and_then(|when| writer.condition(when, &place));
        segments.extend(title.zip(when).map(|(title, when)| (entry.key.clone(), Segment { title, when })));
    }
    findings.append(&mut writer.findings);
    segments
}

/// What each of the words does here.
pub(super) fn words(bot: Option<&Node>, world: &World<'_>, findings: &mut Vec<Diagnostic>) -> BTreeMap<Word, WordRule> {
    let own = bot.and_then(|bot| bot.get("words"));
    let mut writer = Writer::new(world.catalogs);
    let mut rules = BTreeMap::new();
    for word in Word::ALL {
        let own = own.and_then(|own| own.get(word.name()));
        let rule = rule(word, own, world, &mut writer);
        // Without a flow of its own this is no word that anybody has switched off, but one that the bot has not.
        let is_known = word != Word::Language || rule.start.is_some() || own.is_some_and(|own| own.get("on").is_some());
        if is_known {
            rules.insert(word, rule);
        }
    }
    findings.append(&mut writer.findings);
    rules
}

/// The sentences of the word: what it says, what it says when there is nothing to do it to, what it asks first.
fn sentences(word: Word) -> [(&'static str, Option<&'static str>); 3] {
    let (say, none, ask) = match word {
        Word::Cancel => (Some("cancel"), Some("nothing_to_cancel"), None),
        Word::Back => (None, Some("back_none"), None),
        Word::Help => (Some("help"), None, None),
        Word::Restart => (None, Some("nothing_to_cancel"), Some("restart_ask")),
        Word::Status | Word::Language => (None, None, None),
    };
    [("say", say), ("none", none), ("ask", ask)]
}

fn rule(name: Word, own: Option<&Node>, world: &World<'_>, writer: &mut Writer<'_>) -> WordRule {
    let [say, none, ask] = sentences(name).map(|(key, sentence)| {
        let node = own.and_then(|own| own.get(key));
        let address = format!("bot.words.{}.{key}", name.name());
        let mut place = Place::new(world, Reach::Person);
        if name == Word::Cancel && key == "say" {
            place.extra.push(("session", Given::Session.of()));
        }
        match (node, sentence.and_then(crate::flow::texts::built_in)) {
            (Some(node), Some(sentence)) => Some(spoken(Some(node), &address, sentence, &place, writer)),
            (Some(node), None) => Some(writer.text(node, &[address], &place, Purpose::Message).text),
            (None, sentence) => sentence.and_then(|sentence| world.texts.get(sentence.name).cloned()),
        }
    });
    let start = own.and_then(|own| own.get("start")).and_then(|node| started(node, world, writer));
    let on = own.and_then(|own| own.get("on")?.boolean()).unwrap_or(true);
    WordRule { on, say, none, ask, start }
}

/// A flow that a word starts gets no inputs.
fn started(node: &Node, world: &World<'_>, writer: &mut Writer<'_>) -> Option<String> {
    let id = node.text()?;
    let Some(sheet) = world.flows.get(id) else {
        if world.unread.may_have_flow(id) {
            return None;
        }
        let found = Diagnostic::error(codes::UNKNOWN_FLOW, node.span, format!("there is no flow \"{id}\""));
        writer.findings.push(found.nearest(id, world.flows.keys().copied()));
        return None;
    };
    if let Some(name) = sheet.required_input() {
        let message = format!("the flow \"{id}\" needs the input \"{name}\", which a word cannot give");
        writer.error(codes::MISSING_INPUT, node.span, message);
    }
    Some(id.to_owned())
}
