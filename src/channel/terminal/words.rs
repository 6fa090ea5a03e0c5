//! What the terminal itself says, around what the bot does.

/// The words of one language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// Who speaks, in three letters at most.
    pub bot: &'static str,
    /// Who types, in three letters at most.
    pub you: &'static str,
    /// Asks for the own number, in the form in which messengers share it.
    pub number: &'static str,
    /// Asks for a point on the map.
    pub location: &'static str,
    /// A file that cannot be read; its name follows.
    pub no_file: &'static str,
    pub deleted: &'static str,
    pub not_kept: &'static str,
}

const RU: Words = Words {
    bot: "бот",
    you: "вы",
    number: "Номер телефона, например +7 916 123-45-67:",
    location: "Широта и долгота, например 55.7512, 37.6184:",
    no_file: "(такого файла нет, или его нельзя прочитать)",
    deleted: "(сообщение удалено)",
    not_kept: "(пока не сохранено, пробую ещё раз)",
};

const EN: Words = Words {
    bot: "bot",
    you: "you",
    number: "Phone number, for example +7 916 123-45-67:",
    location: "Latitude and longitude, for example 55.7512, 37.6184:",
    no_file: "(there is no such file, or it cannot be read)",
    deleted: "(a message was deleted)",
    not_kept: "(not kept yet, trying again)",
};

impl Words {
    /// Those of this language, or else the English ones.
    pub(super) fn of(language: &str) -> &'static Self {
        match language.split(['-', '_']).next() {
            Some("ru") => &RU,
            _ => &EN,
        }
    }
}
