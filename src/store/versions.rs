//! The sources of the flow versions that sessions stand on: kept with the sessions, so that the files may change or go.

use std::collections::BTreeSet;

use crate::flow::Version;
use crate::store::codec;
use crate::store::config::StoreError;
use crate::store::embedded::Embedded;
use crate::store::envelope::{open_plain, seal_plain};
use crate::store::key::hex;
use crate::store::layout::{self, CURRENT, Opaque, PIECE};
use crate::store::turn::{encode, seal_pieced};

/// Pieces in one transaction.
const SLICE: usize = 64;

impl Embedded {
    pub(super) async fn put_version(&self, version: &Version, sources: &[(String, String)]) -> Result<(), StoreError> {
        if matches!(self.get_version(version), Ok(Some(_))) {
            return Ok(());
        }
        let opaque = self.opaque_version(version);
        let place = layout::key(b'v', &[&opaque]);
        let sealed = seal_pieced(&self.shared.keys, &place, &encode(&sources)?)?;
        let pieces = (0..=u16::MAX).zip(sealed.chunks(PIECE));
        let mut pairs: Vec<_> = pieces.map(|(number, piece)| (layout::piece(&place, number), Some(piece.to_vec()))).collect();
        // The name comes last: until it is there, the version is not.
        let name = layout::key(b'V', &[&opaque]);
        let sealed_name = seal_plain(&self.shared.keys, &name, version.0.as_bytes())?;
        pairs.push((name, Some(sealed_name)));
        for slice in pairs.chunks(SLICE) {
            self.write(slice.to_vec()).await?;
        }
        Ok(())
    }

    /// The version was kept before, so whichever of both a crash leaves behind, its files are there.
    pub(super) async fn set_current_version(&self, bot: &str, version: &Version) -> Result<(), StoreError> {
        if matches!(self.current_version(bot), Ok(Some(current)) if current == *version) {
            return Ok(());
        }
        let place = self.current(bot);
        let sealed = seal_plain(&self.shared.keys, &place, version.0.as_bytes())?;
        self.write(vec![(place, Some(sealed))]).await
    }

    pub(super) fn current_version(&self, bot: &str) -> Result<Option<Version>, StoreError> {
        let place = self.current(bot);
        self.shared.get(&place)?.map(|sealed| self.version_name(&place, &sealed)).transpose()
    }

    /// Where a bot's current version is named. The one without a name was there before there could be several.
    fn current(&self, bot: &str) -> Vec<u8> {
        let named = if bot.is_empty() { Vec::new() } else { self.shared.keys.opaque(&[b"bot", bot.as_bytes()]).to_vec() };
        [CURRENT, &named].concat()
    }

    pub(super) fn versions(&self) -> Result<BTreeSet<Version>, StoreError> {
        let names = self.shared.scan(b"V", b"W", usize::MAX)?.into_iter();
        names.map(|(key, sealed)| self.version_name(&key, &sealed)).collect()
    }

    pub(super) fn get_version(&self, version: &Version) -> Result<Option<Vec<(String, String)>>, StoreError> {
        let opaque = self.opaque_version(version);
        if self.shared.get(&layout::key(b'V', &[&opaque]))?.is_none() {
            return Ok(None);
        }
        let place = layout::key(b'v', &[&opaque]);
        let damaged = |why| StoreError::Damaged { key: hex(&opaque), why };
        let first = self.shared.get(&layout::piece(&place, 0))?.ok_or_else(|| damaged("a piece of it is missing"))?;
        let plain = self.shared.open_pieced(&place, first)?.map_err(damaged)?;
        codec::decode(&plain).map(Some).map_err(damaged)
    }

    pub(super) async fn drop_unused_versions(&self, used: &BTreeSet<Version>) -> Result<usize, StoreError> {
        let used: BTreeSet<Opaque> = used.iter().map(|version| self.opaque_version(version)).collect();
        let unused = |key: &[u8]| key.get(1..17).is_none_or(|opaque| !used.iter().any(|used| used.as_slice() == opaque));
        let names: Vec<_> = self.shared.scan(b"V", b"W", usize::MAX)?.into_iter().map(|(key, _)| key).filter(|key| unused(key)).collect();
        self.remove(&names).await?;
        let mut from = b"v".to_vec();
        loop {
            let slice = self.shared.scan(&from, b"w", SLICE)?;
            let Some((last, _)) = slice.last() else { return Ok(names.len()) };
            from = [last.as_slice(), &[0]].concat();
            let pieces: Vec<_> = slice.into_iter().map(|(key, _)| key).filter(|key| unused(key)).collect();
            self.remove(&pieces).await?;
        }
    }

    async fn remove(&self, keys: &[Vec<u8>]) -> Result<(), StoreError> {
        for slice in keys.chunks(SLICE) {
            self.write(slice.iter().map(|key| (key.clone(), None)).collect()).await?;
        }
        Ok(())
    }

    fn version_name(&self, key: &[u8], sealed: &[u8]) -> Result<Version, StoreError> {
        let damaged = |why| StoreError::Damaged { key: hex(key), why };
        let name = open_plain(&self.shared.keys, key, sealed).map_err(damaged)?;
        String::from_utf8(name).map(Version).map_err(|_| damaged("it does not decode"))
    }

    fn opaque_version(&self, version: &Version) -> Opaque {
        self.shared.keys.opaque(&[b"version", version.0.as_bytes()])
    }
}
