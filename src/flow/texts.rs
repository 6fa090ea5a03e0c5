//! The sentences the engine itself says, and the names each may read besides those of every text.
//!
//! A bot changes any of them under `texts` of its own file. What a word such as `/cancel` says is here, too, and is changed under `words`.

use crate::diagnostic::Span;
use crate::expr::{Kind, Template, Type};
use crate::syntax::Scalar;

/// A built-in sentence.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its name under `texts`.
    pub name: &'static str,
    /// When it is said.
    pub when: &'static str,
    /// Names it is given when it is said, besides `settings`, `person` and `now`.
    pub given: &'static [(&'static str, Given)],
    /// In Russian.
    pub ru: &'static str,
    /// In English.
    pub en: &'static str,
}

/// What a sentence is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// A text.
    Text,
    /// A whole number.
    Number,
    /// The session it is about: `id`, `number`, `title`.
    Session,
    /// A request that waits, and who holds it: `number`, `at`, `by`.
    Request,
    /// A request that was decided: `number`, `at`, `by`, `verdict`.
    Decided,
    /// A text that may be missing.
    Perhaps,
    /// A moment.
    Moment,
    /// Something with a `title`.
    Titled,
    /// An attempt of a call: `request`, `attempt`, and `answer` and `attempts`, which may be missing.
    Attempt,
}

impl Given {
    /// Its type in expressions.
    pub fn of(self) -> Type {
        match self {
            Self::Text => Type::certain(Kind::Text),
            Self::Number => Type::certain(Kind::Integer),
            Self::Session => {
                let fields = ["id", "number", "title"].map(|field| (field.to_owned(), Type::certain(Kind::Text)));
                Type::certain(Kind::Record(fields.into()))
            }
            Self::Request => request(&["number"]),
            Self::Decided => request(&["number", "verdict"]),
            Self::Perhaps => Type::certain(Kind::Text).optional(),
            Self::Moment => Type::certain(Kind::DateTime),
            Self::Titled => record([("title", Type::certain(Kind::Text))]),
            Self::Attempt => record([
                ("request", Type::certain(Kind::Text)),
                ("answer", Type::certain(Kind::Text).optional()),
                ("attempt", Type::certain(Kind::Integer)),
                ("attempts", Type::certain(Kind::Integer).optional()),
            ]),
        }
    }
}

fn record<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::certain(Kind::Record(fields.map(|(name, of)| (name.to_owned(), of)).into()))
}

/// A request as a sentence sees it, with these texts.
fn request(texts: &[&str]) -> Type {
    let text = |name: &&str| ((*name).to_owned(), Type::certain(Kind::Text));
    let by = Type::certain(Kind::Record(["id", "name"].iter().map(text).collect()));
    let fields = texts.iter().map(text).chain([("at".to_owned(), Type::certain(Kind::DateTime)), ("by".to_owned(), by)]);
    Type::certain(Kind::Record(fields.collect()))
}

impl BuiltIn {
    /// False for one that is empty unless the author writes it.
    pub fn has_words(&self) -> bool {
        !self.en.is_empty()
    }

    /// The sentence in a language, if it is built in for that language.
    pub fn in_language(&self, language: &str) -> Option<Template> {
        let text = match language {
            "ru" => self.ru,
            "en" => self.en,
            _ => return None,
        };
        Template::parse(&Scalar { text: text.to_owned(), span: Span::default(), ..Scalar::default() }).ok()
    }
}

/// The sentence of this name.
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|sentence| sentence.name == name)
}

const fn plain(name: &'static str, when: &'static str, ru: &'static str, en: &'static str) -> BuiltIn {
    BuiltIn { name, when, given: &[], ru, en }
}

/// Sentences of later versions: they are told from misspelt ones.
pub const LATER: [&str; 3] = ["moved", "new_question", "quiet"];

