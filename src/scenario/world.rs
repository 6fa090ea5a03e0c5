//! The world of a test: its clock, the people and their chats, their records, the calls under way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::engine::{
    Act, ERASE_ME, Effect, EffectId, EffectKind, Event, EventId, EventKind, Fact, FactKind, Found, Inquiry, Letter, MessageRef, Occurrence,
    Receipt, Receipted, Record, RecordId, Reloaded, Search, Tally, Turn, Visitor, boards, broadcasts_id, concerns, going, house, house_id,
    is_broadcasts, is_house, may_go, step, waits, wishes,
};
use crate::expr::{Time, Value};
use crate::flow::{Library, OWN};
use crate::operation::{Answer, Request};
use crate::scenario::chat::Chat;
use crate::scenario::coverage::{Coverage, Observed};
use crate::scenario::numbers::Numbers;

/// Turns that may follow one another without anybody doing anything.
const TURNS_AT_MOST: usize = 500;

/// Why a test cannot go on.
pub(super) type Problem = String;

/// A call that was ordered and is not answered.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub who: String,
    pub effect: EffectId,
    pub request: Request,
    repeatable: bool,
    /// An act of the engine's own: to whom it is told, and what.
    told: Option<(RecordId, Letter)>,
}

/// Somebody who takes part.
pub(super) struct Participant {
    pub visitor: Visitor,
    pub record: Record,
    pub chat: Chat,
}

/// Something that is about to happen to somebody.
struct Next {
    who: String,
    kind: EventKind,
    receipts: Vec<Receipt>,
}

/// The world of one test in one language.
pub(super) struct World<'a> {
    pub library: Library,
    pub now: Time,
    pub people: BTreeMap<String, Participant>,
    /// Calls that no line has named yet, in order.
    pub calls: VecDeque<Pending>,
    /// Calls that a line has named and left without an answer.
    pub under_way: Vec<Pending>,
    /// Every request that was sent.
    pub requests: Vec<Request>,
    pub facts: Vec<Fact>,
    pub transcript: Vec<String>,
    /// Values that operations declare as secrets: they may stand in a record as long as a session lives.
    pub secrets: BTreeSet<String>,
    /// What was counted of sessions, by flow and day.
    tallies: BTreeMap<(String, i64), Tally>,
    kept: BTreeMap<String, (Time, Answer)>,
    numbers: Numbers,
    coverage: &'a mut Coverage,
    count: u64,
    /// What is remembered of each record, with its versions.
    journal: Vec<(RecordId, u64, Fact)>,
    /// How often somebody was erased.
    acts: u64,
    /// What has been sent to many.
    broadcasts: BTreeSet<String>,
}

impl<'a> World<'a> {
    pub fn new(library: Library, now: Time, coverage: &'a mut Coverage) -> Self {
        Self {
            library,
            now,
            people: BTreeMap::new(),
            calls: VecDeque::new(),
            under_way: Vec::new(),
            requests: Vec::new(),
            facts: Vec::new(),
            transcript: Vec::new(),
            secrets: BTreeSet::new(),
            tallies: BTreeMap::new(),
            kept: BTreeMap::new(),
            numbers: Numbers::default(),
            coverage,
            count: 0,
            journal: Vec::new(),
            acts: 0,
            broadcasts: BTreeSet::new(),
        }
    }

    /// Lets somebody take part.
    pub fn join(&mut self, who: &str, visitor: Visitor, record: Record) {
        self.people.insert(who.to_owned(), Participant { visitor, record, chat: Chat::default() });
    }

    /// What somebody writes, with the tokens of invitations that are meant by it.
    pub fn meant(&self, text: &str) -> String {
        self.numbers.meant(text)
    }

