//! A framed message.

use leptos::prelude::*;

/// How much a notice matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeKind {
    /// Good to know.
    #[default]
    Info,
    /// Something was done.
    Success,
    /// Something works less well than usual.
    Warning,
    /// Something did not work; announced to screen readers at once (`role=alert`).
    Error,
}

/// A framed message.
#[component]
pub fn Notice(
    /// How much it matters.
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
