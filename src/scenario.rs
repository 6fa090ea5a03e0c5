//! Test conversations.
