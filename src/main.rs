//! The `usher` binary: all it does is in [`usher::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    usher::cli::main()
}