    /// A name that nothing else in this world has.
    pub fn fresh(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}{}", self.count)
    }

    /// Adds a line to what has happened.
    pub fn note(&mut self, line: impl Into<String>) {
        self.transcript.push(line.into());
    }

    /// Somebody does something; `chosen` is the label or the text they chose by.
    pub fn act(&mut self, who: &str, act: Act, chosen: Option<&str>) -> Result<(), Problem> {
        let visitor = self.people.get(who).map(|person| person.visitor.clone()).unwrap_or_default();
        self.happen(Next { who: who.to_owned(), kind: EventKind::Acted { who: visitor, act }, receipts: Vec::new() }, chosen)
    }

    /// A call is answered.
    pub fn answer(&mut self, call: &Pending, answer: Answer) -> Result<(), Problem> {
        self.note(match &answer {
            Answer::Replied { status, .. } => format!("        ← {status}"),
            Answer::NothingSent { why } | Answer::Unanswered { why } | Answer::Unsendable { why } | Answer::LeftAlone { why } => {
                format!("        ← {why}")
            }
        });
        self.remember(&call.request, &answer);
        let kind = EventKind::Attempted { effect: call.effect, answer };
        self.happen(Next { who: call.who.clone(), kind, receipts: Vec::new() }, None)
    }

    /// The engine answers what it was asked itself, unless a line has named it: until nothing of the kind is left.
    pub fn answer_itself(&mut self) -> Result<(), Problem> {
        for _ in 0..TURNS_AT_MOST {
            let Some(at) = self.calls.iter().position(|call| call.request.connection == OWN) else { return Ok(()) };
            let Some(call) = self.calls.remove(at) else { return Ok(()) };
            if call.request.operation == ERASE_ME {
                self.erase(&call)?;
            } else if let Some((to, letter)) = call.told.clone() {
                self.deliver(&call, &to, letter)?;
            } else {
                let answer = self.look_up(&call);
                self.answer(&call, answer)?;
            }
        }
        Err("the bot asks itself for ever".to_owned())
    }

    /// Somebody has themselves erased.
    fn erase(&mut self, call: &Pending) -> Result<(), Problem> {
        if self.people.get(&call.who).is_some_and(|person| person.record.in_doubt().is_some()) {
            return self.answer(call, Answer::Replied { status: 400, retry_after: None, body: "{}".to_owned() });
        }
        self.acts += 1;
        self.note(format!("— {} is erased, act A-{} —", call.who, self.acts));
        let kind = EventKind::Erased { act: self.acts, asked: Some(call.effect), guest_of: self.guest_of(&call.who) };
        self.happen(Next { who: call.who.clone(), kind, receipts: Vec::new() }, None)
    }

    /// The invitations that somebody has opened.
    fn guest_of(&self, who: &str) -> Vec<RecordId> {
        let Some(guest) = self.people.get(who).map(|person| &person.record.id) else { return Vec::new() };
        let opened = |record: &&Record| record.invitation.as_ref().is_some_and(|invitation| invitation.opened.contains(guest));
        self.people.values().map(|person| &person.record).filter(opened).map(|record| record.id.clone()).collect()
    }

    fn deliver(&mut self, call: &Pending, to: &RecordId, letter: Letter) -> Result<(), Problem> {
        let Some(from) = self.people.get(&call.who).map(|person| person.record.id.clone()) else { return Ok(()) };
        let Some(reader) = self.holder(to) else {
            self.note(format!("— {} is to do something, and nobody among the people has this id —", to.0));
            return self.answer(call, Answer::Replied { status: 400, retry_after: None, body: "{}".to_owned() });
        };
        self.happen(Next { who: reader.clone(), kind: EventKind::Told { from: from.clone(), letter }, receipts: Vec::new() }, None)?;
        // The files of the test are those that are live.
        let came = Reloaded::Live { version: self.library.current.0.clone(), changed: false };
        for wish in self.people.get(&reader).map(|person| wishes(&person.record)).unwrap_or_default() {
            let letter = Letter::Reloaded { wish, came: came.clone() };
            self.happen(Next { who: reader.clone(), kind: EventKind::Told { from: from.clone(), letter }, receipts: Vec::new() }, None)?;
        }
        Ok(())
    }

    /// What people of a role ask about others is looked up among the people of the test.
    fn look_up(&self, call: &Pending) -> Answer {
        let by = self.people.get(&call.who).map(|person| &person.record);
        let Some((by, calling)) = by.and_then(|by| Some((by, by.calling(call.effect)?))) else {
            return Answer::NothingSent { why: "nobody waits for an answer any more".to_owned() };
        };
        let (operation, inputs) = (&calling.operation, &calling.inputs);
        let inquiry = Inquiry { library: &self.library, by, operation, inputs, now: self.now };
        match inquiry.search() {
            Ok(search) => {
                let mut found = self.found(&search);
                if matches!(search, Search::Everybody(_)) {
                    let people = self.people.values().map(|person| &person.record).filter(|record| !is_of_the_system(&record.id));
                    people.for_each(|record| inquiry.count(record, &mut found.counts));
                }
                let further = inquiry.further(&found).map(|search| self.found(&search)).unwrap_or_default();
                inquiry.answer(&found, &further)
            }
            Err(answer) => answer,
        }
    }

    fn found(&self, search: &Search) -> Found {
        let all = self.people.values().map(|person| &person.record);
        let records = |of: &dyn Fn(&Record) -> bool| all.clone().filter(|record| of(record)).cloned().collect();
        let counts = |search: &Search| match search {
            Search::Count(orders) => orders
                .iter()
                .map(|(order, until)| {
                    let places = all.clone().flat_map(Record::in_order);
                    places.filter(|(of, at)| of == order && at <= until).count() as u64
                })
                .collect(),
            _ => Vec::new(),
        };
        let records = match search {
            Search::Each(ids) => records(&|record| ids.contains(&record.id)),
            Search::Keys(keys, _) => records(&|record| record.index_keys().iter().any(|key| keys.contains(key))),
            Search::First(order, _) => records(&|record| record.in_order().iter().any(|(of, _)| of == order)),
            Search::Count(_) | Search::Tallies { .. } | Search::Facts { .. } | Search::Everybody(_) => Vec::new(),
        };
        let mut tally = Tally::default();
        if let Search::Tallies { flow, from, to } = search {
            (*from..=*to).filter_map(|day| self.tallies.get(&(flow.clone(), day))).for_each(|of_day| tally.add(of_day));
        }
        let (facts, earlier) = match search {
            Search::Facts { of, before, most } => self.remembered(of, *before, *most),
            _ => Default::default(),
        };
        Found { records, counts: counts(search), tally, facts, earlier, more: false }
    }

    /// Facts of a record from before a version, the latest first, and the version before which there are others.
    fn remembered(&self, of: &RecordId, before: Option<u64>, most: usize) -> (Vec<Fact>, Option<u64>) {
        let mut turns: Vec<u64> = self.journal.iter().filter(|(id, ..)| id == of).map(|(_, version, _)| *version).collect();
        turns.retain(|version| before.is_none_or(|before| *version < before));
        turns.dedup();
        let (mut facts, mut earlier) = (Vec::new(), None);
        while let Some(version) = turns.pop() {
            if facts.len() >= most {
                return (facts, earlier);
            }
            let of_turn = self.journal.iter().filter(|(id, at, _)| id == of && *at == version).map(|(.., fact)| fact.clone());
            let mut telling: Vec<Fact> = of_turn.filter(|fact| fact.kind.is_telling()).collect();
            telling.reverse();
            facts.extend(telling);
            earlier = Some(version);
        }
        (facts, None)
    }

    /// Another system reports an event.
    pub fn report(&mut self, event: &str, fields: BTreeMap<String, Value>) -> Result<(), Problem> {
        let occurrence = Occurrence { id: self.fresh("event/"), event: event.to_owned(), at: self.now, fields };
        let people: Vec<RecordId> =
            self.people.values().map(|person| person.record.id.clone()).filter(|id| !is_of_the_system(id)).collect();
        let told = boards(&occurrence).into_iter().map(|board| (board, false)).chain(people.into_iter().map(|person| (person, true)));
        for (record, starts) in told {
            let Some(who) = self.holder(&record) else { continue };
            let letter = Letter::Occurred { occurrence: occurrence.clone(), starts };
            let kind = EventKind::Told { from: RecordId("system:hooks".to_owned()), letter };
            self.happen(Next { who, kind, receipts: Vec::new() }, None)?;
        }
        Ok(())
    }

    /// Time passes; whatever falls due on the way happens at its time.
    pub fn pass(&mut self, millis: i64) -> Result<(), Problem> {
        let until = self.now.plus(millis);
        for _ in 0..TURNS_AT_MOST {
            let timers = self.people.iter().filter_map(|(who, person)| Some((person.record.next_timer()?, who.clone())));
            let Some((at, who)) = timers.filter(|(at, _)| *at <= until).min() else {
                self.now = until;
                return self.broadcast().into_iter().try_for_each(|next| self.happen(next, None));
            };
            self.now = self.now.max(at);
            self.happen(Next { who, kind: EventKind::Woke, receipts: Vec::new() }, None)?;
        }
        Err("timers ring for ever".to_owned())
    }

    /// The process ends and is started again later: what is shared in memory is gone, what was under way is taken up, what fell due
    /// meanwhile rings, and whoever is to hear of a long absence is told.
    pub fn restart(&mut self, after: i64) -> Result<(), Problem> {
        let since = self.now;
        self.now = since.plus(after);
        self.note("— the process is started again —");
        self.kept.clear();
        let unnamed = std::mem::take(&mut self.calls);
        // Letters are delivered whatever happens.
        self.calls.extend(unnamed.iter().filter(|call| call.told.is_some()).cloned());
        self.under_way.clear();
        let mut lost = Vec::new();
        for (who, person) in &self.people {
            for effect in person.record.pending_calls() {
                let EffectKind::Call { request, repeatable } = &effect.kind else { continue };
                let call = Pending { who: who.clone(), effect: effect.id, request: request.clone(), repeatable: *repeatable, told: None };
                let was_sent = !unnamed.iter().any(|other| other.who == *who && other.effect == effect.id);
                if !call.repeatable {
                    lost.push(call);
                    continue;
                }
                if was_sent {
                    self.requests.push(call.request.clone());
                }
                self.calls.push_back(call);
            }
        }
        for call in lost {
            self.answer(&call, Answer::Unanswered { why: "the process ended while it was under way".to_owned() })?;
        }
        self.pass(0)?;
        self.return_from(since)
    }

    /// The house tells whom it concerns that the bot was away since then, if that is long.
    fn return_from(&mut self, since: Time) -> Result<(), Problem> {
        let mut house = Record::new(house_id());
        for at in [since, self.now] {
            let kind = EventKind::Told { from: house_id(), letter: Letter::Alive };
            let event = Event { id: EventId(self.fresh("scenario/")), at, seed: 0, receipts: Vec::new(), kind };
            house = step(&self.library, house, event).record;
        }
        let Some(away) = crate::engine::house(&house).away else { return Ok(()) };
        let people: Vec<String> = self.people.keys().cloned().collect();
        for who in people {
            let kind = EventKind::Told { from: house_id(), letter: Letter::Away(away) };
            self.happen(Next { who, kind, receipts: Vec::new() }, None)?;
        }
        Ok(())
    }

    fn happen(&mut self, first: Next, chosen: Option<&str>) -> Result<(), Problem> {
        let mut next = VecDeque::from([first]);
        let mut chosen = chosen;
        for _ in 0..TURNS_AT_MOST {
            let Some(now) = next.pop_front() else { return Ok(()) };
            let who = now.who.clone();
            let turn = self.turn(now, chosen.take())?;
            let receipts = self.perform(&who, turn.effects, &mut next);
            self.furnish(&turn.record, &mut next);
            if !receipts.is_empty() {
                next.push_front(Next { who, kind: EventKind::Settled, receipts });
            }
        }
        Err("the bot goes on for ever".to_owned())
    }

    /// One turn. The record is written out and read back after it.
    fn turn(&mut self, next: Next, chosen: Option<&str>) -> Result<Turn, Problem> {
        let Next { who, kind, receipts } = next;
        let id = EventId(self.fresh("scenario/"));
        let event = Event { id, at: self.now, seed: scattered(self.count), receipts, kind };
        let Some(person) = self.people.get_mut(&who) else { return Err(format!("nobody is called {who}")) };
        let before = person.record.clone();
        let kind = event.kind.clone();
        let turn = step(&self.library, before.clone(), event);
        person.record = written_and_read(&who, &turn.record)?;
        let observed = Observed { before: &before, event: &kind, chosen, now: self.now, turn: &turn };
        self.coverage.observe(self.library.project(), &observed);
        for fact in &turn.facts {
            if let FactKind::Faulted { flow, step, cause } = &fact.kind {
                self.transcript.push(format!("— the flow {flow} fails at {step}: {cause} —"));
            }
        }
        self.facts.extend(turn.facts.iter().cloned());
        if matches!(kind, EventKind::Erased { .. }) {
            self.journal.retain(|(id, ..)| *id != before.id);
        } else {
            self.journal.extend(turn.facts.iter().map(|fact| (before.id.clone(), turn.record.version, fact.clone())));
        }
        for count in &turn.counts {
            self.tallies.entry((count.flow.clone(), count.day)).or_default().count(&count.what);
        }
        Ok(turn)
    }

    /// What the house says is known to every turn from now on; whoever was asked to wait goes on when that is over.
    fn furnish(&mut self, record: &Record, next: &mut VecDeque<Next>) {
        if is_broadcasts(&record.id) {
            next.extend(self.broadcast());
        }
        if !is_house(&record.id) {
            return;
        }
        let installation = Arc::make_mut(&mut self.library.installation);
        installation.house = house(record);
        if installation.house.maintenance.is_some() {
            return;
        }
        let waiting = self.people.iter().filter(|(_, person)| waits(&person.record));
        let told = || EventKind::Told { from: house_id(), letter: Letter::Reopened };
        next.extend(waiting.map(|(who, _)| Next { who: who.clone(), kind: told(), receipts: Vec::new() }));
    }

    /// What is to be sent to many now, and that it was.
    fn broadcast(&mut self) -> Vec<Next> {
        let id = broadcasts_id();
        let ordered = self.people.get(&id.0).and_then(|person| going(&person.record));
        let Some(broadcast) = ordered.filter(|_| may_go(&self.library, self.now) <= self.now) else { return Vec::new() };
        if !self.broadcasts.insert(broadcast.id.clone()) {
            return Vec::new();
        }
        let gets = |record: &Record| concerns(&self.library, record, &broadcast.segment, self.now);
        let told = |who: &str, letter| {
            let kind = EventKind::Told { from: broadcasts_id(), letter };
            Next { who: who.to_owned(), kind, receipts: Vec::new() }
        };
        let letter = || Letter::Broadcast { html: broadcast.html.clone() };
        let people = self.people.iter().filter(|(_, person)| gets(&person.record));
        let mut next: Vec<Next> = people.map(|(who, _)| told(who, letter())).collect();
        let went = Letter::Went { id: broadcast.id.clone(), sent: next.len() as u64, after: None };
        next.push(told(&id.0, went));
        next
    }

    /// Does what a turn ordered; tells what became of the messages.
    fn perform(&mut self, who: &str, effects: Vec<Effect>, next: &mut VecDeque<Next>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for effect in effects {
            let done = match effect.kind {
                EffectKind::Send(message) => {
                    let message = self.numbers.of_tests(&message, self.people.values().map(|person| &person.record));
                    let native = self.fresh("m");
                    let at = self.people.get_mut(who).map(|person| person.chat.send(native.clone(), effect.id, &message));
                    self.note_message(who, at, "");
                    Receipted::Done(Some(native))
                }
                EffectKind::Edit { of, message } => {
                    let message = self.numbers.of_tests(&message, self.people.values().map(|person| &person.record));
                    let at = self.people.get_mut(who).and_then(|person| person.chat.edit(&of, &message));
                    self.note_message(who, at, " (in the place of an earlier message)");
                    if at.is_some() { Receipted::Done(None) } else { Receipted::Refused("there is no such message".to_owned()) }
                }
                EffectKind::Freeze { of, message } => {
                    if let Some(person) = self.people.get_mut(who) {
                        person.chat.freeze(&of, &message);
                    }
                    Receipted::Done(None)
                }
                EffectKind::Strip { of } => {
                    if let Some(person) = self.people.get_mut(who) {
                        person.chat.strip(&of);
                    }
                    Receipted::Done(None)
                }
                EffectKind::Delete { of } => {
                    self.delete(who, &of);
                    Receipted::Done(None)
                }
                EffectKind::Call { request, repeatable } => {
                    self.order(Pending { who: who.to_owned(), effect: effect.id, request, repeatable, told: None }, next);
                    continue;
                }
                EffectKind::Tell { to, letter: letter @ Letter::Asked { .. } } => {
                    self.order_act(who, effect.id, to, letter);
                    Receipted::Done(None)
                }
                EffectKind::Tell { to, letter } => {
                    let Some(reader) = self.holder(&to) else {
                        self.note(format!("— {} is told something, and nobody among the people has this id —", to.0));
                        receipts.push(Receipt { effect: effect.id, result: Receipted::Done(None) });
                        continue;
                    };
                    let from = self.people.get(who).map(|person| person.record.id.clone()).unwrap_or(to);
                    next.push_back(Next { who: reader, kind: EventKind::Told { from, letter }, receipts: Vec::new() });
                    Receipted::Done(None)
                }
                EffectKind::Acknowledge { text, .. } => {
                    if let Some(text) = text {
                        self.note(format!("bot → {who} (notice): {text}"));
                    }
                    continue;
                }
                EffectKind::ShowCommands { .. } | EffectKind::ShowMenu(_) => continue,
            };
            receipts.push(Receipt { effect: effect.id, result: done });
        }
        receipts
    }

    /// What the lines of the test call the person with this record. The system's own records are there as soon as they are spoken to.
    fn holder(&mut self, id: &RecordId) -> Option<String> {
        if is_of_the_system(id) && !self.people.contains_key(&id.0) {
            self.join(&id.0, Visitor::default(), Record::new(id.clone()));
        }
        self.people.iter().find(|(_, person)| person.record.id == *id).map(|(who, _)| who.clone())
    }

    fn delete(&mut self, who: &str, of: &MessageRef) {
        let Some(person) = self.people.get_mut(who) else { return };
        if let Some(at) = person.chat.delete(of) {
            let text = first_line(&person.chat.messages[at].text).to_owned();
            self.note(format!("bot deletes for {who}: {text}"));
        }
    }

    fn note_message(&mut self, who: &str, at: Option<usize>, how: &str) {
        let Some(shown) = self.people.get(who).and_then(|person| person.chat.messages.get(at?)) else { return };
        let mut line = format!("bot → {who}{how}: {}", shown.text.replace('\n', "\n        "));
        let buttons: Vec<String> = shown.buttons.iter().map(|button| format!("[{}]", button.label())).collect();
        if !buttons.is_empty() {
            line.push_str("\n        ");
            line.push_str(&buttons.join(" "));
        }
        self.note(line);
    }

    /// An act of the engine's own waits until it is known whether a line names it.
    fn order_act(&mut self, who: &str, effect: EffectId, to: RecordId, letter: Letter) {
        let Letter::Asked { operation, .. } = &letter else { return };
        let (method, target) = ("POST".to_owned(), operation.replacen("usher.", "/", 1));
        let request = Request { connection: OWN.to_owned(), operation: operation.clone(), method, target, ..Request::default() };
        self.note(format!("bot → {}: {} {}", request.connection, request.method, request.target));
        self.calls.push_back(Pending { who: who.to_owned(), effect, request, repeatable: true, told: Some((to, letter)) });
    }

    /// Makes a call, unless somebody's answer to the same question still serves.
    fn order(&mut self, call: Pending, next: &mut VecDeque<Next>) {
        let kept = self.kept.get(&key(&call.request)).filter(|(at, _)| match call.request.keep {
            Some(keep) => at.plus(keep) > self.now,
            None => false,
        });
        if let Some((_, answer)) = kept {
            let kind = EventKind::Attempted { effect: call.effect, answer: answer.clone() };
            next.push_back(Next { who: call.who, kind, receipts: Vec::new() });
            return;
        }
        self.note(format!("bot → {}: {} {}", call.request.connection, call.request.method, call.request.target));
        self.requests.push(call.request.clone());
        self.calls.push_back(call);
    }

    /// Keeps a good answer that may be shared, and the secrets in any.
    fn remember(&mut self, request: &Request, answer: &Answer) {
        let Answer::Replied { status, body, .. } = answer else { return };
        if request.keep.is_some() && (200..300).contains(status) {
            self.kept.insert(key(request), (self.now, answer.clone()));
        }
        let Some(operation) = self.library.project().operations.get(&request.operation) else { return };
        let Ok(json) = serde_json::from_str::<serde_json::Value>(body) else { return };
        let outputs = operation.output.iter().chain(operation.outcomes.iter().flat_map(|rule| &rule.output));
        let secrets = outputs.filter(|output| output.of.secret).filter_map(|output| json.pointer(&output.at)?.as_str());
        let secrets: Vec<String> = secrets.map(str::to_owned).collect();
        self.secrets.extend(secrets);
    }
}

fn is_of_the_system(id: &RecordId) -> bool {
    id.0.starts_with("system:")
}

/// What makes two requests the same question.
fn key(request: &Request) -> String {
    format!("{} {} {}", request.connection, request.method, request.target)
}

fn written_and_read(who: &str, record: &Record) -> Result<Record, Problem> {
    let lost = |why: &dyn std::fmt::Display| format!("the record of {who} cannot be written out and read back: {why}");
    let written = serde_json::to_string(record).map_err(|why| lost(&why))?;
    let read: Record = serde_json::from_str(&written).map_err(|why| lost(&why))?;
    if read == *record { Ok(read) } else { Err(lost(&"it comes back as another one")) }
}

/// The record of somebody: their account, in the usual channel unless it names its own.
pub(super) fn record_id(account: &str) -> RecordId {
    if account.contains(':') { RecordId(account.to_owned()) } else { RecordId::person("tg", account) }
}

/// The first line of a text.
pub(super) fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Numbers far apart from numbers in a row: the finisher of splitmix64.
fn scattered(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
