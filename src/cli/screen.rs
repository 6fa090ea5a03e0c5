//! What standard output is.

use std::env;
use std::io::{self, IsTerminal};

/// Whether colours may be used: on a terminal that has them, unless whoever sits there does not want any.
pub fn has_colours() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}
