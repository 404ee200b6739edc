//! The other apps of the demo, and where they are.

use auth::config::{DefaultValue, Setting, Subject};
use auth_leptos::page;
use auth_types::encode_query;
use leptos::prelude::*;
use std::{collections::BTreeMap, sync::LazyLock};

/// The environment variable with the addresses: `games=http://…,store=http://…`.
pub const TOUR_URLS: &str = "TOUR_URLS";

/// The settings of the tour.
pub const SETTINGS: &[Setting] = &[Setting {
    name: TOUR_URLS,
    subject: Subject::App,
    meaning: "The addresses of the demo's apps, and of the page of failures at its provider, for the links of the tour. A place \
              without an address gets no link.",
    default: DefaultValue::Otherwise("no links"),
    unit: "pairs `place=origin`, comma-separated; the places are games, store, partner, identity and failures",
    example: "games=https://games.example.com,partner=https://partner.example",
    is_secret: false,
}];

static PLACES: LazyLock<Places> =
    LazyLock::new(|| Places::parse(&std::env::var(TOUR_URLS).unwrap_or_default()));

/// A place that the tour leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The main app, at the address that shares a domain with the store.
    Games,
    /// The main app's second instance.
    Store,
    /// The app on another domain.
    Partner,
    /// The identity app.
    Identity,
    /// The page of the demo's provider where a visitor switches a failure on.
    Failures,
}

impl Place {
    /// The place's name in the variable.
    const fn key(self) -> &'static str {
        match self {
            Self::Games => "games",
            Self::Store => "store",
            Self::Partner => "partner",
            Self::Identity => "identity",
            Self::Failures => "failures",
        }
    }
}

/// The addresses that the operator gives.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// Reads the variable's value. An entry that is not `name=http…` is left out, so that no other scheme becomes a link.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let entries = text.split(',').filter_map(|entry| entry.trim().split_once('='));
        let urls = entries.filter(|(_, url)| url.starts_with("http://") || url.starts_with("https://"));
        Self(urls.map(|(name, url)| (name.to_owned(), url.trim_end_matches('/').to_owned())).collect())
    }

    /// The address of a place, without a slash at its end; `None` if the operator named none.
    #[must_use]
    pub fn of(&self, place: Place) -> Option<&str> {
        self.0.get(place.key()).map(String::as_str)
    }

    /// The address of a place in this process.
    #[must_use]
    pub fn current(place: Place) -> Option<&'static str> {
        PLACES.of(place)
    }
}

/// A link to a page at another app, in a new tab, so that both can be seen side by side. Only its text if the operator
/// named no address.
#[component]
pub fn VisitLink(
    /// The app.
    place: Place,
    /// The path there.
    #[prop(default = "/")]
    path: &'static str,
    /// The text of the link.
    text: &'static str,
) -> impl IntoView {
    match Places::current(place) {
        None => view! { <span>{text}</span> }.into_any(),
        Some(origin) => {
            let href = match place {
                // The page shows a link back.
                Place::Failures => {
                    format!("{origin}?back={}", encode_query(&format!("{}/", page().app.origin)))
                }
                _ => format!("{origin}{path}"),
            };
            view! {
                <a href=href target="_blank" rel="noopener">
                    {text} <span class="visually-hidden">" (opens a new tab)"</span>
                </a>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_become_links() {
        let places = Places::parse(
            "games=http://games.test/, store=javascript:alert(1),partner,identity=https://id.test",
        );
        assert_eq!(places.of(Place::Games), Some("http://games.test"));
        assert_eq!(places.of(Place::Identity), Some("https://id.test"));
        for absent in [Place::Store, Place::Partner, Place::Failures] {
            assert_eq!(places.of(absent), None);
        }
    }
}
