//! A tab that listens to `GET /auth/events`.

use http::StatusCode;
use std::time::Duration;
use url::Url;

/// Time-out for the next event; long enough for a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);

/// An open event stream.
pub struct EventStream {
    answer: reqwest::Response,
    /// The received text that is not yet a complete event.
    rest: String,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerEvent {
    /// The event's name.
    pub name: String,
    /// The event's data, JSON.
    pub data: serde_json::Value,
    /// The event's id.
    pub id: String,
}

impl EventStream {
    /// Opens the stream at `url` with `cookie` as the `Cookie` header.
    ///
    /// # Errors
    /// The status code when the app refuses the stream.
    pub async fn open(url: &Url, cookie: &str, last_event_id: Option<&str>) -> Result<Self, StatusCode> {
        #[expect(clippy::disallowed_methods, reason = "auth's client reads complete responses only")]
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

    /// Waits for the next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let event = read(event);
                self.rest = rest.to_owned();
                return Some(event);
            }
            let chunk = tokio::time::timeout(TIMEOUT, self.answer.chunk()).await.unwrap().unwrap()?;
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Waits for the next event that is not a heartbeat; `None` when the stream has ended.
    pub async fn next_non_heartbeat(&mut self) -> Option<ServerEvent> {
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
