#![doc = include_str!("../README.md")]

mod authorize;
mod backchannel;
mod browser_session;
mod client;
mod clock;
mod config;
mod counters;
mod discovery;
mod error;
mod expiring_map;
mod fault_endpoints;
mod faults;
mod guard;
mod id_token;
mod jwt;
mod keys;
mod login;
mod logout;
mod pages;
mod params;
mod provider;
mod random;
mod revoke;
mod state;
mod token;
mod userinfo;
mod users;

pub use client::{Client, ClientAuth};
pub use clock::Clock;
pub use config::Config;
pub use counters::Counters;
pub use error::Error;
pub use faults::{CustomResponse, Document, Endpoint, Fault, FaultName, FaultSpec, Faults, FaultsRequest};
pub use keys::generate_signing_key;
pub use provider::{DevProvider, serve};
pub use random::Random;
