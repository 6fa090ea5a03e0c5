//! The servers: can they be reached, do they accept us, and are they as the operations say?

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::cli::bot::Candidate;
use crate::cli::config::Config;
use crate::cli::contracts;
use crate::cli::doctor::machine::{self, Clock};
use crate::cli::doctor::report::Report;
use crate::contract;
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::expr::{Context, Kind, Scope, Time, Type, Value};
use crate::fetch::{ADDRESS_REFUSED, Fetch};
use crate::flow::{Operation, Project};
use crate::operation::{Answer, Request, Sending, exists, outcome, request};
use crate::syntax::Trees;

/// Findings of one kind that are told by themselves; the others are counted.
const TOLD: usize = 5;

/// Bytes of a description that a server gives of itself.
const DESCRIPTION: u64 = 32 << 20;

/// Looks at each connection with the eyes of each bot that uses it; returns what their clocks say.
pub async fn look(config: &Config, bots: &[Candidate], report: &mut Report) -> anyhow::Result<Vec<Clock>> {
    let fetch = Fetch::new(config.connections.clone()).context("the connections cannot be made ready")?;
    let mut clocks = Vec::new();
    for name in config.connections.keys() {
        let about = format!("connection {name}");
        let reached = reach(&about, name, &fetch, report).await;
        if !reached {
            continue;
        }
        clocks.extend(fetch.clock(name).await.map(|theirs| Clock { about: about.clone(), ahead: theirs - machine::now() }));
        let profile = config.installation.profiles.get(name).map(String::as_str);
        let loaded = bots.iter().filter_map(|bot| Some((bot.project.as_ref()?, &bot.found.sources)));
        let mut using = loaded.filter(|(project, _)| project.connections.contains_key(name)).peekable();
        if using.peek().is_none() {
            report.good(&about, "it answers; no flow that loads uses it");
        }
        for (project, sources) in using {
            let server = Server { about: &about, name, profile, fetch: &fetch, project, sources };
            server.reads(report).await;
            server.drift(report).await;
        }
    }
    Ok(clocks)
}

/// Any answer is one: whether it is the right one is seen when operations are asked.
async fn reach(about: &str, name: &str, fetch: &Fetch, report: &mut Report) -> bool {
    match fetch.send(&get(name, "/", 1 << 20)).await {
        Answer::Replied { status, .. } if status >= 500 => {
            report.bad(about, format!("the server answers with {status}"), "see the server's own log");
            true
        }
        Answer::Replied { .. } => true,
        Answer::NothingSent { why } | Answer::Unanswered { why } | Answer::Unsendable { why } | Answer::LeftAlone { why } => {
            report.bad(about, format!("it cannot be reached: {why}"), todo(&why));
            false
        }
    }
}

/// What to do when a server cannot be reached, by what the transport says.
fn todo(why: &str) -> &'static str {
    match why {
        ADDRESS_REFUSED => "its address is a private one: write private_network: true if that is meant",
        "name not found" => "compare the host in url, and look whether this machine can resolve it",
        "connection refused" => "look whether the server runs and listens on the port in url",
        _ if why.contains("time") => "look whether a firewall is in the way, or raise the connection's timeout",
        _ => "compare url and auth in usher.yaml with what the server expects",
    }
}

fn get(connection: &str, target: &str, answer_max: u64) -> Request {
    Request {
        connection: connection.to_owned(),
        operation: format!("{connection}.doctor"),
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers: Vec::new(),
        body: None,
        timeout: None,
        answer_max: Some(answer_max),
        keep: None,
    }
}

/// A connection as one bot uses it.
struct Server<'a> {
    about: &'a str,
    name: &'a str,
    profile: Option<&'a str>,
    fetch: &'a Fetch,
    project: &'a Project,
    sources: &'a Sources,
}

