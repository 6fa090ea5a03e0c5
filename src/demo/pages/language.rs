//! Which language a browser prefers.

use axum::http::{HeaderMap, header};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Russian, the language of whoever asks for nothing else.
    Ru,
    /// English.
    En,
}

impl Language {
    /// The most wanted of those there are.
    pub fn of(headers: &HeaderMap) -> Self {
        let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (Self::Ru, 0);
        for range in wanted.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1000, thousandths);
            let language = match tag.split('-').next() {
                Some("ru" | "be" | "uk" | "kk") => Self::Ru,
                Some("en") => Self::En,
                _ => continue,
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// Its tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// Of a Russian and an English text, the one in this language.
    pub fn pick<'a>(self, russian: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Ru => russian,
            Self::En => english,
        }
    }
}

/// A weight of 0 to 1 in thousandths; 0 if it is none.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    match whole {
        "0" => fraction.parse().unwrap_or(0),
        "1" => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(wanted: &str) -> Language {
        Language::of(&HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, wanted.parse().unwrap())]))
    }

    #[test]
    fn the_most_wanted_language_wins_and_russian_is_the_first() {
        assert_eq!(of("en-GB,en;q=0.9,ru;q=0.8"), Language::En);
        assert_eq!(of("de,ru;q=0.5,en;q=0.9"), Language::En);
        assert_eq!(of("ru-RU,ru;q=0.9,en-US;q=0.8"), Language::Ru);
        assert_eq!(of("de, fr;q=0.7"), Language::Ru);
        assert_eq!(of("en;q=0"), Language::Ru);
        assert_eq!(Language::of(&HeaderMap::new()), Language::Ru);
    }
}
