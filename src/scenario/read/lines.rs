//! The lines of a talk; parts are put in their places.

use crate::diagnostic::Diagnostic;
use crate::scenario::codes;
use crate::scenario::read::files::{File, Files};
use crate::scenario::read::given::HEADS;
use crate::scenario::read::scalars::{boolean, duration, expected, known_keys, labels, phrase, spoken, text, words};
use crate::scenario::read::{Setting, expect, http, sent};
use crate::scenario::script::{Deed, Flag, Line, ME, Phrase, Said, What, Words};
use crate::syntax::{Entry, Kind, Node};

/// Everything the lines of one test are read with.
pub(super) struct Reading<'a> {
    pub files: &'a Files,
    pub file: &'a File,
    pub setting: &'a Setting,
    /// The parts that are being read, the innermost last.
    pub within: Vec<String>,
    pub findings: &'a mut Vec<Diagnostic>,
}

/// Any text will do.
const ANY: &str = "*";

impl Reading<'_> {
    /// The lines of a talk or a part.
    pub fn lines(&mut self, node: &Node) -> Vec<Line> {
        let Kind::List(items) = &node.kind else {
            expected(node, "a list of lines", self.findings);
            return Vec::new();
        };
        items.iter().flat_map(|item| self.line(item)).collect()
    }

    fn line(&mut self, node: &Node) -> Vec<Line> {
        let Some(head) = node.entries().first() else {
            expected(node, "a line such as \"me: text\" or \"bot: text\"", self.findings);
            return Vec::new();
        };
        if head.key == "use" {
            known_keys(node, &["use"], self.findings);
            return self.part(&head.value);
        }
        self.what(head, node).map(|what| Line { span: head.key_span, what }).into_iter().collect()
    }

    fn what(&mut self, head: &Entry, node: &Node) -> Option<What> {
        let value = &head.value;
        match head.key.as_str() {
            "bot" => {
                self.only(node, &["bot", "to", "buttons", "flags", "photo", "document", "as"]);
                Some(What::Says(self.said(node)?))
            }
            "http" => http::sent(self, node).map(What::Sent),
            "call" => http::called(self, node).map(What::Called),
            "pass" => {
                self.only(node, &["pass"]);
                duration(value, self.findings).map(What::Pass)
            }
            "restart" => {
                self.only(node, &["restart"]);
                match value.kind {
                    Kind::Bool(_) => boolean(value, self.findings).then_some(What::Restart(0)),
                    _ => duration(value, self.findings).map(What::Restart),
                }
            }
            "edit" => {
                self.only(node, &["edit", "refused"]);
                let refused = node.get("refused").is_some_and(|refused| boolean(refused, self.findings));
                let file = |entry: &Entry| Some((entry.key.clone(), entry.key_span, text(&entry.value, self.findings)?));
                Some(What::Reload { files: value.entries().iter().filter_map(file).collect(), refused })
            }
            "deleted" => {
                self.only(node, &["deleted"]);
                text(value, self.findings).map(What::Deleted)
            }
            "edited" => {
                self.only(node, &["edited", "bot", "to", "buttons", "flags"]);
                let name = text(value, self.findings)?;
                let to = node.get("to").map(|to| words(to, self.findings));
                let becomes = if node.get("bot").is_some() { Some(self.said(node)?) } else { None };
                Some(What::Edited { name, to, becomes })
            }
            "expect" => {
                self.only(node, &["expect"]);
                Some(What::Expect(Box::new(expect::read(self, value))))
            }
            "event" => {
                let event = text(value, self.findings)?;
                let fields = node.entries().iter().skip(1).map(|entry| (entry.key.clone(), super::scalars::json(&entry.value)));
                Some(What::Event { event, fields: fields.collect() })
            }
            who => {
                // What somebody unknown does is not judged: most likely it is nobody, but a misspelt word.
                if self.knows(who) {
                    self.only(node, &[who, "as"]);
                }
                self.does(who, head, node)
            }
        }
    }

    fn does(&mut self, who: &str, head: &Entry, node: &Node) -> Option<What> {
        if !self.knows(who) {
            let names = HEADS.into_iter().chain(["use"]).chain(self.setting.given.people.keys().map(String::as_str));
            let nobody = Diagnostic::error(codes::UNKNOWN_PERSON, head.key_span, format!("nobody among \"people\" is called \"{who}\""));
            self.findings.push(nobody.nearest(who, names));
            return None;
        }
        let deed = self.deed(&head.value)?;
        let name = node.get("as").and_then(|name| text(name, self.findings));
        Some(What::Does { who: who.to_owned(), deed, name })
    }

    fn deed(&mut self, node: &Node) -> Option<Deed> {
        if !matches!(node.kind, Kind::Map(_)) || super::scalars::is_by_language(node) {
            return spoken(node, self.findings).map(Deed::Writes);
        }
        let head = node.entries().first()?;
        let value = &head.value;
        let at = node.get("at").and_then(|at| text(at, self.findings));
        match head.key.as_str() {
            "press" => {
                self.only(node, &["press", "at"]);
                phrase(value, self.findings).map(|label| Deed::Presses { label, at })
            }
            "contact" => self.contact(node, value),
            "photo" | "document" => sent::file(self, node, head),
            "location" => sent::location(self, node, value),
            "sticker" => {
                self.only(node, &["sticker"]);
                Some(Deed::SendsOther("sticker"))
            }
            "edit" => {
                self.only(node, &["edit", "at"]);
                spoken(value, self.findings).map(|text| Deed::Edits { text, at })
            }
            "link" => {
                self.only(node, &["link"]);
                let payload = text(value, self.findings)?;
                Some(Deed::Writes(Phrase { span: value.span, words: Words::Any(format!("/start {payload}")) }))
            }
            "group" => {
                let what = "what happens in a group is decided by the channel and cannot be played yet";
                self.not_yet::<Deed>(head, what)
            }
            _ => {
                known_keys(node, &["press", "contact", "photo", "document", "location", "sticker", "edit", "link"], self.findings);
                None
            }
        }
    }

    fn contact(&mut self, node: &Node, whose: &Node) -> Option<Deed> {
        self.only(node, &["contact", "phone"]);
        let whose_text = text(whose, self.findings)?;
        let (own, forwarded) = match whose_text.as_str() {
            "own" => (true, false),
            "forwarded" => (true, true),
            "foreign" | "no_id" => (false, false),
            other => {
                let found = Diagnostic::error(codes::INVALID_WORD, whose.span, format!("\"{other}\" is no kind of contact"));
                self.findings.push(found.help("own, foreign, forwarded or no_id"));
                return None;
            }
        };
        let Some(number) = node.get("phone").and_then(|phone| text(phone, self.findings)) else {
            self.findings.push(Diagnostic::error(codes::MISSING_KEY, whose.span, "a contact has a \"phone\""));
            return None;
        };
        Some(Deed::Shares { own, forwarded, number })
    }

    fn said(&mut self, node: &Node) -> Option<Said> {
        let bot = node.get("bot")?;
        let to = match node.get("to") {
            Some(to) => words(to, self.findings),
            None => vec![ME.to_owned()],
        };
        let strangers: Vec<&String> = to.iter().filter(|who| !self.knows(who)).collect();
        for who in strangers {
            let span = node.get("to").map_or(bot.span, |to| to.span);
            let nobody = Diagnostic::error(codes::UNKNOWN_PERSON, span, format!("nobody among \"people\" is called \"{who}\""));
            self.findings.push(nobody.nearest(who, self.setting.given.people.keys().map(String::as_str)));
        }
        let any = bot.text() == Some(ANY);
        let text_of = if any { None } else { Some(phrase(bot, self.findings)?) };
        let buttons = node.get("buttons").map(|buttons| labels(buttons, self.findings)).unwrap_or_default();
        let flags = node.get("flags").map(|flags| self.flags(flags)).unwrap_or_default();
        let name = node.get("as").and_then(|name| text(name, self.findings));
        let file = sent::shown(self, node);
        Some(Said { to, text: text_of, buttons, flags, file, name })
    }

    fn flags(&mut self, node: &Node) -> Vec<Flag> {
        let mut flags = Vec::new();
        for word in words(node, self.findings) {
            let flag = Flag::ALL.into_iter().find(|flag| flag.name() == word);
            if flag.is_none() {
                let found = Diagnostic::error(codes::INVALID_WORD, node.span, format!("\"{word}\" is no flag"));
                self.findings.push(found.help("protected or no_preview"));
            }
            flags.extend(flag);
        }
        flags
    }

    fn part(&mut self, node: &Node) -> Vec<Line> {
        let Some(written) = text(node, self.findings) else { return Vec::new() };
        let (of, name) = written.split_once('.').unwrap_or((&self.file.id, &written));
        let Some(file) = self.files.named(of) else {
            let found = Diagnostic::error(codes::UNKNOWN_SCENARIOS, node.span, format!("there are no scenarios \"{of}\""));
            self.findings.push(found.nearest(of, self.files.ids()));
            return Vec::new();
        };
        let full = format!("{}.{name}", file.id);
        if self.within.contains(&full) {
            self.findings.push(Diagnostic::error(codes::ENDLESS, node.span, format!("the part \"{full}\" uses itself")));
            return Vec::new();
        }
        let Some(part) = file.parts().iter().find(|part| part.key == name) else {
            let found = Diagnostic::error(codes::UNKNOWN_PART, node.span, format!("the scenarios \"{}\" have no part \"{name}\"", file.id));
            self.findings.push(found.nearest(name, file.parts().iter().map(|part| part.key.as_str())));
            return Vec::new();
        };
        let mut within = self.within.clone();
        within.push(full);
        Reading { files: self.files, file, setting: self.setting, within, findings: self.findings }.lines(&part.value)
    }

    /// Reports keys that do not belong to this line.
    pub fn only(&mut self, node: &Node, keys: &[&str]) {
        known_keys(node, keys, self.findings);
    }

    fn knows(&self, who: &str) -> bool {
        self.setting.given.people.contains_key(who)
    }

    /// Refuses what the language will have and does not have now.
    pub fn not_yet<T>(&mut self, entry: &Entry, what: &str) -> Option<T> {
        self.findings.push(Diagnostic::error(codes::NOT_YET, entry.key_span, what));
        None
    }
}
