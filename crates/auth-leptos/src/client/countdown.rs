//! Updates the countdowns of the page ([`TimeLeft`](crate::TimeLeft)).

use super::dom::{self, document};
use crate::remaining::remaining;

/// Counts down from the values that the server rendered. The code compares wall-clock times instead of
/// counting ticks, because browsers throttle timers in hidden tabs and stop them while the machine sleeps.
pub(super) fn start() {
    let Some(body) = document().body() else { return };
    let countdowns: Vec<_> = dom::find_all(&body, ".countdown")
        .into_iter()
        .filter_map(|element| Some((element.get_attribute("data-seconds")?.parse::<i64>().ok()?, element)))
        .collect();
    if countdowns.is_empty() {
        return;
    }
    let start = js_sys::Date::now();
    dom::every(1_000, move || {
        #[expect(clippy::cast_possible_truncation, reason = "whole seconds since the page was loaded")]
        let passed = ((js_sys::Date::now() - start) / 1_000.0) as i64;
        for (seconds, element) in &countdowns {
            element.set_text_content(Some(&remaining(seconds - passed)));
        }
    });
}
