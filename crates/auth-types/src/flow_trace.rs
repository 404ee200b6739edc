//! What a sign-in, refresh, sign-out or handoff did, step by step: for people who want to see it.
//!
//! A trace is redacted by its type. It has kinds of steps and times, and no text of a request: no token, code, `state`,
//! id, address or name of a user.

use crate::SignInError;
use serde::{Deserialize, Serialize};

/// The steps of one flow, as one app saw them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowTrace {
    /// The kind of the flow.
    #[serde(rename = "k")]
    pub kind: FlowKind,
    /// The name of the app that recorded the trace.
    #[serde(rename = "a")]
    pub app: String,
    /// When the first step took place, milliseconds since the epoch.
    #[serde(rename = "b")]
    pub began_at: i64,
    /// The steps, in order.
    #[serde(rename = "s")]
    pub steps: Vec<TraceStep>,
    /// How the flow ended. `None`: it is under way, or the visitor has left it.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<FlowOutcome>,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "WrittenStep", try_from = "WrittenStep")]
pub struct TraceStep {
    /// What happened.
    pub kind: StepKind,
    /// When the step began, microseconds after the first step.
    pub at: u32,
    /// How long the app waited for the answer, microseconds. `None` if there was nothing to wait for.
    pub took: Option<u32>,
    /// Whether the other side refused, failed or did not answer.
    pub has_failed: bool,
}

/// How a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowOutcome {
    /// The flow did what it is for.
    Done,
    /// The visitor got the sentence of this error.
    Refused(#[serde(with = "code")] SignInError),
    /// The flow failed for another reason, and the session continues.
    Failed,
}

/// The kinds of flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowKind {
    /// A sign-in by the visitor.
    SignIn,
    /// A sign-in with `prompt=none`, which asks the visitor nothing.
    SilentSignIn,
    /// A sign-in that identity opened (article 5), at the app.
    Handoff,
    /// New tokens for a session.
    Refresh,
    /// A sign-out.
    SignOut,
    /// The sign-in of another app that passed identity.
    ProxiedSignIn,
    /// An app that the visitor opened from identity's launcher, at identity.
    Launch,
    /// A silent sign-in of another app that passed identity.
    ProxiedSilentSignIn,
}

/// A party of a flow, as the app that records the trace sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The visitor's browser.
    Browser,
    /// The app that records the trace.
    App,
    /// The store of the app's sessions.
    Store,
    /// The identity app.
    Identity,
    /// The `OpenID` Provider.
    Provider,
    /// Another app, for which identity does the step.
    OtherApp,
}

impl Party {
    /// The parties, in the order of the diagrams.
    pub const ALL: [Self; 6] =
        [Self::Browser, Self::App, Self::Store, Self::OtherApp, Self::Identity, Self::Provider];
}

