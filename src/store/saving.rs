//! A store into a backup, and a backup into an empty folder.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::engine::Record;
use crate::expr::Time;
use crate::flow::Version;
use crate::store::backup::{Item, Kept, Living, Reading, Writing, failed};
use crate::store::chain::{ChainHead, head_place};
use crate::store::codec;
use crate::store::config::{StoreConfig, StoreError};
use crate::store::digest::{self, Digest};
use crate::store::embedded::{Embedded, lock, now};
use crate::store::envelope::{self, open_plain, seal_plain};
use crate::store::erase;
use crate::store::folder::{KEY_FILE, LOCK};
use crate::store::key::{KeySource, Keys};
use crate::store::layout::{self, ACTS, HEAD, Head, Opaque, PIECE};
use crate::store::ring::{Ring, RingPlace};
use crate::store::turn::{id_place, key_pieces, keys_hash, seal_pieced, seal_record};
use crate::store::{Kind, Store};

/// Names read at once.
const SLICE: usize = 64;
/// How often a record that is being written is read again.
const READS: usize = 1000;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saved {
    /// Records.
    pub records: u64,
    /// Records that cannot be read and are not in it.
    pub damaged: u64,
    /// When it was made.
    pub at: Time,
}

type Change = (Vec<u8>, Option<Vec<u8>>);

