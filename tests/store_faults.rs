//! What was acknowledged survives: a process killed at any moment, power cut at any moment, a disk that fails.
//!
//! A child process — this file run a second time — commits with many writers and notes each acknowledgement outside the store. When
//! it is dead, the store is opened and everything in it is held against the notes. `USHER_FAULT_ROUNDS` asks for more rounds than the
//! usual 20, `USHER_FAULT_SEED` repeats a run.

#[path = "store_faults/check.rs"]
mod check;
#[path = "store_faults/child.rs"]
mod child;
#[path = "support/store_powerfail.rs"]
mod powerfail;
#[path = "support/store_samples.rs"]
mod samples;

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use check::Known;
use child::Child;
use powerfail::PowerFail;

fn rounds() -> u64 {
    std::env::var("USHER_FAULT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(20)
}

/// Numbers that differ from run to run, and are told when a test fails.
struct Luck(u64);

impl Luck {
    fn new() -> Self {
        let given = std::env::var("USHER_FAULT_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| UNIX_EPOCH.elapsed().map_or(1, |since| u64::from(since.subsec_nanos())));
        println!("USHER_FAULT_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost() {
    let (folder, mut luck, mut known) = (tempfile::tempdir().expect("a folder"), Luck::new(), Known::default());
    let (data, notes) = (folder.path().join("data"), folder.path().join("notes"));
    for round in 0..rounds() {
        let mut child = Child::start("writers", &data, &notes, None);
        if luck.below(4) > 0 {
            child.wait_for_notes(known.notes() + 1);
        }
        std::thread::sleep(Duration::from_millis(luck.below(300)));
        child.kill();
        known.read(&notes);
        println!("round {round}: {} acknowledged", known.notes());
        known.check(&data);
    }
    assert!(known.notes() > rounds(), "the writers have written");
}

#[test]
fn killed_while_keys_are_retired_nothing_is_lost_and_it_goes_on() {
    let (folder, mut luck, mut known) = (tempfile::tempdir().expect("a folder"), Luck::new(), Known::default());
    let (data, notes, mut interrupted) = (folder.path().join("data"), folder.path().join("notes"), 0);
    for _ in 0..rounds() {
        let mut child = Child::start("retirer", &data, &notes, None);
        child.wait_for_notes(known.notes() + 50);
        std::thread::sleep(Duration::from_millis(luck.below(100)));
        child.kill();
        known.read(&notes);
        let ring = std::fs::read_to_string(data.join("usher.key")).expect("a ring");
        interrupted += u64::from(ring.contains("retiring"));
        known.check(&data);
    }
    assert!(interrupted > 0, "it was killed while keys were retired");
    check::retire_keys(&data);
    let ring = std::fs::read_to_string(data.join("usher.key")).expect("a ring");
    assert!(!ring.contains("old") && !ring.contains("retiring"), "the ring has one key in the end");
    known.check(&data);
}

/// Cuts the power of a child that plays `part`, and returns the folder as it is found afterwards.
fn cut(shim: &PowerFail, part: &str, folder: &Path, moment: (u64, u64), seed: u64) -> std::path::PathBuf {
    let data = folder.join("data");
    let variables = shim.cutting(&data, folder, moment, seed);
    Child::start(part, &data, &folder.join("notes"), Some(&variables)).wait_until_killed();
    folder.join("image")
}

#[test]
fn power_cut_while_it_runs_nothing_acknowledged_is_lost() {
    let Some(shim) = PowerFail::build() else { return };
    let (mut luck, mut acknowledged) = (Luck::new(), 0);
    for round in 0..rounds() {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, notes) = (folder.path().join("data"), folder.path().join("notes"));
        let mut known = Known::default();
        let mut child = Child::start("writers", &data, &notes, None);
        child.wait_for_notes(200);
        child.kill();
        known.read(&notes);
        known.check(&data);
        let before = known.notes();
        let image = cut(&shim, "writers", folder.path(), (5 + luck.below(30), luck.below(20)), luck.below(1 << 30));
        known.read(&notes);
        acknowledged += known.notes() - before;
        println!("round {round}: {} acknowledged, {} of them before", known.notes(), before);
        known.check(&image);
    }
    assert!(acknowledged > 10 * rounds(), "the power was cut while the writers wrote");
}

#[test]
fn power_cut_in_the_first_second_nothing_acknowledged_is_lost_and_the_store_opens() {
    let Some(shim) = PowerFail::build() else { return };
    let mut luck = Luck::new();
    for round in 0..rounds() {
        let folder = tempfile::tempdir().expect("a folder");
        // The folder is there, empty: a store that was never there at all opens anyway.
        std::fs::create_dir(folder.path().join("data")).expect("created");
        let image = cut(&shim, "writers", folder.path(), (luck.below(20), luck.below(30)), luck.below(1 << 30));
        let mut known = Known::default();
        known.read(&folder.path().join("notes"));
        println!("round {round}: {} acknowledged", known.notes());
        known.check(&image);
    }
}

#[test]
fn the_power_cut_finds_what_the_engine_alone_loses() {
    let Some(shim) = PowerFail::build() else { return };
    let mut luck = Luck::new();
    let found = (0..60).any(|_| {
        let folder = tempfile::tempdir().expect("a folder");
        let image = cut(&shim, "bare", folder.path(), (1, 50 + luck.below(200)), luck.below(1 << 30));
        check::bare_engine_lost_something(&image, &folder.path().join("notes"))
    });
    assert!(found, "a power cut that loses nothing proves nothing");
}

#[test]
fn a_disk_that_fails_ends_acknowledging() {
    let Some(shim) = PowerFail::build() else { return };
    let mut luck = Luck::new();
    for round in 0..rounds() {
        let folder = tempfile::tempdir().expect("a folder");
        let (data, notes) = (folder.path().join("data"), folder.path().join("notes"));
        let (what, from) =
            if round % 2 == 0 { ("STORE_FAIL_SYNC", 20 + luck.below(60)) } else { ("STORE_FAIL_WRITE", 20 + luck.below(200)) };
        // The child ends well only if, from the first failure on, every commit was refused.
        Child::start("writers", &data, &notes, Some(&shim.failing(&data, what, from))).wait_until_done();
        let mut known = Known::default();
        known.read(&notes);
        println!("round {round}: {} acknowledged, then {what}={from}", known.notes());
        known.check(&data);
    }
}
