//! `usher audit verify`: every chain is made again link by link, and every digest from the chains; what does not agree is told.

use std::collections::BTreeMap;
use std::fs;

use crate::store::chain::{ChainHead, Hash, Stored, head_place};
use crate::store::config::StoreError;
use crate::store::digest::{Digest, FILE, Seal, Sum};
use crate::store::embedded::{Embedded, lock};
use crate::store::envelope::open_plain;
use crate::store::key::hex;
use crate::store::layout::{self, Opaque};

/// Entries read at once.
const SLICE: usize = 256;

/// What came of verifying.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Chains.
    pub chains: u64,
    /// Links in them.
    pub links: u64,
    /// Turns whose facts were written before there were chains.
    pub unchained: u64,
    /// Digests.
    pub digests: u64,
    /// What does not agree. Records are named by their opaque names.
    pub findings: Vec<String>,
}

/// The heads that each digest must have seen, as differences from the digest before it.
#[derive(Default)]
struct Seen(BTreeMap<u32, Sum>);

impl Seen {
    fn add(&mut self, epoch: u32, sum: Sum) {
        let before = self.0.entry(epoch).or_default();
        *before = before.plus(sum);
    }
}

impl Embedded {
    pub(super) async fn verify(&self) -> Result<Verified, StoreError> {
        // Neither keys nor digests nor names change meanwhile; turns do.
        let _alone = self.shared.key_work.lock().await;
        let (mut verified, mut seen, seal) = (Verified::default(), Seen::default(), self.seal());
        let mut from = b"h".to_vec();
        loop {
            let slice = self.shared.scan(&from, b"i", SLICE)?;
            let Some((last, _)) = slice.last() else { break };
            from = [last.as_slice(), &[0]].concat();
            for record in slice.iter().filter_map(|(key, _)| key.get(1..17)?.try_into().ok()) {
                self.verify_chain(&record, &seal, &mut verified, &mut seen)?;
            }
            tokio::task::yield_now().await;
        }
        self.verify_strays(&mut verified)?;
        self.verify_digests(&seal, &seen, &mut verified)?;
        Ok(verified)
    }

    /// Makes a chain again; if it was written meanwhile, once more.
    fn verify_chain(&self, record: &Opaque, seal: &Seal, verified: &mut Verified, seen: &mut Seen) -> Result<(), StoreError> {
        loop {
            let before = self.shared.get(&head_place(record))?;
            let walk = self.walk(record)?;
            if self.shared.get(&head_place(record))? != before {
                continue;
            }
            let said = before.and_then(|sealed| open_plain(&self.shared.keys(), &head_place(record), &sealed).ok());
            let finding = match said.and_then(|plain| ChainHead::decode(&plain)) {
                None => Some("the head of its chain cannot be read".to_owned()),
                Some(said) => walk.finding.or_else(|| (said != walk.head).then(|| "its last facts are missing or were put in".to_owned())),
            };
            verified.findings.extend(finding.map(|finding| format!("{}: {finding}", hex(record))));
            verified.chains += 1;
            verified.links += walk.head.links;
            verified.unchained += walk.unchained;
            for (at, (epoch, head)) in walk.heads.iter().enumerate() {
                let summand = seal.summand(head);
                seen.add(epoch + 1, summand);
                if let Some((next, _)) = walk.heads.get(at + 1) {
                    seen.add(next + 1, summand.negative());
                }
            }
            return Ok(());
        }
    }

    fn walk(&self, record: &Opaque) -> Result<Walk, StoreError> {
        let mut walk = Walk::default();
        let mut from = layout::key(b'j', &[record]);
        let to = layout::key(b'j', &[record, &[0xff; 11]]);
        loop {
            let Some((key, first)) = self.shared.scan(&from, &to, 1)?.pop() else { return Ok(walk) };
            let Some(version) = key.get(17..25).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(u64::from_be_bytes) else {
                return Ok(walk);
            };
            let place = layout::key(b'j', &[record, &version.to_be_bytes()]);
            from = [place.as_slice(), &[0xff; 3]].concat();
            walk.take(version, self.shared.stored_facts(&place, first)?);
        }
    }

