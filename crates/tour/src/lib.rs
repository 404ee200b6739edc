//! The tour through the five articles, on the first pages of the main app and of identity.
//!
//! A [`Stop`] is one section: the problem, something to try, what just happened (the [`Diagram`] of the visitor's own
//! flow), and the files that do it ([`SOURCES`]). The apps write the texts. Everything is rendered on the server and needs no
//! script.
//!
//! `TOUR_URLS` names the other apps of the demo, so that the stops can link to them.

// The type of a Leptos page nests as deep as its markup, deeper than the default limit.
#![recursion_limit = "256"]
#![expect(
    unreachable_pub,
    reason = "#[component] generates a public copy of the function in a private module"
)]

mod diagram;
mod places;
mod source;
mod stop;

pub use diagram::Diagram;
pub use places::{Place, Places, SETTINGS, TOUR_URLS, VisitLink};
pub use source::{SOURCE_PAGE, SOURCES, SourcePage};
pub use stop::{Chapter, Heading, Stop, Tour};

use axum::{Router, routing::get};
use http::header;

/// The path of the tour's style sheet.
pub const STYLE_PATH: &str = "/tour.css";

/// Serves the tour's style sheet.
pub fn style<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let headers = [(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "no-cache")];
    Router::new().route(STYLE_PATH, get(async move || (headers, include_str!("../style/tour.css"))))
}
