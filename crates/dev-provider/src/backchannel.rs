//! Back-Channel Logout 1.0: sends a logout token to every client of a session that ended.

use crate::client::Client;
use crate::clock::later;
use crate::faults::{Document, Fault};
use crate::state::ProviderSession;
use crate::users::User;
use crate::{DevProvider, Error};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde::Serialize;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use url::Url;

/// Timeout of a request to a client.
const LIMIT: Duration = Duration::from_secs(2);
/// Lifetime of a logout token (§2.4 recommends at most two minutes).
const TOKEN_TTL: Duration = Duration::from_secs(120);
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Claims of a logout token (§2.4). There is no `nonce`, so that the token cannot pass for an ID token.
#[derive(Serialize)]
struct LogoutClaims<'a> {
    iss: String,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    sid: &'a str,
    events: serde_json::Value,
}

impl DevProvider {
    /// Ends a session at this provider and sends logout tokens to its clients in the background.
    pub(crate) fn end_session(&self, sid: &str) {
        let keep_offline = self.config().offline_access_outlives_logout;
        let Some(session) = self.state().end_session(sid, keep_offline) else {
            return;
        };
        tracing::info!(clients = session.clients.len(), "session ended");
        let has_logout = self.config().personality.has_logout();
        if !has_logout || self.faults().is_due(&Fault::SilentBackChannel) {
            return;
        }
        for client_id in &session.clients {
            let Some(client) = self.config().client(client_id) else {
                continue;
            };
            let Some(uri) = client.backchannel_logout_uri.clone() else {
                continue;
            };
            match self.logout_token(client, &session, sid) {
                Ok(token) => self.in_background(deliver(self.http().clone(), uri, client_id.clone(), token)),
                Err(error) => tracing::error!(%error, client_id, "logout token not signed"),
            }
        }
    }

    fn logout_token(&self, client: &Client, session: &ProviderSession, sid: &str) -> Result<String, Error> {
        let now = self.now();
        let keys = self.keys();
        let header = json!({ "alg": "RS256", "typ": "logout+jwt", "kid": keys.current.kid });
        let claims = LogoutClaims {
            iss: User::by_sub(&session.sub)
                .map_or_else(|| self.config().issuer(), |user| self.config().issuer_of(&user)),
            sub: &session.sub,
            aud: &client.client_id,
            iat: now.timestamp(),
            exp: later(now, TOKEN_TTL).timestamp(),
            jti: self.config().random.token(),
            sid,
            events: json!({ EVENT: {} }),
        };
        let mut claims = serde_json::to_value(claims).map_err(|error| Error::Sign(error.to_string()))?;
        self.faults().change(Document::LogoutToken, &mut claims);
        keys.current.sign(&header, &claims)
    }
}

/// Sends a logout token once, without retry (§2.5). A relying party that misses it learns of the sign-out at
/// its next refresh.
async fn deliver(http: reqwest::Client, uri: Url, client_id: String, token: String) {
    let form =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
    let request = http
        .post(uri)
        .timeout(LIMIT)
        .header(reqwest::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form);
    match request.send().await {
        Ok(answer) if answer.status().is_success() => {
            tracing::info!(client_id, "back-channel logout delivered");
        }
        Ok(answer) => {
            tracing::warn!(client_id, status = answer.status().as_u16(), "back-channel logout refused");
        }
        // Log the error without its URL, which may contain secrets of the operator.
        Err(error) => tracing::warn!(client_id, error = %error.without_url(), "back-channel logout failed"),
    }
}

/// Creates the client for outgoing requests: no redirects and no proxy. It connects to `hosts` at their addresses, and
/// to `*.localhost` on loopback.
#[expect(clippy::disallowed_methods, reason = "this is the provider's only outgoing client")]
pub(crate) fn http_client(hosts: &[(String, SocketAddr)]) -> Result<reqwest::Client, Error> {
    // Fails if the process has already installed a cryptography provider. Any provider works.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(LIMIT)
        .dns_resolver(LocalhostResolver);
    let client = hosts.iter().fold(client, |client, (name, address)| client.resolve(name, *address));
    client.build().map_err(Error::HttpClient)
}

/// Resolves names under `localhost` to loopback (RFC 6761 §6.3). The system's resolver often knows only
/// `localhost`.
#[derive(Clone, Copy, Debug)]
struct LocalhostResolver;

impl Resolve for LocalhostResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if is_localhost(name.as_str()) {
                let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                return Ok(Box::new(loopback.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn localhost_is_a_whole_label() {
        for name in ["localhost", "identity.wow.localhost", "Partner.LOCALHOST", "a.localhost."] {
            assert!(is_localhost(name), "{name}");
        }
        for name in ["notlocalhost", "localhost.example", "example"] {
            assert!(!is_localhost(name), "{name}");
        }
    }
}
