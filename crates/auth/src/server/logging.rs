//! Log lines on standard error, with the id of their request.

use crate::request_id::RequestIds;
use std::{fmt, io::IsTerminal};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Json, JsonFields, Writer},
    },
    registry::LookupSpan,
};

/// The setting for the form of log lines.
pub(crate) const LOG_FORMAT: &str = "AUTH_LOG_FORMAT";

/// Starts logging to standard error. `RUST_LOG` sets the filter; the default is `info`. `AUTH_LOG_FORMAT` is `text` or
/// `json`; by default, a terminal gets text, and a file or a log collector gets JSON, one object a line.
///
/// Each line of a request has the request's id, in `request_id`. A span for each request would add it too, but costs
/// more than the session check.
pub fn init_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let is_terminal = std::io::stderr().is_terminal();
    let is_json = match std::env::var(LOG_FORMAT).as_deref() {
        Ok("json") => true,
        Ok("text") => false,
        // The configuration refuses other values.
        _ => !is_terminal,
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if is_json {
        log.fmt_fields(JsonFields::new()).event_format(json()).init();
    } else {
        log.with_ansi(is_terminal).event_format(text()).init();
    }
}

fn json() -> WithRequestId<Format<Json>> {
    WithRequestId(tracing_subscriber::fmt::format().json().flatten_event(true))
}

fn text() -> WithRequestId<Format<Full>> {
    WithRequestId(tracing_subscriber::fmt::format())
}

/// A format of log lines that adds the id of the request.
struct WithRequestId<F>(F);

impl<S, N> FormatEvent<S, N> for WithRequestId<Format<Json>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(id) = RequestIds::with_current(str::to_owned) else {
            return self.0.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        // An id has no character that JSON escapes.
        let rest = line.strip_prefix('{').ok_or(fmt::Error)?;
        write!(writer, "{{\"request_id\":\"{id}\",{rest}")
    }
}

impl<S, N> FormatEvent<S, N> for WithRequestId<Format<Full>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if let Some(written) = RequestIds::with_current(|id| write!(writer, "{id} ")) {
            written?;
        }
        self.0.format_event(context, writer, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{origin::TrustedProxies, random::Random, request_id::IdSource};
    use http::Request;
    use serde_json::Value;
    use std::{
        io,
        sync::{Arc, Mutex},
    };
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Buffer {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    /// Logs one line outside a request and one in a request. Returns the lines, and the request's id.
    async fn lines(is_json: bool) -> (Vec<String>, String) {
        let buffer = Buffer::default();
        let log = tracing_subscriber::fmt().with_writer(buffer.clone());
        let _guard = if is_json {
            let log = log.fmt_fields(JsonFields::new()).event_format(json());
            tracing::subscriber::set_default(log.finish())
        } else {
            tracing::subscriber::set_default(log.with_ansi(false).event_format(text()).finish())
        };
        let ids =
            RequestIds::of(&Request::new(()), &TrustedProxies::default(), &IdSource::new(&Random::seeded(1)));
        let id = ids.header().to_str().unwrap().to_owned();
        tracing::info!(app = "games", "start");
        ids.scope(async { tracing::info!(app = "games", "in a request") }).await;
        let text = String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap();
        (text.lines().map(ToOwned::to_owned).collect(), id)
    }

    #[tokio::test]
    async fn a_json_line_of_a_request_has_its_id() {
        let (lines, id) = lines(true).await;
        let [outside, inside] =
            [&lines[0], &lines[1]].map(|line| serde_json::from_str::<Value>(line).unwrap());
        assert_eq!((&outside["request_id"], &outside["message"]), (&Value::Null, &"start".into()));
        assert_eq!((&inside["request_id"], &inside["app"]), (&id.into(), &"games".into()));
    }

    #[tokio::test]
    async fn a_text_line_of_a_request_begins_with_its_id() {
        let (lines, id) = lines(false).await;
        assert!(!lines[0].contains(&id) && lines[1].starts_with(&format!("{id} ")), "{lines:?}");
    }
}
