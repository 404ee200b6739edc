//! A registered relying party: its credentials and its addresses.

use crate::Error;
use crate::jwt::{p256_key, public_key};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// A relying party.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`. Only [`ClientAuth::Secret`] uses it; other clients may leave it empty.
    pub client_secret: SecretString,
    /// How the client authenticates.
    pub client_auth: ClientAuth,
    /// Redirect URIs, compared as strings (RFC 9700 §2.1).
    pub redirect_uris: Vec<Url>,
    /// Post-logout redirect URIs, compared as strings (RP-Initiated Logout 1.0 §3.1).
    pub post_logout_redirect_uris: Vec<Url>,
    /// URI that receives logout tokens (Back-Channel Logout 1.0 §2.2).
    pub backchannel_logout_uri: Option<Url>,
}

/// How a client authenticates at `/token` and `/revoke`. Every other method is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_secret_basic` or `client_secret_post` with [`Client::client_secret`] (RFC 6749 §2.3.1).
    #[default]
    Secret,
    /// `none`: a public client, which sends only its `client_id` (RFC 6749 §2.1). PKCE protects its codes.
    None,
    /// `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9), signed with RS256 or ES256.
    PrivateKeyJwt {
        /// The client's RSA or P-256 public key, as SPKI PEM (`BEGIN PUBLIC KEY`).
        public_key_pem: String,
    },
    /// Sign in with Apple: `client_secret` is an ES256 JWT that the client signs for at most 180 days.
    AppleJwt {
        /// `iss` of the JWT.
        team_id: String,
        /// `kid` in the header of the JWT.
        key_id: String,
        /// The client's P-256 public key, as SPKI PEM (`BEGIN PUBLIC KEY`).
        public_key_pem: String,
    },
}

impl Client {
    /// Checks the settings of one client.
    ///
    /// # Errors
    /// [`Error::Config`] for the first setting that cannot work or is unsafe.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |setting, reason| Err(Error::Config { setting, reason });
        match &self.client_auth {
            ClientAuth::Secret if self.client_secret.expose_secret().is_empty() => {
                return refuse("client_secret", "must not be empty");
            }
            ClientAuth::PrivateKeyJwt { public_key_pem } if public_key(public_key_pem).is_none() => {
                return refuse("client_public_key", "must be an RSA or P-256 public key as PEM");
            }
            ClientAuth::AppleJwt { public_key_pem, .. } if p256_key(public_key_pem).is_none() => {
                return refuse("client_public_key", "must be a P-256 public key as PEM");
            }
            _ => {}
        }
        let reason = "must be an http or https URI without a fragment";
        let bad = |uri: &Url| !is_http(uri) || uri.fragment().is_some();
        if self.redirect_uris.iter().any(bad) {
            return refuse("redirect_uri", reason);
        }
        if self.post_logout_redirect_uris.iter().any(bad) {
            return refuse("post_logout_redirect_uri", reason);
        }
        if self.backchannel_logout_uri.as_ref().is_some_and(bad) {
            return refuse("backchannel_logout_uri", reason);
        }
        Ok(())
    }
}

pub(crate) fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host().is_some()
}

/// Whether `sent` equals a registered URI, character by character. [`Url`] adds a slash to a bare origin, so
/// a registered origin also matches without the slash.
pub(crate) fn is_registered(registered: &[Url], sent: &str) -> bool {
    registered.iter().any(|uri| {
        sent == uri.as_str() || (uri.path() == "/" && uri.as_str().strip_suffix('/') == Some(sent))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn refused_setting(client: &Client) -> Option<&'static str> {
        match client.check() {
            Err(Error::Config { setting, .. }) => Some(setting),
            _ => None,
        }
    }

    #[test]
    fn a_redirect_uri_with_a_fragment_or_another_scheme_is_refused() {
        for uri in ["http://a.example/cb#x", "javascript:alert(1)", "app:cb"] {
            let client = Client {
                client_secret: SecretString::from("s"),
                redirect_uris: vec![url(uri)],
                ..Client::default()
            };
            assert_eq!(refused_setting(&client), Some("redirect_uri"), "{uri}");
        }
    }

    #[test]
    fn a_client_needs_the_credentials_of_its_method() {
        let pem = "not a key".to_owned();
        let apple = ClientAuth::AppleJwt {
            team_id: "T".to_owned(),
            key_id: "K".to_owned(),
            public_key_pem: pem.clone(),
        };
        for (client_auth, setting) in [
            (ClientAuth::Secret, Some("client_secret")),
            (ClientAuth::None, None),
            (ClientAuth::PrivateKeyJwt { public_key_pem: pem }, Some("client_public_key")),
            (apple, Some("client_public_key")),
        ] {
            let client = Client { client_auth, ..Client::default() };
            assert_eq!(refused_setting(&client), setting, "{:?}", client.client_auth);
        }
    }

    #[test]
    fn a_redirect_uri_matches_character_by_character() {
        let registered = [url("http://localhost:4200/auth/callback/demo")];
        assert!(is_registered(&registered, "http://localhost:4200/auth/callback/demo"));
        for sent in [
            "http://localhost:4200/auth/callback/demo/",
            "http://localhost:4200/auth/callback/demo?x=1",
            "http://localhost:4200/auth/../auth/callback/demo",
            "http://LOCALHOST:4200/auth/callback/demo",
            "http://localhost:4201/auth/callback/demo",
            "http://localhost:4200",
            "",
        ] {
            assert!(!is_registered(&registered, sent), "{sent}");
        }
        assert!(is_registered(&[url("http://localhost:4200")], "http://localhost:4200"));
    }
}
