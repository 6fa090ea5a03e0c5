//! The methods. Each either changes the state and gives its result, or refuses in Telegram's words.

use std::time::Instant;

use serde_json::{Value, json};

use super::html::{self, Formatted};
use super::keyboards::{self, Markup};
use super::parameters::Parameters;
use super::shown;
use super::world::{Shown, State, bot_json};

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) description: String,
    pub(super) retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(code: u16, description: &str) -> Self {
        Self { code, description: description.to_owned(), retry_after: None }
    }

    pub(super) fn bad(why: &str) -> Self {
        Self::new(400, &format!("Bad Request: {why}"))
    }

    pub(super) fn too_many(seconds: u64) -> Self {
        Self { code: 429, description: format!("Too Many Requests: retry after {seconds}"), retry_after: Some(seconds) }
    }
}

pub(super) type Outcome = Result<Value, Refusal>;

/// Two days: how long a bot may delete a message.
const DELETABLE: i64 = 48 * 60 * 60;

/// How long a press may be answered.
const ANSWERABLE: i64 = 150;

/// Calls a method other than `getUpdates`, which waits.
pub(super) fn call(state: &mut State, method: &str, parameters: &mut Parameters) -> Outcome {
    match method {
        "getme" => Ok(me()),
        "getwebhookinfo" => Ok(webhook_info(state)),
        "setwebhook" => set_webhook(state, parameters),
        "deletewebhook" => {
            if parameters.flag("drop_pending_updates") {
                state.queue.clear();
            }
            state.webhook.clear();
            Ok(true.into())
        }
        "getfile" => get_file(state, parameters),
        "sendmessage" => send_message(state, parameters),
        "sendphoto" => shown::send(state, true, parameters),
        "senddocument" => shown::send(state, false, parameters),
        "editmessagetext" => edit_message_text(state, parameters),
        "editmessagecaption" => edit_message_caption(state, parameters),
        "editmessagereplymarkup" => edit_message_reply_markup(state, parameters),
        "deletemessage" => delete_message(state, parameters),
        "answercallbackquery" => answer_callback_query(state, parameters),
        "setmycommands" => set_my_commands(parameters),
        "setmydescription" => described(parameters, "description", 512),
        "setmyshortdescription" => described(parameters, "short_description", 120),
        "sendchataction" => send_chat_action(state, parameters),
        _ => Err(Refusal::new(404, "Not Found: method not found")),
    }
}

fn me() -> Value {
    let mut me = bot_json();
    for (name, value) in [
        ("can_join_groups", true),
        ("can_read_all_group_messages", false),
        ("supports_inline_queries", false),
        ("can_connect_to_business", false),
        ("has_main_web_app", false),
    ] {
        me[name] = value.into();
    }
    me
}

/// Bots are given files of up to 20 MB.
fn get_file(state: &State, parameters: &mut Parameters) -> Outcome {
    let id = parameters.text("file_id").unwrap_or_default();
    match state.files.get(&id) {
        None => Err(Refusal::bad("wrong file_id or the file is temporarily unavailable")),
        Some(bytes) if bytes.len() > 20 << 20 => Err(Refusal::bad("file is too big")),
        Some(bytes) => {
            Ok(json!({"file_id": id, "file_unique_id": id, "file_size": bytes.len(), "file_path": format!("documents/{id}.bin")}))
        }
    }
}

fn send_message(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let chat = writable(state, parameters)?;
    let formatted = text(parameters)?;
    let message = Shown {
        by_bot: true,
        text: formatted.text.clone(),
        html: parameters.text("text").unwrap_or_default(),
        formatted,
        protected: parameters.flag("protect_content"),
        preview: preview(parameters)?,
        thread: parameters.integer("message_thread_id"),
        ..Shown::default()
    };
    let markup = keyboards::read(parameters.json("reply_markup")?, state.people.contains_key(&chat))?;
    flood(state, chat)?;
    let message = state.show(chat, message, markup);
    Ok(state.message_json(chat, &message))
}

