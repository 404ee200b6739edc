//! The provider's state, in memory and bounded: open pages, sessions, codes and tokens.

use crate::authorize::AuthorizeRequest;
use crate::expiring_map::ExpiringMap;
use crate::params::Scopes;
use crate::random::Fingerprint;
use crate::visitor_faults::FaultId;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long a login or sign-out page may stay open.
pub(crate) const TRANSACTION_TTL: Duration = Duration::from_secs(600);
/// How long a code is remembered after it was issued, so that its replay is recognised (RFC 6749 §4.1.2).
pub(crate) const CODE_MEMORY: Duration = Duration::from_secs(600);
/// Maximum number of open login pages, and of open sign-out pages.
const PAGES: usize = 20_000;
/// Maximum number of live sessions; beyond it the oldest ends.
const SESSIONS: usize = 20_000;
const TOKENS: usize = 40_000;

/// Everything that changes while the provider runs.
pub(crate) struct State {
    /// Open login pages, by transaction id.
    pub(crate) logins: ExpiringMap<String, LoginTransaction>,
    /// Open sign-out confirmations, by transaction id.
    pub(crate) logouts: ExpiringMap<String, LogoutTransaction>,
    /// Live sessions, by `sid`. A browser session with any other `sid` is signed out.
    pub(crate) sessions: ExpiringMap<String, ProviderSession>,
    pub(crate) codes: ExpiringMap<Fingerprint, Code>,
    /// Valid grants, by token family id. Revocation removes the family.
    pub(crate) families: ExpiringMap<String, Grant>,
    pub(crate) access_tokens: ExpiringMap<Fingerprint, AccessToken>,
    pub(crate) refresh_tokens: ExpiringMap<Fingerprint, RefreshToken>,
    /// Client assertions that were used, by client id and `jti` (RFC 7523 §3).
    pub(crate) used_assertions: ExpiringMap<Fingerprint, ()>,
    /// Client ids and subs of every sign-in so far, for Apple's first sign-in. Other personalities record
    /// nothing.
    pub(crate) known_users: BTreeSet<(String, String)>,
    /// Parameters of the last authorization request, without secrets.
    pub(crate) last_authorization: Option<BTreeMap<String, String>>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            logins: ExpiringMap::new(PAGES),
            logouts: ExpiringMap::new(PAGES),
            sessions: ExpiringMap::new(SESSIONS),
            codes: ExpiringMap::new(TOKENS),
            families: ExpiringMap::new(TOKENS),
            access_tokens: ExpiringMap::new(TOKENS),
            refresh_tokens: ExpiringMap::new(TOKENS),
            used_assertions: ExpiringMap::new(TOKENS),
            known_users: BTreeSet::new(),
            last_authorization: None,
        }
    }

    /// Ends a session with its codes and its token families; `keep_offline` keeps the families with
    /// `offline_access`. Returns the session if it was live, so that its clients can be notified.
    pub(crate) fn end_session(&mut self, sid: &str, keep_offline: bool) -> Option<ProviderSession> {
        let session = self.sessions.remove(&sid.to_owned());
        self.families.retain(|grant| grant.sid != sid || (keep_offline && grant.scope.has("offline_access")));
        self.codes.retain(|code| code.grant.sid != sid);
        session
    }
}

/// An open login page.
#[derive(Clone, Debug)]
pub(crate) struct LoginTransaction {
    /// Binding of the browser that shows the page.
    pub(crate) browser: String,
    /// The visitor of a public demo, whose users the page offers.
    pub(crate) visitor: Option<String>,
    pub(crate) request: AuthorizeRequest,
}

/// An open sign-out confirmation.
#[derive(Clone, Debug)]
pub(crate) struct LogoutTransaction {
    /// Binding of the browser that shows the page.
    pub(crate) browser: String,
    /// Redirect target after the sign-out, `state` included.
    pub(crate) continue_to: Option<url::Url>,
}

/// A signed-in user in one browser.
#[derive(Clone, Debug)]
pub(crate) struct ProviderSession {
    pub(crate) sub: String,
    pub(crate) auth_time: DateTime<Utc>,
    /// Clients that received a code in this session. They get a logout token when the session ends.
    pub(crate) clients: BTreeSet<String>,
    /// Failure that the visitor last switched on in this browser. The failure may have ended since.
    pub(crate) fault_id: Option<FaultId>,
}

/// The scope that a user granted to a client in one session.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) sub: String,
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
    /// Set at the first use of the code, to its token family; `Some(None)` if the code was refused.
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

/// First use of a refresh token, with the response to repeat within the grace period.
#[derive(Clone)]
pub(crate) struct UsedRefreshToken {
    pub(crate) at: DateTime<Utc>,
    pub(crate) successor: Fingerprint,
    pub(crate) answer: TokenAnswer,
    pub(crate) answer_expires: DateTime<Utc>,
}

/// A successful token response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
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
