//! The terminal, if there is one: whether it has colours, and what whoever sits there says.

use std::env;
use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};

/// Whether colours may be used: on a terminal that has them, unless whoever sits there does not want any.
pub fn has_colours() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// So many of something: `1 record`, `2 records`.
pub fn counted(number: impl Display, of: &str) -> String {
    match number.to_string().as_str() {
        "1" => format!("1 {of}"),
        number => format!("{number} {of}s"),
    }
}

/// Asks whoever sits at a terminal before something that cannot be taken back. A script has decided already.
pub fn is_confirmed(what: &str) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        return Ok(true);
    }
    write!(io::stderr(), "{what} Go on? [y/N] ")?;
    let mut said = String::new();
    io::stdin().lock().read_line(&mut said)?;
    Ok(matches!(said.trim().to_lowercase().as_str(), "y" | "yes"))
}
