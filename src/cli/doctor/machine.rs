//! This machine: the data folder, its disk and its key, the clock.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{Access, access, statvfs};

use crate::cli::config::Config;
use crate::cli::doctor::report::Report;
use crate::store::{KEY_FILE, KeySource, Kind, Ring, Store, StoreError};

/// The rights of everybody but the owner.
const OTHERS: u32 = 0o077;

/// Less than this is soon too little.
const ROOM: u64 = 1 << 30;

/// Seconds by which clocks may differ.
const SKEW: i64 = 5;

/// The clock of a server: whose, and by how many seconds it is ahead of ours.
pub struct Clock {
    pub about: String,
    pub ahead: i64,
}

/// Which program this is.
pub fn version(report: &mut Report) {
    report.good("usher", format!("version {}", env!("CARGO_PKG_VERSION")));
}

/// Looks at the store's surroundings.
pub fn look(config: &Config, report: &mut Report) {
    if config.store.kind == Kind::Memory {
        return report.advice("store", "kept in memory: nothing outlives a stop", "use store: { kind: sled, path: data }");
    }
    let folder = &config.store.path;
    match folder.metadata() {
        Ok(found) if found.is_dir() => there(folder, &found, report),
        Ok(_) => report.bad("store", format!("{} is not a folder", folder.display()), "give store.path a folder"),
        Err(_) => absent(folder, report),
    }
    room(config, report);
    key(config, report);
}

fn there(folder: &Path, found: &Metadata, report: &mut Report) {
    let shown = folder.display();
    if access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        report.bad("store", format!("{shown} may not be written to by this user"), format!("give it to this user: chown -R usher {shown}"));
    } else if found.permissions().mode() & OTHERS == 0 {
        report.good("store", format!("{shown} is there, for this user alone"));
    } else {
        report.advice("store", format!("{shown} may be read by others"), format!("chmod 700 {shown}"));
    }
}

/// The first start makes the folder, if it may.
fn absent(folder: &Path, report: &mut Report) {
    let shown = folder.display();
    let above = folder.ancestors().skip(1).map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
    match above.into_iter().find(|above| above.exists()) {
        Some(above) if access(above, Access::WRITE_OK | Access::EXEC_OK).is_ok() => {
            report.good("store", format!("{shown} is made by the first start"));
        }
        _ => report.bad(
            "store",
            format!("{shown} is not there and cannot be made by this user"),
            format!("make it: install -d -m 700 {shown}"),
        ),
    }
}

fn room(config: &Config, report: &mut Report) {
    let nearest = config
        .store
        .path
        .ancestors()
        .map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path })
        .find(|path| path.exists());
    let Some(disk) = nearest.and_then(|path| statvfs(path).ok()) else { return };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let says = format!("{} MiB are free", free >> 20);
    if free < config.store.keep_free {
        report.bad("disk", format!("{says}, {} MiB are to stay free: nothing would be kept", config.store.keep_free >> 20), "make room");
    } else if free < ROOM {
        report.advice("disk", says, "make room soon: below 64 MiB nothing is kept any more");
    } else {
        report.good("disk", says);
    }
}

fn key(config: &Config, report: &mut Report) {
    let folder = &config.store.path;
    match (&config.store.key, &config.key_file) {
        (KeySource::Beside, _) => {
            let todo = "stop the bot, move usher.key into a folder of its own that the bot may write to, and name it: store: { key_file: … }; \
                        under the systemd unit that is /var/lib/usher-key/usher.key";
            let before = "name a file in a folder of its own that the bot may write to: store: { key_file: … }; under the systemd unit that is \
                          /var/lib/usher-key/usher.key";
            if holds_a_key(&folder.join(KEY_FILE), config, report) {
                let (says, todo) = if folder.join(KEY_FILE).is_file() {
                    ("the key lies in the data folder beside what it encrypts", todo)
                } else {
                    ("the first start will make the key in the data folder, beside what it encrypts", before)
                };
                report.advice("key", format!("{says}: whoever copies the folder can read it"), todo);
            }
        }
        (KeySource::File(file), _) | (KeySource::Given(_), Some(file)) => {
            if holds_a_key(file, config, report) {
                key_file(file, folder, report);
            }
        }
        (KeySource::Given(_), None) => report.good("key", "it comes from the environment"),
    }
}

/// Whether a key can be read there, or will be there after the first start; otherwise says what stands in the way.
fn holds_a_key(file: &Path, config: &Config, report: &mut Report) -> bool {
    let shown = file.display();
    match Ring::read(file) {
        Ok(None) if Store::exists(&config.store) => {
            let says = format!("{shown} is missing, and without it nothing that is stored can be read");
            report.bad("key", says, "put the key back: the store cannot be opened with another one");
            false
        }
        Ok(None) => can_be_made(file, config, report),
        Ok(Some(_)) => true,
        Err(StoreError::KeyFile { source, .. }) if source.kind() == ErrorKind::IsADirectory => {
            report.bad("key", format!("{shown} is a folder"), format!("name a file in it: {}", file.join(KEY_FILE).display()));
            false
        }
        Err(StoreError::KeyFile { .. }) => {
            report.bad("key", format!("{shown} may not be read by this user"), format!("give it to this user: chown usher {shown}"));
            false
        }
        Err(malformed) => {
            report.bad("key", malformed.to_string(), "put the right file there");
            false
        }
    }
}

/// Whether the first start can make the key file; the data folder is made before, if it is not there.
fn can_be_made(file: &Path, config: &Config, report: &mut Report) -> bool {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder == config.store.path {
        return true;
    }
    let (key, shown) = (file.display(), folder.display());
    let (says, todo) = if !folder.is_dir() {
        (format!("{key} cannot be made: there is no folder {shown}"), format!("make it, for this user: install -d -m 700 {shown}"))
    } else if access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let todo = format!("make a key there (openssl rand -hex 32), or give the folder to this user: chown usher {shown}");
        (format!("{key} cannot be made: {shown} may not be written to by this user"), todo)
    } else {
        return true;
    };
    report.bad("key", says, todo);
    false
}

fn key_file(file: &Path, folder: &Path, report: &mut Report) {
    let shown = file.display();
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mode = file.metadata().map_or(0, |found| found.permissions().mode());
    if real(file).starts_with(real(folder)) {
        report.advice(
            "key",
            format!("{shown} lies in the data folder beside what it encrypts"),
            "move it elsewhere, and keep it out of backups of the data",
        );
    } else if !file.exists() {
        report.good("key", format!("{shown} is made by the first start, apart from the data"));
    } else if mode & 0o077 != 0 {
        report.advice("key", format!("{shown} may be read by others"), format!("chmod 600 {shown}"));
    } else {
        report.good("key", format!("{shown} lies apart from the data, for this user alone"));
    }
}

/// Compares our clock with those of the servers.
pub fn clock(servers: Vec<Clock>, report: &mut Report) {
    for Clock { about, ahead } in servers {
        let (by, ours) = (ahead.abs(), if ahead > 0 { "behind" } else { "ahead of" });
        if by <= SKEW {
            report.good("clock", format!("agrees with that of {about}"));
        } else {
            let says = format!("this machine is {by} seconds {ours} {about}: codes and reminders go by the wrong time");
            report.bad("clock", says, "let the machine keep time: timedatectl set-ntp true");
        }
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
