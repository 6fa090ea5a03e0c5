//! Which findings are told: by profile, by rule, by severity. What keeps a bot from running is always told.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rules::{self, Profile, Rule, groups};

/// What whoever asks wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// How much is wanted of the bot.
    pub profile: Profile,
    /// Codes of rules that are told, whatever the profile; empty for all of the profile.
    pub select: Vec<&'static str>,
    /// Codes of rules that are not told.
    pub ignore: Vec<&'static str>,
    /// Nothing milder is told.
    pub least: Severity,
}

impl Default for Selection {
    fn default() -> Self {
        Self { profile: Profile::Default, select: Vec::new(), ignore: Vec::new(), least: Severity::Info }
    }
}

impl Selection {
    /// Whether a finding is told.
    pub fn takes(&self, finding: &Diagnostic) -> bool {
        let code = finding.code.id;
        if finding.severity == Severity::Error {
            return true;
        }
        let wanted = match rules::find(code) {
            _ if !self.select.is_empty() => self.select.contains(&code),
            Some(rule) => rule.profile <= self.profile,
            None => true,
        };
        wanted && !self.ignore.contains(&code) && finding.severity <= self.least
    }
}

/// The codes that a word stands for: a code, a name, or a group of rules.
pub fn codes(written: &str) -> Option<Vec<&'static str>> {
    let group = groups().iter().find(|group| group.name.eq_ignore_ascii_case(written));
    let of_group = || group.map(|group| group.rules.iter().map(|rule: &Rule| rule.code).collect());
    rules::find(written).map(|rule| vec![rule.code]).or_else(of_group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Span};

    fn finding(severity: Severity, code: &'static str, name: &'static str) -> Diagnostic {
        Diagnostic { severity, ..Diagnostic::error(Code::new(code, name), Span::default(), "wrong") }
    }

    #[test]
    fn a_draft_is_not_told_of_what_is_not_there_yet() {
        let missing = finding(Severity::Warning, "FLW851", "missing-translation");
        assert!(!Selection { profile: Profile::Draft, ..Selection::default() }.takes(&missing));
        assert!(Selection::default().takes(&missing));
        assert!(Selection { profile: Profile::Production, ..Selection::default() }.takes(&missing));
        let chosen = Selection { profile: Profile::Draft, select: vec!["FLW851"], ..Selection::default() };
        assert!(chosen.takes(&missing), "whoever names a rule wants to hear of it");
    }

    #[test]
    fn rules_are_chosen_and_left_out() {
        let (dead, missing) = (finding(Severity::Warning, "FLW301", "unreachable-step"), finding(Severity::Warning, "FLW851", "x"));
        let only = Selection { select: codes("unreachable-step").unwrap_or_default(), ..Selection::default() };
        assert!(only.takes(&dead) && !only.takes(&missing));
        let without = Selection { ignore: codes("languages").unwrap_or_default(), ..Selection::default() };
        assert!(without.takes(&dead) && !without.takes(&missing));
        let errors = Selection { least: Severity::Error, ..Selection::default() };
        assert!(!errors.takes(&dead));
        assert_eq!(codes("nothing-like-it"), None);
    }

    #[test]
    fn an_error_is_told_whatever_is_left_out() {
        let error = finding(Severity::Error, "FLW201", "unknown-step");
        let nothing = Selection { profile: Profile::Draft, select: vec!["FLW301"], ignore: vec!["FLW201"], least: Severity::Error };
        assert!(nothing.takes(&error));
    }
}