impl Server<'_> {
    /// Asks what the bot only reads and what needs no input: there is nothing that it could spoil.
    async fn reads(&self, report: &mut Report) {
        let harmless = |operation: &&Operation| {
            let needs_nothing = operation.input.values().all(|input| input.of.optional);
            operation.connection == self.name && operation.is_read() && needs_nothing && exists(operation, self.profile)
        };
        let mut asked = self.project.operations.values().filter(harmless).peekable();
        if asked.peek().is_none() {
            report.good(self.about, "it answers; no operation could be tried, as all of them need input or change something");
        }
        for operation in asked {
            self.read(operation, report).await;
        }
    }

    async fn read(&self, operation: &Operation, report: &mut Report) {
        let (inputs, bot) = (BTreeMap::new(), &self.project.bot);
        let sending = Sending { operation, inputs: &inputs, profile: self.profile, key: "", page: 0, next: None, fresh: true };
        let context = Context { scope: &Nothing, language: "", zone: &bot.zone, now: Time(machine::now() * 1000) };
        let Ok(request) = request(sending, &context) else { return };
        let answer = self.fetch.send(&request).await;
        let ended = outcome(operation, self.profile, 0, &answer);
        let (id, status) = (&operation.id, status(&answer));
        match (ended.name.as_str(), &answer) {
            ("ok", _) => {
                report.good(self.about, format!("{id} answers as described"));
                self.never_there(operation, &ended.output, report);
            }
            (_, Answer::Replied { status: 401 | 403, .. }) => {
                report.bad(
                    self.about,
                    format!("{id} is refused with {status}"),
                    "compare the key in auth with the one the server gave, and its rights",
                );
            }
            (_, Answer::Replied { status: 404, .. }) => {
                report.bad(
                    self.about,
                    format!("{id}: there is no {} on the server", request.target),
                    "compare url with the server's address, and the operation's path",
                );
            }
            (name, Answer::Replied { .. }) if operation.outcomes.iter().any(|outcome| outcome.name == name) => {
                report.advice(self.about, format!("{id} ends in \"{name}\""), "see whether the server holds what the flows need");
            }
            (name, Answer::Replied { .. }) => {
                let says = format!("{id} answers {status}, which is \"{name}\" and not as described");
                report.bad(self.about, says, "compare the operation's output with the server's answer");
            }
            (_, Answer::NothingSent { why } | Answer::Unanswered { why } | Answer::Unsendable { why } | Answer::LeftAlone { why }) => {
                report.bad(self.about, format!("{id}: {why}"), todo(why));
            }
        }
    }

    /// What is declared and may be missing, and is missing always: a flow that goes by it goes the wrong way, and nobody notices.
    fn never_there(&self, operation: &Operation, output: &BTreeMap<String, Value>, report: &mut Report) {
        let mut missing: Vec<String> = Vec::new();
        for declared in &operation.output {
            let value = output.get(&declared.name).unwrap_or(&Value::None);
            if declared.of.optional && *value == Value::None {
                missing.push(declared.name.clone());
            }
            missing.extend(absent_in_all(&declared.of, value).into_iter().map(|field| format!("{}.{field}", declared.name)));
        }
        if !missing.is_empty() {
            let says = format!("{} never gives {}", operation.id, missing.join(", "));
            report.advice(self.about, says, "if flows go by it, ask whoever keeps the server why it is missing");
        }
    }

    /// Compares the operations with the description in the bot's folder, and with the one that the server gives of itself.
    async fn drift(&self, report: &mut Report) {
        let trees = Trees::of(self.sources);
        let own: Vec<_> = contract::contracts(&trees).into_iter().filter(|contract| contract.connection() == self.name).collect();
        if own.is_empty() {
            return report.advice(
                self.about,
                "no description of the server is named",
                "name one with openapi: in the file of its operations",
            );
        }
        let filed = contracts::findings(self.sources, &trees, self.project);
        let files: Vec<_> = own.iter().map(|contract| contract.file).collect();
        let filed: Vec<_> =
            filed.into_iter().map(|difference| difference.finding).filter(|finding| files.contains(&finding.span.file)).collect();
        self.differs("the description in the folder", &filed, report);
        let Answer::Replied { status: 200, body, .. } = self.fetch.send(&get(self.name, "/openapi.json", DESCRIPTION)).await else {
            return report.good(self.about, "the server gives no /openapi.json to compare with");
        };
        let live: Vec<_> = own
            .iter()
            .flat_map(|contract| contract.check_in(self.profile, &body, self.project))
            .map(|difference| difference.finding)
            .collect();
        self.differs("the server's own /openapi.json", &live, report);
    }

    fn differs(&self, description: &str, found: &[Diagnostic], report: &mut Report) {
        let errors: Vec<_> = found.iter().filter(|finding| finding.severity == Severity::Error).collect();
        if errors.is_empty() {
            return report.good(self.about, format!("the operations agree with {description}"));
        }
        for finding in errors.iter().take(TOLD) {
            let (file, at) = (&self.sources.get(finding.span.file).path, self.sources.position(finding.span));
            let says = format!("{file}:{}:{} differs from {description}: {}", at.line, at.column, finding.message);
            report.bad(
                self.about,
                says,
                finding.advice().map_or_else(|| "correct the operation, or ask whoever keeps the server".to_owned(), Cow::into_owned),
            );
        }
        if errors.len() > TOLD {
            report.bad(self.about, format!("{} more differ from {description}", errors.len() - TOLD), "see usher lint");
        }
    }
}

/// Fields of the records of a list that may be missing and that none of them has; of an empty list nothing can be said.
fn absent_in_all(of: &Type, value: &Value) -> Vec<String> {
    let (Kind::List(item), Value::List(items)) = (&of.kind, value) else { return Vec::new() };
    let Kind::Record(fields) = &item.kind else { return Vec::new() };
    let is_absent = |name: &String| {
        let has = |item: &Value| matches!(item, Value::Record(fields) if fields.get(name).is_some_and(|value| *value != Value::None));
        !items.is_empty() && !items.iter().any(has)
    };
    fields.iter().filter(|(name, field)| field.optional && is_absent(name)).map(|(name, _)| name.clone()).collect()
}

fn status(answer: &Answer) -> String {
    match answer {
        Answer::Replied { status, .. } => status.to_string(),
        Answer::NothingSent { .. } | Answer::Unanswered { .. } | Answer::Unsendable { .. } | Answer::LeftAlone { .. } => {
            "nothing".to_owned()
        }
    }
}

/// A scope in which nothing has a name.
struct Nothing;

impl Scope for Nothing {
    fn get(&self, _: &str) -> Option<std::borrow::Cow<'_, Value>> {
        None
    }

    fn label(&self, _: &str) -> Option<String> {
        None
    }
}
