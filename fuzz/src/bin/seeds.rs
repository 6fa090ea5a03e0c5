//! Writes what fuzzing begins with: the examples of the manual, which hold every rule of the language and every mistake that is known.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use usher::lint::rules::{self, Of};
use usher_fuzz::entries::bundle;

/// Larger files teach nothing and are slow.
const MOST: usize = 3_000;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the folder that they are written into");
    for rule in rules::all() {
        for (of, name) in [(Of::Bad, "bad"), (Of::Good, "good")] {
            let files: Vec<(String, String)> =
                rule.example(of).filter(|file| file.ending() == "yaml").map(|file| (file.path.to_owned(), format!("{}\n", file.text))).collect();
            write(&folder, "bot", &format!("{}-{name}", rule.code), &bundle(&files))?;
            for (at, (_, text)) in files.iter().enumerate() {
                write(&folder, "yaml", &format!("{}-{name}-{at}", rule.code), text)?;
                for (line, inner) in pieces(text).into_iter().enumerate() {
                    let entry = if inner.contains("{{") || inner.contains("{%") { "template" } else { "expression" };
                    write(&folder, entry, &format!("{}-{name}-{at}-{line}", rule.code), &inner)?;
                }
            }
        }
    }
    Ok(())
}

fn write(folder: &str, entry: &str, name: &str, text: &str) -> std::io::Result<()> {
    let folder = Path::new(folder).join(entry);
    fs::create_dir_all(&folder)?;
    if text.len() > MOST { Ok(()) } else { fs::write(folder.join(name), text) }
}

/// The texts in quotes and what stands behind `when:` and `set:`.
fn pieces(text: &str) -> BTreeSet<String> {
    let quoted = text.split('"').skip(1).step_by(2).filter(|piece| piece.contains('{'));
    let computed = text.lines().filter_map(|line| line.split_once("when: ").or_else(|| line.split_once("set: "))).map(|(_, rest)| rest);
    quoted.chain(computed).map(|piece| piece.trim().trim_matches('"').to_owned()).collect()
}
