//! Forms of texts: ids, names with dots, languages…

use std::sync::LazyLock;

use regex::Regex;

/// A form that a text may have. Each is one pattern, the same for [`super::check`] and for editors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Free,
    /// `full_name`.
    Id,
    /// `staff.created`: ids with dots between them.
    Dotted,
    /// `erp.create_staff`.
    Operation,
    /// A field of a step's result, or of the person: `text`, `person.staff_id`.
    Target,
    /// `ru`.
    Language,
    /// `RU`.
    Country,
    /// `RUB`.
    Currency,
    /// `Europe/Moscow`.
    Zone,
    /// `start`, written without its slash.
    Command,
    /// `GET /api/v1/positions/{id}`.
    Request,
    /// A place in JSON: `/items/0/id`, or empty for all of it.
    Pointer,
    /// A status or a class of them: `404`, `4xx`.
    Status,
    /// `1MB`.
    Size,
    /// `90s`, `1h30m`, `14d`.
    Duration,
    /// `GET`.
    Method,
    /// `2026-11-23 10:05`.
    Moment,
    /// A call of the bot, as scenarios name it: `POST /api/v1/staff/?x=1`.
    Sent,
}

impl Form {
    const ALL: [Self; 18] = [
        Self::Free,
        Self::Id,
        Self::Dotted,
        Self::Operation,
        Self::Target,
        Self::Language,
        Self::Country,
        Self::Currency,
        Self::Zone,
        Self::Command,
        Self::Request,
        Self::Pointer,
        Self::Status,
        Self::Size,
        Self::Duration,
        Self::Method,
        Self::Moment,
        Self::Sent,
    ];

    /// The whole of a text of this form.
    pub fn pattern(self) -> &'static str {
        match self {
            Self::Free => "^[^\u{0}]*$",
            Self::Id => "^[a-z][a-z0-9_]{0,39}$",
            Self::Dotted => "^[a-z][a-z0-9_]{0,39}(\\.[a-z][a-z0-9_]{0,39})*$",
            Self::Operation => "^[a-z][a-z0-9_]{0,39}\\.[a-z][a-z0-9_]{0,39}$",
            Self::Target => "^(person\\.)?[a-z][a-z0-9_]{0,39}$",
            Self::Language => "^[a-z]{2}$",
            Self::Country => "^[A-Z]{2}$",
            Self::Currency => "^[A-Z]{3}$",
            Self::Zone => "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
            Self::Command => "^[a-z0-9_]{1,32}$",
            Self::Request => "^(GET|HEAD|POST|PUT|PATCH|DELETE) /[^ ]*$",
            Self::Pointer => "^(/.*)?$",
            Self::Status => "^[1-5]([0-9][0-9]|xx)$",
            Self::Size => "^[1-9][0-9]{0,9}(B|KB|MB)$",
            Self::Duration => "^(?:[0-9]{1,9}(?:ms|s|m|h|d))+$",
            Self::Method => "^(GET|HEAD|POST|PUT|PATCH|DELETE)$",
            Self::Moment => "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$",
            Self::Sent => "^(GET|HEAD|POST|PUT|PATCH|DELETE) /.*$",
        }
    }

    /// What it is, for a message: "an id".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Free => "a text",
            Self::Id => "an id",
            Self::Dotted => "a name",
            Self::Operation => "an operation",
            Self::Target => "a field",
            Self::Language => "a language",
            Self::Country => "a country",
            Self::Currency => "a currency",
            Self::Zone => "a time zone",
            Self::Command => "a command",
            Self::Request | Self::Sent => "a request",
            Self::Pointer => "a place in JSON",
            Self::Status => "a status",
            Self::Size => "a size",
            Self::Duration => "a duration",
            Self::Method => "a method",
            Self::Moment => "a moment",
        }
    }

    /// How it is written.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Free => "any text without a zero byte",
            Self::Id => "small letters a–z, digits and _, a letter first, at most 40: full_name",
            Self::Dotted => "ids with dots between them: staff.created",
            Self::Operation => "a connection, a dot and the operation: erp.create_staff",
            Self::Target => "an id, or person. and an id: person.staff_id",
            Self::Language => "two small letters: ru",
            Self::Country => "two capital letters: RU",
            Self::Currency => "three capital letters: RUB",
            Self::Zone => "a name of the time zone database: Europe/Moscow",
            Self::Command => "small letters a–z, digits and _, at most 32, without the slash: start",
            Self::Request => "a method and a path: GET /api/v1/positions/{id}",
            Self::Pointer => "empty for the whole body, or / and the way to the place: /items/0/id",
            Self::Status => "a number, or its first digit and xx: 404, 4xx",
            Self::Size => "a number with B, KB or MB: 1MB",
            Self::Duration => "a number with s, m, h or d, or several: 90s, 1h30m, 14d",
            Self::Method => "GET, HEAD, POST, PUT, PATCH or DELETE",
            Self::Moment => "a day, or a day and a time: 2026-11-23 10:05",
            Self::Sent => "a method and a path: POST /api/v1/staff/",
        }
    }

    /// True if the whole of `text` has this form.
    pub fn fits(self, text: &str) -> bool {
        static PATTERNS: LazyLock<Vec<Option<Regex>>> =
            LazyLock::new(|| Form::ALL.iter().map(|form| Regex::new(form.pattern()).ok()).collect());
        let index = Self::ALL.iter().position(|form| *form == self);
        let pattern = index.and_then(|index| PATTERNS.get(index)).and_then(Option::as_ref);
        pattern.is_some_and(|pattern| pattern.is_match(text))
    }
}

