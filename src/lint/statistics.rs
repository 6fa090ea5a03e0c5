//! How many findings there are of which rule.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::diagnostic::{Code, Diagnostic, Severity};

/// One line a rule, the most frequent first.
pub fn statistics(findings: &[Diagnostic]) -> String {
    if findings.is_empty() {
        return "no problems\n".to_owned();
    }
    let mut counts: BTreeMap<Code, (usize, Severity)> = BTreeMap::new();
    for finding in findings {
        let own = counts.entry(finding.code).or_insert((0, finding.severity));
        *own = (own.0 + 1, own.1.min(finding.severity));
    }
    let mut lines: Vec<_> = counts.into_iter().collect();
    lines.sort_by_key(|(code, (count, _))| (std::cmp::Reverse(*count), *code));
    let widest = lines.iter().map(|(code, _)| code.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (code, (count, severity)) in lines {
        let _ = writeln!(text, "{count:6}  {}  {:widest$}  {severity}", code.id, code.name);
    }
    text
}
