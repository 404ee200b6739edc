//! The providers: metadata, keys, clock, and back-channel logout.

use super::{Checkup, Finding, is_answer};
use crate::{
    provider::{Inspection, Kind, Provider, ProviderConfig},
    random::Random,
};
use chrono::TimeDelta;
use futures::future::join_all;

pub(super) async fn check(checkup: &Checkup) -> Vec<Finding> {
    let all = checkup.config.providers.iter().map(|config| check_provider(checkup, config));
    join_all(all).await.into_iter().flatten().collect()
}

async fn check_provider(checkup: &Checkup, config: &ProviderConfig) -> Vec<Finding> {
    let subject = format!("provider {}", config.id);
    let name = config.id.to_ascii_uppercase().replace('-', "_");
    let Checkup { http, clock, .. } = checkup;
    let provider = Provider::new(config.clone(), http.clone(), clock.clone(), Random::system());
    match (provider.inspect().await, &config.kind) {
        (Some(Ok(found)), _) => in_order(&subject, config, found),
        (Some(Err(reason)), _) => {
            let reason = reason.replace("AUTH_<NAME>_", &format!("AUTH_{name}_"));
            let found = format!("metadata of {} unavailable: {reason}", config.issuer());
            vec![Finding::error(
                subject,
                found,
                format!("correct AUTH_{name}_ISSUER, or see why the provider fails"),
            )]
        }
        (None, Kind::GitHub { base }) => vec![match checkup.get(base).await {
            Ok(answer) if is_answer(answer.status()) => Finding::ok(subject, format!("{base} answers")),
            Ok(answer) => {
                let found = format!("{base} answers {}", answer.status());
                Finding::error(subject, found, "see the provider's status page")
            }
            Err(error) => {
                Finding::error(subject, format!("{base}: {error}"), format!("correct AUTH_{name}_ISSUER"))
            }
        }],
        (None, Kind::Oidc { .. }) => vec![Finding::skipped(subject, "it has no metadata")],
    }
}

fn in_order(subject: &str, config: &ProviderConfig, found: Inspection) -> Vec<Finding> {
    let keys = match found.keys {
        0 => Finding::error(
            subject,
            "publishes no keys, so no ID token can be verified",
            "see the provider's log",
        ),
        1 => Finding::ok(subject, format!("{} answers, with 1 key", config.issuer())),
        keys => Finding::ok(subject, format!("{} answers, with {keys} keys", config.issuer())),
    };
    let logout = if found.supports_backchannel_logout {
        "supports back-channel logout"
    } else {
        "does not list back-channel logout: a sign-out at the provider ends no session here before the next check"
    };
    vec![keys, clock(subject, found.clock_difference, config.clock_tolerance), Finding::ok(subject, logout)]
}

/// Tokens carry times. A larger difference than the tolerance refuses them all.
fn clock(subject: &str, difference: Option<TimeDelta>, tolerance: TimeDelta) -> Finding {
    let Some(difference) = difference else {
        return Finding::skipped(format!("{subject}, clock"), "the answer has no Date header");
    };
    let subject = format!("{subject}, clock");
    let (seconds, direction) = match difference.num_milliseconds() {
        millis if millis < 0 => (-millis, "behind"),
        millis => (millis, "ahead of"),
    };
    let found = format!(
        "the provider's clock is {}.{} s {direction} this machine's; the tolerance is {} s",
        seconds / 1000,
        seconds % 1000 / 100,
        tolerance.num_seconds()
    );
    let fix = "set this machine's clock by NTP; a longer AUTH_CLOCK_TOLERANCE accepts tokens after their end";
    match difference.abs() {
        difference if difference > tolerance => Finding::error(subject, found, fix),
        difference if difference * 2 > tolerance => Finding::warning(subject, found, fix),
        _ => Finding::ok(subject, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn a_clock_difference_is_compared_with_the_tolerance() {
        let level = |millis, tolerance| {
            let difference = Some(TimeDelta::milliseconds(millis));
            clock("provider demo", difference, TimeDelta::seconds(tolerance)).level
        };
        assert_eq!((level(0, 30), level(15_000, 30), level(-15_000, 30)), (Level::Ok, Level::Ok, Level::Ok));
        assert_eq!((level(15_100, 30), level(-30_000, 30)), (Level::Warning, Level::Warning));
        assert_eq!((level(30_100, 30), level(-30_100, 30)), (Level::Error, Level::Error));
        assert_eq!((level(0, 0), level(1, 0)), (Level::Ok, Level::Error));
        assert_eq!(clock("provider demo", None, TimeDelta::seconds(30)).level, Level::Skipped);
        let text =
            clock("provider demo", Some(TimeDelta::milliseconds(-40_250)), TimeDelta::seconds(30)).found;
        assert!(text.contains("40.2 s behind"), "{text}");
    }

    #[test]
    fn a_provider_without_keys_is_an_error() {
        let config = crate::provider::ProviderConfig::new(
            "demo",
            crate::provider::Preset::oidc(),
            "demo",
            crate::provider::Credentials::Public,
            Some("https://op.example"),
        )
        .unwrap();
        let found = Inspection { keys: 0, supports_backchannel_logout: false, clock_difference: None };
        assert_eq!(in_order("provider demo", &config, found)[0].level, Level::Error);
    }
}
