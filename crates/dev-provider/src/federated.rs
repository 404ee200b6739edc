//! A federated login on another host: the provider hands the visitor on, and the visitor comes back at once.
//!
//! Only the redirects matter. Chromium checks `form-action` of the page with the form against every redirect
//! after the form was posted, also against a host that the relying party does not know.

use crate::params::Params;
use crate::{DevProvider, pages};
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded::Serializer;

/// Start of the paths that the federated host serves.
pub(crate) const PREFIX: &str = "/federated/";
/// Parameter of a request that comes back from the federated host.
pub(crate) const RETURNED: &str = "federated";

/// The endpoints that hand the visitor on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handover {
    Authorize,
    Logout,
}

impl Handover {
    fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Logout => "logout",
        }
    }
}

impl DevProvider {
    /// Redirects to the federated host. Returns `None` without such a host, and when the visitor comes back
    /// from there.
    pub(crate) fn hand_over(&self, at: Handover, params: &Params) -> Option<Response> {
        let origin = self.config().federated_via.as_ref()?.origin().ascii_serialization();
        if params.get(RETURNED).is_some() {
            return None;
        }
        let query = Serializer::new(String::new()).extend_pairs(params.iter()).finish();
        tracing::info!(endpoint = at.name(), "visitor handed over to the federated host");
        Some(redirect(&format!("{origin}{PREFIX}{}?{query}", at.name())))
    }
}

/// `GET /federated/{endpoint}` at the federated host: redirects back to the endpoint at the issuer.
pub(crate) async fn get(
    State(provider): State<DevProvider>,
    Path(endpoint): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let known = [Handover::Authorize, Handover::Logout].into_iter().find(|at| at.name() == endpoint);
    let Some(at) = known else {
        let sentence = "There is no such page at this provider.";
        return pages::refusal(StatusCode::NOT_FOUND, "not_found", sentence);
    };
    let query = query.unwrap_or_default();
    let issuer = provider.config().issuer();
    redirect(&format!("{issuer}/{}?{query}&{RETURNED}=done", at.name()))
}

fn redirect(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