/// The bytes of a text of the form [`Form::Size`]: `500KB` → 512 000.
pub fn bytes(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        _ => return None,
    };
    number.checked_mul(unit).filter(|size| *size > 0)
}

/// The milliseconds of a text of the form [`Form::Duration`].
pub(super) fn milliseconds(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = after;
    }
    Some(total)
}

/// What somebody meant who wrote a duration in another way: `7 days`, `1 hour 30 min`, `30 минут`.
pub fn duration_meant(text: &str) -> Option<String> {
    const UNITS: [(&str, &[&str]); 5] = [
        ("ms", &["ms", "msec", "millisecond", "milliseconds", "мс"]),
        ("s", &["s", "sec", "secs", "second", "seconds", "с", "сек", "секунда", "секунды", "секунд"]),
        ("m", &["m", "min", "mins", "minute", "minutes", "м", "мин", "минута", "минуты", "минут"]),
        ("h", &["h", "hr", "hrs", "hour", "hours", "ч", "час", "часа", "часов"]),
        ("d", &["d", "day", "days", "д", "дн", "день", "дня", "дней", "сутки", "суток"]),
    ];
    let text = text.trim().to_lowercase();
    let mut rest = text.as_str();
    let mut meant = String::new();
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
        let behind = behind.trim_start();
        let (word, behind) = behind.split_at(behind.find(|letter: char| !letter.is_alphabetic()).unwrap_or(behind.len()));
        let factor = if word.starts_with("week") || word.starts_with("недел") || word == "w" { 7 } else { 1 };
        let unit = UNITS.iter().find(|(_, words)| words.contains(&word)).map(|(unit, _)| *unit).or((factor == 7).then_some("d"))?;
        meant += &number.parse::<i64>().ok()?.checked_mul(factor)?.to_string();
        meant += unit;
        rest = behind.trim_start_matches(['.', ',', ' ']);
    }
    Some(meant).filter(|meant| milliseconds(meant).is_some_and(|length| length > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_takes_its_examples_and_nothing_else() {
        for (form, good, bad) in [
            (Form::Id, &["a", "full_name", "x9"][..], &["", "9x", "Имя", "full-name", "A", "a.b"][..]),
            (Form::Dotted, &["a", "staff.created"], &["a.", ".a", "a..b"]),
            (Form::Operation, &["erp.create_staff"], &["erp", "a.b.c"]),
            (Form::Target, &["text", "person.staff_id"], &["staff.id", "person."]),
            (Form::Language, &["ru"], &["RU", "rus"]),
            (Form::Country, &["RU"], &["ru"]),
            (Form::Currency, &["RUB"], &["₽"]),
            (Form::Zone, &["UTC", "Europe/Moscow", "Etc/GMT+3"], &["Europe/", "../etc"]),
            (Form::Command, &["start", "2fa"], &["/start", "Start"]),
            (Form::Request, &["GET /a/{id}"], &["GET a", "get /a", "/a"]),
            (Form::Pointer, &["", "/a/0"], &["a"]),
            (Form::Status, &["404", "4xx"], &["4x", "999", "600"]),
            (Form::Size, &["1MB", "512KB"], &["1", "MB", "0MB"]),
            (Form::Duration, &["90s", "1h30m", "14d", "500ms"], &["", "1", "s", "1w", "1h 30m"]),
            (Form::Moment, &["2026-11-23 10:05", "2026-11-23T10:05:01", "2026-11-23"], &["23.11.2026"]),
            (Form::Sent, &["GET /a?x=1"], &["a"]),
            (Form::Method, &["GET"], &["FETCH"]),
        ] {
            for text in good {
                assert!(form.fits(text), "{form:?} {text:?}");
            }
            for text in bad {
                assert!(!form.fits(text), "{form:?} {text:?}");
            }
            assert!(
                form.fits(form.rule().rsplit(": ").next().and_then(|examples| examples.split(", ").next()).unwrap_or_default())
                    || form == Form::Method
            );
        }
    }

    #[test]
    fn durations_in_words_are_understood() {
        let meant = |text| duration_meant(text).unwrap_or_default();
        assert_eq!(meant("7 days"), "7d");
        assert_eq!(meant("1 hour 30 min."), "1h30m");
        assert_eq!(meant("30 минут"), "30m");
        assert_eq!(meant("2 недели"), "14d");
        assert_eq!(meant("1H"), "1h");
        for text in ["", "soon", "7", "days", "0 days", "7 apples", "99999999999999999999 days", "1.5h"] {
            assert_eq!(duration_meant(text), None, "{text}");
        }
    }

    #[test]
    fn durations_add_up() {
        assert_eq!(milliseconds("1h30m"), Some(5_400_000));
        assert_eq!(milliseconds("999999999d"), Some(86_399_999_913_600_000));
        assert_eq!(milliseconds("999999999d".repeat(200).as_str()), None);
    }
}
