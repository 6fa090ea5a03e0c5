//! The small HTTP client for the methods of every turn, and how exactly a call failed.
//!
//! What matters most about a failed call is whether Telegram can have seen it. A request's body tells: the connection asks for it
//! only once it is established and about to be written.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::timeout;

use crate::channel::telegram::form::Form;
use crate::channel::{ChannelError, Contents};
use crate::failpoint::{self, Cut};

/// An answer of the Bot API is far smaller: a hundred updates of at most some ten kilobytes.
const LARGEST_ANSWER: usize = 8 << 20;

/// Telegram closes idle connections; one closed under our hands makes a message ambiguous, so ours go first.
const IDLE: Duration = Duration::from_secs(30);

/// How long it may take until a file is sent and an answer has come.
const UPLOADED_WITHIN: Duration = Duration::from_mins(2);

/// A method of every turn, or one that sends what teloxide would send as a form with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    GetUpdates,
    SendMessage,
    SendPhoto,
    SendDocument,
    EditMessageText,
    EditMessageCaption,
    EditMessageReplyMarkup,
    DeleteMessage,
    AnswerCallbackQuery,
    SetMyCommands,
    SetWebhook,
    GetFile,
}

impl Method {
    const ALL: [(Self, &str); 12] = [
        (Self::GetUpdates, "getUpdates"),
        (Self::SendMessage, "sendMessage"),
        (Self::SendPhoto, "sendPhoto"),
        (Self::SendDocument, "sendDocument"),
        (Self::EditMessageText, "editMessageText"),
        (Self::EditMessageCaption, "editMessageCaption"),
        (Self::EditMessageReplyMarkup, "editMessageReplyMarkup"),
        (Self::DeleteMessage, "deleteMessage"),
        (Self::AnswerCallbackQuery, "answerCallbackQuery"),
        (Self::SetMyCommands, "setMyCommands"),
        (Self::SetWebhook, "setWebhook"),
        (Self::GetFile, "getFile"),
    ];
}

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection: nothing was written.
    Unsent,
    /// No answer, or one that means nothing: it may have been done.
    Lost,
    /// The server failed: it may have been done.
    Server(u16),
    /// Telegram refuses.
    Api {
        /// The error's code: 400, 403…
        code: u16,
        /// In Telegram's words, which may quote what was sent: not for logs before [`redacted`].
        description: String,
        /// How long to wait, in seconds.
        retry_after: Option<u64>,
    },
}

/// A Bot API answer.
#[derive(serde::Deserialize)]
struct Answer<T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    #[serde(default)]
    description: String,
    parameters: Option<Parameters>,
}

#[derive(serde::Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
}

/// The client.
pub(super) struct Wire {
    client: Client<HttpsConnector<HttpConnector>, Watched>,
    addresses: Vec<Uri>,
    /// What stands before the path of every file.
    files: String,
    answer_within: Duration,
}

impl Wire {
    pub(super) fn new(api_url: &str, token: &str, answer_within: Duration) -> Result<Self, ChannelError> {
        let base = api_url.trim_end_matches('/');
        let address = |(_, name): &(Method, &str)| {
            let uri: Uri = format!("{base}/bot{token}/{name}").parse().map_err(|_| ChannelError::AddressMalformed)?;
            let good = matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none();
            if good { Ok(uri) } else { Err(ChannelError::AddressMalformed) }
        };
        let addresses = Method::ALL.iter().map(address).collect::<Result<_, _>>()?;
        Ok(Self { client: client(), addresses, files: format!("{base}/file/bot{token}/"), answer_within })
    }

    /// Calls a method and reads its result.
    pub(super) async fn call<T: DeserializeOwned>(&self, method: Method, parameters: &impl Serialize) -> Result<T, Failure> {
        let (status, bytes) = self.exchange(method, json(parameters)?, self.answer_within).await?;
        read(status, &bytes)
    }

