//! How long a text can become, before anybody reads it: what its values are bounds it.

use crate::expr::tree::{Filter, Node, Part, Term};
use crate::expr::{Kind, Names, Value};

/// The characters that people will see, as the messenger counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lengths {
    /// At least so many.
    pub least: usize,
    /// At most so many; nothing if some value has no bound that is known.
    pub most: Option<usize>,
    /// On some way through its conditions there is nothing to be seen in it.
    pub blank: bool,
}

impl Lengths {
    fn exactly(length: usize) -> Self {
        Self { least: length, most: Some(length), blank: length == 0 }
    }

    fn and(self, other: Self) -> Self {
        let most = self.most.zip(other.most).map(|(one, other)| one.saturating_add(other));
        Self { least: self.least.saturating_add(other.least), most, blank: self.blank && other.blank }
    }

    fn or(self, other: Self) -> Self {
        let most = self.most.zip(other.most).map(|(one, other)| one.max(other));
        Self { least: self.least.min(other.least), most, blank: self.blank || other.blank }
    }
}

/// The lengths of a text of these parts.
pub(super) fn of_parts(parts: &[Part], names: &dyn Names) -> Lengths {
    Ruler { names, inside: None }.parts(parts)
}

/// The lengths of a text that is one value.
pub(super) fn of_node(node: &Node, names: &dyn Names) -> Lengths {
    Lengths { least: 0, most: Ruler { names, inside: None }.value(node), blank: is_blank(node) }
}

/// True for a value that is replaced by nothing where it is not there. Any other shows something.
fn is_blank(node: &Node) -> bool {
    match &node.term {
        Term::Constant(Value::Text(text)) => text.trim().is_empty(),
        Term::Filter { filter: Filter::Default, arguments, .. } => arguments.first().is_some_and(is_blank),
        Term::If { then, otherwise, .. } => is_blank(then) || otherwise.as_deref().is_none_or(is_blank),
        Term::Join(left, right) => is_blank(left) && is_blank(right),
        _ => false,
    }
}

/// The lengths of a text without values.
pub(super) fn of_words(words: &str, names: &dyn Names) -> Lengths {
    Lengths::exactly(Ruler { names, inside: None }.words(words))
}

struct Ruler<'n> {
    names: &'n dyn Names,
    /// What closes the tag or the entity that is open.
    inside: Option<char>,
}

impl Ruler<'_> {
    fn parts(&mut self, parts: &[Part]) -> Lengths {
        parts.iter().fold(Lengths::exactly(0), |sum, part| sum.and(self.part(part)))
    }

    fn part(&mut self, part: &Part) -> Lengths {
        match part {
            Part::Words(words) => {
                let seen = self.inside.is_none() && !words.trim().is_empty();
                let lengths = Lengths::exactly(self.words(words));
                Lengths { blank: lengths.blank || !seen, ..lengths }
            }
            Part::Print(_) if self.inside.is_some() => Lengths::exactly(0),
            Part::Print(node) => Lengths { least: 0, most: self.value(node), blank: is_blank(node) },
            Part::If { branches, otherwise } => {
                let otherwise = self.parts(otherwise);
                branches.iter().fold(otherwise, |all, (_, body)| all.or(self.parts(body)))
            }
            // Nobody knows how many items a list has; that it is empty is an outcome of its own more often than not.
            Part::For { .. } => Lengths { least: 0, most: None, blank: false },
        }
    }

    /// The characters that are left when the tags are gone; an entity is one.
    fn words(&mut self, html: &str) -> usize {
        let mut length = 0;
        for letter in html.chars() {
            match (self.inside, letter) {
                (None, '<') => self.inside = Some('>'),
                (None, '&') => {
                    self.inside = Some(';');
                    length += 1;
                }
                (None, _) => length += letter.len_utf16(),
                (Some(end), _) if end == letter => self.inside = None,
                (Some(';'), _) if !letter.is_alphanumeric() && letter != '#' => {
                    self.inside = None;
                    length += letter.len_utf16();
                }
                (Some(_), _) => {}
            }
        }
        length
    }

    /// The most characters of a value, as it is printed.
    fn value(&self, node: &Node) -> Option<usize> {
        match &node.term {
            Term::Constant(Value::Text(text)) => Some(text.chars().map(char::len_utf16).sum()),
            Term::Constant(Value::None) => Some(0),
            Term::Constant(_) | Term::Arithmetic(..) | Term::Negate(_) => Some(NUMBER),
            Term::Name(name, fields) => self.names.longest(name, fields).or_else(|| printed(&self.kind(name, fields)?)),
            Term::Join(left, right) => Some(self.value(left)?.saturating_add(self.value(right)?)),
            Term::If { then, otherwise, .. } => {
                let otherwise = otherwise.as_ref().map_or(Some(0), |node| self.value(node));
                Some(self.value(then)?.max(otherwise?))
            }
            Term::Filter { filter, input, arguments } => self.filtered(*filter, input, arguments),
            _ => None,
        }
    }

    fn filtered(&self, filter: Filter, input: &Node, arguments: &[Node]) -> Option<usize> {
        match filter {
            Filter::Upper | Filter::Lower | Filter::Title | Filter::Trim | Filter::Mask => self.value(input),
            Filter::Default => Some(self.value(input)?.max(self.value(arguments.first()?)?)),
            Filter::Label => match &input.term {
                Term::Name(name, fields) => match self.kind(name, fields)? {
                    Kind::OneOf(words) => words.iter().map(|(_, label)| label.chars().count()).max(),
                    _ => None,
                },
                _ => None,
            },
            Filter::Truncate => match arguments.first()?.term {
                Term::Constant(Value::Integer(most)) => usize::try_from(most).ok().map(|most| most + 1),
                _ => None,
            },
            Filter::Plural | Filter::PluralForm => {
                let forms = arguments.iter().map(|form| self.value(form)).collect::<Option<Vec<_>>>()?;
                Some(NUMBER + 1 + forms.into_iter().max()?)
            }
            Filter::Date | Filter::Time | Filter::DateTime | Filter::Ago | Filter::Money => Some(MOMENT),
            Filter::YesNo | Filter::Round | Filter::Length | Filter::Int => Some(NUMBER),
            _ => None,
        }
    }

    fn kind(&self, name: &str, fields: &[String]) -> Option<Kind> {
        let mut kind = self.names.type_of(name)?.kind;
        for field in fields {
            let Kind::Record(mut known) = kind else { return None };
            kind = known.remove(field)?.kind;
        }
        Some(kind)
    }
}

/// The most characters of a number.
const NUMBER: usize = 20;

/// The most characters of a moment or a sum, written out.
const MOMENT: usize = 40;

/// The most characters of a value of a kind, where that is known.
fn printed(kind: &Kind) -> Option<usize> {
    match kind {
        Kind::Integer | Kind::Decimal | Kind::Money => Some(NUMBER),
        Kind::Date | Kind::Clock | Kind::DateTime | Kind::Duration => Some(MOMENT),
        Kind::Name => Some(150),
        Kind::OneOf(words) => words.iter().map(|(id, _)| id.len()).max(),
        _ => None,
    }
}
