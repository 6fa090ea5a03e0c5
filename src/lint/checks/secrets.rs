//! Secrets in files that are shown, sent around and kept for ever.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::lint::codes;

/// What secrets look like, each with its name.
static SECRETS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let secret = |name, pattern| (name, Regex::new(pattern).expect("a test tries every pattern"));
    vec![
        secret("a token of a Telegram bot", r"\b[0-9]{8,10}:[A-Za-z0-9_-]{35}"),
        secret("a signed token", r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"),
        secret("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
        secret("a key of a cloud", r"\bAKIA[0-9A-Z]{16}\b"),
        secret("a token of GitHub", r"\bgh[pousr]_[A-Za-z0-9]{36}"),
        secret("a key that is sent with every request", r"\b(?:Bearer|Basic) [A-Za-z0-9._~+/-]{20,}=*"),
    ]
});

/// Checks the text of a file.
pub fn check(file: FileId, text: &str, findings: &mut Vec<Diagnostic>) {
    for (name, pattern) in SECRETS.iter() {
        for found in pattern.find_iter(text) {
            let message = format!("this looks like {name}: whoever reads the file can use it");
            let finding = Diagnostic::warning(codes::HARDCODED_SECRET, Span::new(file, found.start(), found.end()), message);
            findings.push(finding.help("replace it at its owner, and name a variable in usher.yaml: ${env:NAME}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_every_kind_are_found_and_words_are_none() {
        let secrets = [
            format!("123456789:{}", "Aa0_-".repeat(7)),
            format!("eyJ{}.{}.{}", "a".repeat(12), "b".repeat(12), "c".repeat(12)),
            "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
            format!("AKIA{}", "A1".repeat(8)),
            format!("ghp_{}", "a".repeat(36)),
            format!("Bearer {}", "x9".repeat(12)),
        ];
        for (secret, (name, _)) in secrets.iter().zip(SECRETS.iter()) {
            let mut findings = Vec::new();
            check(FileId(0), &format!("say: {secret}\n"), &mut findings);
            assert!(findings.len() == 1 && findings[0].message.contains(name), "{name}: {findings:?}");
            assert!(!findings[0].message.contains(secret.as_str()));
        }
        for words in ["Bearer of good news", "12:30", "erp.create_staff", "{{ code }}", "Authorization: Bearer {{ token }}"] {
            let mut findings = Vec::new();
            check(FileId(0), words, &mut findings);
            assert!(findings.is_empty(), "{words}: {findings:?}");
        }
    }
}
