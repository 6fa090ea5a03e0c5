//! A number and a noun whose form depends on it.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::lint::checks::texts::Text;
use crate::lint::codes;

static BY_HAND: LazyLock<Regex> = LazyLock::new(|| {
    let nouns = "день|дня|дней|час|часа|часов|минута|минуты|минут|неделя|недели|недель|месяц|месяца|месяцев|раз|раза|рубль|рубля|рублей\
                 |попытка|попытки|попыток|days?|hours?|minutes?|weeks?|months?|times?|attempts?";
    Regex::new(&format!(r"\{{\{{\s*([a-z_][a-z0-9_.]*)\s*\}}\}}[ \u{{a0}}]({nouns})\b")).expect("a test tries every pattern")
});

/// Checks a text. What an operator set once is no number that changes.
pub fn check(text: &Text<'_>, findings: &mut Vec<Diagnostic>) {
    for found in BY_HAND.captures_iter(text.written).filter(|found| !found[1].starts_with("settings.")) {
        let Some(noun) = found.get(2) else { continue };
        let noun = noun.range();
        let (name, word) = (&found[1], &text.written[noun.clone()]);
        let message = format!("\"{word}\" is right for some numbers only");
        let finding = Diagnostic::warning(codes::PLURAL_BY_HAND, text.place(noun.start, noun.end), message);
        findings
            .push(finding.help(format!("name the forms: {{{{ {name} | plural('день', 'дня', 'дней') }}}}, in English ('day', 'days')")));
    }
}
