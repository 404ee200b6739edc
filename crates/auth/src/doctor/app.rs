//! Addresses of other apps that this program calls.

use super::{Checkup, Finding, get, is_answer};
use http::StatusCode;
use url::Url;

impl Checkup {
    /// Asks an address of another app with GET. Every answer below 500 shows that the app is there: the address itself
    /// takes POST only. Unless `allow_private_network`, an internal address counts as unreachable, as it does later.
    pub async fn ask_app(&self, subject: String, url: &Url, allow_private_network: bool) -> Finding {
        let http = if allow_private_network { &self.http } else { &self.http_outside };
        let fix = "start the app, or correct the address; sign-outs and sign-ins do not reach the app";
        match http.send(get(url)).await {
            Err(error) => Finding::error(subject, format!("{url}: {error}"), fix),
            Ok(answer) => match answer.status() {
                StatusCode::NOT_FOUND | StatusCode::MISDIRECTED_REQUEST => {
                    let found = format!("{url} answers {}", answer.status());
                    Finding::warning(subject, found, "check that this is an address of the app")
                }
                status if is_answer(status) => Finding::ok(subject, format!("{url} answers")),
                status => Finding::error(subject, format!("{url} answers {status}"), fix),
            },
        }
    }
}
