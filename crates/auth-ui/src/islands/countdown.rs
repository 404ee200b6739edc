//! Time left, ticking.

use crate::remaining::remaining;
use leptos::prelude::*;

/// How long something still lasts, counted down each second.
///
/// `seconds` is what was left when the server wrote the page. The browser counts from there, so a wrong
/// clock on the user's machine has no effect; with JavaScript off the server's text stays.
#[island]
pub fn Countdown(
    /// Seconds left at the time the page was written.
    seconds: i64,
) -> impl IntoView {
    let left = RwSignal::new(seconds);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| browser::tick(left, seconds));
    view! { <span class="countdown">{move || remaining(left.get())}</span> }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use std::time::Duration;

    /// Compares with the wall clock instead of counting ticks: browsers slow timers of hidden tabs and
    /// stop them while the machine sleeps.
    pub(super) fn tick(left: RwSignal<i64>, seconds: i64) {
        let start = js_sys::Date::now();
        set_interval(
            move || {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "whole seconds since the page was loaded"
                )]
                let passed = ((js_sys::Date::now() - start) / 1_000.0) as i64;
                left.set((seconds - passed).max(0));
            },
            Duration::from_secs(1),
        );
    }
}
