//! Albums: their pictures come as messages of their own, and would be answered one by one.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Albums remembered.
const ALBUMS: usize = 256;

/// The albums seen, and the update that stands for each.
#[derive(Default)]
pub(super) struct Albums(Mutex<VecDeque<(String, i64)>>);

impl Albums {
    /// False for the second and later messages of an album. Handed in again after a failure, the message that stood for the album does
    /// so again.
    pub(super) fn is_first_of(&self, album: Option<&str>, update: i64) -> bool {
        let Some(album) = album else { return true };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == album) {
            return *first == update;
        }
        if seen.len() >= ALBUMS {
            seen.pop_front();
        }
        seen.push_back((album.to_owned(), update));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_album_counts_once_however_often_it_comes() {
        let albums = Albums::default();
        let album = || Some("a");
        assert!(albums.is_first_of(album(), 5));
        assert!(!albums.is_first_of(album(), 6));
        assert!(albums.is_first_of(album(), 5), "handed in again");
        assert!(albums.is_first_of(None, 7));
    }
}