    /// Calls a method with a form, which may hold a large file.
    pub(super) async fn call_with<T: DeserializeOwned>(&self, method: Method, form: Form) -> Result<T, Failure> {
        let (status, bytes) = self.exchange(method, form, self.answer_within.max(UPLOADED_WITHIN)).await?;
        read(status, &bytes)
    }

    /// Calls a method whose answer is read later, and may take this long.
    pub(super) async fn raw(&self, method: Method, parameters: &impl Serialize, within: Duration) -> Result<Bytes, Failure> {
        let (status, bytes) = self.exchange(method, json(parameters)?, within).await?;
        if status.is_success() {
            return Ok(bytes);
        }
        // An answer that says "ok" under a status that says "failed" comes from neither Telegram nor anybody to be believed.
        read::<IgnoredAny>(status, &bytes).and(Err(Failure::Lost))
    }

    /// Begins to read a file.
    pub(super) async fn download(&self, path: &str) -> Result<Contents, Failure> {
        let gone = || Failure::Api { code: 404, description: "no such file".to_owned(), retry_after: None };
        // Anything but a plain path beneath the place of files would make the address another one.
        let plain = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
        if !path.split('/').all(plain) {
            return Err(gone());
        }
        let address: Uri = format!("{}{path}", self.files).parse().map_err(|_| gone())?;
        let nothing = Watched { bytes: None, written: Arc::default() };
        let request = Request::get(address).body(nothing).map_err(|_| gone())?;
        let answer = timeout(self.answer_within, self.client.request(request)).await.map_err(|_| Failure::Lost)?;
        let answer = answer.map_err(|_| Failure::Unsent)?;
        match (answer.status(), answer.body().size_hint().exact()) {
            (StatusCode::OK, Some(size)) => {
                let broken = |_| io::Error::new(io::ErrorKind::UnexpectedEof, "the file broke off");
                Ok(Contents { size, pieces: answer.into_body().into_data_stream().map_err(broken).boxed() })
            }
            (status, _) if status.is_client_error() => Err(gone()),
            (status, _) => Err(Failure::Server(status.as_u16())),
        }
    }

    async fn exchange(&self, method: Method, form: Form, within: Duration) -> Result<(StatusCode, Bytes), Failure> {
        if let Some(played) = played(method, &form) {
            return timeout(within, played).await.unwrap_or(Err(Failure::Lost));
        }
        let written = Arc::new(AtomicBool::new(false));
        let request = self.request(method, form, &written).ok_or(Failure::Unsent)?;
        let exchange = async {
            let answer = self.client.request(request).await.ok()?;
            let (head, body) = answer.into_parts();
            let bytes = Limited::new(body, LARGEST_ANSWER).collect().await.ok()?.to_bytes();
            Some((head.status, bytes))
        };
        match timeout(within, exchange).await {
            Ok(Some(answer)) => Ok(answer),
            _ if written.load(Ordering::Acquire) => Err(Failure::Lost),
            _ => Err(Failure::Unsent),
        }
    }

    fn request(&self, method: Method, form: Form, written: &Arc<AtomicBool>) -> Option<Request<Watched>> {
        let place = Method::ALL.iter().position(|(known, _)| *known == method)?;
        let body = Watched { bytes: Some(form.body), written: Arc::clone(written) };
        let mut request = Request::post(self.addresses.get(place)?.clone()).body(body).ok()?;
        request.headers_mut().insert(CONTENT_TYPE, form.kind);
        Some(request)
    }
}

fn json(parameters: &impl Serialize) -> Result<Form, Failure> {
    let body = serde_json::to_vec(parameters).map_err(|_| Failure::Unsent)?;
    Ok(Form { kind: HeaderValue::from_static("application/json"), body: body.into() })
}

