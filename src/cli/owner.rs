//! The first owner: while nobody may everything, each start shows a code to the operator, and whoever sends it to the bot first becomes the
//! owner. It stands on the terminal, or else in a file that only the operator's user can read; never in the log.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;

use crate::cli::live::Life;
use crate::expr::Time;

/// The file's name in the data folder.
const NAME: &str = "owner.code";

/// How long a code works.
const LIFE: Duration = Duration::from_hours(24);

/// Letters that cannot be taken for one another.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// How often it is looked whether the code was used.
const LOOK: Duration = Duration::from_secs(1);

/// Offers a code, if nobody may everything. What an earlier start has left is gone in any case, and the file is as soon as there is an
/// owner, or the code too old.
pub fn offer(life: &Life, folder: Option<&Path>) -> anyhow::Result<()> {
    let file = folder.map(|folder| folder.join(NAME));
    if let Some(file) = &file {
        // Usually there is none.
        let _ = fs::remove_file(file);
    }
    if life.is_owned() {
        return Ok(());
    }
    let code = code()?;
    let mut stdout = io::stdout();
    if stdout.is_terminal() {
        writeln!(
            stdout,
            "Nobody is the owner of this bot yet. Send it this line within 24 hours to become the owner:\n\n    /role {code}\n"
        )?;
    } else if let Some(file) = &file {
        let mut options = fs::OpenOptions::new();
        let mut opened =
            options.write(true).create_new(true).mode(0o600).open(file).with_context(|| format!("cannot write {}", file.display()))?;
        writeln!(opened, "/role {code}")?;
        tracing::warn!("nobody is the owner of this bot yet: whoever sends it the line in {} within 24 hours becomes it", file.display());
    } else {
        tracing::warn!("nobody is the owner of this bot yet; start it on a terminal, or name the owner in usher.yaml");
        return Ok(());
    }
    if let Some(file) = file {
        tokio::spawn(remove_when_used(file, life.owned()));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    life.offer_ownership(&code, Time(i64::try_from((now + LIFE).as_millis()).unwrap_or(i64::MAX)));
    Ok(())
}

/// Nobody is to find a code that says nothing any more.
async fn remove_when_used(file: PathBuf, is_owned: impl Fn() -> bool + Send) {
    let used = async {
        while !is_owned() {
            tokio::time::sleep(LOOK).await;
        }
    };
    let _ = tokio::time::timeout(LIFE, used).await;
    // On a terminal there is none.
    let _ = fs::remove_file(file);
}

/// Two words of six letters: 60 bits that nobody can guess.
fn code() -> anyhow::Result<String> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("the operating system gives no random numbers: {error}"))?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte & 31)]);
    let (one, other) = bytes.split_at(6);
    Ok(format!("{}-{}", one.iter().map(letter).collect::<String>(), other.iter().map(letter).collect::<String>()))
}