/// Defines [`StepKind`]: the number in a written trace is the position in this list, so new steps go to the end.
macro_rules! steps {
    ($($(#[doc = $doc:literal])+ $name:ident: $from:ident => $to:ident, $text:literal;)*) => {
        /// What a step did: from which party, to which party.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum StepKind {
            $($(#[doc = $doc])+ $name,)*
        }

        impl StepKind {
            /// Every kind of step.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The party that acts.
            #[must_use]
            pub const fn from(self) -> Party {
                match self { $(Self::$name => Party::$from),* }
            }

            /// The party that is asked or told; the same as [`from`](Self::from) for a step inside the app.
            #[must_use]
            pub const fn to(self) -> Party {
                match self { $(Self::$name => Party::$to),* }
            }

            /// What happens, for people.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

steps! {
    /// The sign-in form.
    SignInForm: Browser => App, "POST /auth/signin: you pressed the button";
    /// The guard's silent attempt.
    SilentAttempt: Browser => App, "GET /auth/silent: the guard sent the browser here";
    /// The flow's cookie.
    FlowSealed: App => Browser, "state, nonce and PKCE verifier, sealed into a cookie of this browser";
    /// The small page after a form.
    Continue: Browser => App, "GET /auth/continue: the page that answered the form goes on";
    /// To identity.
    SentToIdentity: App => Identity, "redirect to /authorize, with source_url, state, nonce and code_challenge";
    /// To the provider's authorization endpoint.
    SentToProvider: App => Provider, "redirect to the authorization endpoint";
    /// The callback.
    Callback: Browser => App, "GET /auth/callback: a code and the state, or an error";
    /// A step that works once.
    StateUsed: App => Store, "marks this step as used: it works once, and in this browser only";
    /// The provider's metadata.
    MetadataRequest: App => Provider, "discovery: the provider's metadata";
    /// The provider's keys.
    KeysRequest: App => Provider, "the provider's keys";
    /// The token endpoint.
    TokenRequest: App => Provider, "token endpoint, server to server";
    /// The userinfo endpoint.
    UserinfoRequest: App => Provider, "userinfo endpoint, server to server";
    /// The revocation endpoint.
    RevocationRequest: App => Provider, "revocation endpoint, server to server";
    /// The ID token.
    IdTokenVerified: App => App, "ID token verified: signature, iss, aud, nonce, times";
    /// The new session.
    SessionBegun: App => Store, "a new session; the store keeps the SHA-256 of its id";
    /// The session's cookie.
    SessionCookie: App => Browser, "redirect to the page, with the session cookie (HttpOnly, SameSite=Lax)";
    /// The session's end.
    SessionEnded: App => Store, "the session ends, before the answer";
    /// The sign-out form.
    SignOutForm: Browser => App, "POST /auth/signout: you pressed the button";
    /// The other apps.
    OtherAppsTold: App => Identity, "in the background: identity is asked to tell the other apps";
    /// The cookie's end.
    CookieCleared: App => Browser, "the answer clears the session cookie";
    /// To the provider's sign-out.
    SentToSignOut: App => Provider, "redirect to the end-session endpoint, with id_token_hint";
    /// Back from the provider's sign-out.
    SignedOutAtProvider: Browser => App, "GET /auth/logout/callback: the provider's session has ended";
    /// The lease of a refresh.
    LeaseTaken: App => Store, "the lease: one process asks, the others wait for its result";
    /// The new tokens.
    TokensSaved: App => Store, "new tokens sealed and saved, before any request uses them";
    /// The start of a handoff, at the app.
    HandoffStarted: Browser => App, "GET /handoff/start: the launcher sent the browser here";
    /// The handoff's state.
    HandoffSealed: App => Browser, "a state for this handoff, sealed into a cookie of this browser";
    /// To identity, for a token.
    SentForToken: App => Identity, "redirect to /handoff, with the state";
    /// The handoff's token.
    HandoffToken: Browser => App, "GET /callback: the handoff token and the state";
    /// The verification of a handoff token.
    HandoffVerified: App => Identity, "handoff token verified, server to server: it works once";
    /// Another app's sign-in.
    AuthorizeRequest: Browser => App, "GET /authorize: a registered app sent the browser here";
    /// The proxied flow's cookie.
    ProxiedFlowSealed: App => Browser, "the app and its state, sealed; a cookie binds them to this browser";
    /// The answer for another app.
    PassedBack: App => OtherApp, "redirect to the app's callback, with the provider's answer and the app's own state";
    /// The launcher's button.
    LaunchForm: Browser => App, "POST /handoff: you pressed Open";
    /// The start of a handoff, at identity.
    SentToApp: App => OtherApp, "redirect to the app's /handoff/start";
    /// The app's state.
    LaunchReturned: Browser => App, "GET /handoff: the app sent its state";
    /// The handoff token's record.
    TokenMinted: App => Store, "a handoff token: works once, within 30 seconds, for this app and state";
    /// The token's redirect.
    TokenSent: App => OtherApp, "redirect to the app's /callback, with the token";
    /// A silent attempt of a hidden frame, or of a tab that waits.
    SilentCheck: Browser => App, "a page of this app asks for a silent sign-in";
}

/// A step as it is written: the number of its kind, its time, its duration, and 1 if it failed.
#[derive(Serialize, Deserialize)]
struct WrittenStep(u8, u32, Option<u32>, u8);

impl From<TraceStep> for WrittenStep {
    fn from(step: TraceStep) -> Self {
        let kind = StepKind::ALL.iter().position(|kind| *kind == step.kind);
        let kind = kind.and_then(|kind| u8::try_from(kind).ok()).unwrap_or(u8::MAX);
        Self(kind, step.at, step.took, step.has_failed.into())
    }
}

impl TryFrom<WrittenStep> for TraceStep {
    type Error = &'static str;

    fn try_from(WrittenStep(kind, at, took, failed): WrittenStep) -> Result<Self, Self::Error> {
        let kind = StepKind::ALL.get(usize::from(kind)).copied().ok_or("unknown step")?;
        Ok(Self { kind, at, took, has_failed: failed != 0 })
    }
}

/// A [`SignInError`] as its code.
mod code {
    use super::SignInError;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
    pub(super) fn serialize<S: Serializer>(error: &SignInError, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(error.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignInError, D::Error> {
        let code = String::deserialize(deserializer)?;
        SignInError::parse(&code).ok_or_else(|| D::Error::custom("unknown code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_short_and_reads_back() {
        let steps = StepKind::ALL.iter().map(|kind| TraceStep {
            kind: *kind,
            at: 1_200_000,
            took: Some(41_000),
            has_failed: *kind == StepKind::TokenRequest,
        });
        let trace = FlowTrace {
            kind: FlowKind::SignIn,
            app: "Games".to_owned(),
            began_at: 1_790_000_000_000,
            steps: steps.collect(),
            outcome: Some(FlowOutcome::Refused(SignInError::ProviderUnavailable)),
        };
        let text = serde_json::to_string(&trace).unwrap();
        assert_eq!(serde_json::from_str::<FlowTrace>(&text).unwrap(), trace);
        assert!(text.len() < 28 * StepKind::ALL.len(), "{text}");
    }

    #[test]
    fn a_trace_of_a_later_version_is_not_read() {
        assert!(serde_json::from_str::<TraceStep>("[250,0,null,0]").is_err());
        assert!(serde_json::from_str::<FlowOutcome>(r#"{"refused":"<script>"}"#).is_err());
    }

    #[test]
    fn every_step_says_something_else() {
        let texts: std::collections::HashSet<_> = StepKind::ALL.iter().map(|kind| kind.text()).collect();
        assert_eq!(texts.len(), StepKind::ALL.len());
    }
}
