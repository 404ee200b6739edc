//! Whether the program's public addresses lead here, as far as this machine can tell.

use super::{Checkup, Finding};
use crate::origin::OriginPattern;
use futures::future::join_all;
use http::StatusCode;

const VARIABLE: &str = "PUBLIC_URL";

pub(super) async fn check(checkup: &Checkup) -> Vec<Finding> {
    join_all(checkup.config.public_urls.iter().map(|pattern| answers(checkup, pattern))).await
}

/// Every problem is a warning: the program may not run yet, and this machine may have another view of the network than
/// browsers have.
async fn answers(checkup: &Checkup, pattern: &OriginPattern) -> Finding {
    let Some(origin) = pattern.exact() else {
        return Finding::skipped(VARIABLE, format!("{pattern} stands for many addresses"));
    };
    // Health checks are answered whatever the Host, so a second address shows whether the proxy passes it on.
    let (alive, serves) = (origin.join("/healthz"), origin.join("/auth/session"));
    let (alive, serves) = futures::join!(checkup.get(&alive), checkup.get(&serves));
    let (alive, serves) = match (alive, serves) {
        (Ok(alive), Ok(serves)) => (alive.status(), serves.status()),
        (Err(error), _) | (_, Err(error)) => {
            let fix = "start the program; then check the name, the certificate and the proxy";
            return Finding::warning(VARIABLE, format!("{origin}: {error}"), fix);
        }
    };
    if serves == StatusCode::MISDIRECTED_REQUEST {
        let fix = "let the proxy pass the Host header on unchanged";
        return Finding::warning(VARIABLE, format!("{origin} answers {serves}"), fix);
    }
    match alive {
        status if status.is_success() => Finding::ok(VARIABLE, format!("{origin} answers")),
        status if status.is_server_error() => {
            let fix = "start the program, or correct the address that the proxy passes requests to";
            Finding::warning(VARIABLE, format!("{origin}/healthz answers {status}"), fix)
        }
        status => {
            let fix = "check that the address belongs to this program";
            Finding::warning(VARIABLE, format!("{origin}/healthz answers {status}"), fix)
        }
    }
}
