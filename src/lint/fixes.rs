//! Fixes of findings, applied to texts: in order of their places, each as a whole, and of two that touch each other only the first.
//! What was passed over is found, and mended, in the next round.

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Edit, FileId};

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// The edits of one file that are made.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Edits<'a> {
    /// In the order of their places; no two of them touch.
    pub edits: Vec<&'a Edit>,
    /// How many findings they mend.
    pub findings: usize,
}

/// What is to be done with a file. Fixes that may change the meaning are made only `with_risky`.
pub fn of_file(file: FileId, findings: &[Diagnostic], with_risky: Risk) -> Edits<'_> {
    let mut fixes: Vec<_> = findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    fixes.retain(|fix| (fix.safe || with_risky == Risk::Taken) && fix.edits.iter().all(|edit| edit.span.file == file));
    fixes.sort_by_key(|fix| fix.edits.first().map(|edit| (edit.span.start, edit.span.end)));
    let mut chosen = Edits::default();
    for fix in fixes {
        let is_free = |edit: &&Edit| chosen.edits.iter().all(|other| !touches(edit, other));
        if !fix.edits.is_empty() && fix.edits.iter().all(|edit| is_free(&edit)) {
            chosen.edits.extend(&fix.edits);
            chosen.findings += 1;
        }
    }
    chosen.edits.sort_by_key(|edit| edit.span.start);
    chosen
}

/// Whether fixes are made that may change what a file means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// They are.
    Taken,
    /// Only safe ones are made.
    Avoided,
}

/// Two changes touch if they overlap, or begin at the same place.
fn touches(one: &Edit, other: &Edit) -> bool {
    one.span.start < other.span.end && other.span.start < one.span.end || one.span.start == other.span.start
}

/// The bytes with the edits made; nothing if they do not fit.
pub fn apply(bytes: &[u8], edits: &[&Edit]) -> Option<Vec<u8>> {
    let mut made = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        made.extend_from_slice(bytes.get(at..start)?);
        made.extend_from_slice(edit.text.as_bytes());
        at = bytes.get(start..end).map(|_| end)?;
    }
    made.extend_from_slice(bytes.get(at..)?);
    Some(made)
}

/// The edits as a unified diff, which `patch` and `git apply` read.
pub fn diff(path: &str, text: &str, edits: &[&Edit]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut shown = format!("--- a/{path}\n+++ b/{path}\n");
    let mut shift = 0_isize;
    for hunk in hunks(&blocks(text, &lines, edits)) {
        let first = hunk[0].lines.start.saturating_sub(CONTEXT);
        let last = (hunk[hunk.len() - 1].lines.end + CONTEXT).min(lines.len());
        let mut body = String::new();
        let (mut at, mut added) = (first, 0_isize);
        for block in hunk {
            lines[at..block.lines.start].iter().for_each(|line| put(&mut body, ' ', line));
            lines[block.lines.clone()].iter().for_each(|line| put(&mut body, '-', line));
            block.text.split_inclusive('\n').for_each(|line| put(&mut body, '+', line));
            added += signed(block.text.split_inclusive('\n').count()) - signed(block.lines.len());
            at = block.lines.end;
        }
        lines[at..last].iter().for_each(|line| put(&mut body, ' ', line));
        let (before, after) = (last - first, signed(last - first) + added);
        let start = |at: isize, count: isize| if count == 0 { at } else { at + 1 };
        let (old, new) = (start(signed(first), signed(before)), start(signed(first) + shift, after));
        let _ = write!(shown, "@@ -{old},{before} +{new},{after} @@\n{body}");
        shift += added;
    }
    shown
}

/// Whole lines, and what becomes of them.
struct Block {
    lines: std::ops::Range<usize>,
    text: String,
}

/// The lines that each edit changes, with those of its neighbours in the same lines.
fn blocks(text: &str, lines: &[&str], edits: &[&Edit]) -> Vec<Block> {
    let mut starts = vec![0];
    for line in lines {
        starts.push(starts[starts.len() - 1] + line.len());
    }
    let line_of = |byte: usize| starts.partition_point(|start| *start <= byte).saturating_sub(1).min(lines.len().saturating_sub(1));
    let mut blocks: Vec<(std::ops::Range<usize>, Vec<&Edit>)> = Vec::new();
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let own = line_of(start)..(line_of(end.saturating_sub(1).max(start)) + 1).min(lines.len());
        match blocks.last_mut().filter(|(range, _)| own.start < range.end) {
            Some((range, within)) => {
                range.end = range.end.max(own.end);
                within.push(edit);
            }
            None => blocks.push((own, vec![edit])),
        }
    }
    let made = blocks.into_iter().filter_map(|(range, within)| {
        let (from, to) = (starts[range.start], starts[range.end]);
        let moved: Vec<Edit> = within.iter().map(|edit| edit.moved_back(from)).collect();
        let bytes = apply(&text.as_bytes()[from..to], &moved.iter().collect::<Vec<_>>())?;
        Some(Block { lines: range, text: String::from_utf8(bytes).ok()? })
    });
    made.collect()
}

/// Blocks that are so near that they are shown together.
fn hunks(blocks: &[Block]) -> Vec<&[Block]> {
    blocks.chunk_by(|one, next| next.lines.start <= one.lines.end + 2 * CONTEXT).collect()
}

fn put(into: &mut String, mark: char, line: &str) {
    into.push(mark);
    into.push_str(line);
    if !line.ends_with('\n') {
        into.push_str("\n\\ No newline at end of file\n");
    }
}

fn signed(number: usize) -> isize {
    isize::try_from(number).unwrap_or(isize::MAX)
}
