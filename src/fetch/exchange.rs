//! One request and its answer on the wire.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};

use crate::fetch::client::Clients;
use crate::fetch::{ADDRESS_REFUSED, Auth, Connection, FetchError, Opener, Redirects, Secret, answer, files, may_reach, retry_after};
use crate::operation::{Answer, Part, Request};

/// Redirects followed, at most.
const HOPS_MAX: u32 = 3;

/// A whole request gets this much more than connecting, whatever it asks for, so that the two can be told apart.
const CONNECT_MARGIN: Duration = Duration::from_millis(250);

/// Headers that the transport sets itself, or that would let a flow speak for somebody else.
const HEADERS_REFUSED: [&str; 13] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "accept-encoding",
    "proxy-authorization",
    "proxy-connection",
    "cookie",
];

/// What a connection sends and how.
pub(super) struct Exchange {
    connection: Connection,
    clients: Clients,
}

/// A request made ready: everything but the credentials.
pub(super) struct Message {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Payload,
    timeout: Duration,
    answer_max: u64,
}

/// What a request carries.
enum Payload {
    Nothing,
    Text(String),
    /// Parts, what stands between them, and what opens the files among them: anew for each time that it is sent.
    Parts(Vec<Part>, String, Opener),
}

/// Why nothing is sent by a method that a connection may not use.
pub const METHOD_REFUSED: &str = "this method is not allowed for the connection";

impl Exchange {
    pub(super) fn new(name: &str, connection: Connection, clients: Clients) -> Result<Self, FetchError> {
        let base = &connection.base;
        let is_server = matches!(base.scheme(), "http" | "https") && base.has_host();
        let is_plain = base.username().is_empty() && base.password().is_none() && base.query().is_none() && base.fragment().is_none();
        if !is_server || !is_plain {
            return Err(FetchError::Base { connection: name.to_owned() });
        }
        if !can_be_sent(&connection.auth) {
            return Err(FetchError::Credentials { connection: name.to_owned() });
        }
        Ok(Self { connection, clients })
    }

