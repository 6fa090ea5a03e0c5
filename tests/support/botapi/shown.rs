//! Files that the bot sends: their forms, their ids, their captions.

use serde_json::{Map, Value, json};

use super::html::Formatted;
use super::keyboards;
use super::methods::{Outcome, Refusal, caption, flood, writable};
use super::parameters::Parameters;
use super::world::{Shown, State};

/// A file as the person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFile {
    /// Shown as a picture.
    pub picture: bool,
    /// Its name; a picture that Telegram knew already has none.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its id.
    pub id: String,
}

/// Parameters, and a file with its name among them.
type Form = (Map<String, Value>, Option<(String, Upload)>);

/// The parameters and the file of a form. It is held to what RFC 7578 says.
pub(super) fn form(content_type: &str, body: &[u8]) -> Result<Form, Refusal> {
    let bad = || Refusal::bad("can't parse the form");
    let boundary = content_type.split_once("boundary=").map(|(_, boundary)| boundary).ok_or_else(bad)?;
    let opening = format!("--{boundary}\r\n").into_bytes();
    let (mut fields, mut file) = (Map::new(), None);
    let mut rest = body.strip_prefix(opening.as_slice()).ok_or_else(bad)?;
    loop {
        let end = find(rest, format!("\r\n--{boundary}").as_bytes()).ok_or_else(bad)?;
        let (head, content) = rest[..end].split_at(find(&rest[..end], b"\r\n\r\n").ok_or_else(bad)?);
        let (head, content) = (String::from_utf8(head.to_vec()).map_err(|_| bad())?, &content[4..]);
        let quoted = |what: &str| head.split_once(&format!("{what}=\"")).and_then(|(_, rest)| rest.split('"').next()).map(str::to_owned);
        let name = quoted("; name").ok_or_else(bad)?;
        match quoted("; filename") {
            Some(called) => {
                if !head.contains("\r\nContent-Type: ") {
                    return Err(bad());
                }
                file = Some((name, Upload { name: called, bytes: content.to_vec() }));
            }
            None => drop(fields.insert(name, Value::String(String::from_utf8(content.to_vec()).map_err(|_| bad())?))),
        }
        rest = &rest[end + boundary.len() + 4..];
        match rest {
            b"--\r\n" => return Ok((fields, file)),
            _ => rest = rest.strip_prefix(b"\r\n").ok_or_else(bad)?,
        }
    }
}

fn find(within: &[u8], what: &[u8]) -> Option<usize> {
    within.windows(what.len()).position(|window| window == what)
}

/// A file that comes with a call.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    name: String,
    bytes: Vec<u8>,
}

/// `sendPhoto` and `sendDocument`: a file of the form, or one that is known by its id and was the same kind of thing before.
pub(super) fn send(state: &mut State, picture: bool, parameters: &mut Parameters) -> Outcome {
    let chat = writable(state, parameters)?;
    let name = if picture { "photo" } else { "document" };
    let file = match parameters.upload(name) {
        Some(upload) => sent(state, picture, upload)?,
        None => known(state, picture, &parameters.text(name).unwrap_or_default())?,
    };
    let (formatted, html) = captioned(parameters)?;
    let message = Shown {
        by_bot: true,
        text: formatted.text.clone(),
        html,
        formatted,
        protected: parameters.flag("protect_content"),
        file: Some(file.clone()),
        ..Shown::default()
    };
    let markup = keyboards::read(parameters.json("reply_markup")?, true)?;
    flood(state, chat)?;
    let message = state.show(chat, message, markup);
    let mut json = state.message_json(chat, &message);
    if picture {
        json["photo"] = json!([{"file_id": format!("{}-small", file.id), "width": 90, "height": 90}, {"file_id": file.id, "width": 800, "height": 800}]);
    } else {
        json["document"] = json!({"file_id": file.id, "file_name": file.name});
    }
    Ok(json)
}

fn sent(state: &mut State, picture: bool, Upload { name, bytes }: Upload) -> Result<ShownFile, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::bad("file must be non-empty"));
    }
    if picture && !bytes.starts_with(b"\x89PNG") && !bytes.starts_with(b"\xff\xd8\xff") {
        return Err(Refusal::bad("IMAGE_PROCESS_FAILED"));
    }
    let id = format!("{}-{}", if picture { "photo" } else { "document" }, state.files.len() + 1);
    state.files.insert(id.clone(), bytes.clone());
    Ok(ShownFile { picture, name, bytes, id })
}

fn known(state: &State, picture: bool, id: &str) -> Result<ShownFile, Refusal> {
    let Some(bytes) = state.files.get(id) else {
        return Err(Refusal::bad("wrong file identifier/HTTP URL specified"));
    };
    let other = if picture { "document-" } else { "photo-" };
    if id.starts_with(other) {
        return Err(Refusal::bad("can't use file of type Document as Photo"));
    }
    Ok(ShownFile { picture, name: String::new(), bytes: bytes.clone(), id: id.to_owned() })
}

fn captioned(parameters: &mut Parameters) -> Result<(Formatted, String), Refusal> {
    let formatted = caption(parameters)?;
    Ok((formatted, parameters.text("caption").unwrap_or_default()))
}
