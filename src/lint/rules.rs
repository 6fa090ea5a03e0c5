//! Every kind of finding that this program can report, with its manual.
//!
//! The codes themselves live where they are reported; here is what they mean. A group of rules is one Markdown file beside this one, in
//! the form that [`read`] tells; nothing but these files has to be written for a rule to be explained, listed, linked and documented.

mod read;

use std::sync::LazyLock;

use crate::diagnostic::{Code, Severity, nearest};

pub use read::read;

/// The groups in the order of their codes: the name of the manual's file, and the file.
const MANUAL: &[(&str, &str)] = &[
    ("yaml", include_str!("rules/yaml.md")),
    ("shape", include_str!("rules/shape.md")),
    ("names", include_str!("rules/names.md")),
    ("roads", include_str!("rules/roads.md")),
    ("data", include_str!("rules/data.md")),
    ("expressions", include_str!("rules/expressions.md")),
    ("contract", include_str!("rules/contract.md")),
    ("secrets", include_str!("rules/secrets.md")),
    ("messages", include_str!("rules/messages.md")),
    ("wording", include_str!("rules/wording.md")),
    ("languages", include_str!("rules/languages.md")),
    ("changes", include_str!("rules/changes.md")),
    ("scenarios", include_str!("rules/scenarios.md")),
    ("operator", include_str!("rules/operator.md")),
];

static GROUPS: LazyLock<Vec<Group>> =
    LazyLock::new(|| MANUAL.iter().map(|(name, text)| read(name, text).expect("a test reads the whole manual")).collect());

/// Rules that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The name of its page.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What its rules have in common.
    pub about: &'static str,
    /// Its rules, in the order of their codes.
    pub rules: Vec<Rule>,
}

/// A kind of finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// `FLW003`.
    pub code: &'static str,
    /// `duplicate-key`.
    pub name: &'static str,
    /// The name of the group's page.
    pub group: &'static str,
    /// How bad a finding of it usually is.
    pub severity: Severity,
    /// The mildest profile that tells it.
    pub profile: Profile,
    /// The version that first had it.
    pub since: &'static str,
    /// What it finds.
    pub finds: &'static str,
    /// Why that is worth a finding.
    pub why: &'static str,
    /// What to do about it.
    pub mend: &'static str,
    /// The files of its two examples.
    pub files: Vec<File>,
}

/// How much is wanted of a bot. Each profile tells what the ones before it tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// It is being written: what is not there yet is no finding.
    Draft,
    /// It is used.
    Default,
    /// People depend on it.
    Production,
}

impl Profile {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Default => "default",
            Self::Production => "production",
        }
    }
}

/// A file of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// In which of the two it is.
    pub of: Of,
    /// Its path in the bot's folder.
    pub path: &'static str,
    /// Its text, without the end of its last line.
    pub text: &'static str,
    /// Saved as Latin-1, as old editors do.
    pub is_latin1: bool,
}

/// Which example a file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The one with the mistake.
    Bad,
    /// The one without.
    Good,
    /// Both.
    Both,
    /// What the bot was, for rules that compare; it is in neither.
    Before,
}

impl File {
    /// How its name ends: `yaml`.
    pub fn ending(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        let text = format!("{}\n", self.text);
        if self.is_latin1 { text.chars().map(|char| u8::try_from(char).unwrap_or(b'?')).collect() } else { text.into_bytes() }
    }
}

impl Rule {
    /// The code with its name.
    pub fn id(&self) -> Code {
        Code::new(self.code, self.name)
    }

    /// The files of one of its examples.
    pub fn example(&self, of: Of) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |file| file.of == of || file.of == Of::Both && of != Of::Before)
    }
}

/// The groups with their rules.
pub fn groups() -> &'static [Group] {
    &GROUPS
}

/// All rules, in the order of the groups.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    groups().iter().flat_map(|group| &group.rules)
}

/// The rule with this code or this name, in letters of any case.
pub fn find(written: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.code.eq_ignore_ascii_case(written) || rule.name.eq_ignore_ascii_case(written))
}

/// The code or the name that is most like what was written.
pub fn nearest_to(written: &str) -> Option<&'static str> {
    let (upper, lower) = (written.to_uppercase(), written.to_lowercase());
    nearest(&lower, all().map(|rule| rule.name)).or_else(|| nearest(&upper, all().map(|rule| rule.code)))
}