/// The exchange, if a test plays the Bot API.
fn played(method: Method, form: &Form) -> Option<impl Future<Output = Result<(StatusCode, Bytes), Failure>> + use<>> {
    let (_, name) = Method::ALL.iter().find(|(known, _)| *known == method)?;
    let exchange = failpoint::bot_api(name, || form.body.to_vec())?;
    Some(async {
        let (status, bytes) = exchange.await.map_err(|cut| match cut {
            Cut::Unsent => Failure::Unsent,
            Cut::Lost => Failure::Lost,
        })?;
        Ok((StatusCode::from_u16(status).map_err(|_| Failure::Lost)?, bytes.into()))
    })
}

/// Telegram's words without anything they quote, for logs and for people: descriptions cite the text, a button or an address.
pub(super) fn redacted(description: &str) -> String {
    let mut clean = String::new();
    let mut quote = None;
    let mut before = ' ';
    for c in description.chars().take(300).filter(|c| !c.is_control()) {
        match quote {
            // An apostrophe within a word quotes nothing.
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => {
                quote = Some(c);
                clean.push('…');
            }
            None => clean.push(c),
            Some(open) if open == c => quote = None,
            Some(_) => {}
        }
        before = c;
    }
    // After the second colon Telegram goes into details of what was sent.
    let end = clean.match_indices(':').nth(1).map_or(clean.len(), |(at, _)| at);
    clean.truncate(end);
    clean.truncate(clean.char_indices().nth(120).map_or(clean.len(), |(at, _)| at));
    clean
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Reads an answer.
pub(super) fn read<T: DeserializeOwned>(status: StatusCode, bytes: &[u8]) -> Result<T, Failure> {
    if status.is_server_error() {
        return Err(Failure::Server(status.as_u16()));
    }
    match serde_json::from_slice::<Answer<T>>(bytes) {
        Ok(Answer { ok: true, result: Some(result), .. }) => Ok(result),
        Ok(Answer { ok: false, error_code, description, parameters, .. }) => match error_code.unwrap_or(status.as_u16()) {
            code @ 500.. => Err(Failure::Server(code)),
            code => Err(Failure::Api { code, description, retry_after: parameters.and_then(|parameters| parameters.retry_after) }),
        },
        _ if status.is_client_error() => {
            Err(Failure::Api { code: status.as_u16(), description: format!("HTTP {}", status.as_u16()), retry_after: None })
        }
        _ => Err(Failure::Lost),
    }
}

fn client() -> Client<HttpsConnector<HttpConnector>, Watched> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_keepalive(Some(Duration::from_mins(1)));
    tcp.set_connect_timeout(Some(Duration::from_secs(10)));
    let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(tcp);
    Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).build(connector)
}

/// A body that notes when it is taken to be written.
struct Watched {
    bytes: Option<Bytes>,
    written: Arc<AtomicBool>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.written.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_telegram_quotes_is_left_out() {
        assert_eq!(
            redacted("Forbidden: bot can't initiate conversation with a user"),
            "Forbidden: bot can't initiate conversation with a user"
        );
        assert_eq!(
            redacted("Bad Request: can't parse entities: Unsupported start tag \"Иванова\" at byte offset 3"),
            "Bad Request: can't parse entities"
        );
        assert_eq!(redacted("Bad Request: URL 'https://a.b/?code=123' is invalid"), "Bad Request: URL … is invalid");
    }

    #[test]
    fn answers_are_told_apart() {
        let read = |status: u16, text: &str| read::<bool>(StatusCode::from_u16(status).unwrap(), text.as_bytes());
        assert_eq!(read(200, r#"{"ok":true,"result":true}"#), Ok(true));
        assert_eq!(read(200, "<html>"), Err(Failure::Lost));
        assert_eq!(read(502, "<html>"), Err(Failure::Server(502)));
        assert_eq!(
            read(429, r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 3","parameters":{"retry_after":3}}"#),
            Err(Failure::Api { code: 429, description: "Too Many Requests: retry after 3".to_owned(), retry_after: Some(3) })
        );
        assert!(matches!(read(404, "<html>"), Err(Failure::Api { code: 404, .. })));
    }
}
