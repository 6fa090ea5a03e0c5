//! Texts with their values.

use crate::diagnostic::Span;
use crate::expr::evaluate::{Fault, Local, MAX_TEXT, Run, evaluate};
use crate::expr::tree::{Node, Part};
use crate::expr::{Context, Value};

/// Items that one `for` may show.
const MAX_ITEMS: usize = 100;

/// What happens to inserted values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escaping {
    /// `&`, `<`, `>` and `"` become entities.
    Html,
    /// Nothing.
    Nothing,
}

/// The text of one `{{ }}`.
pub(super) fn node(node: &Node, context: &Context<'_>, escaping: Escaping) -> Result<String, Fault> {
    let run = Run::new(context);
    let mut page = Page::new(escaping);
    page.print(node, &run, None)?;
    Ok(page.text)
}

/// The text of all parts.
pub(super) fn parts(parts: &[Part], context: &Context<'_>, escaping: Escaping) -> Result<String, Fault> {
    let run = Run::new(context);
    let mut page = Page::new(escaping);
    page.parts(parts, &run, None)?;
    Ok(page.finish())
}

/// A text being made, line by line.
///
/// A line that holds nothing but statements, or whose statements left nothing of it, is dropped with its line break.
struct Page {
    text: String,
    escaping: Escaping,
    /// Where the present line begins.
    line: usize,
    /// The present line has a statement in it.
    statement: bool,
    /// The present line has a value in it, if only an empty one.
    value: bool,
}

impl Page {
    fn new(escaping: Escaping) -> Self {
        Self { text: String::new(), escaping, line: 0, statement: false, value: false }
    }

    fn finish(mut self) -> String {
        if self.is_void() {
            self.text.truncate(self.line);
            if self.text.ends_with('\n') {
                self.text.pop();
            }
        }
        self.text
    }

    fn parts<'e>(&mut self, parts: &'e [Part], run: &'e Run<'e>, local: Option<&'e Local<'e>>) -> Result<(), Fault> {
        for part in parts {
            match part {
                Part::Words(words) => self.words(words),
                Part::Print(node) => self.print(node, run, local)?,
                Part::If { branches, otherwise } => {
                    self.statement = true;
                    self.parts(chosen(branches, otherwise, run, local)?, run, local)?;
                    self.statement = true;
                }
                Part::For { item, list, body, otherwise } => {
                    self.statement = true;
                    self.repeat((item, list), body, otherwise, run, local)?;
                    self.statement = true;
                }
            }
        }
        Ok(())
    }

    fn words(&mut self, words: &str) {
        for line in words.split_inclusive('\n') {
            match line.strip_suffix('\n') {
                None => self.text.push_str(line),
                Some(rest) => {
                    self.text.push_str(rest);
                    if self.is_void() {
                        self.text.truncate(self.line);
                    } else {
                        self.text.push('\n');
                    }
                    self.begin_line();
                }
            }
        }
    }

    fn print<'e>(&mut self, node: &'e Node, run: &'e Run<'e>, local: Option<&'e Local<'e>>) -> Result<(), Fault> {
        let value = evaluate(node, run, local)?;
        let printed = run.printed(&value, node)?;
        let from = self.text.len();
        match self.escaping {
            Escaping::Html => escape(&printed, &mut self.text),
            Escaping::Nothing => self.text.push_str(&printed),
        }
        if let Some(at) = self.text[from..].rfind('\n') {
            self.begin_line();
            self.line = from + at + 1;
        }
        self.value = true;
        self.limit(node.span)
    }

    fn repeat<'e>(
        &mut self,
        (item, list): (&'e str, &'e Node),
        body: &'e [Part],
        otherwise: &'e [Part],
        run: &'e Run<'e>,
        local: Option<&'e Local<'e>>,
    ) -> Result<(), Fault> {
        let value = evaluate(list, run, local)?;
        let Value::List(items) = &*value else {
            return Err(Fault::new(list.span, format!("`for` takes a list, not {}", value.describe())));
        };
        if items.is_empty() {
            return self.parts(otherwise, run, local);
        }
        if items.len() > MAX_ITEMS {
            return Err(Fault::new(list.span, format!("`for` takes {MAX_ITEMS} items at most")));
        }
        for value in items {
            run.spend(1, list.span)?;
            self.statement = true;
            let inner = Local { name: item, value, list: Some(list), outer: local };
            self.parts(body, run, Some(&inner))?;
            self.limit(list.span)?;
        }
        Ok(())
    }

    fn begin_line(&mut self) {
        self.line = self.text.len();
        self.statement = false;
        self.value = false;
    }

    /// True if statements left nothing of the present line.
    fn is_void(&self) -> bool {
        self.statement && !self.value && self.text[self.line..].trim().is_empty()
    }

    fn limit(&self, span: Span) -> Result<(), Fault> {
        if self.text.len() > MAX_TEXT { Err(Fault::new(span, "this text is too long")) } else { Ok(()) }
    }
}

fn chosen<'e>(
    branches: &'e [(Node, Vec<Part>)],
    otherwise: &'e [Part],
    run: &'e Run<'e>,
    local: Option<&'e Local<'e>>,
) -> Result<&'e [Part], Fault> {
    for (condition, body) in branches {
        // In a text `{% if x %}` of what may be none asks whether it is there.
        let holds = match *evaluate(condition, run, local)? {
            Value::Bool(value) => value,
            ref other => !other.is_none(),
        };
        if holds {
            return Ok(body);
        }
    }
    Ok(otherwise)
}

fn escape(value: &str, out: &mut String) {
    let mut copied = 0;
    for (at, byte) in value.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&value[copied..at]);
        out.push_str(entity);
        copied = at + 1;
    }
    out.push_str(&value[copied..]);
}
