//! The auth crate over HTTP: the real router on a socket, signing in directly at a real provider.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod activity;
mod app_data;
mod check_session;
mod connections;
mod cookies;
mod departures;
mod devices;
mod discovery;
mod doctor;
mod error_pages;
mod events;
mod flow_trace;
mod flows;
mod gate;
mod github;
mod handoff;
mod hooks;
mod https;
mod logout;
mod metrics;
mod minimal;
mod odd_providers;
mod providers;
mod refresh;
mod refusals;
mod request_ids;
mod require_session;
mod revalidate;
mod session;
mod sign_in;
mod sign_out;
mod silent;
mod support;
