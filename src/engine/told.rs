//! What another record says, and what this one says to others.

use std::borrow::Cow;

use crate::engine::scope::{View, language_index};
use crate::engine::steps::{approve, notify};
use crate::engine::walk::{Trouble, Walk};
use crate::engine::work::Work;
use crate::engine::{
    Decider, EffectKind, Letter, RecordId, Waiting, Wording, away, broadcast, bulletin, cards, desk, erasing, house, invitation, notices,
    places, route,
};
use crate::expr::{Template, Value};
use crate::flow::Text;

/// Takes a letter.
pub(crate) fn take(work: &mut Work<'_>, from: &RecordId, letter: Letter) {
    match letter {
        Letter::Notice(notice) => {
            notices::show(work, from, &notice);
        }
        Letter::Personal(notice) => notices::show_personal(work, from, &notice),
        Letter::Handed { token, flow, inputs } => notices::handed(work, &token, &flow, inputs),
        Letter::Gone { token } => notices::gone(work, &token),
        Letter::Card(card) => cards::show(work, &card),
        Letter::Closed { request, card, late } => cards::closed(work, &request, &card, late),
        Letter::Said(html) => cards::said(work, &html),
        Letter::Denied => work.say("denied"),
        Letter::Write { request, option, html, offers } => cards::write(work, (request, option), &html, &offers),
        Letter::Pressed { request, option, who } => approve::pressed(work, &request, option, &who),
        Letter::Written { request, option, text, who } => approve::written(work, &request, option, &text, &who),
        Letter::Withdrew { request } => approve::withdrew(work, &request, from),
        Letter::Occurred { occurrence, starts } => bulletin::occurred(work, &occurrence, starts),
        Letter::Awaits { matching, session, until } => {
            bulletin::awaited(work, Waiting { record: from.clone(), session, matching, until });
        }
        Letter::AwaitsNoMore { session } => erasing::struck_out(work, from, &session),
        Letter::Erased { request, card } => cards::erased(work, &request, &card),
        Letter::Enters { effect, max, per } => places::entered(work, from, effect, max, per),
        Letter::Counted { effect, free } => places::counted(work, effect, free),
        Letter::Claimed { token } => notify::claimed(work, &token, from),
        Letter::Opened => invitation::opened(work, from),
        Letter::Invited { flow, inputs } => invitation::invited(work, &flow, inputs),
        Letter::Uninvited => work.say("invitation_over"),
        Letter::Forget => erasing::forget(&mut work.record, from),
        Letter::Asked { effect, operation, inputs, name } => {
            desk::asked(work, effect, &operation, &inputs, &Decider { id: from.clone(), name });
        }
        Letter::Answered { effect, answer, done } => {
            let answer = desk::answered(work, effect, answer, done.as_ref());
            route::attempted(work, effect, &answer);
        }
        Letter::Reopened => house::over(work),
        Letter::Alive => house::alive(work),
        Letter::Away(away) => away::returned(work, away),
        Letter::Broadcast { html } => broadcast::show(work, html),
        Letter::Went { id, sent, after } => broadcast::went(work, &id, sent, after),
        Letter::AwayTold { until } => house::away_told(work, until),
        Letter::Offered { code, until } => house::offered(work, &code, until),
        Letter::Claims { code, who } => house::claimed(work, &code, &who),
        Letter::Ordered { maintenance } => house::ordered(work, maintenance),
        Letter::Matter(matter) => house::heard(work, &matter),
        Letter::Reloaded { wish, came } => house::reloaded(work, &wish, came),
    }
}

impl Work<'_> {
    /// Tells another record something.
    pub fn tell(&mut self, to: &RecordId, letter: Letter) {
        self.order(EffectKind::Tell { to: to.clone(), letter });
    }

    /// This person as others see them.
    pub fn myself(&self) -> Decider {
        let language = language_index(self.library.project(), &self.record.person);
        Decider { id: self.record.id.clone(), name: self.record.name(self.library, language) }
    }

    /// A text as it reads here, in the language that is spoken with this person.
    pub fn read<'w>(&self, wording: &'w Wording) -> &'w str {
        let known = || self.library.installation.people.get(&self.record.id.0)?.language.as_deref();
        wording.in_language(self.record.person.language.as_deref().or_else(known))
    }

    /// One of the engine's own sentences as others read it, given a request.
    pub fn sentence_for_others(&self, name: &str, request: &Value) -> Wording {
        self.wording(name, |_| vec![("request", request.clone())])
    }

    /// One of the engine's own sentences as others read it, given names for the language with an index.
    pub fn wording(&self, name: &str, given: impl Fn(usize) -> Vec<(&'static str, Value)>) -> Wording {
        let Some(text) = self.project().bot.texts.get(name) else { return Wording::default() };
        let written = |template: &Template, view: &View<'_>| {
            let given = given(view.language_index());
            let view = given.iter().fold(view.clone(), |view, (name, value)| view.with(*name, Cow::Borrowed(value)));
            Ok(template.render(&view.context()).unwrap_or_default())
        };
        in_each_language(&self.view(), text, written).unwrap_or_default()
    }
}

impl Walk<'_, '_, '_> {
    /// A text as others read it, as HTML; times are those of the bot's own zone.
    pub fn for_others(&self, text: &Text) -> Result<Wording, Trouble> {
        in_each_language(&self.view(), text, |template, view| Ok(template.render(&view.context())?))
    }

    /// The same as it is on a button.
    pub fn label_for_others(&self, text: &Text) -> Result<Wording, Trouble> {
        in_each_language(&self.view(), text, |template, view| Ok(template.render_plain(&view.context())?))
    }
}

/// A text in each language of the bot, seen from no person's place.
fn in_each_language(
    view: &View<'_>,
    text: &Text,
    render: impl Fn(&Template, &View<'_>) -> Result<String, Trouble>,
) -> Result<Wording, Trouble> {
    let theirs = views_of_others(view).map(|(language, theirs)| {
        let template = text.in_language(theirs.language_index()).ok_or_else(|| Trouble::new("a text is not there in any language"))?;
        Ok((language.to_owned(), render(template, &theirs)?))
    });
    theirs.collect::<Result<_, _>>().map(Wording)
}

/// What is seen from no person's place, in each language of the bot.
pub(crate) fn views_of_others<'v>(view: &'v View<'v>) -> impl Iterator<Item = (&'v str, View<'v>)> {
    let bot = &view.project.bot;
    let theirs = |at| View { spoken: Some(at), zone: bot.zone.clone(), ..view.clone() };
    bot.languages.iter().enumerate().map(move |(at, language)| (language.as_str(), theirs(at)))
}
