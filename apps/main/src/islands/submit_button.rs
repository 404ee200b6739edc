//! The button of a form that a server function answers.

use leptos::prelude::*;

/// A submit button that does nothing while a call is pending. It is not `disabled` then: browsers take the focus from a
/// disabled button, and the keyboard would begin again at the start of the page.
#[component]
pub(super) fn SubmitButton(label: &'static str, pending: Memo<bool>) -> impl IntoView {
    view! {
        <button
            type="submit"
            class="button"
            aria-disabled=move || pending.get().then_some("true")
            on:click=move |event| {
                if pending.get_untracked() {
                    event.prevent_default();
                }
            }
        >
            {label}
        </button>
    }
}
