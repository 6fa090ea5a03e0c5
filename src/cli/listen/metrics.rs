//! `/metrics`: the numbers of a running bot in the text form that Prometheus reads.
//!
//! | metric | labels | counts |
//! |---|---|---|
//! | `usher_turns_total` | | turns that became durable |
//! | `usher_messages_dropped_total` | | messages of people who write faster than `limits.messages` allows |
//! | `usher_flow_faults_total` | | times that a flow failed at a step, as where a list has nothing to choose from; the log says where |
//! | `usher_commits_refused_total` | | commits that the store did not take |
//! | `usher_updates_parked_total` | | events that could not be dealt with and were parked |
//! | `usher_parked_updates` | | those that wait to be tried again or dropped; anything but 0 is an alarm |
//! | `usher_events_given_up_total` | | those for which there was no room among the parked ones |
//! | `usher_deliveries_total` | `ended`: done, unreachable, refused, ambiguous, later | attempts to bring something to a person |
//! | `usher_messages_repeated_total` | | messages sent again after an attempt of which nobody knows what it came to |
//! | `usher_calls_total` | `connection`; `ended`: 2xx … 5xx, other, unsent, unanswered, left_alone | attempts of calls |
//! | `usher_store_bytes` | | what the store occupies |
//! | `usher_store_free_bytes` | | what is free on its disk, where that can be known |
//! | `usher_store_waiting_commits` | | commits that wait |
//! | `usher_store_damaged_records` | | records found unreadable since the start |
//! | `usher_store_stray_values` | | values that the engine put where they are never synced; anything but 0 is an alarm |
//! | `usher_ready` | | 1 if `/readyz` says so |
//! | `usher_up_seconds` | | how long the process has been running |

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::cli::status::Status;

/// The type of what [`render`] gives.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The numbers now.
pub fn render(status: Arc<Status>) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("usher");
    registry.register_collector(Box::new(Measured(status)));
    let mut rendered = String::new();
    text::encode(&mut rendered, &registry)?;
    Ok(rendered)
}

#[derive(Debug)]
struct Measured(Arc<Status>);

impl Collector for Measured {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let counts = self.0.counts();
        counted(&mut encoder, "turns", "Turns that became durable", counts.turns)?;
        counted(&mut encoder, "messages_dropped", "Messages of people who write too fast", counts.dropped)?;
        counted(&mut encoder, "flow_faults", "Times that a flow failed at a step", counts.faults)?;
        counted(&mut encoder, "commits_refused", "Commits that the store did not take", counts.commits_refused)?;
        counted(&mut encoder, "updates_parked", "Events that could not be dealt with and were parked", counts.parked)?;
        gauge(&mut encoder, "parked_updates", "Parked events that wait to be tried again or dropped", counts.parked_now)?;
        counted(&mut encoder, "events_given_up", "Events that could not be dealt with and found no room to be parked", counts.given_up)?;
        let help = "Attempts to bring something to a person, by how they ended";
        let mut family = encoder.encode_descriptor("deliveries", help, None, MetricType::Counter)?;
        for (ended, times) in counts.deliveries {
            ConstCounter::new(times).encode(family.encode_family(&[("ended", ended)])?)?;
        }
        let help = "Messages sent again after an attempt of which nobody knows what it came to";
        counted(&mut encoder, "messages_repeated", help, counts.repeated)?;
        let help = "Attempts of calls, by connection and by how they ended";
        let mut family = encoder.encode_descriptor("calls", help, None, MetricType::Counter)?;
        for ((connection, ended), times) in counts.calls {
            ConstCounter::new(times).encode(family.encode_family(&[("connection", connection.as_str()), ("ended", ended)])?)?;
        }
        self.of_now(&mut encoder)
    }
}

impl Measured {
    /// What goes up and down.
    fn of_now(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let store = self.0.store();
        gauge(encoder, "store_bytes", "What the store occupies", store.size)?;
        if let Some(free) = store.free {
            gauge(encoder, "store_free_bytes", "What is free on the store's disk", free)?;
        }
        gauge(encoder, "store_waiting_commits", "Commits that wait", store.waiting as u64)?;
        gauge(encoder, "store_damaged_records", "Records found unreadable since the start", store.damaged as u64)?;
        gauge(encoder, "store_stray_values", "Values that lie where they are never synced", store.strays)?;
        gauge(encoder, "ready", "1 if the bot can do its work", u64::from(self.0.obstacles().is_empty()))?;
        gauge(encoder, "up_seconds", "How long the process has been running", self.0.up().as_secs())
    }
}

fn counted(encoder: &mut DescriptorEncoder, name: &str, help: &str, times: u64) -> fmt::Result {
    ConstCounter::new(times).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}
