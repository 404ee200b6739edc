//! The dialog that asks whether the user is still there.

use super::{SignOutButton, shared};
use crate::remaining::{is_read_out, remaining, seconds_left};
use leptos::{html::Dialog, prelude::*};

/// Asks before the idle limit whether the user is still there, with a countdown. A modal dialog: the browser keeps the
/// focus inside, and the page behind is inert. Put it once in the app's root, below `provide_session`.
///
/// An app that draws its own uses [`SessionContext::idle`](crate::SessionContext::idle) and
/// [`stay`](crate::SessionContext::stay).
#[component]
pub fn IdleDialog() -> impl IntoView {
    let shared = shared();
    let session = crate::use_session::<()>();
    let dialog = NodeRef::<Dialog>::new();
    follow(dialog);
    let seconds = Memo::new(move |_| shared.idle.get().map(seconds_left));
    let left = move || seconds.get().map(remaining);
    let status = move || {
        if shared.is_unreachable.get() {
            return "The server does not answer. Trying again.".to_owned();
        }
        let read_out = seconds.get().filter(|&seconds| is_read_out(seconds));
        read_out.map(|seconds| format!("{} left", remaining(seconds))).unwrap_or_default()
    };
    let stay = move || session.stay();
    view! {
        <dialog
            id="idle-warning"
            class="idle-warning"
            role="alertdialog"
            aria-labelledby="idle-title"
            aria-describedby="idle-text"
            node_ref=dialog
            // The dialog closes when the server has confirmed the answer.
            on:cancel=move |event: leptos::web_sys::Event| {
                event.prevent_default();
                stay();
            }
        >
            <div class="stack">
                <h2 id="idle-title">"Are you still there?"</h2>
                <p id="idle-text">
                    "You have not used this app for a while. To keep your account safe, you will be signed out in "
                    <strong data-left>{left}</strong> "."
                </p>
                <p class="small muted" role="status">{status}</p>
                <div class="row">
                    <button type="button" class="button" data-stay autofocus on:click=move |_| stay()>
                        "Stay signed in"
                    </button>
                    <SignOutButton label="Sign out now"/>
                </div>
            </div>
        </dialog>
    }
}

/// Opens and closes the dialog as the warning comes and goes.
fn follow(dialog: NodeRef<Dialog>) {
    #[cfg(feature = "hydrate")]
    {
        let shared = shared();
        let is_due = Memo::new(move |_| shared.idle.get().is_some());
        Effect::new(move |_| {
            let (Some(dialog), is_due) = (dialog.get(), is_due.get()) else { return };
            if is_due && !dialog.open() {
                let _ = dialog.show_modal();
            } else if !is_due && dialog.open() {
                dialog.close();
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = dialog;
}
