//! Tests of the provider on a real socket, with requests as browsers and relying parties send them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod apple;
mod authorize;
mod backchannel;
mod client_auth;
mod entra;
mod faults;
mod federated;
mod guard;
mod jwt;
mod login;
mod logout;
mod public_demo;
mod refresh;
mod settings;
mod support;
mod token;
mod visitor_faults;
