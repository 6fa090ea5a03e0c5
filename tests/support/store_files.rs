//! The files of a store, as its engine sees them.

use std::path::Path;
use std::thread;
use std::time::Duration;

/// Opens them. A store that was just closed may still be letting go of them.
pub fn raw(folder: &Path) -> sled::Db {
    let config = sled::Config::new().path(folder.join("sled"));
    let opened = (0..200).find_map(|_| config.open().map_err(|_| thread::sleep(Duration::from_millis(10))).ok());
    opened.expect("the files are let go of")
}
