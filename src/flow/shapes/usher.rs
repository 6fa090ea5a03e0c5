//! `usher.yaml`: the operator's file.

use std::sync::LazyLock;

use crate::flow::shapes::LEAVE_OUT;
use crate::syntax::shape::{Form, Key, Record, Rule, Shape, Word};

/// `usher: 1`.
pub static USHER: LazyLock<Shape> = LazyLock::new(|| {
    Shape::record(vec![
        Key::new("usher", Shape::Integer { min: 1, max: 1 }, "The version of the language").required(),
        Key::new("flows", Shape::Text, "The folder of the flows; default: flows"),
        Key::new("channels", channels(), "Where the bot talks; a channel's name begins the ids of its people: tg:1001"),
        Key::new("store", store(), "Where progress is kept"),
        Key::new("connections", Shape::map_or_empty(Form::Id, connection()), "The servers that operations are sent to"),
        Key::new("roles", Shape::map_or_empty(Form::Id, role()), "Who may do what"),
        Key::new("people", Shape::map_or_empty(Form::Free, person()), "Names of those who hold a role, as others see them"),
        Key::new("timezone", Shape::Form(Form::Zone), "Where times are shown, over that of bot.yaml"),
        Key::new("settings", Shape::map_or_empty(Form::Id, Shape::Any), "Settings over those of bot.yaml"),
        Key::new("listen", Shape::Text, "Where web chats and webhooks are answered: 127.0.0.1:8080; needed by these alone"),
        Key::new(
            "behind_proxy",
            Shape::Boolean,
            "True: a proxy on this machine ends TLS before `listen`, and its X-Forwarded-Proto counts",
        ),
        Key::new("admin_listen", Shape::Text, "Where /healthz, /readyz and /metrics are: 127.0.0.1:9464; default: nowhere"),
        Key::new("log", log(), "What is logged, and how"),
        Key::not_yet("console", LEAVE_OUT),
        Key::new("hooks", Shape::map_or_empty(Form::Id, hook()), "Other systems that may report events, at /events/<name> of `listen`"),
        Key::new("limits", limits(), "How much one person may do"),
    ])
});

/// How much one person may do.
pub(super) fn limits() -> Shape {
    const PAUSE: Shape = Shape::Duration { min: 1, max: 60 * 60 * 1000 };
    let messages = Shape::record(vec![
        Key::new("burst", Shape::Integer { min: 1, max: 1000 }, "Messages, presses and files at once; default: 20"),
        Key::new("refill", PAUSE, "The time after which there may be one more; default: 1s"),
        Key::new("notice", PAUSE, "Whoever is faster is asked once in this time to wait so long; default: 30s"),
    ]);
    Shape::record(vec![Key::new("messages", messages, "How fast a person may write; what is more is dropped")])
}

fn channels() -> Shape {
    Shape::Record(Box::new(Record { others: Some((Form::Id, channel())), ..Record::default() }))
}

fn channel() -> Shape {
    const KINDS: &[Word] = &[
        Word::new("telegram", "A Telegram bot"),
        Word::new("web", "A chat in the browser"),
        Word::new("terminal", "A conversation in the terminal"),
    ];
    const RECEIVE: &[Word] =
        &[Word::new("polling", "The bot asks for updates"), Word::new("webhook", "Telegram brings them: needs url, secret and `listen`")];
    Shape::record(vec![
        Key::new("kind", Shape::OneOf(KINDS), "What it is; default: its name"),
        Key::new("flows", Shape::Text, "The folder of the flows it speaks, if they are others than those of the file: flows-hr"),
        Key::new("token", Shape::Text, "telegram: the bot's token, as a reference: ${env:TELEGRAM_TOKEN}"),
        Key::new("receive", Shape::OneOf(RECEIVE), "telegram: how updates come; default: polling"),
        Key::new(
            "url",
            Shape::Text,
            "telegram, webhook: the address that Telegram calls: https://bot.example.com/telegram; web: where people open the chat, for links of invitations: https://bot.example.com/chat/",
        ),
        Key::new("secret", Shape::Text, "telegram, webhook: what Telegram shows with each call, as a reference: ${env:WEBHOOK_SECRET}"),
        Key::new("max_connections", Shape::Integer { min: 1, max: 100 }, "telegram, webhook: calls at one time; default: 40"),
        Key::new("api_url", Shape::Text, "telegram: a Bot API server of your own; default: https://api.telegram.org"),
        Key::new("path", Shape::Text, "web: where the chat is; default: its name between slashes, such as /web/"),
    ])
}

fn store() -> Shape {
    const KINDS: &[Word] =
        &[Word::new("sled", "Files in a folder"), Word::new("memory", "Nothing is kept after a stop"), Word::not_yet("postgres")];
    Shape::record(vec![
        Key::new("kind", Shape::OneOf(KINDS), "How it is kept; default: sled"),
        Key::new("path", Shape::Text, "The folder; default: ./data"),
        Key::new("key", Shape::Text, "What it is encrypted with, as a reference: ${file:/run/secrets/usher.key}"),
        Key::new("key_file", Shape::Text, "The file of its keys, which `usher key` may change; default: usher.key in the folder"),
        Key::not_yet("url", "use kind: sled with a path"),
    ])
}