impl Embedded {
    /// Writes everything into a new file, while everybody goes on.
    pub(super) async fn back_up(&self, path: &Path) -> Result<Saved, StoreError> {
        let new = path.with_extension("unfinished");
        let mut options = OpenOptions::new();
        if path.exists() {
            return Err(failed("written", io::ErrorKind::AlreadyExists.into()));
        }
        let file = options.create(true).truncate(true).write(true).mode(0o600).open(&new).map_err(|error| failed("written", error))?;
        let written = self.write_backup(BufWriter::new(file)).await;
        let (saved, file) = match written {
            Ok(written) => written,
            Err(error) => {
                // Half a backup is none; that it cannot be removed is less worth telling.
                let _ = fs::remove_file(&new);
                return Err(error);
            }
        };
        let file = file.into_inner().map_err(|error| failed("written", error.into_error()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let kept = file.sync_all().and_then(|()| fs::rename(&new, path)).and_then(|()| File::open(folder)?.sync_all());
        kept.map(|()| saved).map_err(|error| failed("written", error))
    }

    async fn write_backup(&self, out: BufWriter<File>) -> Result<(Saved, BufWriter<File>), StoreError> {
        let _alone = self.shared.key_work.lock().await;
        let (keys, ring, at) = (self.shared.keys(), lock(&self.shared.home).ring.clone(), now());
        let mut writing = Writing::begin(out, &ring)?;
        writing.put(&Item::Begin { at: at.0 })?;
        for version in self.versions()? {
            if let Some(sources) = self.get_version(&version)? {
                writing.put(&Item::Version { name: version.0, sources })?;
            }
        }
        for (place, current) in self.currents()? {
            writing.put(&Item::Current { place, name: current.0 })?;
        }
        let mut saved = Saved { at, ..Saved::default() };
        for space in [b'r', b'h'] {
            let mut from = vec![space];
            loop {
                let names = self.names(space, &mut from)?;
                if names.is_empty() {
                    break;
                }
                for name in names {
                    let is_stub = self.shared.get(&layout::piece(&layout::key(b'r', &[&name]), 0))?.is_none();
                    if is_stub != (space == b'h') {
                        continue;
                    }
                    match self.kept(&keys, name)? {
                        Some(kept) => {
                            saved.records += u64::from(!is_stub);
                            writing.put(&Item::Record(Box::new(kept)))?;
                        }
                        None => saved.damaged += 1,
                    }
                }
                tokio::task::yield_now().await;
            }
        }
        for digest in self.digests()? {
            writing.put(&Item::Digest(digest.line()))?;
        }
        self.save_tallies(&mut writing)?;
        writing.put(&Item::Acts(self.acts()?))?;
        writing.put(&Item::End { records: saved.records })?;
        Ok((saved, writing.end()?))
    }

    fn save_tallies(&self, writing: &mut Writing<BufWriter<File>>) -> Result<(), StoreError> {
        let mut from = b"c".to_vec();
        loop {
            let slice = self.shared.scan(&from, b"d", SLICE)?;
            let Some((last, _)) = slice.last() else { return Ok(()) };
            from = [last.as_slice(), &[0]].concat();
            for (key, first) in slice {
                let Some(place) = key.strip_suffix(&[0, 0]).filter(|place| place.len() == 25) else { continue };
                if let Ok(plain) = self.shared.open_pieced(place, first)? {
                    writing.put(&Item::Tally { place: place.to_vec(), plain })?;
                }
            }
        }
    }

    /// The next names in a space; `from` is where the next ones begin.
    fn names(&self, space: u8, from: &mut Vec<u8>) -> Result<Vec<Opaque>, StoreError> {
        let mut names = Vec::new();
        while names.len() < SLICE {
            let Some((key, _)) = self.shared.scan(from, &[space + 1], 1)?.pop() else { break };
            let Some(name) = key.get(1..17).and_then(|name| Opaque::try_from(name).ok()) else { break };
            *from = layout::key(space, &[&name, &[0xff; 3]]);
            names.push(name);
        }
        Ok(names)
    }

    /// A record with all that belongs to it, as of one moment; none if it cannot be read.
    fn kept(&self, keys: &Keys, name: Opaque) -> Result<Option<Kept>, StoreError> {
        let (place, chain_place) = (layout::key(b'r', &[&name]), head_place(&name));
        for _ in 0..READS {
            let before = (self.shared.get(&layout::piece(&place, 0))?, self.shared.get(&chain_place)?);
            let kept = self.read_kept(keys, name, before.0.clone(), before.1.as_deref())?;
            if before == (self.shared.get(&layout::piece(&place, 0))?, self.shared.get(&chain_place)?) {
                return Ok(kept);
            }
        }
        Err(StoreError::Unavailable("a record was written faster than it could be read".to_owned()))
    }

    fn read_kept(&self, keys: &Keys, name: Opaque, first: Option<Vec<u8>>, chain: Option<&[u8]>) -> Result<Option<Kept>, StoreError> {
        let record = match first {
            None => None,
            Some(first) => {
                let Some(living) = self.living(keys, &name, first)? else { return Ok(None) };
                Some(living)
            }
        };
        let chain = chain.and_then(|sealed| open_plain(keys, &head_place(&name), sealed).ok());
        let facts = self.pieced(b'j', &name)?;
        Ok(Some(Kept { name, record, chain, facts, letters: self.pieced(b'b', &name)? }))
    }

    fn living(&self, keys: &Keys, name: &Opaque, first: Vec<u8>) -> Result<Option<Living>, StoreError> {
        let place = layout::key(b'r', &[name]);
        let Some(head) = Head::read(&first) else { return Ok(None) };
        let Ok(sealed) = self.shared.rest(&place, first, head.pieces)? else { return Ok(None) };
        let Ok(plain) = envelope::open(keys, &place, HEAD, &sealed) else { return Ok(None) };
        let mut found_by = Vec::new();
        for number in 0..head.key_pieces {
            let piece = self.shared.get(&layout::piece(&layout::key(b'k', &[name]), number))?.unwrap_or_default();
            found_by.extend_from_slice(piece.as_chunks::<16>().0);
        }
        let wake = head.wake.map(|wake| wake.0);
        Ok(Some(Living { plain, version: head.version, wake, pending: head.pending, keys: found_by }))
    }

    /// Numbered things of a record that are sealed in pieces; those that cannot be read are left out.
    fn pieced(&self, space: u8, name: &Opaque) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let (from, to) = (layout::key(space, &[name]), layout::key(space, &[name, &[0xff; 11]]));
        let mut found = Vec::new();
        for (key, first) in self.shared.scan(&from, &to, usize::MAX)? {
            let Some(place) = key.strip_suffix(&[0, 0]).filter(|place| place.len() == 25) else { continue };
            let number = u64::from_be_bytes(place[17..].try_into().expect("eight bytes"));
            if let Ok(plain) = self.shared.open_pieced(place, first)? {
                found.push((number, plain));
            }
        }
        Ok(found)
    }

    /// Writes one thing of a backup.
    async fn put_back(&self, item: Item) -> Result<(), StoreError> {
        let keys = self.shared.keys();
        match item {
            Item::Version { name, sources } => return self.put_version(&Version(name), &sources).await,
            Item::Current { place, name } => {
                let sealed = seal_plain(&keys, &place, name.as_bytes())?;
                self.write(vec![(place, Some(sealed))]).await
            }
            Item::Record(kept) => self.put_record_back(&keys, *kept).await,
            Item::Digest(line) => {
                let Ok(read) = serde_json::from_str::<Digest>(&line) else { return Ok(()) };
                if let Some(folder) = lock(&self.shared.home).folder.clone() {
                    digest::append(&folder, &read)?;
                }
                let place = digest::place(read.number);
                self.write(vec![(place.clone(), Some(seal_plain(&keys, &place, line.as_bytes())?))]).await
            }
            Item::Acts(acts) if acts > 0 => self.write(vec![(ACTS.to_vec(), Some(acts.to_be_bytes().to_vec()))]).await,
            Item::Tally { place, plain } => {
                let mut changes = Vec::new();
                put_pieces(&place, &seal_pieced(&keys, &place, &plain)?, &mut changes);
                self.write(changes).await
            }
            Item::Acts(_) | Item::Begin { .. } | Item::End { .. } => Ok(()),
        }
    }

    async fn put_record_back(&self, keys: &Keys, kept: Kept) -> Result<(), StoreError> {
        let Kept { name, record, chain, facts, letters } = kept;
        let mut changes: Vec<Change> = Vec::new();
        for (space, numbered) in [(b'j', facts), (b'b', letters)] {
            for (number, plain) in numbered {
                let place = layout::key(space, &[&name, &number.to_be_bytes()]);
                put_pieces(&place, &seal_pieced(keys, &place, &plain)?, &mut changes);
            }
        }
        if let Some(head) = chain.and_then(|plain| ChainHead::decode(&plain)) {
            changes.push((head_place(&name), Some(erase::seal_head(keys, &name, &head)?)));
        }
        if let Some(living) = record {
            put_living(keys, &name, &living, &mut changes)?;
        }
        for slice in changes.chunks(SLICE) {
            self.write(slice.to_vec()).await?;
        }
        Ok(())
    }
}

fn put_pieces(place: &[u8], sealed: &[u8], changes: &mut Vec<Change>) {
    let numbered = (0..=u16::MAX).zip(sealed.chunks(PIECE));
    changes.extend(numbered.map(|(number, piece)| (layout::piece(place, number), Some(piece.to_vec()))));
}

/// A record, and all that finds it.
pub(super) fn put_living(keys: &Keys, name: &Opaque, living: &Living, changes: &mut Vec<Change>) -> Result<(), StoreError> {
    let Living { plain, version, wake, pending, keys: found_by } = living;
    let record: Record = codec::decode(plain).map_err(|why| StoreError::BrokenBackup { why })?;
    let wake = wake.map(Time);
    let mut head =
        Head { pieces: 0, version: *version, wake, pending: *pending, key_pieces: key_pieces(found_by)?, keys: keys_hash(keys, found_by) };
    let sealed = seal_record(keys, name, plain, &mut head)?;
    let id = seal_plain(keys, &id_place(name), record.id.0.as_bytes())?;
    put_pieces(&layout::key(b'k', &[name]), found_by.as_flattened(), changes);
    changes.extend(found_by.iter().map(|key| (layout::key(b'i', &[key, name]), Some(id.clone()))));
    changes.extend(wake.map(|time| (layout::wake(time, name), Some(id.clone()))));
    changes.extend(pending.then(|| (layout::key(b'p', &[name]), Some(id))));
    put_pieces(&layout::key(b'r', &[name]), &sealed, changes);
    Ok(())
}

/// Writes a backup into a store that is not there yet. `ring` opens the backup; without it the store's own key file does, which must then
/// be there already. Nothing is written before the backup has been read to its end.
pub(super) async fn restore(config: &StoreConfig, path: &Path, ring: Option<Ring>) -> Result<(Store, Saved), StoreError> {
    refuse_data(config)?;
    let key_file = match &config.key {
        KeySource::Given(_) => None,
        KeySource::Beside => Some(config.path.join(KEY_FILE)),
        KeySource::File(path) => Some(path.clone()),
    };
    let own = match (&config.key, &key_file) {
        (KeySource::Given(ring), _) => Some(ring.clone()),
        (_, Some(path)) => Ring::read(path)?,
        (_, None) => None,
    };
    let missing = || StoreError::BackupKeyMissing { key: key_file.clone().unwrap_or_default() };
    let opens = ring.as_ref().or(own.as_ref()).ok_or_else(missing)?;
    let saved = check(path, opens)?;
    if let (None, Some(path)) = (&own, &key_file) {
        let cannot = |source| StoreError::Folder { doing: "create", path: config.path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(&config.path).map_err(cannot)?;
        // The old keys come along: what finds records is hashed with the same index key, and other backups stay readable.
        RingPlace::File(path.clone()).keep(&Ring { retiring: false, ..opens.clone() })?;
    }
    let store = Store::open(config)?;
    let embedded = store.embedded();
    if lock(&embedded.shared.home).ring.index != opens.index {
        return Err(StoreError::BrokenBackup { why: "it belongs to another store than the keys that are configured" });
    }
    embedded.pause(saved.at, false).await?;
    let mut reading = Reading::begin(open(path)?, opens)?;
    while let Some(item) = reading.next()? {
        embedded.put_back(item).await?;
    }
    embedded.pause(saved.at, true).await?;
    Ok((store, saved))
}

/// A store is not written over.
fn refuse_data(config: &StoreConfig) -> Result<(), StoreError> {
    if config.kind == Kind::Memory {
        return Ok(());
    }
    let entries = match fs::read_dir(&config.path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StoreError::Folder { doing: "list", path: config.path.clone(), source }),
    };
    let is_other = |entry: &fs::DirEntry| entry.file_name() != KEY_FILE && entry.file_name() != LOCK;
    if entries.flatten().any(|entry| is_other(&entry)) {
        return Err(StoreError::NotEmpty { path: config.path.clone() });
    }
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>, StoreError> {
    File::open(path).map(BufReader::new).map_err(|error| failed("read", error))
}

/// Reads a backup to its end.
fn check(path: &Path, ring: &Ring) -> Result<Saved, StoreError> {
    let (mut reading, mut saved, mut records, mut ended) = (Reading::begin(open(path)?, ring)?, Saved::default(), 0, false);
    while let Some(item) = reading.next()? {
        match item {
            Item::Begin { at } => saved.at = Time(at),
            Item::Record(kept) => records += u64::from(kept.record.is_some()),
            Item::End { records } => (saved.records, ended) = (records, true),
            _ => {}
        }
    }
    if ended && records == saved.records { Ok(saved) } else { Err(StoreError::BrokenBackup { why: "not everything is in it" }) }
}
