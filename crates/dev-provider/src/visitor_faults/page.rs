//! `GET` and `POST /try-failures`: the page on which a visitor switches a failure on and off. Mounted only with
//! [`Config::visitor_faults`](crate::Config::visitor_faults).

use super::{ActiveFault, COOKIE, MAX_BACK, VisitorFault};
use crate::browser_session::Browser;
use crate::error::Failure;
use crate::guard::is_same_origin;
use crate::params::Params;
use crate::random::fingerprint;
use crate::{DevProvider, pages};
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tower_sessions::Session;
use url::Url;
use url::form_urlencoded::Serializer;

pub(crate) const PATH: &str = "/try-failures";
/// Value of the button that switches the failure off.
const OFF: &str = "off";

/// Why a form is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum FormRefusal {
    #[error("This form was sent from another site.")]
    CrossSite,
    #[error("There is no such failure.")]
    UnknownFailure,
}

impl IntoResponse for FormRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = ?self, "failure refused");
        pages::refused_form(self == Self::CrossSite, &self.to_string())
    }
}

/// `GET /try-failures`
pub(crate) async fn get(
    State(provider): State<DevProvider>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let active = provider.fault_of_browser(&headers);
    let remembered = || active.as_ref().and_then(|active| active.back.clone());
    let back = provider.way_back(&params).or_else(remembered);
    page(active.map(|active| active.fault), back.as_ref())
}

/// `POST /try-failures`: switches the failure of this browser on or off, and shows the page again.
pub(crate) async fn post(
    State(provider): State<DevProvider>,
    session: Session,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    if !is_same_origin(&headers, &provider.config().issuer()) {
        return Ok(FormRefusal::CrossSite.into_response());
    }
    let params = Params::parse(&body);
    let fault = match params.get("failure") {
        Some(OFF) => None,
        chosen => match chosen.and_then(VisitorFault::by_name) {
            Some(fault) => Some(fault),
            None => return Ok(FormRefusal::UnknownFailure.into_response()),
        },
    };
    let signed_in = provider.signed_in(&Browser::new(session)).await?;
    if let Some(before) = provider.fault_id(&headers) {
        provider.visitor_faults().switch_off(&before);
    }
    tracing::info!(failure = fault.map_or(OFF, VisitorFault::name), "failure chosen for a browser");
    let back = provider.way_back(&params);
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, address(back.as_ref()))]).into_response();
    let now = provider.now();
    let fault_id = fault.map(|fault| {
        let token = provider.config().random.token();
        let id = fingerprint(&token);
        provider.visitor_faults().switch_on(id, ActiveFault { fault, back }, now);
        let cookie = COOKIE.set(provider.config(), &token, None);
        response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        id
    });
    if let Some((sid, _)) = signed_in
        && let Some(session) = provider.state().sessions.get_mut(&sid, now)
    {
        session.fault_id = fault_id;
    }
    Ok(response)
}

impl DevProvider {
    /// Returns the URL in `back` if its origin is an app's. A link to any other site would make this provider
    /// vouch for the site.
    fn way_back(&self, params: &Params) -> Option<Url> {
        let back = params.get("back").filter(|back| back.len() <= MAX_BACK)?;
        let url = Url::parse(back).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let is_app = self.config().app_origins.iter().any(|app| app.origin() == url.origin());
        (is_app && url.username().is_empty() && url.password().is_none()).then_some(url)
    }
}

/// Returns the address of the page.
fn address(back: Option<&Url>) -> String {
    back.map_or_else(
        || PATH.to_owned(),
        |url| {
            let query = Serializer::new(String::new()).append_pair("back", url.as_str()).finish();
            format!("{PATH}?{query}")
        },
    )
}

fn page(active: Option<VisitorFault>, back: Option<&Url>) -> Response {
    pages::page(
        StatusCode::OK,
        "Try failures",
        &html! {
            h1 { "Try failures" }
            p {
                "Choose a failure, then use the apps and see how they react. A failure affects this browser only. It "
                "ends 10 minutes after you have chosen it."
            }
            p class="notice" role="status" {
                @match active {
                    Some(fault) => { "On for this browser: " strong { (fault.label()) } "." }
                    None => { "No failure is on for this browser." }
                }
            }
            form class="stack" method="post" action=(PATH) {
                @if let Some(back) = back { input type="hidden" name="back" value=(back); }
                @for fault in VisitorFault::ALL {
                    @let is_on = active == Some(fault);
                    @let class = if is_on { "button wide" } else { "button wide secondary" };
                    @let id = format!("about-{}", fault.name());
                    p {
                        button class=(class) name="failure" value=(fault.name()) aria-describedby=(id) {
                            (fault.label()) @if is_on { " (on)" }
                        }
                    }
                    p class="muted small" id=(id) { (fault.effect()) }
                }
                p { button class="button wide secondary" name="failure" value=(OFF) { "Off" } }
            }
            @if let Some(back) = back { p { a href=(back) { "Back to the tour" } } }
        },
    )
}

/// The line on all other pages while a failure is on, so that a visitor can tell it from a mistake.
pub(crate) fn reminder(active: &ActiveFault) -> Markup {
    html! {
        p class="notice" {
            "A failure is switched on for this browser: " strong { (active.fault.label()) } ". "
            a href=(address(active.back.as_ref())) { "Switch it off" }
        }
    }
}

impl VisitorFault {
    const ALL: [Self; 5] = [
        Self::SlowProvider,
        Self::ProviderFails,
        Self::RefusedRedirectUri,
        Self::SignInCancelled,
        Self::SessionLost,
    ];

    /// The value of the button, also in the log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SlowProvider => "slow_provider",
            Self::ProviderFails => "provider_fails",
            Self::RefusedRedirectUri => "refused_redirect_uri",
            Self::SignInCancelled => "sign_in_cancelled",
            Self::SessionLost => "session_lost",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    fn label(self) -> &'static str {
        match self {
            Self::SlowProvider => "Slow provider",
            Self::ProviderFails => "Provider fails",
            Self::RefusedRedirectUri => "Refused redirect URI",
            Self::SignInCancelled => "Sign-in cancelled",
            Self::SessionLost => "Session lost at the provider",
        }
    }

    fn effect(self) -> &'static str {
        match self {
            Self::SlowProvider => "The provider takes 3 seconds to issue or renew tokens.",
            Self::ProviderFails => "The provider answers 503 when an app asks it to issue or renew tokens.",
            Self::RefusedRedirectUri => {
                "The provider refuses every sign-in, as for an app whose redirect URI is not registered."
            }
            Self::SignInCancelled => "Every sign-in ends as if you had pressed Cancel.",
            Self::SessionLost => {
                "The provider forgets your session when an app next renews its tokens. Then this failure is off."
            }
        }
    }
}
