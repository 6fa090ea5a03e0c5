//! The store itself: whether its key opens it, and what the bot was told that keeps people waiting.

use std::collections::BTreeSet;

use crate::cli::audit;
use crate::cli::config::Config;
use crate::cli::control::{self, Standing};
use crate::cli::doctor::report::Report;
use crate::flow::Maintenance;
use crate::store::{Kind, Paused, Store, StoreError};

/// Asks the bot that runs, or else looks into the store.
pub async fn look(config: &Config, report: &mut Report) {
    if config.store.kind == Kind::Memory || !Store::exists(&config.store) {
        return;
    }
    match control::standing(&config.store).await {
        Ok(standing) => {
            report.good("store", "its key opens it");
            stands(&standing, report);
        }
        Err(error) => closed(&error, report),
    }
}

fn stands(Standing { paused, house }: &Standing, report: &mut Report) {
    if let Some(Paused { backup, whole }) = paused {
        if *whole {
            let says = format!("paused: restored from a backup of {} UTC; nothing is sent and nothing called", audit::moment(*backup));
            report.advice("store", says, "release it when nobody else works for these people: usher resume");
        } else {
            report.bad("store", "its restoration was interrupted", "empty the data folder and run usher restore again");
        }
    }
    if let Some(Maintenance { text }) = &house.maintenance {
        let words = text.as_ref().map_or_else(String::new, |text| format!(": {text}"));
        report.advice("maintenance", format!("people without a role are asked to wait{words}"), "end it: usher maintenance off");
    }
    let given = |(role, people): (&String, &BTreeSet<String>)| {
        format!("{role}: {}", people.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    if !house.given.is_empty() {
        report.good("roles", format!("given in the chat: {}", house.given.iter().map(given).collect::<Vec<_>>().join("; ")));
    }
}

/// It cannot be looked into. What keeps the key or the folder from this user has been told.
fn closed(error: &anyhow::Error, report: &mut Report) {
    let (says, what) = (format!("{error:#}"), error.downcast_ref::<StoreError>());
    match what {
        Some(StoreError::KeyMissing { .. } | StoreError::KeyFile { .. } | StoreError::KeyMalformed { .. }) => {}
        Some(StoreError::WrongKey { .. }) => {
            report.bad("key", says, "put the key of this store back: it lies where you keep the keys of its backups");
        }
        Some(StoreError::InUse { .. }) => report.advice("store", says, "ask again when that process has ended"),
        Some(StoreError::Foreign { .. } | StoreError::Folder { .. }) => {
            report.advice("store", says, "run this as the user that the bot runs as");
        }
        Some(_) => report.bad("store", says, "restore a backup, or ask whoever keeps this machine"),
        None => report.advice("store", says, "start the bot again, so that both are of one version"),
    }
}
