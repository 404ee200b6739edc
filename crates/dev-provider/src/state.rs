//! What the provider remembers, all in memory and all bounded: sign-ins under way, sessions, codes, tokens.

use crate::authorize::AuthorizeRequest;
use crate::expiring_map::ExpiringMap;
use crate::params::Scopes;
use crate::random::Fingerprint;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a login or sign-out page may stay open.
pub(crate) const TRANSACTION_TTL: Duration = Duration::from_secs(600);
/// How long a used code is remembered, so that its replay is recognised (RFC 6749 §4.1.2).
pub(crate) const CODE_MEMORY: Duration = Duration::from_secs(600);
const PAGES: usize = 1_000;
const TOKENS: usize = 10_000;

/// Everything that changes while the provider runs.
pub(crate) struct State {
    /// Login pages that are open, by transaction id.
    pub(crate) logins: ExpiringMap<String, LoginTransaction>,
    /// Sign-out confirmations that are open, by transaction id.
    pub(crate) logouts: ExpiringMap<String, LogoutTransaction>,
    /// Live sessions, by `sid`. A browser's session that names a `sid` not in here is signed out.
    pub(crate) sessions: ExpiringMap<String, ProviderSession>,
    pub(crate) codes: ExpiringMap<Fingerprint, Code>,
    /// Grants whose tokens are good, by family id. Revocation removes the family.
    pub(crate) families: ExpiringMap<String, Grant>,
    pub(crate) access_tokens: ExpiringMap<Fingerprint, AccessToken>,
    pub(crate) refresh_tokens: ExpiringMap<Fingerprint, RefreshToken>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            logins: ExpiringMap::new(PAGES),
            logouts: ExpiringMap::new(PAGES),
            sessions: ExpiringMap::new(PAGES),
            codes: ExpiringMap::new(TOKENS),
            families: ExpiringMap::new(TOKENS),
            access_tokens: ExpiringMap::new(TOKENS),
            refresh_tokens: ExpiringMap::new(TOKENS),
        }
    }

    /// Ends a session, and with it its unused codes and, unless `keep_offline`, its refresh tokens. Gives
    /// the session back while it was live, so that its clients can be told.
    pub(crate) fn end_session(&mut self, sid: &str, keep_offline: bool) -> Option<ProviderSession> {
        let session = self.sessions.remove(&sid.to_owned());
        self.families.retain(|grant| grant.sid != sid || (keep_offline && grant.scope.has("offline_access")));
        self.codes.retain(|code| code.grant.sid != sid);
        session
    }
}

/// A login page that is open in some browser.
#[derive(Clone, Debug)]
pub(crate) struct LoginTransaction {
    /// The browser it was shown to.
    pub(crate) browser: String,
    pub(crate) request: AuthorizeRequest,
}

/// A sign-out confirmation that is open in some browser.
#[derive(Clone, Debug)]
pub(crate) struct LogoutTransaction {
    /// The browser it was shown to.
    pub(crate) browser: String,
    /// Where it goes afterwards, `state` included.
    pub(crate) continue_to: Option<url::Url>,
}

/// A signed-in user in one browser.
#[derive(Clone, Debug)]
pub(crate) struct ProviderSession {
    pub(crate) sub: &'static str,
    pub(crate) auth_time: DateTime<Utc>,
    /// The clients that have got a code in this session: whom to tell when it ends.
    pub(crate) clients: BTreeSet<String>,
}

/// Who allowed whom what, in which session.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) sub: &'static str,
    pub(crate) sid: String,
    pub(crate) auth_time: DateTime<Utc>,
    pub(crate) scope: Scopes,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) expires: DateTime<Utc>,
    /// Set at its first use, to the family of the tokens it gave, if it gave any.
    pub(crate) used: Option<Option<String>>,
}

/// An access token.
#[derive(Clone, Debug)]
pub(crate) struct AccessToken {
    pub(crate) family: String,
    pub(crate) scope: Scopes,
}

/// A refresh token.
#[derive(Clone)]
pub(crate) struct RefreshToken {
    pub(crate) family: String,
    pub(crate) used: Option<UsedRefreshToken>,
}

/// What a used refresh token was exchanged for.
#[derive(Clone)]
pub(crate) struct UsedRefreshToken {
    pub(crate) at: DateTime<Utc>,
    pub(crate) successor: Fingerprint,
    pub(crate) answer: TokenAnswer,
    pub(crate) answer_expires: DateTime<Utc>,
}

/// A successful answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Clone, Serialize)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: String,
    pub(crate) token_type: &'static str,
    /// Seconds.
    pub(crate) expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id_token: Option<String>,
    pub(crate) scope: String,
}
