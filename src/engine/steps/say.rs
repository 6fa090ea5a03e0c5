//! `say`: a message that waits for nothing. Its buttons outlive the session.

use crate::engine::record::{Held, Standing};
use crate::engine::walk::{Onward, Trouble, Walk};
use crate::engine::{Button, Keyboard, Message, Press};
use crate::flow::{Say, StandingAct, StandingButton, Step};

pub(super) fn enter<'p>(walk: &mut Walk<'_, '_, 'p>, step: &'p Step, say: &'p Say) -> Result<Onward<'p>, Trouble> {
    let html = walk.html(&say.text)?;
    let mut rows = Vec::new();
    for button in &say.buttons {
        if let Some(button) = standing(walk, button)? {
            rows.push(vec![button]);
        }
    }
    let starts = rows.iter().flatten().any(|button| matches!(button.press, Press::Token(_)));
    walk.work.panel = starts.then(|| walk.session.id.clone());
    let keyboard = if rows.is_empty() { Keyboard::None } else { Keyboard::Rows(rows) };
    let file = walk.attached(&say.manner)?;
    let sent = walk.send(Message { html, keyboard, file, ..Message::default() }, &say.manner);
    // What a message that is said in passing shows must outlive the step that said it.
    if let Some(sent) = sent {
        walk.frame_mut().secrets.retain(|message| *message != sent);
    }
    walk.keep(Held::default());
    walk.audit(step.audit.as_ref());
    Ok(Onward::Complete)
}

fn standing(walk: &mut Walk<'_, '_, '_>, button: &StandingButton) -> Result<Option<Button>, Trouble> {
    if let Some(when) = &button.when
        && !walk.holds(when)?
    {
        return Ok(None);
    }
    let label = walk.plain(&button.label)?;
    let press = match &button.act {
        StandingAct::Url(url) => Press::Url(walk.plain(url)?),
        StandingAct::Copy(text) => Press::Copy(walk.plain(text)?),
        // What needs nothing kept stands in the button itself and is checked when it is pressed.
        StandingAct::Start { flow, with, once: false } if with.is_empty() => Press::Token(format!("f.{flow}")),
        StandingAct::Start { flow, with, once } => {
            let inputs = walk.values(with)?;
            let token = format!("b.{}", walk.work.draw_word());
            let made = walk.work.now;
            walk.work.keep_button(Standing { token: token.clone(), flow: flow.clone(), inputs, once: *once, made, giver: None });
            Press::Token(token)
        }
    };
    Ok(Some(Button { label, press }))
}
