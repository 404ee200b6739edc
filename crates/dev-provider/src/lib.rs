#![doc = include_str!("../README.md")]

mod authorize;
mod backchannel;
mod browser_session;
mod clock;
mod config;
mod counters;
mod discovery;
mod error;
mod expiring_map;
mod faults;
mod guard;
mod id_token;
mod keys;
mod login;
mod logout;
mod pages;
mod params;
mod provider;
mod random;
mod revoke;
mod state;
mod switchboard;
mod token;
mod userinfo;
mod users;

pub use clock::Clock;
pub use config::{Client, Config};
pub use counters::Counters;
pub use error::Error;
pub use faults::{Document, Endpoint, Fault, FaultLine, FaultName, FaultOrder, Faults, OddAnswer};
pub use keys::generate_signing_key;
pub use provider::{DevProvider, serve};
pub use random::Random;