    /// Links of records that have no head: the head was taken away.
    fn verify_strays(&self, verified: &mut Verified) -> Result<(), StoreError> {
        let mut from = b"j".to_vec();
        loop {
            let Some((key, _)) = self.shared.scan(&from, b"k", 1)?.pop() else { return Ok(()) };
            let Some(record) = key.get(1..17).and_then(|bytes| Opaque::try_from(bytes).ok()) else { return Ok(()) };
            from = layout::key(b'j', &[&record, &[0xff; 11]]);
            if self.shared.get(&head_place(&record))?.is_some() {
                continue;
            }
            let walk = self.walk(&record)?;
            verified.unchained += walk.unchained;
            if walk.head.links > 0 {
                verified.findings.push(format!("{}: the head of its chain is missing", hex(&record)));
            }
        }
    }

    fn verify_digests(&self, seal: &Seal, seen: &Seen, verified: &mut Verified) -> Result<(), StoreError> {
        let (digests, entries) = (self.digests()?, self.shared.scan(b"d", b"e", usize::MAX)?.len());
        let mut finding = |text: String| verified.findings.push(text);
        if digests.len() != entries {
            finding(format!("{} digests cannot be read", entries - digests.len()));
        }
        let mut previous = hex(&Hash::default());
        for (digest, number) in digests.iter().zip(1..) {
            let sum = seen.0.range(..=digest.number).fold(Sum::default(), |sum, (_, more)| sum.plus(*more));
            if digest.number != number || digest.previous != previous {
                finding(format!("digest {}: the digest before it is missing or was changed", digest.number));
            }
            if !digest.is_signed_by(&seal.public()) {
                finding(format!("digest {}: its signature is wrong", digest.number));
            }
            if (digest.chains, &digest.heads) != (sum.chains(), &sum.heads()) {
                finding(format!("digest {}: facts that it covers are missing or were changed", digest.number));
            }
            previous = digest.hash();
        }
        verified.digests = digests.len() as u64;
        if let Some(folder) = lock(&self.shared.home).folder.clone() {
            let file = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
            verified.findings.extend(compare(&digests, &file));
        }
        Ok(())
    }
}

/// What the file of digests and the store say differently.
fn compare(digests: &[Digest], file: &str) -> Vec<String> {
    let lines: Vec<&str> = file.lines().collect();
    let mut findings = Vec::new();
    for (at, digest) in digests.iter().enumerate() {
        match lines.get(at) {
            Some(line) if *line == digest.line() => {}
            Some(_) => findings.push(format!("digest {}: {FILE} has another one", digest.number)),
            None => findings.push(format!("digest {}: {FILE} does not have it", digest.number)),
        }
    }
    if lines.len() > digests.len() {
        findings.push(format!(
            "{FILE} has {} digests that the store has not: the store was put back to an earlier state",
            lines.len() - digests.len()
        ));
    }
    findings
}

/// A chain made again.
#[derive(Default)]
struct Walk {
    head: ChainHead,
    unchained: u64,
    /// The heads that digests may have seen: after the last link of each epoch.
    heads: Vec<(u32, Hash)>,
    finding: Option<String>,
}

impl Walk {
    fn take(&mut self, version: u64, stored: Option<Stored>) {
        match stored {
            None => self.find(format!("the facts of its version {version} cannot be read")),
            Some(Stored::Facts(_)) if self.head.links > 0 => self.find(format!("facts were put in at its version {version}")),
            Some(Stored::Facts(_)) => self.unchained += 1,
            Some(Stored::Link(link)) => {
                if link.previous != self.head.head || link.epoch < self.head.epoch {
                    self.find(format!("facts before its version {version} are missing or were changed"));
                }
                let (_, head) = ChainHead { head: link.previous, ..self.head.clone() }.linked(link.epoch, version, link.facts);
                if self.heads.last().is_some_and(|(epoch, _)| *epoch == head.epoch) {
                    self.heads.pop();
                }
                self.heads.push((head.epoch, head.head));
                self.head = head;
            }
        }
    }

    /// The first thing that does not agree is worth telling; what follows from it is not.
    fn find(&mut self, finding: String) {
        self.finding.get_or_insert(finding);
    }
}
