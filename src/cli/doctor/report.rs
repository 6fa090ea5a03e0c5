//! What was looked at, and how it was found.

use std::fmt::Write;

use serde_json::json;

/// How something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    /// As it should be.
    Good,
    /// It works, and could be better.
    Advice,
    /// It stands in the way.
    Bad,
}

impl Grade {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Advice => "advice",
            Self::Bad => "bad",
        }
    }

    /// A mark that is told from the others without colours.
    fn mark(self, colours: bool) -> String {
        let (mark, colour) = match self {
            Self::Good => ("✓", 32),
            Self::Advice => ("!", 33),
            Self::Bad => ("✗", 31),
        };
        if colours { format!("\u{1b}[{colour}m{mark}\u{1b}[0m") } else { mark.to_owned() }
    }
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
struct Check {
    about: String,
    grade: Grade,
    says: String,
    todo: Option<String>,
}

/// All of it, in the order in which it was looked at.
#[derive(Debug, Default)]
pub struct Report(Vec<Check>);

impl Report {
    /// Something is as it should be.
    pub fn good(&mut self, about: impl Into<String>, says: impl Into<String>) {
        self.note(Check { about: about.into(), grade: Grade::Good, says: says.into(), todo: None });
    }

    /// Something works, and could be better.
    pub fn advice(&mut self, about: impl Into<String>, says: impl Into<String>, todo: impl Into<String>) {
        self.note(Check { about: about.into(), grade: Grade::Advice, says: says.into(), todo: Some(todo.into()) });
    }

    /// Something stands in the way.
    pub fn bad(&mut self, about: impl Into<String>, says: impl Into<String>, todo: impl Into<String>) {
        self.note(Check { about: about.into(), grade: Grade::Bad, says: says.into(), todo: Some(todo.into()) });
    }

    /// What is found with the eyes of several bots is told once.
    fn note(&mut self, check: Check) {
        if !self.0.contains(&check) {
            self.0.push(check);
        }
    }

    /// True if nothing stands in the way.
    pub fn is_sound(&self) -> bool {
        self.0.iter().all(|check| check.grade != Grade::Bad)
    }

    /// For people: a line each, and what to do below it.
    pub fn human(&self, colours: bool) -> String {
        let width = self.0.iter().map(|check| check.about.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for Check { about, grade, says, todo } in &self.0 {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {about:width$}  {says}", grade.mark(colours));
            if let Some(todo) = todo {
                let _ = writeln!(text, "  {:width$}  → {todo}", "");
            }
        }
        let of = |grade: Grade| self.0.iter().filter(|check| check.grade == grade).count();
        let _ = match (of(Grade::Bad), of(Grade::Advice)) {
            (0, 0) => writeln!(text, "\nall is well"),
            (0, advice) => writeln!(text, "\nnothing stands in the way; {advice} to be bettered"),
            (bad, _) => writeln!(text, "\n{bad} to be put right"),
        };
        text
    }

    /// For programs.
    pub fn json(&self) -> String {
        let check = |check: &Check| {
            let Check { about, grade, says, todo } = check;
            json!({"about": about, "grade": grade.word(), "says": says, "todo": todo})
        };
        let checks: Vec<_> = self.0.iter().map(check).collect();
        format!("{:#}\n", json!({"usher": env!("CARGO_PKG_VERSION"), "sound": self.is_sound(), "checks": checks}))
    }
}
