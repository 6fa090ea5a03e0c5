//! The descriptions that files of operations name, read for the comparison with them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use crate::contract::{Contract, Difference, contracts};
use crate::diagnostic::Sources;
use crate::flow::Project;
use crate::syntax::Trees;

/// Bytes of a description, at most: generated ones are large, and none is larger.
const MAX_BYTES: u64 = 32 << 20;

/// Everything in which the operations of a bot differ from the descriptions of their servers.
pub fn findings(sources: &Sources, trees: &Trees, project: &Project) -> Vec<Difference> {
    compared(sources, trees, project, &read)
}

/// The same with the descriptions that `read` gives.
pub fn compared(sources: &Sources, trees: &Trees, project: &Project, read: &Reader<'_>) -> Vec<Difference> {
    contracts(trees).iter().flat_map(|contract| one(contract, sources, project, read)).collect()
}

/// Gives the text of the file at a path.
type Reader<'a> = dyn Fn(&Path) -> io::Result<String> + 'a;

fn one(contract: &Contract, sources: &Sources, project: &Project, read: &Reader<'_>) -> Vec<Difference> {
    let beside = Path::new(&sources.get(contract.file).path).with_file_name(&contract.path);
    match read(&beside) {
        Ok(text) => contract.check(&text, project),
        Err(error) => vec![
            contract
                .unreadable(match error.kind() {
                    io::ErrorKind::NotFound => "does not exist",
                    io::ErrorKind::PermissionDenied => "may not be read by this user",
                    io::ErrorKind::FileTooLarge => "is too large",
                    io::ErrorKind::InvalidData => "is not UTF-8",
                    _ => "cannot be read",
                })
                .into(),
        ],
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}
