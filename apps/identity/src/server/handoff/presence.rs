//! Asks each app, server to server, whether this browser is already signed in there.

use super::mint::HandoffService;
use crate::server::registry::RegisteredClient;
use auth::{handoff::SessionQuery, session::Session};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// How long the launcher waits for an app.
const TIMEOUT: Duration = Duration::from_millis(500);

/// The answer of an app about a session of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The app has a live session that belongs to that provider session.
    Active,
    /// The app has no live session for that provider session.
    None,
    /// The app did not answer, was too slow, or cannot be asked.
    Unknown,
}

#[derive(Deserialize)]
struct Answer {
    active: bool,
}

impl HandoffService {
    /// Asks all apps with handoff enabled about the provider session behind `session`. Returns the answers in
    /// the order of the registry. The questions run in parallel, with a timeout of half a second.
    pub(crate) async fn presence(&self, session: &Session) -> Vec<(String, Presence)> {
        let apps = self.inner().registry.iter().filter(|app| app.handoff);
        let asked = apps.map(async |app| {
            (app.client_id.clone(), self.ask(app, session).await.unwrap_or(Presence::Unknown))
        });
        join_all(asked).await
    }

    async fn ask(&self, app: &RegisteredClient, session: &Session) -> Option<Presence> {
        // An app that takes logout tokens takes questions too, at the same origin, which the registry has
        // checked.
        let url = app.backchannel_logout_uri.as_ref()?.join(SessionQuery::PATH).ok()?;
        let record = &session.record;
        let claims = json!({
            "sub_id": { "format": "iss_sub", "iss": record.issuer, "sub": record.subject },
            // Without a `sid`, an app cannot tell this browser's sessions from the user's others.
            "sid": record.sid.as_ref()?,
        });
        let answer = self.inner().messenger.send::<SessionQuery>(app, &url, claims, TIMEOUT).await.ok()?;
        let Answer { active } = serde_json::from_slice(answer.body()).ok()?;
        Some(if active { Presence::Active } else { Presence::None })
    }
}