    /// Makes a request ready, or says why it is not sent.
    pub(super) fn message(&self, request: &Request, files: &Opener) -> Result<Message, String> {
        if !self.connection.methods.contains(&request.method) {
            return Err(METHOD_REFUSED.to_owned());
        }
        let mut headers = self.headers(request)?;
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, header_value(&body.content_type).ok_or("the content type cannot be sent")?);
        }
        Ok(Message {
            method: Method::from_bytes(request.method.as_bytes()).map_err(|_| "there is no such method")?,
            url: self.url(&request.target)?,
            headers,
            body: match request.body.as_ref().map(|body| (body.parts(), body)) {
                Some((Some((parts, boundary)), _)) => Payload::Parts(parts, boundary.to_owned(), Arc::clone(files)),
                Some((None, body)) => Payload::Text(body.text.clone()),
                None => Payload::Nothing,
            },
            timeout: request.timeout.and_then(|millis| u64::try_from(millis).ok()).map_or(self.connection.timeout, Duration::from_millis),
            answer_max: request.answer_max.unwrap_or(self.connection.answer_max),
        })
    }

    /// Makes the request for a token ready: a form with these fields.
    pub(super) fn token_message(&self, path: &str, fields: &[(&str, &str)]) -> Result<Message, String> {
        // An address is the one thing at hand that writes forms; this one goes nowhere.
        let mut form = self.connection.base.clone();
        form.query_pairs_mut().clear().extend_pairs(fields);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Ok(Message {
            method: Method::POST,
            url: self.url(path)?,
            headers,
            body: form.query().map_or(Payload::Nothing, |form| Payload::Text(form.to_owned())),
            timeout: self.connection.timeout,
            answer_max: self.connection.answer_max.min(1 << 16),
        })
    }

    /// Sends it with the connection's credentials: the token, where they are one. Redirects within the origin are followed with
    /// everything that was sent.
    pub(super) async fn send(&self, message: &Message, token: Option<&Secret>) -> Answer {
        let until = Instant::now() + message.timeout.max(self.clients.connect + CONNECT_MARGIN);
        let mut url = message.url.clone();
        let mut hops = 0;
        loop {
            if !may_reach(&url, self.connection.private_network) {
                return answer::not_sent(ADDRESS_REFUSED);
            }
            let request = match with_body(self.build(message, &url, token), &message.body).await {
                Ok(request) => request,
                Err(answer) => return answer,
            };
            let left = until.saturating_duration_since(Instant::now());
            let response = match request.timeout(left).send().await {
                Ok(response) => response,
                Err(error) => return answer::failed(&error),
            };
            match self.redirected(&url, &response) {
                Some(next) if hops < HOPS_MAX => url = next,
                _ => return answer::read(response, message.answer_max).await,
            }
            hops += 1;
        }
    }

    /// The time in the header of the server's answer to anything.
    pub(super) async fn clock(&self) -> Option<i64> {
        let url = &self.connection.base;
        if !may_reach(url, self.connection.private_network) {
            return None;
        }
        let asked = self.clients.reads.head(url.clone()).timeout(self.connection.timeout).send().await.ok()?;
        retry_after::date(asked.headers())
    }

    fn build(&self, message: &Message, url: &Url, token: Option<&Secret>) -> RequestBuilder {
        let reads = matches!(message.method, Method::GET | Method::HEAD);
        let client = if reads { &self.clients.reads } else { &self.clients.writes };
        let request = client.request(message.method.clone(), url.clone()).headers(message.headers.clone());
        match (&self.connection.auth, token) {
            (_, Some(token)) | (Auth::Bearer { token }, None) => request.bearer_auth(token.expose()),
            (Auth::None | Auth::OAuth2(_), None) => request,
            (Auth::Header { name, value }, None) => match header_value(value.expose()) {
                Some(mut value) => {
                    value.set_sensitive(true);
                    request.header(name, value)
                }
                // The builder refuses it, so that nothing goes unsigned.
                None => request.header(name, value.expose()),
            },
            (Auth::Basic { user, password }, None) => request.basic_auth(user, Some(password.expose())),
        }
    }

    fn headers(&self, request: &Request) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let signs = |name: &HeaderName| match &self.connection.auth {
            Auth::None => false,
            Auth::Header { name: own, .. } => own.eq_ignore_ascii_case(name.as_str()),
            Auth::Bearer { .. } | Auth::Basic { .. } | Auth::OAuth2(_) => *name == AUTHORIZATION,
        };
        let mut given: Vec<HeaderName> = Vec::new();
        for (name, value) in &request.headers {
            let name: HeaderName = name.parse().map_err(|_| "a header has a name that cannot be sent")?;
            if HEADERS_REFUSED.contains(&name.as_str()) || signs(&name) {
                return Err(format!("the header {name} is the connection's own"));
            }
            let value = header_value(value).ok_or_else(|| format!("the value of the header {name} cannot be sent"))?;
            // The first value takes the place of ours, further ones stand beside it.
            if given.contains(&name) {
                headers.append(name, value);
            } else {
                headers.insert(name.clone(), value);
                given.push(name);
            }
        }
        Ok(headers)
    }

    /// The address of a target, which never leaves the base.
    fn url(&self, target: &str) -> Result<Url, String> {
        let refused = || "the path leads out of the connection".to_owned();
        if !target.starts_with('/') || target.contains(['\\', '#']) || target.chars().any(|c| c.is_control() || c == ' ') {
            return Err(refused());
        }
        let base = &self.connection.base;
        let folder = base.path().trim_end_matches('/');
        let root = base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{root}{target}")).map_err(|_| refused())?;
        let stays = url.origin() == base.origin() && url.path().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        if stays && url.username().is_empty() && url.password().is_none() { Ok(url) } else { Err(refused()) }
    }

    fn redirected(&self, from: &Url, response: &Response) -> Option<Url> {
        let keeps = matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
        if !keeps || self.connection.redirects == Redirects::Never {
            return None;
        }
        let to = from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
        (to.origin() == from.origin() && to.username().is_empty() && to.password().is_none()).then_some(to)
    }
}

/// The request with its body; why it is not sent, if a file of it cannot be read.
async fn with_body(request: RequestBuilder, body: &Payload) -> Result<RequestBuilder, Answer> {
    Ok(match body {
        Payload::Nothing => request,
        Payload::Text(text) => request.body(text.clone()),
        Payload::Parts(parts, boundary, files) => {
            let (body, length) = files::body(parts, boundary, files).await?;
            request.header(CONTENT_LENGTH, length).body(body)
        }
    })
}

/// True if the credentials are fit for a header; then nothing is ever sent without them.
fn can_be_sent(auth: &Auth) -> bool {
    match auth {
        Auth::None | Auth::OAuth2(_) | Auth::Basic { .. } => true,
        Auth::Header { name, value } => name.parse::<HeaderName>().is_ok() && header_value(value.expose()).is_some(),
        Auth::Bearer { token } => header_value(token.expose()).is_some(),
    }
}

/// A header's value; text that is not ASCII goes as its UTF-8 bytes.
fn header_value(text: &str) -> Option<HeaderValue> {
    HeaderValue::from_bytes(text.as_bytes()).ok()
}