/// All built-in sentences.
pub const BUILT_IN: &[BuiltIn] = &[
    plain(
        "again",
        "a flow is started while a session of it is alive",
        "С возвращением! Продолжим с того же места?",
        "Welcome back! Shall we continue from the same place?",
    ),
    plain("again_continue", "the button that goes on", "Продолжить", "Continue"),
    plain("again_restart", "the button that starts again", "Начать заново", "Start again"),
    BuiltIn {
        name: "flood",
        when: "somebody writes faster than `limits.messages` allows; once in `notice`, for that is what is dropped meanwhile",
        given: &[("seconds", Given::Number)],
        ru: "Слишком много сообщений подряд. Подождите {{ seconds }} с, ответы сохранены.",
        en: "Too many messages in a row. Wait {{ seconds }} s, your answers are saved.",
    },
    BuiltIn {
        name: "resumed",
        when: "a suspended session is in front again",
        given: &[("session", Given::Session)],
        ru: "Возвращаемся: {{ session.title }}.",
        en: "Back to: {{ session.title }}.",
    },
    BuiltIn {
        name: "remind",
        when: "reminds of a question that waits; the question follows",
        given: &[("session", Given::Session)],
        ru: "Вы не закончили: {{ session.title }}. Продолжим?",
        en: "You have not finished: {{ session.title }}. Shall we go on?",
    },
    plain(
        "stale_button",
        "a button of a step that is over is pressed",
        "Эта кнопка уже не действует. Вот где мы сейчас.",
        "This button no longer works. Here is where we are.",
    ),
    BuiltIn {
        name: "private_only",
        when: "somebody writes in a group",
        given: &[("link", Given::Text)],
        ru: "Этот бот работает только в личном чате. Напишите мне: {{ link }}",
        en: "This bot works only in a private chat. Write to me: {{ link }}",
    },
    plain("denied", "a flow or a button is not for this person", "Команда недоступна.", "This command is not available."),
    plain(
        "unknown_command",
        "a command that no flow has",
        "Такой команды нет. Что я умею: /help",
        "There is no such command. What I can do: /help",
    ),
    plain("change", "the question of a review's list", "Что изменить?", "What should be changed?"),
    plain("confirm_yes", "the confirming button of a review", "Всё верно", "All correct"),
    plain("confirm_change", "the changing button of a review", "Изменить", "Change"),
    plain("done", "the button that ends a choice of several", "Готово", "Done"),
    plain("skip", "the button that skips a question", "Пропустить", "Skip"),
    plain("yes", "the first button of a yes-or-no question", "Да", "Yes"),
    plain("no", "the second one", "Нет", "No"),
    plain("contact_button", "the button that shares the person's own contact", "Отправить мой номер", "Share my phone number"),
    plain("location_button", "the button that shares the person's own location", "Отправить геопозицию", "Share my location"),
    BuiltIn {
        name: "files_taken",
        when: "a file was taken where several are one answer; the button that ends it is called as `done` says",
        given: &[("count", Given::Number)],
        ru: "Принято файлов: {{ count }}. Можно прислать ещё. Если это всё, нажмите «Готово».",
        en: "Files taken: {{ count }}. You can send more. If that is all, press “Done”.",
    },
    plain("unclear", "precedes a question put again, where its step says nothing", "", ""),
    plain("next_page", "the button to the next page of options", "Дальше ›", "Next ›"),
    plain("previous_page", "the button to the page before", "‹ Раньше", "‹ Previous"),
    plain(
        "search_hint",
        "follows a question with many options",
        "Чтобы найти быстрее, напишите часть названия.",
        "To find it faster, write a part of the name.",
    ),
    BuiltIn {
        name: "search_none",
        when: "a search among the options finds nothing",
        given: &[("input", Given::Text)],
        ru: "Ничего не нашлось. Попробуйте написать иначе.",
        en: "Nothing was found. Try to write it differently.",
    },
    plain(
        "fault",
        "the flow itself has failed",
        "Что-то пошло не так. Попробуйте ещё раз чуть позже.",
        "Something went wrong. Please try again a little later.",
    ),
    plain(
        "sending",
        "somebody wants to stop or go back while data is being sent",
        "Данные отправляются. Подождите немного, я напишу, чем это кончилось.",
        "The data is being sent. Wait a little, I will write how it ended.",
    ),
    plain(
        "edited",
        "a message is edited that is no longer the current answer",
        "Правка этого сообщения уже ни на что не влияет. Чтобы исправить ответ: /back",
        "Editing this message changes nothing any more. To correct an answer: /back",
    ),
    BuiltIn {
        name: "cancel",
        when: "answers the word cancel",
        given: &[("session", Given::Session)],
        ru: "Хорошо, прекращаю: {{ session.title }}.",
        en: "All right, stopping: {{ session.title }}.",
    },
    plain("nothing_to_cancel", "there is nothing to cancel", "Прекращать нечего.", "There is nothing to stop."),
    plain(
        "back_none",
        "there is no question to go back to",
        "Назад идти некуда: это первый вопрос или данные уже отправлены.",
        "There is nowhere to go back to: this is the first question, or the data has already been sent.",
    ),
    plain(
        "help",
        "answers the word help",
        "/status — где вы остановились\n/back — к прошлому вопросу\n/restart — начать заново\n/cancel — прекратить",
        "/status — where you are\n/back — to the last question\n/restart — start again\n/cancel — stop",
    ),
    BuiltIn {
        name: "status_question",
        when: "the status of a step that waits for an answer",
        given: &[("title", Given::Text)],
        ru: "Жду ответа на вопрос: {{ title }}",
        en: "I am waiting for the answer to: {{ title }}",
    },
    plain(
        "restart_ask",
        "asked before a session starts again",
        "Начать заново? Прежние ответы будут стёрты.",
        "Start again? The earlier answers will be erased.",
    ),
    plain("menu_status", "the line of /status in the command menu", "Где я остановился", "Where I am"),
    plain("menu_help", "the line of /help in the command menu", "Помощь", "Help"),
    plain("menu_cancel", "the line of /cancel in the command menu", "Прекратить", "Stop"),
    plain(
        "unsure",
        "a message with a secret may have arrived, or not",
        "Связь прервалась: прошлое сообщение могло не дойти. Показать его ещё раз?",
        "The connection broke: the last message may not have arrived. Show it again?",
    ),
    plain("unsure_yes", "the button that shows it again", "Показать", "Show it"),
    plain("unsure_no", "the button that does not", "Я его вижу", "I can see it"),
    BuiltIn {
        name: "decided",
        when: "an old button of a request that was decided is pressed",
        given: &[("request", Given::Decided)],
        ru: "Заявка №{{ request.number }} уже обработана: {{ request.verdict }}, администратор {{ request.by.name }}, {{ request.at | time }}.",
        en: "Request #{{ request.number }} has already been handled: {{ request.verdict }}, administrator {{ request.by.name }}, {{ request.at | time }}.",
    },
    BuiltIn {
        name: "decision_taken",
        when: "tells whoever decided elsewhere than on a card that it counts, where their option says nothing by `done`",
        given: &[("request", Given::Decided)],
        ru: "Готово. Заявка №{{ request.number }}: {{ request.verdict }}.",
        en: "Done. Request #{{ request.number }}: {{ request.verdict }}.",
    },
    BuiltIn {
        name: "decided_card",
        when: "stands below the card of a request that was decided",
        given: &[("request", Given::Decided)],
        ru: "— {{ request.verdict }}: {{ request.by.name }}, {{ request.at | datetime }}",
        en: "— {{ request.verdict }}: {{ request.by.name }}, {{ request.at | datetime }}",
    },
    BuiltIn {
        name: "request_follows",
        when: "stands below the card of a request that was sent again after another one",
        given: &[("request", Given::Request)],
        ru: "Отправлена повторно после заявки №{{ request.number }}.",
        en: "Sent again after request #{{ request.number }}.",
    },
    BuiltIn {
        name: "request_held",
        when: "somebody else is writing what their decision needs",
        given: &[("request", Given::Request)],
        ru: "Заявку №{{ request.number }} сейчас решает {{ request.by.name }}.",
        en: "{{ request.by.name }} is deciding on request #{{ request.number }} right now.",
    },
    BuiltIn {
        name: "vote_counted",
        when: "a decision counts once others have taken the same",
        given: &[("request", Given::Request)],
        ru: "Голос по заявке №{{ request.number }} принят. Решение будет, когда так же ответят другие.",
        en: "Your vote on request #{{ request.number }} counts. It is decided once others answer the same.",
    },
    plain("request_gone", "a request is not there any more", "Эта заявка уже закрыта.", "This request is closed."),
    plain("request_expired", "stands below the card of a request whose time is over", "— срок рассмотрения вышел", "— its time is over"),
    plain("request_withdrawn", "stands below the card of a request that was withdrawn", "— заявка отозвана", "— withdrawn"),
    BuiltIn {
        name: "request_erased",
        when: "stands in the place of a card whose request was made by somebody who was erased",
        given: &[("request", Given::Request)],
        ru: "Заявка №{{ request.number }}: человек удалил свои данные.",
        en: "Request #{{ request.number }}: the person has deleted their data.",
    },
    plain(
        "notice_erased",
        "stands in the place of a notice that said something of somebody who was erased",
        "Данные удалены по просьбе человека.",
        "The data has been erased at the person's request.",
    ),
    BuiltIn {
        name: "fact_started",
        when: "in what is remembered of somebody: a dialogue began",
        given: &[("subject", Given::Text)],
        ru: "начат диалог «{{ subject }}»",
        en: "began “{{ subject }}”",
    },
    BuiltIn {
        name: "fact_ended",
        when: "in what is remembered of somebody: a dialogue ended, and how; an end of the author's own has a name for authors only",
        given: &[("subject", Given::Text), ("how", Given::Text)],
        ru: "закончен диалог «{{ subject }}»{% if how == 'expired' %}: срок вышел{% elif how == 'cancelled' %}: прекращён{% elif how == 'fault' %}: сбой{% elif how == 'handed_over' %}: начат другой{% endif %}",
        en: "“{{ subject }}” ended{% if how == 'expired' %}: its time was over{% elif how == 'cancelled' %}: cancelled{% elif how == 'fault' %}: a fault{% elif how == 'handed_over' %}: another was begun{% endif %}",
    },
    BuiltIn {
        name: "fact_called",
        when: "in what is remembered of somebody: an operation, and its outcome",
        given: &[("subject", Given::Text), ("how", Given::Text)],
        ru: "{{ subject }}: {% if how == 'ok' %}выполнено{% elif how == 'refused' %}отказ{% elif how == 'down' %}нет ответа{% elif how == 'unknown' %}неизвестно, выполнено ли{% else %}{{ how }}{% endif %}",
        en: "{{ subject }}: {% if how == 'ok' %}done{% elif how == 'refused' %}refused{% elif how == 'down' %}no answer{% elif how == 'unknown' %}nobody knows whether it was done{% else %}{{ how }}{% endif %}",
    },
    BuiltIn {
        name: "fact_requested",
        when: "in what is remembered of somebody: a decision was asked for",
        given: &[("subject", Given::Text), ("number", Given::Perhaps)],
        ru: "отправлена заявка{% if number %} №{{ number }}{% endif %} «{{ subject }}»",
        en: "asked for a decision{% if number %} #{{ number }}{% endif %}: “{{ subject }}”",
    },
    BuiltIn {
        name: "fact_decided",
        when: "in what is remembered of somebody: a request was decided, and how",
        given: &[("subject", Given::Text), ("how", Given::Text), ("number", Given::Perhaps), ("reason", Given::Perhaps)],
        ru: "решение по заявке{% if number %} №{{ number }}{% endif %} «{{ subject }}»: {{ how }}{% if reason %}. Причина: {{ reason }}{% endif %}",
        en: "decided on{% if number %} #{{ number }}{% endif %} “{{ subject }}”: {{ how }}{% if reason %}. Reason: {{ reason }}{% endif %}",
    },
    BuiltIn {
        name: "fact_handed",
        when: "in what is remembered of somebody: somebody took a button of theirs that works once",
        given: &[("subject", Given::Text)],
        ru: "взялись за «{{ subject }}»",
        en: "“{{ subject }}” was taken on",
    },
    BuiltIn {
        name: "fact_denied",
        when: "in what is remembered of somebody: they tried what they may not",
        given: &[("subject", Given::Text)],
        ru: "отказано: «{{ subject }}»",
        en: "not allowed: “{{ subject }}”",
    },
    BuiltIn {
        name: "fact_failed",
        when: "in what is remembered of somebody: a dialogue failed, and at which step",
        given: &[("subject", Given::Text), ("how", Given::Text)],
        ru: "сбой в диалоге «{{ subject }}», шаг {{ how }}",
        en: "“{{ subject }}” failed at {{ how }}",
    },
    plain(
        "fact_undelivered",
        "in what is remembered of somebody: a message was given up",
        "сообщение не доставлено",
        "a message was not delivered",
    ),
    plain(
        "fact_repeated",
        "in what is remembered of somebody: a message was sent again, because nobody knew whether it had arrived",
        "сообщение отправлено ещё раз: неизвестно, дошло ли оно",
        "a message was sent again: nobody knew whether it had arrived",
    ),
    BuiltIn {
        name: "fact_erased",
        when: "in what is remembered of somebody: they were erased, by which act",
        given: &[("subject", Given::Text)],
        ru: "данные удалены, акт {{ subject }}",
        en: "erased, act {{ subject }}",
    },
    plain("data_file", "the name of the file with all that is kept of somebody", "мои-данные.txt", "my-data.txt"),
    BuiltIn {
        name: "data_head",
        when: "begins that file",
        given: &[("bot", Given::Text)],
        ru: "Что хранит о вас бот «{{ bot }}», {{ now }}",
        en: "What the bot “{{ bot }}” keeps of you, {{ now }}",
    },
    plain("data_about", "in that file, above who they are", "О вас", "About you"),
    plain("data_account", "in that file: the channel and the account there", "Учётная запись", "Account"),
    plain("data_name", "in that file: the name in the channel", "Имя в чате", "Name in the chat"),
    plain("data_roles", "in that file: the roles they hold", "Роли", "Roles"),
    plain("data_language", "in that file: the language they are spoken to in", "Язык", "Language"),
    plain("data_timezone", "in that file: their own time zone", "Часовой пояс", "Time zone"),
    plain("data_open", "in that file, above dialogues that are not over", "Незаконченные диалоги", "Unfinished conversations"),
    BuiltIn {
        name: "data_began",
        when: "in that file: a dialogue, and when it began; what was answered follows",
        given: &[("subject", Given::Text), ("since", Given::Moment)],
        ru: "Диалог «{{ subject }}», начат {{ since }}",
        en: "“{{ subject }}”, began {{ since }}",
    },
    plain(
        "data_kept",
        "in that file, above answers of dialogues that are over",
        "Ответы в законченных диалогах",
        "Answers in finished conversations",
    ),
    BuiltIn {
        name: "data_ended",
        when: "in that file: a dialogue that is over, when it ended, and until when its answers are kept",
        given: &[("subject", Given::Text), ("since", Given::Moment), ("until", Given::Moment)],
        ru: "Диалог «{{ subject }}», закончен {{ since }}, ответы хранятся до {{ until }}",
        en: "“{{ subject }}”, ended {{ since }}, answers kept until {{ until }}",
    },
    plain("data_requests", "in that file, above what was put before others to decide", "Заявки", "Requests"),
    BuiltIn {
        name: "data_waits",
        when: "in that file: a request that waits; what others are shown of it follows",
        given: &[("number", Given::Text), ("since", Given::Moment)],
        ru: "№{{ number }} от {{ since }}, ждёт решения",
        en: "#{{ number }} of {{ since }}, waits for a decision",
    },
    BuiltIn {
        name: "data_decided",
        when: "in that file: a request that is over, when that was, and what others read below its card",
        given: &[("number", Given::Text), ("since", Given::Moment), ("how", Given::Text)],
        ru: "№{{ number }}, закрыта {{ since }}: {{ how }}",
        en: "#{{ number }}, closed {{ since }}: {{ how }}",
    },
    plain("data_invitations", "in that file, above invitations", "Приглашения, которые вы открыли", "Invitations you have opened"),
    BuiltIn {
        name: "data_invited",
        when: "in that file: what an invitation opens, and until when; what it gives to the dialogue follows",
        given: &[("subject", Given::Text), ("until", Given::Moment)],
        ru: "В диалог «{{ subject }}», действует до {{ until }}",
        en: "To “{{ subject }}”, valid until {{ until }}",
    },
    plain("data_events", "in that file, above what is remembered of them", "Что происходило", "What has happened"),
    plain(
        "data_more",
        "in that file: not all of it is there",
        "Здесь не всё: есть и более ранние записи. Полную выгрузку сделает тот, кто ведёт бота.",
        "This is not all: there are earlier entries. Whoever runs the bot can give you the rest.",
    ),
    plain(
        "data_rest",
        "ends that file: what else is kept",
        "Ещё бот хранит служебные отметки: когда вы прошли каждый шаг, номера сообщений, кнопки и сроки, а пока диалог не закончен, ответы других систем. Секретов, например кодов активации, в этом файле нет.",
        "The bot also keeps notes for its own use: when you passed each step, numbers of messages, buttons and due times, and the answers of other systems while a conversation goes on. Secrets such as activation codes are not in this file.",
    ),
    plain(
        "decision_left",
        "somebody gives up what they were to write before their decision",
        "Хорошо, решение не принято. Заявка по-прежнему ждёт.",
        "All right, nothing has been decided. The request still waits.",
    ),
    BuiltIn {
        name: "reset_for_you",
        when: "somebody of a role lets a conversation begin anew",
        given: &[("session", Given::Session)],
        ru: "Администратор начал «{{ session.title }}» заново.",
        en: "An administrator has started “{{ session.title }}” again.",
    },
    BuiltIn {
        name: "ended_for_you",
        when: "somebody of a role ends a conversation",
        given: &[("session", Given::Session)],
        ru: "Администратор завершил «{{ session.title }}».",
        en: "An administrator has ended “{{ session.title }}”.",
    },
    plain(
        "maintenance",
        "somebody without a role writes while maintenance is on",
        "Идут работы. Ответы сохранены, продолжим чуть позже.",
        "Maintenance is under way. Your answers are saved; we will go on a little later.",
    ),
    plain(
        "maintenance_over",
        "whoever was asked to wait can go on; their question follows",
        "Работы закончены, можно продолжать.",
        "Maintenance is over, we can go on.",
    ),
    plain(
        "away_over",
        "the bot was away for a day or longer; whoever stands at a question is told, and the question follows",
        "Бот какое-то время не работал и снова на связи. Продолжим с того места, где остановились.",
        "The bot was away for a while and is back. Let us go on from where we stopped.",
    ),
    BuiltIn {
        name: "role_given",
        when: "somebody was given a role in chat",
        given: &[("role", Given::Text)],
        ru: "Теперь у вас есть роль «{{ role }}». Что теперь можно: /help",
        en: "You now hold the role “{{ role }}”. What you may do now: /help",
    },
    BuiltIn {
        name: "role_taken",
        when: "a role was taken from somebody in chat",
        given: &[("role", Given::Text)],
        ru: "Роли «{{ role }}» у вас больше нет.",
        en: "You no longer hold the role “{{ role }}”.",
    },
    BuiltIn {
        name: "role_taken_up",
        when: "somebody has used the code that this person had made",
        given: &[("role", Given::Text), ("name", Given::Text)],
        ru: "Код использован: роль «{{ role }}» теперь есть и у {{ name }}.",
        en: "The code was used: {{ name }} now holds the role “{{ role }}”.",
    },
    plain(
        "code_missing",
        "somebody wrote /role without a code",
        "Напишите код после команды: /role КОД. Его даёт тот, кто ведёт бота.",
        "Write the code behind the command: /role CODE. Whoever runs the bot gives it.",
    ),
    plain(
        "code_wrong",
        "a code for a role does not work, whatever the reason",
        "Этот код не подходит: он уже использован, устарел или набран с ошибкой.",
        "This code does not work: it was used, is too old, or was mistyped.",
    ),
    plain(
        "code_limit",
        "somebody has guessed codes too often",
        "Слишком много попыток. Следующая возможна через час.",
        "Too many attempts. The next one is possible in an hour.",
    ),
    BuiltIn {
        name: "outage",
        when: "tells people of a role that a server does not answer; `number` is there if a request waits for it",
        given: &[("connection", Given::Titled), ("operation", Given::Attempt), ("number", Given::Perhaps)],
        ru: "{{ connection.title }} не отвечает: {{ operation.request }} → {{ operation.answer | default('нет ответа') }}{% if operation.attempts %}, попытка {{ operation.attempt }} из {{ operation.attempts }}{% endif %}.{% if number %} Заявка №{{ number }} ждёт в очереди.{% endif %}",
        en: "{{ connection.title }} does not answer: {{ operation.request }} → {{ operation.answer | default('no answer') }}{% if operation.attempts %}, attempt {{ operation.attempt }} of {{ operation.attempts }}{% endif %}.{% if number %} Request #{{ number }} waits in the outbox.{% endif %}",
    },
    BuiltIn {
        name: "outage_over",
        when: "tells them that it answers again, and how many requests have waited for that",
        given: &[("connection", Given::Titled), ("sent", Given::Number), ("since", Given::Moment)],
        ru: "{{ connection.title }} снова отвечает.{% if sent > 0 %} Отправлено из очереди: {{ sent }}.{% endif %}",
        en: "{{ connection.title }} answers again.{% if sent > 0 %} Sent from the outbox: {{ sent }}.{% endif %}",
    },
    BuiltIn {
        name: "doubt",
        when: "tells them that nobody knows whether an operation was done",
        given: &[("operation", Given::Titled)],
        ru: "Неизвестно, выполнена ли операция «{{ operation.title }}». Проверьте это и разберите её.",
        en: "It is not known whether the operation “{{ operation.title }}” was done. Look it up and settle it.",
    },
    BuiltIn {
        name: "doubts",
        when: "tells them how many more operations are in doubt, if several are within five minutes",
        given: &[("count", Given::Number)],
        ru: "Под вопросом ещё {{ count | plural('операция', 'операции', 'операций') }}. Проверьте и разберите.",
        en: "{{ count | plural('more operation is', 'more operations are') }} in doubt. Please look into it and settle it.",
    },
    BuiltIn {
        name: "undelivered",
        when: "tells the role alerts that the channel will never take a message",
        given: &[("why", Given::Text)],
        ru: "Сообщение не доставлено и не будет доставлено: {{ why }}",
        en: "A message was not delivered and never will be: {{ why }}",
    },
    BuiltIn {
        name: "unreadable",
        when: "tells the role alerts that a record cannot be read",
        given: &[("record", Given::Text)],
        ru: "Запись в хранилище не читается: {{ record }}. Этому человеку бот не отвечает, остальных обслуживает. Восстановите её из копии или сотрите.",
        en: "A record in the store cannot be read: {{ record }}. The bot does not answer that person and serves all others. Restore it from a backup, or erase it.",
    },
    BuiltIn {
        name: "parked",
        when: "tells the role alerts that something could not be dealt with because of a fault of the program",
        given: &[("channel", Given::Text)],
        ru: "Сообщение из канала «{{ channel }}» обработать не удалось из-за ошибки программы. Оно отложено, остальные не задержаны: usher parked list.",
        en: "Something from the channel “{{ channel }}” could not be dealt with because of a fault of the program. It is parked and holds up nobody: usher parked list.",
    },
    BuiltIn {
        name: "edit_refused",
        when: "tells the role authors that edited flows were not taken, and why",
        given: &[("findings", Given::Text)],
        ru: "Правка не принята, действует прежняя версия.\n{{ findings }}",
        en: "The edit was refused, the earlier version stays live.\n{{ findings }}",
    },
    BuiltIn {
        name: "edit_live",
        when: "tells the role authors that edited flows went live",
        given: &[("version", Given::Text)],
        ru: "Правка принята, действует версия {{ version }}.",
        en: "The edit is live: version {{ version }}.",
    },
    plain(
        "invitation_needed",
        "somebody begins a flow that needs an invitation without one",
        "Сюда можно попасть только по приглашению. Попросите ссылку у того, кто вас пригласил.",
        "This is by invitation only. Ask whoever invited you for a link.",
    ),
    plain(
        "invitation_over",
        "a link of an invitation was used by somebody else, is too old, or never was one",
        "Эта ссылка не действует. Попросите новую у того, кто вас пригласил.",
        "This link does not work. Ask whoever invited you for a new one.",
    ),
    plain("invitation_picture", "the name of the picture of an invitation's link", "приглашение.png", "invitation.png"),
    plain("restart_yes", "the button that starts again", "Да, заново", "Yes, start again"),
    plain("restart_no", "the button that does not", "Нет, продолжить", "No, continue"),
];
