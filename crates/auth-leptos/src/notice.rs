//! A framed message.

use leptos::prelude::*;

/// The severity of a notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeKind {
    /// Information.
    #[default]
    Info,
    /// An action succeeded.
    Success,
    /// A problem that needs attention.
    Warning,
    /// An action failed; announced to screen readers at once (`role=alert`).
    Error,
}

/// A framed message.
#[component]
pub fn Notice(
    /// The severity.
    #[prop(optional)]
    kind: NoticeKind,
    /// The message.
    children: Children,
) -> impl IntoView {
    let (class, role) = match kind {
        NoticeKind::Info => ("notice", None),
        NoticeKind::Success => ("notice success", Some("status")),
        NoticeKind::Warning => ("notice warning", Some("status")),
        NoticeKind::Error => ("notice error", Some("alert")),
    };
    view! { <div class=class role=role>{children()}</div> }
}
