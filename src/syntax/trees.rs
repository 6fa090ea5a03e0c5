//! The files of a bot, each parsed once however many look at it.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, FileId, Source, Sources};
use crate::syntax::{Node, parse};

/// What parsing has given of each file.
#[derive(Debug, Default)]
pub struct Trees(BTreeMap<FileId, Parsed>);

/// What parsing gives: a tree if the file could be read, and what was found.
type Parsed = (Option<Node>, Vec<Diagnostic>);

impl Trees {
    /// Parses all files, side by side.
    pub fn of(sources: &Sources) -> Self {
        Self::of_those(sources, |_| true)
    }

    /// Parses the files that are wanted.
    pub fn of_those(sources: &Sources, is_wanted: impl Fn(&Source) -> bool) -> Self {
        let mut trees = Self::default();
        trees.parse(sources.iter().filter(|(_, source)| is_wanted(source)).collect());
        trees
    }

    /// Parses the files that came later.
    pub fn add(&mut self, sources: &Sources) {
        self.parse(sources.iter().filter(|(file, _)| !self.0.contains_key(file)).collect());
    }

    fn parse(&mut self, files: Vec<(FileId, &Source)>) {
        let parsed: Vec<_> = files.into_par_iter().map(|(file, source)| (file, parse(file, &source.text))).collect();
        self.0.extend(parsed);
    }

    /// The tree of a file, if it was parsed and could be read.
    pub fn get(&self, file: FileId) -> Option<&Node> {
        self.0.get(&file)?.0.as_ref()
    }

    /// The trees that there are, in the order of their files.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Node)> {
        self.0.iter().filter_map(|(file, (tree, _))| Some((*file, tree.as_ref()?)))
    }

    /// The tree of a file and what parsing it has found, to work on.
    pub fn parsed(&self, file: FileId) -> (Option<Node>, Vec<Diagnostic>) {
        self.0.get(&file).cloned().unwrap_or_default()
    }
}