fn connection() -> Shape {
    const REDIRECTS: &[Word] = &[Word::new("none", "Redirects are not followed"), Word::new("same_origin", "Followed on the same server")];
    Shape::record(vec![
        Key::new("url", Shape::Text, "Where the server is: ${env:ERP_URL}").required(),
        Key::new("auth", auth(), "How the bot shows who it is; default: not at all"),
        Key::new("profile", Shape::Form(Form::Id), "Which of the profiles of its operations the server has"),
        Key::new("methods", Shape::list(Shape::Form(Form::Method)), "The methods that may be sent; default: those of the operations"),
        Key::new("timeout", Shape::TIME, "How long an answer is awaited; default: 10s"),
        Key::new("answer_max", Shape::Form(Form::Size), "The largest answer; default: 1MB"),
        Key::new("redirects", Shape::OneOf(REDIRECTS), "Whether redirects are followed; default: none"),
        Key::new("private_network", Shape::Boolean, "True: its address may be a private one"),
        Key::new("breaker", breaker(), "When the server is left alone for a while; default: after 5 failures in a row, for 30s"),
        Key::not_yet("rate", LEAVE_OUT),
        Key::new("alert", Shape::Form(Form::Id), "The role that is told when it does not answer, and when it does again; default: alerts"),
        Key::not_yet("proxy", LEAVE_OUT),
        Key::not_yet("ca", LEAVE_OUT),
    ])
}

fn breaker() -> Shape {
    Shape::record(vec![
        Key::new("failures", Shape::Integer { min: 1, max: 1000 }, "After so many failures in a row nothing is sent; default: 5"),
        Key::new("pause", Shape::TIME, "For so long; then one request tries; default: 30s"),
    ])
}

fn hook() -> Shape {
    Shape::record(vec![
        Key::new("events", Shape::list(Shape::Form(Form::Dotted)), "The events it may report").required(),
        Key::new("secret", Shape::Text, "What its reports are signed with, as a reference: ${env:ERP_HOOK_SECRET}").required(),
    ])
}

fn auth() -> Shape {
    const KINDS: &[Word] = &[
        Word::new("none", "Nothing is sent"),
        Word::new("header", "A header with a key: name, value"),
        Word::new("bearer", "Authorization: Bearer: token"),
        Word::new("basic", "A user and a password"),
        Word::new("oauth2", "A token fetched with a password or the client's own secret"),
    ];
    const GRANTS: &[Word] = &[Word::new("password", "With a user and a password"), Word::new("client", "With the client's id and secret")];
    Shape::ruled(
        vec![
            Key::new("kind", Shape::OneOf(KINDS), "Which of the ways").required(),
            Key::new("name", Shape::Text, "header: its name"),
            Key::new("value", Shape::Text, "header: its value, as a reference: ${env:ERP_KEY}"),
            Key::new("token", Shape::Text, "bearer: the token, as a reference"),
            Key::new("user", Shape::Text, "basic, oauth2: the user"),
            Key::new("password", Shape::Text, "basic, oauth2: the password, as a reference"),
            Key::new("grant", Shape::OneOf(GRANTS), "oauth2: how the token is fetched"),
            Key::new("token_path", Shape::Text, "oauth2: the path that gives tokens"),
            Key::new("client_id", Shape::Text, "oauth2: the client's id"),
            Key::new("client_secret", Shape::Text, "oauth2: the client's secret, as a reference"),
            Key::new("refresh_on", Shape::Integer { min: 400, max: 499 }, "oauth2: the status that asks for a new token; default: 401"),
        ],
        vec![Rule::Needs { key: "client_secret", other: "client_id" }],
    )
}

/// What whoever holds a role may do.
pub(super) fn rights() -> Shape {
    const ALL: &[Word] = &[Word::new("all", "Everything")];
    const RIGHTS: &[Word] = &[
        Word::new("requests", "Decide on requests"),
        Word::new("people", "See and change people"),
        Word::new("codes", "Show codes"),
        Word::new("sessions", "Move and end sessions"),
        Word::new("operations", "Settle operations in doubt"),
        Word::new("maintenance", "Switch maintenance on and off"),
        Word::new("reload", "Have the flows read again"),
        Word::new("roles", "Give and take roles in chat"),
        Word::new("invitations", "Create invitations"),
        Word::new("broadcast", "Write to many"),
        Word::new("statistics", "See statistics"),
        Word::new("all", "Everything"),
    ];
    Shape::Either(vec![Shape::OneOf(ALL), Shape::List { of: Box::new(Shape::OneOf(RIGHTS)), min: 0 }])
}

fn role() -> Shape {
    Shape::record(vec![
        Key::new("title", Shape::Text, "What people see"),
        Key::new("people", Shape::List { of: Box::new(Shape::Form(Form::Free)), min: 0 }, "Their ids in the channel, or <channel>:<id>"),
        Key::new("may", rights(), "What they may do: all, or a list"),
    ])
}

fn person() -> Shape {
    Shape::record(vec![
        Key::new("name", Shape::Text, "As others see them"),
        Key::new("language", Shape::Form(Form::Language), "Their language"),
    ])
}

fn log() -> Shape {
    const FORMATS: &[Word] = &[Word::new("text", "For people"), Word::new("json", "For programs")];
    const LEVELS: &[Word] = &[
        Word::new("error", "Only what has failed"),
        Word::new("warn", "And what somebody should look at"),
        Word::new("info", "And what has happened"),
        Word::new("debug", "And how"),
        Word::new("trace", "Everything"),
    ];
    Shape::record(vec![
        Key::new("format", Shape::OneOf(FORMATS), "How a line looks; default: text"),
        Key::new("level", Shape::OneOf(LEVELS), "How much is logged; default: info"),
    ])
}
