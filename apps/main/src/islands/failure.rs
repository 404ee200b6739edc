//! What a failed call means for the user.

use auth_leptos::{CallError, Notice, NoticeKind};
use leptos::prelude::*;

/// A message about a failed call.
#[component]
pub(super) fn Failure(error: CallError) -> impl IntoView {
    let (kind, sentence) = match error {
        CallError::SignedOut => (NoticeKind::Warning, "Please sign in again.".to_owned()),
        CallError::Forbidden => (NoticeKind::Error, "You may not do that.".to_owned()),
        CallError::SessionUnavailable => (
            NoticeKind::Warning,
            "That is not possible right now. You have not been signed out. Please try again in a moment."
                .to_owned(),
        ),
        CallError::Invalid { message } => (NoticeKind::Error, message),
        CallError::Failed { .. } => (NoticeKind::Error, "That did not work. Please try again.".to_owned()),
    };
    view! { <Notice kind><p>{sentence}</p></Notice> }
}
