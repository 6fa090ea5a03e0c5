//! What is written on nodes and edges: titles in the first language, and conditions as the author wrote them.

use crate::diagnostic::Sources;
use crate::expr::Expression;
use crate::flow::{Flow, Project, Text};

/// Characters of a line; longer labels are broken between words.
const LINE: usize = 28;
/// Characters of a label, at most.
const LABEL: usize = 84;

/// Where labels come from.
#[derive(Clone, Copy)]
pub(super) struct Labels<'a> {
    pub project: &'a Project,
    pub sources: &'a Sources,
}

impl Labels<'_> {
    /// A sentence of the bot's own, by its name.
    pub fn sentence(&self, name: &str) -> String {
        self.project.bot.texts.get(name).and_then(fixed).unwrap_or_else(|| name.to_owned())
    }

    /// The words that start this flow: `/language`.
    pub fn words_that_start(&self, flow: &Flow) -> impl Iterator<Item = String> {
        let starts = self.project.bot.words.iter().filter(|(_, rule)| rule.on && rule.start.as_ref() == Some(&flow.id));
        starts.map(|(word, _)| format!("/{}", word.name())).collect::<Vec<_>>().into_iter()
    }

    /// An expression as it stands in its file, on one line.
    pub fn written(&self, expression: &Expression) -> String {
        let span = expression.span();
        let source = &self.sources.get(span.file).text;
        let text = source.get(span.start as usize..span.end as usize).unwrap_or_default().trim();
        let block = text.strip_prefix(['>', '|']).map(|rest| rest.trim_start_matches(['-', '+']));
        let quoted = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        clipped(&on_one_line(block.or_else(|| quoted('"')).or_else(|| quoted('\'')).unwrap_or(text)))
    }
}

/// The title of a flow, or its id if the title is made of values.
pub fn title(flow: &Flow) -> String {
    fixed(&flow.title).unwrap_or_else(|| flow.id.clone())
}

/// A text that needs no values, on one line.
pub fn fixed(text: &Text) -> Option<String> {
    let words = on_one_line(text.in_language(0)?.fixed()?);
    (!words.is_empty()).then(|| clipped(&words))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn clipped(text: &str) -> String {
    if text.chars().count() <= LABEL {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LABEL - 1).collect();
    format!("{}…", kept.trim_end())
}

/// A label broken into lines between its words.
pub(super) fn wrapped(label: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in label.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