fn edit_message_text(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let chat = writable(state, parameters)?;
    let id = message_id(parameters)?;
    let (formatted, preview) = (text(parameters)?, preview(parameters)?);
    let html = parameters.text("text").unwrap_or_default();
    let keys = inline(keyboards::read(parameters.json("reply_markup")?, true)?)?;
    let message = editable(state, chat, id)?;
    if message.file.is_some() {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    if message.formatted == formatted && message.keys == keys {
        return Err(not_modified());
    }
    *message = Shown { text: formatted.text.clone(), html, formatted, keys, preview, edits: message.edits + 1, ..message.clone() };
    let message = message.clone();
    Ok(state.message_json(chat, &message))
}

fn edit_message_caption(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let chat = writable(state, parameters)?;
    let id = message_id(parameters)?;
    let formatted = caption(parameters)?;
    let html = parameters.text("caption").unwrap_or_default();
    let keys = inline(keyboards::read(parameters.json("reply_markup")?, true)?)?;
    let message = editable(state, chat, id)?;
    if message.file.is_none() {
        return Err(Refusal::bad("there is no caption in the message to edit"));
    }
    if message.formatted == formatted && message.keys == keys {
        return Err(not_modified());
    }
    *message = Shown { text: formatted.text.clone(), html, formatted, keys, edits: message.edits + 1, ..message.clone() };
    let message = message.clone();
    Ok(state.message_json(chat, &message))
}

fn edit_message_reply_markup(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let chat = writable(state, parameters)?;
    let id = message_id(parameters)?;
    let keys = inline(keyboards::read(parameters.json("reply_markup")?, true)?)?;
    let message = editable(state, chat, id)?;
    if message.keys == keys {
        return Err(not_modified());
    }
    message.keys = keys;
    message.edits += 1;
    let message = message.clone();
    Ok(state.message_json(chat, &message))
}

fn delete_message(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let chat = writable(state, parameters)?;
    let id = message_id(parameters)?;
    let now = state.now();
    let message = state.chat_mut(chat).message_mut(id).ok_or_else(|| Refusal::bad("message to delete not found"))?;
    if now - message.at >= DELETABLE {
        return Err(Refusal::bad("message can't be deleted for everyone"));
    }
    message.deleted = true;
    Ok(true.into())
}

fn answer_callback_query(state: &mut State, parameters: &mut Parameters) -> Outcome {
    let id = parameters.text("callback_query_id").unwrap_or_default();
    let notice = parameters.text("text");
    for name in ["show_alert", "url", "cache_time"] {
        parameters.text(name);
    }
    if notice.as_ref().is_some_and(|notice| notice.chars().count() > 200) {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let now = state.now();
    match state.presses.get_mut(&id) {
        Some(press) if press.answer.is_none() && now - press.at < ANSWERABLE => {
            press.answer = Some(notice.unwrap_or_default());
            Ok(true.into())
        }
        _ => Err(Refusal::bad("query is too old and response timeout expired or query ID is invalid")),
    }
}

fn set_my_commands(parameters: &mut Parameters) -> Outcome {
    let commands = parameters.json("commands")?.unwrap_or_default();
    let commands = commands.as_array().ok_or_else(|| Refusal::bad("can't parse commands"))?;
    parameters.json("scope")?;
    let language = parameters.text("language_code").unwrap_or_default();
    if !(language.is_empty() || language.len() == 2) {
        return Err(Refusal::bad("invalid language code specified"));
    }
    if commands.len() > 100 {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in commands {
        let field = |name: &str| command.get(name).and_then(Value::as_str).unwrap_or_default();
        let name = field("command");
        let fits =
            (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !fits {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&field("description").chars().count()) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    Ok(true.into())
}

fn described(parameters: &mut Parameters, name: &str, longest: usize) -> Outcome {
    parameters.text("language_code");
    match parameters.text(name) {
        Some(text) if text.chars().count() > longest => Err(Refusal::bad("DESCRIPTION_TOO_LONG")),
        _ => Ok(true.into()),
    }
}

fn send_chat_action(state: &mut State, parameters: &mut Parameters) -> Outcome {
    writable(state, parameters)?;
    match parameters.text("action").as_deref() {
        Some("typing" | "upload_document" | "upload_photo") => Ok(true.into()),
        _ => Err(Refusal::bad("wrong parameter action in request")),
    }
}

/// The chat that is meant, if the bot may write to it.
pub(super) fn writable(state: &State, parameters: &mut Parameters) -> Result<i64, Refusal> {
    let chat = parameters.integer("chat_id").ok_or_else(|| Refusal::bad("chat_id is empty"))?;
    match state.people.get(&chat) {
        Some(account) if account.blocked => Err(Refusal::new(403, "Forbidden: bot was blocked by the user")),
        Some(account) if !account.opened => Err(Refusal::new(403, "Forbidden: bot can't initiate conversation with a user")),
        Some(_) => Ok(chat),
        None if chat < 0 && state.chats.contains_key(&chat) => Ok(chat),
        None => Err(Refusal::bad("chat not found")),
    }
}

fn message_id(parameters: &mut Parameters) -> Result<i64, Refusal> {
    parameters.integer("message_id").ok_or_else(|| Refusal::bad("message identifier is not specified"))
}

fn editable(state: &mut State, chat: i64, id: i64) -> Result<&mut Shown, Refusal> {
    let message = state.chat_mut(chat).message_mut(id).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if message.by_bot { Ok(message) } else { Err(Refusal::bad("message can't be edited")) }
}

fn webhook_info(state: &State) -> Value {
    let mut info = json!({"url": state.webhook, "has_custom_certificate": false, "pending_update_count": state.queue.len()});
    if let Some((at, why)) = &state.hook.failed {
        info["last_error_date"] = json!(at);
        info["last_error_message"] = json!(why);
    }
    info
}

/// As a Bot API server of one's own it calls plain addresses as well. What waits stays, and polls are sent away.
fn set_webhook(state: &mut State, parameters: &mut Parameters) -> Result<Value, Refusal> {
    let url = parameters.text("url").unwrap_or_default();
    if !url.starts_with("http://127.0.0.1:") && !url.starts_with("https://") {
        return Err(Refusal::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let secret = parameters.text("secret_token").unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if secret.len() > 256 || !secret.bytes().all(allowed) {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    let connections = parameters.integer("max_connections").unwrap_or(40);
    if !(1..=100).contains(&connections) {
        return Err(Refusal::bad("max_connections must be between 1 and 100"));
    }
    if let Some(Value::Array(kinds)) = parameters.json("allowed_updates")? {
        state.allowed = Some(kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect());
    }
    if parameters.flag("drop_pending_updates") {
        state.queue.clear();
    }
    state.polls += 1;
    state.webhook = url;
    state.hook.secret = secret;
    state.hook.connections = usize::try_from(connections).unwrap_or(40);
    state.hook.failed = None;
    Ok(true.into())
}

fn text(parameters: &mut Parameters) -> Result<Formatted, Refusal> {
    let formatted = formatted("text", parameters)?;
    match formatted.length() {
        0 => Err(Refusal::bad("message text is empty")),
        1..=4_096 => Ok(formatted),
        _ => Err(Refusal::bad("message is too long")),
    }
}

/// The text of a message that shows a file; there need be none.
pub(super) fn caption(parameters: &mut Parameters) -> Result<Formatted, Refusal> {
    let formatted = formatted("caption", parameters)?;
    if formatted.length() > 1_024 { Err(Refusal::bad("message caption is too long")) } else { Ok(formatted) }
}

fn formatted(name: &str, parameters: &mut Parameters) -> Result<Formatted, Refusal> {
    let written = parameters.text(name).unwrap_or_default();
    let formatted = match parameters.text("parse_mode").as_deref() {
        Some("HTML") => html::parse(&written).map_err(|why| Refusal::bad(&format!("can't parse entities: {why}")))?,
        Some(_) => return Err(Refusal::bad("unsupported parse_mode")),
        None => Formatted::plain(&written),
    };
    Ok(formatted)
}

fn preview(parameters: &mut Parameters) -> Result<bool, Refusal> {
    let options = parameters.json("link_preview_options")?.unwrap_or_default();
    Ok(options.get("is_disabled") != Some(&Value::Bool(true)))
}

fn inline(markup: Markup) -> Result<Vec<Vec<keyboards::Key>>, Refusal> {
    match markup {
        Markup::None => Ok(Vec::new()),
        Markup::Inline(keys) => Ok(keys),
        Markup::Reply(_) | Markup::Remove => Err(Refusal::bad("inline keyboard expected")),
    }
}

fn not_modified() -> Refusal {
    Refusal::bad(
        "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply \
         markup of the message",
    )
}

/// A message a second to one chat, with bursts of three; a little is allowed for the way of a message through the network.
pub(super) fn flood(state: &mut State, chat: i64) -> Result<(), Refusal> {
    const BURST: f64 = 3.25;
    let Some(floods) = &mut state.floods else { return Ok(()) };
    let now = Instant::now();
    let (last, left) = floods.get(&chat).copied().unwrap_or((now, BURST));
    let left = (left + (now - last).as_secs_f64()).min(BURST);
    let fits = left >= 1.0;
    floods.insert(chat, (now, if fits { left - 1.0 } else { left }));
    if fits { Ok(()) } else { Err(Refusal::too_many(2)) }
}
