//! A tab that listens to `GET /auth/events`.

use http::StatusCode;
use std::time::Duration;
use url::Url;

/// No event takes this long; a test that waits in vain should say so.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open event stream.
pub struct EventStream {
    answer: reqwest::Response,
    /// What came and is not yet a whole event.
    rest: String,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its name.
    pub name: String,
    /// Its data, JSON.
    pub data: serde_json::Value,
    /// Its id.
    pub id: String,
}

impl EventStream {
    /// Opens the stream at `url` with this `Cookie` header; `Err` with the status when it is refused.
    pub async fn open(url: &Url, cookie: &str, last_event_id: Option<&str>) -> Result<Self, StatusCode> {
        #[expect(clippy::disallowed_methods, reason = "the app's own client reads whole answers only")]
        let client = reqwest::Client::builder()
            .resolve(url.host_str().unwrap(), ([127, 0, 0, 1], url.port().unwrap()).into())
            .build()
            .unwrap();
        let mut request = client.get(url.clone()).header("cookie", cookie);
        request = request.header("accept", "text/event-stream");
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let answer = request.send().await.unwrap();
        match answer.status() {
            StatusCode::OK => Ok(Self { answer, rest: String::new() }),
            refused => Err(refused),
        }
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let event = read(event);
                self.rest = rest.to_owned();
                return Some(event);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.answer.chunk()).await.unwrap().unwrap()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event that is not a heartbeat.
    pub async fn next_but_heartbeats(&mut self) -> Option<ServerEvent> {
        loop {
            match self.next().await {
                Some(event) if event.name == "heartbeat" => {}
                other => return other,
            }
        }
    }
}

fn read(event: &str) -> ServerEvent {
    let field = |name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.unwrap_or_default().trim_start().to_owned()
    };
    ServerEvent { name: field("event"), data: field("data").parse().unwrap(), id: field("id") }
}
