//! Checks on where a request comes from and where it may lead: hosts, paths, client addresses, cross-site
//! requests and safe return paths.

mod address;
mod client_address;
mod cross_site;
mod fetch_metadata;
mod host;
mod navigation;
mod params;
mod public_url;
mod request_path;
mod return_path;
mod site;

pub use address::{is_localhost, is_loopback, is_non_public};
pub use client_address::{ClientAddress, PeerAddress, TrustedProxies};
pub(crate) use cross_site::refuse_cross_site;
pub use cross_site::{CrossSite, check_cross_site, is_upgrade};
pub use fetch_metadata::FetchMetadata;
pub(crate) use host::check_host;
pub use host::{HostError, RequestOrigin};
pub use navigation::navigation_only;
pub use params::{ParamsError, UniqueParams};
pub use public_url::{Origin, OriginError, OriginPattern, PublicUrls};
pub use request_path::{AmbiguousPath, check_path};
pub use return_path::ReturnPath;
